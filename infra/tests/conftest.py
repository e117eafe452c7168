"""Fixtures that several tests use."""

import io
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# No test reaches a real account, and none reaches this machine through a proxy.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {
    "NO_PROXY": "127.0.0.1,localhost",
    "no_proxy": "127.0.0.1,localhost",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
}

from deploy import __main__ as commands
from deploy import openvidu, settings
from rust_source import ROOT
from stack import Stack


@pytest.fixture(scope="session")
def stack() -> Stack:
    return Stack()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty project without variables from make."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(commands, "TEMPLATE", ROOT / commands.TEMPLATE)
    names = [q.name for q in (settings.STACK, settings.REGION, *settings.PARAMETERS.values())]
    for name in (*names, *settings.QUIET.values(), "AWS_REGION", "OPENVIDU_CA_FILE", "YES", "PLAN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    # No server outside the test is asked.
    monkeypatch.setattr(openvidu, "public_url", lambda url, _: url)
    return tmp_path
