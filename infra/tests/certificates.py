"""Certificates for tests, and servers that show them."""

import base64
import ipaddress
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from http.server import ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from served import Handler

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
def served_with_tls(handler: type[Handler], shown: Identity, folder):
    """Serves with this handler and certificate. Yields the URL, with the IP address."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(shown.pem + shown.above)
    key.write_bytes(
        shown.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    listening.handle_error = lambda *_: None  # A client that does not trust us hangs up.
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
