"""A stand-in for an AWS account, over HTTP: the resources that a deployment of the template makes."""

import json
import secrets
import socket
import string
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import boto3
from stack import Stack

READY_WITHIN = 60
STACK_NAME = "rooms"
STACK_ID = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{STACK_NAME}/f449b250-b969-11e0-a185-5081d0136786"
SITE = "https://rooms.example.org"
OPENVIDU_SECRET = "MY_SECRET"
TABLE_FACTS = ("AttributeDefinitions", "BillingMode", "KeySchema", "LocalSecondaryIndexes")


@contextmanager
def moto_server():
    """Moto's server. Yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until, "moto did not start"
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


class Account:
    """The tables and secrets of the template, as after `make deploy`."""

    def __init__(self, url: str, stack: Stack, kind: str = "OpenVidu"):
        urllib.request.urlopen(f"{url}/moto-api/reset", data=b"").close()
        self.url, self.stack, self.kind = url, stack, kind
        self.parameters = {f"{kind}Url": "https://video.example.org", "LiveKitApiKey": "devkey"}
        self.dynamodb = self.client("dynamodb")
        self.secrets = self.client("secretsmanager")
        self.tables = {name: f"{STACK_NAME}-{name}" for name in stack.all("DynamoDB::Table")}
        for name, table in self.tables.items():
            shape = stack.properties(name)
            facts = {fact: shape[fact] for fact in TABLE_FACTS if fact in shape}
            self.dynamodb.create_table(TableName=table, **facts)
        self.values = {
            name: generated(secret.get("GenerateSecretString")) or OPENVIDU_SECRET
            for name, secret in stack.all("SecretsManager::Secret").items()
        }
        self.arns = {
            name: self.secrets.create_secret(Name=name, SecretString=value)["ARN"]
            for name, value in self.values.items()
        }

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.url)

    def rotate(self, secret: str, value: str) -> None:
        """Sets another value, as docs/OPERATIONS.md says."""
        self.secrets.put_secret_value(SecretId=self.arns[secret], SecretString=value)
        self.values[secret] = value

    def environment(self, crate: str) -> dict[str, str]:
        """The environment of a function: from the template, from Lambda and for this stand-in."""
        given = {name: self.resolve(value) for name, value in self.stack.environment(crate, self.kind).items()}
        return given | self.credentials()

    def credentials(self) -> dict[str, str]:
        """The variables that make a program use this account and no other."""
        return {
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_ENDPOINT_URL_DYNAMODB": self.url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.url,
        }

    def resolve(self, value) -> str | list[str]:
        """A value of the template, resolved as CloudFormation would do it."""
        if value == self.stack.body["Outputs"]["SiteUrl"]["Value"]:
            return SITE
        match value:
            case str():
                return value
            case {"Fn::Join": [between, parts]}:
                return between.join(self.resolve(parts))
            case {"Fn::Split": [between, text]}:
                return self.resolve(text).split(between)
            case {"Fn::Select": [index, items]}:
                return self.resolve(items)[int(index)]
        name = value["Ref"]
        itself = {"AWS::StackName": STACK_NAME, "AWS::StackId": STACK_ID}
        known = self.tables | self.arns | self.parameters | itself
        return known[name] if name in known else str(self.stack.body["Parameters"][name]["Default"])


def distribution(bucket: str) -> str:
    """Makes a distribution of a bucket. Returns its id."""
    origin = {
        "Id": "site",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    made = boto3.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "x",
            "Comment": "",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "site", "ViewerProtocolPolicy": "allow-all"},
        }
    )
    return made["Distribution"]["Id"]


def generated(rule: dict | None) -> str | None:
    """A value that Secrets Manager generates by this rule."""
    if rule is None:
        return None
    assert rule["ExcludePunctuation"] is True
    value = password(rule["PasswordLength"])
    if "GenerateStringKey" in rule:
        return json.dumps(json.loads(rule["SecretStringTemplate"]) | {rule["GenerateStringKey"]: value})
    return value


def password(length: int = 64) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
