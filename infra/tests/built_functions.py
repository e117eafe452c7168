"""Tests of the output of `make build`. `make check-binaries` runs them for each kind of processor."""

import os
import shutil
from pathlib import Path

import pytest
from aws import Account, moto_server
from runtime import running
from rust_source import ROOT, crates

BUILDS = ROOT / "target/lambda"

# For each kind of processor, its number in an ELF file and the system's name for it.
MACHINES = {"x86_64": (62, "x86_64"), "arm64": (183, "aarch64")}


def emulated(bootstrap: Path) -> list:
    """The command that runs the binary here."""
    number, machine = MACHINES[os.environ["ARCH"]]
    assert int.from_bytes(bootstrap.read_bytes()[18:20], "little") == number, "built for another one"
    if machine == os.uname().machine:
        return [bootstrap]
    assert machine == "aarch64", "only arm64 is emulated"
    emulator = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
    # Like Lambda's own processors (Graviton2).
    return [emulator, "-cpu", "neoverse-n1", "-L", "/usr/aarch64-linux-gnu", bootstrap]


@pytest.fixture(scope="module")
def moto():
    with moto_server() as url:
        yield url


@pytest.mark.parametrize("crate", crates())
def test_a_built_function_reads_its_secrets_and_asks_for_work(moto, stack, crate):
    account = Account(moto, stack)
    command = emulated(BUILDS / crate / "bootstrap")
    with running(command, account.environment(crate)) as function:
        function.is_ready()
