"""The built functions: SAM takes them as they are, and cargo-lambda replaces one of them."""

import http.server
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from rust_source import ROOT, crates

TOOLS = Path(sys.executable).parent
CARGO_LAMBDA = ROOT / ".tools/venv/bin/cargo-lambda"
BUILDS = ROOT / "target/lambda"
READY_WITHIN = 60

# As on a developer's machine, where secrets come from the environment.
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "CALLS_TABLE": "calls",
    "LOGINS_TABLE": "logins",
    "USERS_TABLE": "users",
    "JWT_KEYS": "k1:" + "A" * 43,
    "OPENVIDU_URL": "https://video.example.org",
    "OPENVIDU_SECRET": "MY_SECRET",
    "WEBHOOK_SECRETS": "A" * 64,
}


def test_sam_takes_the_functions_as_they_were_built(tmp_path):
    (tmp_path / "infra").mkdir()
    shutil.copy(ROOT / "infra/template.yaml", tmp_path / "infra")
    for crate in crates():
        folder = tmp_path / "target/lambda" / crate
        folder.mkdir(parents=True)
        (folder / "bootstrap").write_text(crate)
    subprocess.run(
        [TOOLS / "sam", "build", "--template", "infra/template.yaml"],
        cwd=tmp_path,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0"},
        check=True,
        capture_output=True,
    )
    built = (tmp_path / ".aws-sam/build/template.yaml").read_text()
    for crate in crates():
        assert f"target/lambda/{crate}" in built


@contextmanager
def moto_server():
    """A stand-in for AWS over HTTP."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [TOOLS / "moto_server", "--host", "127.0.0.1", "--port", str(port)],
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


def test_one_functions_code_is_replaced_and_nothing_else(tmp_path):
    folder = tmp_path / "lambda/get-token"
    folder.mkdir(parents=True)
    shutil.copy("/bin/true", folder / "bootstrap")  # cargo-lambda looks at what it was built for.
    with moto_server() as url:
        clients = {"endpoint_url": url, "region_name": "eu-west-1"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = boto3.client("iam", **clients).create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        functions = boto3.client("lambda", **clients)
        before = functions.create_function(
            FunctionName="openvidu-calls-get-token",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": _empty_zip()},
            Timeout=29,
            MemorySize=256,
            Environment={"Variables": {"CALLS_TABLE": "calls"}},
        )
        command = [CARGO_LAMBDA, "lambda", "deploy", "--lambda-dir", folder.parent, "--endpoint-url", url]
        command += ["--region", "eu-west-1", "--binary-name", "get-token", "openvidu-calls-get-token"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        after = functions.get_function(FunctionName="openvidu-calls-get-token")["Configuration"]
    assert after["CodeSha256"] != before["CodeSha256"]
    for fact in ("Timeout", "MemorySize", "Role", "Environment"):
        assert after[fact] == before[fact]


def _empty_zip() -> bytes:
    return b"PK\x05\x06" + b"\0" * 18


@contextmanager
def runtime_api():
    """Stands in for Lambda: says whether somebody asked for an invocation."""
    asked = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.set()
            time.sleep(1)  # No invocation comes.

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()


def runner(bootstrap: Path) -> list[str] | None:
    """What runs the binary here; `None` if nothing does."""
    machine = int.from_bytes(bootstrap.read_bytes()[18:20], "little")
    if {62: "x86_64", 183: "aarch64"}[machine] == os.uname().machine:
        return []
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    root = Path("/usr/aarch64-linux-gnu")
    if machine == 183 and emulator and root.is_dir():
        return [emulator, "-cpu", "neoverse-n1", "-L", str(root)]
    return None


@pytest.mark.parametrize("crate", crates())
def test_a_built_function_starts_and_asks_for_work(crate):
    bootstrap = BUILDS / crate / "bootstrap"
    if not bootstrap.is_file():
        pytest.skip("not built: make build")
    command = runner(bootstrap)
    if command is None:
        pytest.skip("built for another machine, and qemu-user with libc6-arm64-cross is not here")
    with runtime_api() as (address, asked):
        environment = ENVIRONMENT | {"AWS_LAMBDA_RUNTIME_API": address}
        process = subprocess.Popen([*command, bootstrap], env=environment)
        try:
            assert asked.wait(READY_WITHIN), "it did not ask for an invocation"
        finally:
            process.kill()
            process.wait()
