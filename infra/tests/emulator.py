"""An emulator of AWS that the whole template can be deployed to, and a project to deploy there.

Where the emulator lacks something, the project's template is adapted, never the repository's.
"""

import http.client
import json
import os
import re
import shutil
import socket
import string
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from rust_source import ROOT, crates
from runtime import programs
from served import Handler, served_by

PYTHON = ROOT / ".tools/ministack-venv/bin/python"
READY_WITHIN = 60
REGION = "eu-west-1"


@contextmanager
def emulator(folder: Path):
    """Starts it. Yields its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LAMBDA_EXECUTOR": "local"}
    with open(folder / "emulator.log", "w") as log:
        server = subprocess.Popen(
            [PYTHON, "-m", "ministack"], env=os.environ | settings, cwd=folder, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + READY_WITHIN
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until, (folder / "emulator.log").read_text()
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


class Project:
    """A copy of what a deployment needs, and the account that it is deployed to."""

    def __init__(self, folder: Path, url: str):
        self.folder, self.url = folder, url
        for name in ("infra/deploy", "infra/headers.json", "static-site/dist"):
            source, copy = ROOT / name, folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
        for crate in crates():
            (folder / "functions" / crate).mkdir(parents=True)
            (folder / "functions" / crate / "Cargo.toml").touch()
            build = folder / "target/lambda" / crate
            build.mkdir(parents=True)
            subprocess.run(["strip", "-o", build / "bootstrap", programs()[crate]], check=True)
        self.given = {"AWS_ENDPOINT_URL": url, "REGION": REGION, "ARCH": "x86_64", "PYTHONPATH": "infra"}

    def has_template(self, without=()) -> None:
        """Takes the present template, for the emulator, without these resources."""
        text = (ROOT / "infra/template.yaml").read_text()
        # Lambda's processes find the emulator by this variable.
        text = text.replace("      Variables:\n", f"      Variables:\n        AWS_ENDPOINT_URL: {self.url}\n", 1)
        # Its CloudFront fetches from its S3 without TLS.
        text = text.replace('"aws:SecureTransport": "false"', '"aws:SecureTransport": "unknown"')
        # Its CloudFormation knows only single characters to leave out of a secret.
        text = text.replace("ExcludePunctuation: true", f"ExcludeCharacters: {json.dumps(string.punctuation)}")
        for name in without:
            text, count = re.subn(rf"(?m)^  {name}:\n(?:(?:    .*)?\n)+", "", text)
            assert count == 1, name
        (self.folder / "infra/template.yaml").write_text(text)

    def run(self, command: str, code: int = 0, **variables: str) -> str:
        """Runs a command of a deployment. Returns what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "deploy", *command.split()],
            cwd=self.folder,
            env=os.environ | self.given | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def client(self, service: str):
        return boto3.client(service, endpoint_url=self.url, region_name=REGION)

    def stack(self, name: str) -> dict:
        [found] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return found

    def outputs(self, name: str) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.stack(name)["Outputs"]}

    def variables(self, function: str) -> dict[str, str]:
        """The environment of a deployed function."""
        found = self.client("lambda").get_function_configuration(FunctionName=function)
        return found["Environment"]["Variables"]

    def visited(self, name: str):
        """A server that does what a visitor's name resolution would. Yields its URL.

        The emulator's CloudFront dials no API at AWS, so this does: the page comes through CloudFront, and the
        API's answers from its gateway.
        """
        out, emulated = self.outputs(name), urlsplit(self.url)

        class Visit(Handler):
            def do_GET(self):
                self.forward(None)

            def do_POST(self):
                self.forward(self.request_body())

            def forward(self, body):
                site, api = urlsplit(out["SiteUrl"]).netloc, urlsplit(out["ApiUrl"]).netloc
                host = api if self.path.startswith("/api-") else site
                kept = {name: self.headers[name] for name in ("authorization", "content-type") if name in self.headers}
                connection = http.client.HTTPConnection(emulated.hostname, emulated.port, timeout=60)
                connection.request(
                    self.command, self.path, body, {**kept, "host": host, "x-forwarded-proto": "https"}
                )
                answer = connection.getresponse()
                content = answer.read()
                shown = ("content-type", "content-security-policy")
                headers = {one.replace("-", "_"): answer.headers[one] for one in shown if one in answer.headers}
                self.reply(answer.status, content, **headers)
                connection.close()

        return served_by(Visit)
