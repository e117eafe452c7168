"""The OpenVidu server: is its certificate trusted, and what is its public address?"""

import base64
import http.client
import ssl
from urllib.parse import urlsplit

import certifi

from .problem import Problem

# Anybody may ask for this, at once and without the secret.
PUBLIC_URL = "/openvidu/api/config/openvidu-publicurl"
SECONDS = 5


class Unanswered(Exception):
    """The server could not be asked from here. The functions may reach it nevertheless."""


def public_url(url: str, certificate: str = "") -> str:
    """The address that the server's tokens contain, as `scheme://host[:port]`.

    With a `certificate` (DER in base64) it is trusted by that one, as in the functions.
    """
    host = urlsplit(url).netloc
    try:
        connection = _connect(host, base64.b64decode(certificate))
        try:
            connection.request("GET", PUBLIC_URL)
            answer = connection.getresponse()
            said = answer.read(2000).decode("utf-8", "replace").strip()
        finally:
            connection.close()
    except ssl.SSLCertVerificationError as error:
        if certificate:
            raise Problem(
                f"{url} shows another certificate than that of OPENVIDU_CA_FILE, and not one that it has "
                f"signed for this host ({error.verify_message})"
            ) from None
        # A proxy that inspects this machine's connections may have put its own certificate there.
        raise Unanswered(
            f"its certificate is not trusted here ({error.verify_message}); if it is self-signed, see docs/DEPLOY.md"
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise Unanswered(str(error) or type(error).__name__) from None
    found = origin(said)
    if answer.status != 200 or not found:
        raise Unanswered(f"it answered {answer.status} {said[:100]!r}")
    return found


def origin(text: str) -> str | None:
    """An address reduced to scheme, host and port. The scheme's default port is left out."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    own = {"http": 80, "https": 443}
    if parts.scheme not in own or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, own[parts.scheme]) else f":{port}")


def _connect(host: str, trusted: bytes) -> http.client.HTTPSConnection:
    """A connection to a trusted server."""
    if trusted:
        anyone = ssl.create_default_context()
        anyone.check_hostname = False
        anyone.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(host, timeout=SECONDS, context=anyone)
        connection.connect()
        if connection.sock.getpeercert(binary_form=True) == trusted:
            return connection
        connection.close()
    context = ssl.create_default_context(cadata=trusted or None, cafile=None if trusted else certifi.where())
    # Since Python 3.13 this flag is the default. It refuses certificates that the functions accept, for
    # example of authorities that do not say what their key is for.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection(host, timeout=SECONDS, context=context)
    connection.connect()
    return connection

