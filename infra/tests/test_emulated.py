"""A stack from its first day to its last, on an emulator of AWS: the commands, CloudFormation, and what it makes."""

import os
import re
import subprocess

import pytest
from botocore.exceptions import ClientError
from certificates import identity, served_with_tls
from emulator import Project, emulator
from openvidu import Forgetful
from runtime import programs

# The emulator has no alarms on expressions.
UNKNOWN = ("FunctionFailsAlarm", "FunctionThrottledAlarm", "SweepFailsAlarm")
SECRET, ANN, WORD = "MY_SECRET", "ann", "correct horse battery"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "emulator").mkdir()
    with emulator(tmp_path / "emulator") as url:
        yield Project(tmp_path / "some folder", url)


def add_ann(project: Project, stack: str) -> None:
    """Adds a user by the program for it."""
    subprocess.run(
        [programs()["users"], "--table", project.outputs(stack)["UsersTable"], "add", ANN, "--role", "PUBLISHER", "--stdin"],
        env=os.environ | {"AWS_ENDPOINT_URL": project.url, "AWS_REGION": "eu-west-1"},
        input=WORD,
        text=True,
        check=True,
    )


def works(project: Project, stack: str) -> None:
    """Logs in, joins a call, leaves it, and logs out, as a visitor."""
    with project.visited(stack) as url:
        assert "works" in project.run(f"smoke {url}", SMOKE_USER=ANN, SMOKE_PASSWORD=WORD)


def protects_users(project: Project, stack: str) -> bool:
    table = project.client("dynamodb").describe_table(TableName=project.outputs(stack)["UsersTable"])
    return table["Table"]["DeletionProtectionEnabled"]


def sweeps(project: Project, stack: str) -> bool:
    rules = project.client("events").list_rules(NamePrefix=stack)["Rules"]
    [rule] = [rule for rule in rules if rule["Name"].startswith(f"{stack}-Sweep")]
    return rule["State"] == "ENABLED"


def domains(project: Project, stack: str) -> list[str]:
    """The host names of one's own that the stack's site answers to."""
    site = project.client("cloudfront").get_distribution(Id=project.outputs(stack)["SiteDistribution"])
    return site["Distribution"]["DistributionConfig"].get("Aliases", {}).get("Items", [])


def resources(project: Project) -> list[str]:
    """What the account contains, apart from SAM's own bucket."""
    functions = project.client("lambda").list_functions()["Functions"]
    buckets = project.client("s3").list_buckets()["Buckets"]
    names = [one["FunctionName"] for one in functions] + project.client("dynamodb").list_tables()["TableNames"]
    names += [one["RoleName"] for one in project.client("iam").list_roles()["Roles"]]
    names += [one["Name"] for one in buckets if not one["Name"].startswith("aws-sam-cli")]
    return sorted(name for name in names if "rooms" in name)


def test_a_stack_from_its_first_day_to_its_last(project, tmp_path):
    own = identity("openvidu", "127.0.0.1", ca=True)
    (tmp_path / "own.pem").write_bytes(own.pem)
    with served_with_tls(Forgetful, own, tmp_path) as openvidu:
        pinned = {
            "OPENVIDU_URL": openvidu,
            "OPENVIDU_SECRET": SECRET,
            "OPENVIDU_CA_FILE": str(tmp_path / "own.pem"),
        }

        # The first deployment fails midway, because the emulator lacks something. There is a way out.
        first = {**pinned, "STACK": "rooms"}
        project.has_template()
        project.run("settings", **first)
        said = project.run("stack", code=1, **first)
        assert "is now in the state ROLLBACK_COMPLETE" in said
        assert re.search(r"\n\w+Alarm \(AWS::CloudWatch::Alarm\) failed first: .*Metrics", said)
        assert resources(project) == []
        project.has_template(without=UNKNOWN)
        assert "It has never worked" in project.run("settings", code=1, **first)
        project.run("settings", **first, YES="1")
        project.run("stack", **first)
        assert protects_users(project, "rooms") and sweeps(project, "rooms")
        add_ann(project, "rooms")
        works(project, "rooms")

        # A setting is changed and cleared. What a plan shows is not done unless somebody agrees.
        project.run("stack", LOGIN_SECONDS="3600")
        assert project.variables("rooms-login")["LOGIN_SECONDS"] == "3600"
        assert "YES=1 is missing" in project.run("stack", code=1, LOGIN_SECONDS="", PLAN="1")
        assert project.variables("rooms-login")["LOGIN_SECONDS"] == "3600"
        project.run("stack", LOGIN_SECONDS="")
        assert project.variables("rooms-login")["LOGIN_SECONDS"] == "28800"
        certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
        project.run("stack", SITE_DOMAIN="rooms.example.org", SITE_CERTIFICATE_ARN=certificate)
        assert domains(project, "rooms") == ["rooms.example.org"]

        # Another stack from the same folder takes nothing over, and goes to a public certificate.
        project.run("stack", **pinned, STACK="rooms-staging")
        assert domains(project, "rooms-staging") == []
        assert "say which one, by STACK=" in project.run("site", code=1)
        project.run("stack", STACK="rooms-staging", OPENVIDU_CA_FILE="")
        certificates = {name: project.variables(f"{name}-get-token")["OPENVIDU_CA"] for name in ("rooms", "rooms-staging")}
        assert certificates == {"rooms": own.line, "rooms-staging": ""}

        # The domain is dropped, and everything still works.
        project.run("stack", STACK="rooms", SITE_DOMAIN="", SITE_CERTIFICATE_ARN="")
        assert domains(project, "rooms") == []
        works(project, "rooms")

    for name in ("rooms-staging", "rooms"):
        project.run("destroy", STACK=name, YES="1")
        with pytest.raises(ClientError, match="does not exist"):
            project.stack(name)
    assert resources(project) == []
