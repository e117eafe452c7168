"""The built functions: SAM accepts them as they are, and cargo-lambda can replace one of them."""

import json
import os
import shutil
import subprocess

import boto3
from aws import moto_server
from deploy import __main__ as commands
from deploy.settings import Settings
from rust_source import ROOT, crates


def test_sam_takes_the_functions_as_they_were_built(tmp_path):
    (tmp_path / "infra").mkdir()
    shutil.copy(ROOT / "infra/template.yaml", tmp_path / "infra")
    for crate in crates():
        folder = tmp_path / "target/lambda" / crate
        folder.mkdir(parents=True)
        (folder / "bootstrap").write_text(crate)
    subprocess.run(
        [*commands.SAM, "build", "--template", "infra/template.yaml"],
        cwd=tmp_path,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        check=True,
        capture_output=True,
    )
    built = (tmp_path / ".aws-sam/build/template.yaml").read_text()
    for crate in crates():
        assert f"target/lambda/{crate}" in built


def test_one_functions_code_is_replaced_and_nothing_else(tmp_path, monkeypatch):
    folder = tmp_path / "get-token"
    folder.mkdir()
    shutil.copy("/bin/true", folder / "bootstrap")  # cargo-lambda looks at what it was built for.
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(commands, "BUILDS", tmp_path)
    monkeypatch.setenv("PATH", f"{ROOT / '.tools/venv/bin'}:{os.environ['PATH']}")
    with moto_server() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        functions = boto3.client("lambda")
        before = functions.create_function(
            FunctionName="rooms-get-token",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": _empty_zip()},
            Timeout=29,
            MemorySize=256,
            Environment={"Variables": {"CALLS_TABLE": "calls"}},
        )
        commands.deploy_function(Settings("rooms", "eu-west-1"), "get-token")
        after = functions.get_function(FunctionName="rooms-get-token")["Configuration"]
    assert after["CodeSha256"] != before["CodeSha256"]
    for fact in ("Timeout", "MemorySize", "Role", "Environment"):
        assert after[fact] == before[fact]


def _empty_zip() -> bytes:
    return b"PK\x05\x06" + b"\0" * 18
