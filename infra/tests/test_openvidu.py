"""A deployment finds out whether an OpenVidu server is trusted, and asks for its public address."""

import ssl

import pytest
from certificates import Identity, identity, served_with_tls
from deploy import certificate, openvidu, settings
from deploy.problem import Problem
from served import Handler

URL = "https://video.example.org:4443"


def server(shown: Identity, folder, answer: bytes = b"https://video.example.org/", status: int = 200):
    """A server with TLS that says where browsers find it. Yields its URL."""

    class PublicUrl(Handler):
        def do_GET(self):
            asked = self.path == openvidu.PUBLIC_URL and "authorization" not in self.headers
            self.reply(status if asked else 404, answer)

    return served_with_tls(PublicUrl, shown, folder)


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
