"""The certificate to trust a video server by, if no public authority vouches for it.

It is the server's own or that of an authority. The functions accept the certificate itself, and what it has
signed.
"""

import base64
import ipaddress
import re
import ssl
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from .problem import Problem


def read(file: Path, variable: str = "OPENVIDU_CA_FILE") -> str:
    """The first certificate of a PEM file, on one line."""
    try:
        pem = re.search(
            r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", file.read_text(), re.S
        )
        line = base64.b64encode(ssl.PEM_cert_to_DER_cert(pem[0])).decode()
        _parse(line)
        return line
    except (OSError, TypeError, ValueError):
        raise Problem(f"{variable}={file} is not a file with a PEM certificate") from None


def check(line: str, url: str, now: datetime | None = None, variable: str = "OPENVIDU_CA_FILE") -> None:
    """Reports why the functions would refuse it, as far as this is visible without asking the server."""
    certificate = _parse(line)
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= (now or datetime.now(timezone.utc)) <= end:
        raise Problem(
            f"{variable}: the certificate is valid from {begin:%Y-%m-%d} to {end:%Y-%m-%d} only; get a new one"
        )
    host = urlsplit(url).hostname
    names = _names(certificate)
    # A certificate that may sign others can belong to an authority, which does not name the server.
    if host and not _may_sign(certificate) and not any(_matches(name, host) for name in names):
        raise Problem(
            f"{variable}: the certificate is for {', '.join(names) or 'no host'}, not for {host}"
        )


def _parse(line: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(line))


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return certificate.version is x509.Version.v1


def _names(certificate: x509.Certificate) -> list[str]:
    """The hosts that it is valid for. The common name counts only if there are no others."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return found.get_values_for_type(x509.DNSName) + addresses


def _matches(name: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    except ValueError:
        pass
    if name.startswith("*."):
        return host.partition(".")[2].lower() == name[2:].lower()
    return name.lower() == host.lower()
