"""A deployment finds out whether an OpenVidu server is trusted, and asks for its public address."""

import base64
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from deploy import certificate, openvidu, settings
from deploy.problem import Problem
from served import Handler

URL = "https://video.example.org:4443"
NOW = datetime.now(timezone.utc)


@dataclass
class Identity:
    """A certificate, its key, and the other certificates that the server sends."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    above: bytes = b""

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def line(self) -> str:
        return base64.b64encode(self.certificate.public_bytes(serialization.Encoding.DER)).decode()


def identity(
    common_name: str, *hosts: str, ca: bool | None = False, by: Identity | None = None, days=(-1, 365), brief=False
):
    """A certificate, signed by itself or by an authority. `ca`: None leaves it unsaid.

    A `brief` certificate does not say what its key is for, nor which key signed it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if ca and not brief:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
        )
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, crl_sign=True, decipher_only=False, **usage
            ),
            critical=True,
        ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if by and not brief:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if hosts:
        names = x509.SubjectAlternativeName(map(_general_name, hosts))
        builder = builder.add_extension(names, critical=False)
    signed = builder.sign(by.key if by else key, hashes.SHA256())
    return Identity(signed, key, by.pem if by else b"")


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@contextmanager
def server(shown: Identity, folder, answer: bytes = b"https://video.example.org/", status: int = 200):
    """A server with TLS. Yields its URL, with its IP address."""

    class PublicUrl(Handler):
        def do_GET(self):
            asked = self.path == openvidu.PUBLIC_URL and "authorization" not in self.headers
            self.reply(status if asked else 404, answer)

    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(shown.pem + shown.above)
    key.write_bytes(
        shown.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), PublicUrl)
    listening.daemon_threads = True
    listening.handle_error = lambda *_: None  # A client that does not trust us hangs up.
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()


def test_a_certificate_becomes_one_line(tmp_path):
    found = identity("video.example.org")
    file = tmp_path / "openvidu.pem"
    # As printed by `openssl s_client -showcerts`: the server's own comes first.
    file.write_bytes(b" 0 s:CN = x\n" + found.pem + identity("above", ca=True).pem)
    assert certificate.read(file) == found.line
    wrong = {
        "key": b"-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n",
        "nothing": b"",
        "no certificate": b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n",
    }
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Problem, match="is not a file with a PEM certificate"):
            certificate.read(tmp_path / name)
    with pytest.raises(Problem, match="is not a file with a PEM certificate"):
        certificate.read(tmp_path / "missing")


@pytest.mark.parametrize(
    "found",
    [
        identity("video.example.org"),
        identity("video.example.org", ca=None),
        identity("x", "other.example.org", "VIDEO.example.org"),
        identity("x", "*.example.org"),
        # Whether these are the server's own or an authority's shows when the server is asked.
        identity("x", ca=True),
        identity("other.example.org", ca=True),
    ],
)
def test_a_certificate_that_may_be_the_servers_or_its_authoritys_is_taken(found):
    certificate.check(found.line, URL)


@pytest.mark.parametrize(
    "found, message",
    [
        (identity("other.example.org"), "is for other.example.org, not for video.example.org"),
        (identity("video.example.org", "a.org", "10.0.0.5"), "is for a.org, 10.0.0.5, not for video"),
        (identity("video.example.org", "*.video.example.org"), "not for video.example.org"),
        (identity("video.example.org", days=(-9, -2)), "valid from .* to .* only"),
        (identity("video.example.org", days=(2, 9), ca=True), "valid from .* to .* only"),
    ],
)
def test_a_certificate_that_the_functions_would_refuse_is_told_before_anything_is_built(found, message):
    with pytest.raises(Problem, match=message):
        certificate.check(found.line, URL)


def test_what_was_remembered_is_looked_at_again_and_can_be_forgotten(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENVIDU_URL", "https://10.0.0.5")
    file = tmp_path / "openvidu.pem"
    file.write_bytes(identity("x", "10.0.0.5").pem)
    monkeypatch.setenv("OPENVIDU_CA_FILE", str(file))
    known = settings.known()
    assert known.parameters["OpenViduCa"] == certificate.read(file)
    settings.remember(known)
    monkeypatch.delenv("OPENVIDU_CA_FILE")
    monkeypatch.setenv("OPENVIDU_URL", URL)
    with pytest.raises(Problem, match="is for 10.0.0.5, not for video.example.org"):
        settings.known()
    monkeypatch.setenv("OPENVIDU_CA_FILE", "")
    assert settings.known().parameters["OpenViduCa"] == ""


def test_a_server_is_trusted_as_the_functions_trust_it(tmp_path):
    authority = identity("An authority", ca=True)
    own = {"127.0.0.1"}
    for shown, trusted in (
        (of_the_installer := identity("127.0.0.1", ca=True), of_the_installer),
        (leaf := identity("x", *own), leaf),
        (leaf := identity("x", *own, by=authority), leaf),
        (identity("x", *own, by=authority), authority),
    ):
        with server(shown, tmp_path) as url:
            assert openvidu.public_url(url, trusted.line) == "https://video.example.org"
            for other in (identity("127.0.0.1"), identity("An authority", ca=True)):
                with pytest.raises(Problem, match="shows another certificate than that of OPENVIDU_CA_FILE"):
                    openvidu.public_url(url, other.line)
            with pytest.raises(openvidu.Unanswered, match="is not trusted here"):
                openvidu.public_url(url)
    with server(identity("x", "10.0.0.5", by=authority), tmp_path) as url:
        with pytest.raises(Problem, match="for this host"):
            openvidu.public_url(url, authority.line)


def test_brief_certificates_are_trusted_by_every_python(tmp_path, monkeypatch):
    default_context = ssl.create_default_context

    def of_python_3_13(*arguments, **keywords):
        context = default_context(*arguments, **keywords)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr(ssl, "create_default_context", of_python_3_13)
    authority = identity("An authority", ca=True, brief=True)
    with server(identity("x", "127.0.0.1", by=authority, brief=True), tmp_path) as url:
        assert openvidu.public_url(url, authority.line) == "https://video.example.org"
        other = identity("An authority", ca=True, brief=True)
        with pytest.raises(Problem, match="shows another certificate"):
            openvidu.public_url(url, other.line)


def test_a_server_that_says_nothing_useful_is_no_reason_to_stop(tmp_path):
    shown = identity("127.0.0.1")
    for status, answer in ((200, b"<html>"), (404, b"https://video.example.org"), (200, b"\xff")):
        with server(shown, tmp_path, answer, status) as url:
            with pytest.raises(openvidu.Unanswered, match=f"it answered {status}"):
                openvidu.public_url(url, shown.line)
    with pytest.raises(openvidu.Unanswered):
        openvidu.public_url(url, shown.line)


@pytest.mark.parametrize(
    "text, found",
    [
        ("https://Video.example.org:443/", "https://video.example.org"),
        ("http://localhost:4443/openvidu?x", "http://localhost:4443"),
        ("https://[::1]:4443", "https://[::1]:4443"),
        ("wss://video.example.org", None),
        ("video.example.org", None),
        ("https://:4443", None),
        ("https://a:b", None),
        ("https://[", None),
    ],
)
def test_of_an_address_the_origin_counts(text, found):
    assert openvidu.origin(text) == found
