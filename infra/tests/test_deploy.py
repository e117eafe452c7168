"""Deployments on stand-ins for AWS; nothing reaches an account."""

import json
import os
import re
import subprocess
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from aws import distribution
from deploy import __main__ as commands
from deploy import openvidu, preflight, settings, site, stack, states
from deploy.problem import Problem
from moto import mock_aws
from rust_source import ROOT
from samtranslator.yaml_helper import yaml_parse

BUCKET = "the-site"
SECRET = "only-OpenVidu-and-we-know"


@pytest.fixture
def build(folder):
    """A built site."""
    dist = folder / site.BUILD
    (dist / "assets").mkdir(parents=True)
    hashed = ("assets/index-C1V12FHJ.js", "assets/a-1.css")
    others = ("index.html", "icon.svg", "config.json", "manifest.webmanifest", "service-worker.js")
    for name in (*hashed, *others):
        (dist / name).write_text("x")
    return dist


def test_what_is_missing_is_said_in_one_line(folder):
    with pytest.raises(Problem, match="^OPENVIDU_URL is missing: make deploy OPENVIDU_URL=...$"):
        settings.known()
    with pytest.raises(Problem, match="no stack is known here"):
        settings.deployed()
    with pytest.raises(Problem, match="the site is not built"):
        site.uploads()


def test_what_is_wrong_is_said(folder, monkeypatch):
    for url in ("http://video.example.org", "https://video.example.org/", "https://u:p@host"):
        monkeypatch.setenv("OPENVIDU_URL", url)
        with pytest.raises(Problem, match="OPENVIDU_URL="):
            settings.known()
    monkeypatch.setenv("OPENVIDU_SECRET", "with space")
    with pytest.raises(Problem, match="letters"):
        stack.ask_secret(stack.SERVER_SECRETS["OpenVidu"])


@pytest.mark.parametrize(
    "answer, public, warning",
    [
        ("https://video.example.org", "", None),
        ("https://10.0.0.5:4443", "https://10.0.0.5:4443", "calls itself https://10.0.0.5:4443, not "),
        ("http://video.example.org", "https://earlier", "calls itself http://video.example.org, and browsers"),
        (openvidu.Unanswered("no route"), "https://earlier", "does not say where browsers find it: no route"),
    ],
)
def test_browsers_are_let_go_where_openvidu_sends_them(folder, monkeypatch, capsys, answer, public, warning):
    def public_url(url, certificate):
        assert (url, certificate) == ("https://video.example.org:443", "MII")
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(openvidu, "public_url", public_url)
    parameters = {"OpenViduUrl": "https://video.example.org:443", "OpenViduCa": "MII"}
    known = settings.Settings("s", "r", parameters | {"OpenViduPublicUrl": "https://earlier"})
    commands.ask_openvidu(known)
    assert known.parameters["OpenViduPublicUrl"] == public
    said = capsys.readouterr().err
    assert warning in said if warning else said == ""


@pytest.mark.parametrize(
    "environment, expected",
    [({}, False), ({"AWS_PROFILE": ""}, False), ({"AWS_PROFILE": "x"}, True), ({"AWS_ACCESS_KEY_ID": "x"}, True)],
)
def test_credentials_are_looked_for_where_aws_keeps_them(folder, environment, expected):
    problem = preflight.credentials({"HOME": str(folder), **environment})
    assert (problem is None) is expected
    (folder / ".aws").mkdir()
    (folder / ".aws/credentials").touch()
    assert preflight.credentials({"HOME": str(folder)}) is None


def test_deploying_without_credentials_says_so_before_anything_else(folder):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    for target in ("deploy", "deploy-site", "logs", "destroy", "smoke", "openvidu-secret", "livekit-secret"):
        done = subprocess.run(
            ["make", target], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode
        assert done.stderr.startswith("AWS credentials are missing: ")
        assert done.stdout == "", "nothing was installed or built"


@pytest.mark.parametrize(
    "environment, expected",
    [({}, False), ({"STACK": "s"}, False), ({"STACK": "s", "REGION": "r"}, True)],
)
def test_which_stack_is_meant_must_be_known(folder, environment, expected):
    assert (preflight.stack(environment) is None) is expected
    settings.FILE.touch()
    assert preflight.stack({}) is None


@mock_aws
def test_nothing_is_built_for_a_deployment_that_will_lack_something(folder, monkeypatch):
    monkeypatch.setenv("OPENVIDU_URL", "https://video.example.org")
    monkeypatch.setattr(states, "find", lambda *_: None)
    with pytest.raises(Problem, match="OPENVIDU_SECRET is missing"):
        commands.run(commands.argparse.Namespace(command="settings"))
    monkeypatch.setenv("OPENVIDU_SECRET", SECRET)
    commands.run(commands.argparse.Namespace(command="settings"))
    assert SECRET not in settings.FILE.read_text()


@mock_aws
def test_the_site_goes_up_with_types_and_cache_rules(build):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    files = site.uploads(site.VideoServer("livekit", "wss://video.example.org"))
    assert [file.key for file in files][-1] == "index.html"
    site.upload(s3, BUCKET, files)
    kept = {key: s3.head_object(Bucket=BUCKET, Key=key) for key in (file.key for file in files)}
    facts = {key: (one["ContentType"], one["CacheControl"]) for key, one in kept.items()}
    assert facts == {
        "assets/index-C1V12FHJ.js": ("text/javascript; charset=utf-8", site.FOREVER),
        "assets/a-1.css": ("text/css; charset=utf-8", site.FOREVER),
        "config.json": ("application/json", "no-cache"),
        "icon.svg": ("image/svg+xml", "no-cache"),
        "index.html": ("text/html; charset=utf-8", "no-cache"),
        "manifest.webmanifest": ("application/manifest+json", "no-cache"),
        "service-worker.js": ("text/javascript; charset=utf-8", "no-cache"),
    }
    video_server = {"kind": "livekit", "url": "wss://video.example.org"}
    assert told_to_the_site() == {"apiBaseUrl": "", "videoServer": video_server}


def test_the_site_is_told_which_video_server_the_stack_has():
    openvidu, livekit = "https://video.example.org", "wss://video.example.org"
    assert site.video_server({"OpenViduUrl": openvidu}) == site.VideoServer("openvidu", openvidu)
    assert site.video_server({"LiveKitUrl": livekit}) == site.VideoServer("livekit", livekit)
    assert site.video_server({"SiteUrl": "https://d1.cloudfront.net"}) is None


@mock_aws
def test_files_of_an_earlier_build_stay_for_a_week(build):
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="assets/index-old.js", Body=b"x")
    assert site.upload(s3, BUCKET, site.uploads()) == []
    later = datetime.now(timezone.utc) + timedelta(days=8)
    assert site.upload(s3, BUCKET, site.uploads(), later) == ["assets/index-old.js"]


def told_to_the_site() -> dict:
    """The file in which the page finds the addresses."""
    return json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key="config.json")["Body"].read())


class Deployed:
    """A stack in moto, which lacks some resources: only those that the commands use."""

    def __init__(self):
        s3, secrets = boto3.client("s3"), boto3.client("secretsmanager")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.outputs = {
            "SiteUrl": "https://d1.cloudfront.net",
            "ApiUrl": "https://a.execute-api",
            "OpenViduUrl": "https://video.example.org",
            "UsersTable": "users",
            "WebhookUrl": "https://a.execute-api/api-openvidu/webhook",
            "SiteBucket": BUCKET,
            "SiteDistribution": distribution(BUCKET),
            "OpenViduSecretArn": secrets.create_secret(Name="openvidu")["ARN"],
            "WebhookSecretsArn": secrets.create_secret(Name="webhook", SecretString="w" * 64)["ARN"],
        }


@mock_aws
def test_everything_is_deployed_and_the_secret_is_nowhere_but_in_its_store(build, monkeypatch, capsys):
    deployed, called = Deployed(), []

    def sam(*arguments):
        called.append(arguments)
        stored = stack.has_value(boto3.client("secretsmanager"), deployed.outputs["OpenViduSecretArn"])
        assert ("Operating=true" in arguments) is stored
        return 0

    monkeypatch.setattr(commands, "sam", sam)
    found = states.Stack("id", "CREATE_COMPLETE", deployed.outputs)
    monkeypatch.setattr(states, "find", lambda *_: found if called else None)
    monkeypatch.setattr(stack, "reservations", lambda *_: {"SweepConcurrency": "0"})  # Moto doesn't know it.
    monkeypatch.setenv("OPENVIDU_URL", "https://video.example.org")
    monkeypatch.setenv("OPENVIDU_SECRET", SECRET)

    commands.run(commands.argparse.Namespace(command="stack"))

    assert len(called) == 2, "it operates from the second time on, when OpenVidu's secret is there"
    for arguments in called:
        assert arguments[0] == "deploy"
        assert {"OpenViduUrl=https://video.example.org", "SweepConcurrency=0", 'AlarmEmail=""'} < set(arguments)
    video_server = {"kind": "openvidu", "url": "https://video.example.org"}
    assert told_to_the_site()["videoServer"] == video_server
    secrets = boto3.client("secretsmanager")
    stored = secrets.get_secret_value(SecretId=deployed.outputs["OpenViduSecretArn"])
    assert stored["SecretString"] == SECRET
    said = capsys.readouterr().out
    assert "https://d1.cloudfront.net" in said
    assert "OPENVIDU_WEBHOOK_ENDPOINT=https://a.execute-api/api-openvidu/webhook" in said
    for text in (said, str(called), settings.FILE.read_text()):
        assert SECRET not in text
        assert "w" * 64 not in text  # The output of a pipe may be kept.

    # The second time it exists already, and the program asks nothing.
    monkeypatch.delenv("OPENVIDU_SECRET")
    commands.run(commands.argparse.Namespace(command="stack"))
    assert len(called) == 3


def test_openvidu_is_told_everywhere_to_send_what_is_heard():
    events = (ROOT / "shared/src/adapters/openvidu/events.rs").read_text()
    heard = re.findall(r'^ *"(\w+)" => ', events, re.M)
    assert len(heard) >= 2
    line = f"OPENVIDU_WEBHOOK_EVENTS={json.dumps(heard, separators=(',', ':'))}"
    assert line in stack.webhook_settings("https://api/hook", "s")
    files = ["README.md", "infra/local/src/own_openvidu.rs", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
    named = [text for file in files for text in re.findall(r"OPENVIDU_WEBHOOK_EVENTS=.*", (ROOT / file).read_text())]
    assert len(named) >= 2 and set(named) == {line}


def test_openvidu_is_told_what_to_send():
    lines = stack.webhook_settings("https://api/hook", "s").splitlines()
    assert 'OPENVIDU_WEBHOOK_HEADERS=["X-Webhook-Secret: s"]' in lines
    header = (ROOT / "shared/src/adapters/openvidu/webhook_secret.rs").read_text()
    assert 'const HEADER: &str = "x-webhook-secret"' in header


def test_the_address_of_one_video_server_replaces_the_other(folder, monkeypatch):
    monkeypatch.setenv("LIVEKIT_URL", "wss://video.example.org")
    with pytest.raises(Problem, match="^LIVEKIT_API_KEY is missing"):
        settings.known()
    monkeypatch.setenv("LIVEKIT_API_KEY", "devkey")
    monkeypatch.setenv("OPENVIDU_URL", "https://old.example.org")
    with pytest.raises(Problem, match="OPENVIDU_URL or LIVEKIT_URL, not both"):
        settings.known()

    monkeypatch.delenv("LIVEKIT_URL")
    monkeypatch.setenv("OPENVIDU_CONCURRENCY", "50")
    first = settings.known()
    assert first.kind == "OpenVidu" and "LiveKitApiKey" not in first.parameters
    first.parameters |= {"OpenViduCa": "MII", "OpenViduPublicUrl": "https://earlier"}
    settings.remember(first)

    monkeypatch.delenv("OPENVIDU_URL")
    monkeypatch.setenv("LIVEKIT_URL", "wss://video.example.org")
    second = settings.known()
    settings.remember(second)
    for variable in ("LIVEKIT_URL", "LIVEKIT_API_KEY", "OPENVIDU_CONCURRENCY"):
        monkeypatch.delenv(variable)
    for known in (second, settings.known()):
        assert known.kind == "LiveKit"
        video = {name: value for name, value in known.parameters.items() if "OpenVidu" in name or "LiveKit" in name}
        assert video == {
            "LiveKitUrl": "https://video.example.org",
            "LiveKitApiKey": "devkey",
            "OpenViduConcurrency": "50",
        }


def test_livekit_is_told_what_to_send():
    lines = yaml_parse(stack.livekit_settings("https://api/hook", "new,old"))
    assert lines == {"webhook": {"api_key": "new", "urls": ["https://api/hook"]}}


@mock_aws
def test_with_livekit_its_secret_is_stored_and_its_lines_are_shown(build, monkeypatch, capsys):
    deployed, called = Deployed(), []
    secrets = boto3.client("secretsmanager")
    outputs = {name: value for name, value in deployed.outputs.items() if "OpenVidu" not in name and "Secret" not in name}
    outputs["LiveKitApiSecretArn"] = secrets.create_secret(Name="livekit")["ARN"]
    found = states.Stack("id", "CREATE_COMPLETE", outputs)
    # Until now the stack had OpenVidu.
    before = states.Stack("id", "CREATE_COMPLETE", deployed.outputs)
    monkeypatch.setattr(commands, "sam", lambda *arguments: called.append(arguments) or 0)
    monkeypatch.setattr(states, "find", lambda *_: found if called else before)
    monkeypatch.setattr(stack, "reservations", lambda *_: {"SweepConcurrency": "0"})
    monkeypatch.setenv("LIVEKIT_URL", "https://video.example.org")
    monkeypatch.setenv("LIVEKIT_API_KEY", "devkey")
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)

    commands.run(commands.argparse.Namespace(command="stack"))

    # It has operated before, so its table stays protected while LiveKit's secret is still missing.
    assert len(called) == 2
    for arguments in called:
        assert "Operating=true" in arguments
        assert {"LiveKitUrl=https://video.example.org", "LiveKitApiKey=devkey", 'OpenViduUrl=""'} < set(arguments)
    stored = secrets.get_secret_value(SecretId=outputs["LiveKitApiSecretArn"])
    assert stored["SecretString"] == SECRET
    said = capsys.readouterr().out
    assert '  urls: ["https://a.execute-api/api-openvidu/webhook"]' in said
    for text in (said, str(called), settings.FILE.read_text()):
        assert SECRET not in text

    # Another secret, by the same command as for OpenVidu.
    monkeypatch.setenv("LIVEKIT_API_SECRET", "new-secret,old-secret")
    commands.run(commands.argparse.Namespace(command="video-secret"))
    stored = secrets.get_secret_value(SecretId=outputs["LiveKitApiSecretArn"])
    assert stored["SecretString"] == "new-secret,old-secret"


@mock_aws
def test_a_bucket_is_emptied_with_all_versions():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="index.html")
    stack.empty(s3, BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


@mock_aws
def test_nothing_is_deleted_unless_somebody_says_so(folder, monkeypatch):
    settings.remember(settings.Settings("s", "eu-west-1"))
    found = states.Stack("id", "CREATE_COMPLETE", Deployed().outputs)
    monkeypatch.setattr(states, "find", lambda *_: found)
    with pytest.raises(Problem, match="YES=1"):
        commands.run(commands.argparse.Namespace(command="destroy"))
