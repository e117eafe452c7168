"""The site's headers are in one file, which the local server reads. The template has the same ones."""

import json

from deploy.site import HEADERS as FILE
from deploy.site import headers

HEADERS = json.loads(FILE.read_text())


def sent_by(stack) -> dict[str, str]:
    """The headers as CloudFront sends them, for a server at `video.example.org:4443`."""
    [policy] = stack.all("CloudFront::ResponseHeadersPolicy").values()
    config = policy["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    text, values = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"]
    urls = [
        {"Fn::If": [f"Has{kind}PublicUrl", {"Ref": f"{kind}PublicUrl"}, {"Ref": f"{kind}Url"}]}
        for kind in ("LiveKit", "OpenVidu")
    ]
    url = {"Fn::If": ["UsesLiveKit", *urls]}
    assert values == {"VideoHost": {"Fn::Select": [1, {"Fn::Split": ["://", url]}]}}
    hsts = security["StrictTransportSecurity"]
    assert set(hsts) == {"Override", "AccessControlMaxAgeSec"}
    assert security["ContentTypeOptions"] == {"Override": True}
    headers = {
        "Content-Security-Policy": text.replace("${VideoHost}", "video.example.org:4443"),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={hsts['AccessControlMaxAgeSec']}",
    }
    for item in config["CustomHeadersConfig"]["Items"]:
        headers[item["Header"]] = item["Value"]
    return headers


def test_cloudfront_sends_the_headers_of_the_file(stack):
    assert sent_by(stack) == headers("https://video.example.org:4443")


def test_both_the_site_and_the_api_have_them(stack):
    [site] = stack.all("CloudFront::Distribution").values()
    config = site["DistributionConfig"]
    for behaviour in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert behaviour["ResponseHeadersPolicyId"] == {"Ref": "SiteHeaders"}


def test_scripts_come_from_the_site_alone_and_nobody_frames_it():
    policy = dict(
        part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ${OPENVIDU_HTTP} ${OPENVIDU_WEBSOCKET}"
    for device in ("camera", "microphone", "display-capture"):
        assert f"{device}=(self)" in HEADERS["Permissions-Policy"]
