"""`make deploy-site`, `openvidu-secret` and `destroy` as programs, on a stack in a stand-in for AWS.

Moto lacks some of the template's resources, so the stack contains only what these commands use.
"""

import json
import os
import subprocess
import sys

import boto3
import pytest
from aws import STACK_NAME, distribution, moto_server
from botocore.exceptions import ClientError
from rust_source import ROOT

BUCKET = "the-site"


@pytest.fixture
def account(monkeypatch):
    """The stack as AWS sees it."""
    with moto_server() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        secret = boto3.client("secretsmanager").create_secret(Name="openvidu")["ARN"]
        outputs = {
            "SiteUrl": "https://d1.cloudfront.net",
            "OpenViduUrl": "https://video.example.org",
            "SiteBucket": BUCKET,
            "SiteDistribution": distribution(BUCKET),
            "OpenViduSecretArn": secret,
        }
        template = {
            "Resources": {"Site": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        boto3.client("cloudformation").create_stack(
            StackName=STACK_NAME, TemplateBody=json.dumps(template)
        )
        yield outputs


def deploy(folder, *arguments: str, **environment: str) -> str:
    """Runs a command in a folder. Returns its output."""
    known = {"STACK": STACK_NAME, "REGION": "eu-west-1", "PYTHONPATH": str(ROOT / "infra")}
    done = subprocess.run(
        [sys.executable, "-m", "deploy", *arguments],
        cwd=folder,
        env=os.environ | known | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_site_goes_up_and_everything_is_gone_again(account, tmp_path):
    assets = tmp_path / "static-site/dist/assets"
    assets.mkdir(parents=True)
    (assets / "index-C1V12FHJ.js").write_text("export {}")
    for name in ("index.html", "config.json"):
        (assets.parent / name).write_text("x")
    said = deploy(tmp_path, "site")
    assert said == "The site: 3 files up, 0 old ones removed\nhttps://d1.cloudfront.net\n"
    s3 = boto3.client("s3")
    page = s3.head_object(Bucket=BUCKET, Key="index.html")
    assert (page["ContentType"], page["CacheControl"]) == ("text/html; charset=utf-8", "no-cache")
    script = s3.head_object(Bucket=BUCKET, Key="assets/index-C1V12FHJ.js")
    assert script["CacheControl"].endswith("immutable")
    config = json.loads(s3.get_object(Bucket=BUCKET, Key="config.json")["Body"].read())
    video_server = {"kind": "openvidu", "url": "https://video.example.org"}
    assert config == {"apiBaseUrl": "", "videoServer": video_server}
    asked = boto3.client("cloudfront").list_invalidations(DistributionId=account["SiteDistribution"])
    assert asked["InvalidationList"]["Quantity"] == 1

    said = deploy(tmp_path, "destroy", YES="1")
    assert "SAM's bucket" in said
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=BUCKET)
    with pytest.raises(ClientError, match="does not exist"):
        boto3.client("cloudformation").describe_stacks(StackName=STACK_NAME)


def test_openvidus_secret_is_changed(account, tmp_path):
    said = deploy(tmp_path, "video-secret", OPENVIDU_SECRET="another")
    assert "another" not in said
    stored = boto3.client("secretsmanager").get_secret_value(SecretId=account["OpenViduSecretArn"])
    assert stored["SecretString"] == "another"
