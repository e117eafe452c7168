"""Reports within a second what is missing on this machine, before anything is installed or built.

`preflight.py rust node` checks both. `preflight.py go` says whether there is a Go that can build the LiveKit
server. It uses only Python's own library and no new syntax, because it runs
before anything else exists.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

GIVEN_BY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def rust(_):
    """Says what is wrong with Rust, if anything is."""
    wanted = re.search(r'^rust-version = "([0-9.]+)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    found = version("cargo")
    if found is None:
        return "Rust is missing: https://rustup.rs"
    if not admits(f">={wanted}", found):
        return f"Rust {wanted} or later is needed, and this is {found}: https://rustup.rs"


def node(_):
    """Says what is wrong with Node.js, if anything is."""
    wanted = re.search(r'"node": "(.+)"', (ROOT / "static-site/package.json").read_text())[1]
    found = version("node")
    if found is None:
        return f"Node.js {wanted} is missing: https://nodejs.org"
    if not admits(wanted, found):
        return f"Node.js {wanted} is needed, and this is {found}: https://nodejs.org"


def go(_):
    """Says why the machine's Go cannot build the LiveKit server, if it cannot."""
    found = version("go", "version")
    if found is None or not admits(">=1.25", found):
        return "Go 1.25 or later is missing: https://go.dev"


def version(program, question="--version"):
    """The version of a program, or None if it does not run. Its error messages are shown."""
    try:
        said = subprocess.run([program, question], stdout=subprocess.PIPE, check=True).stdout
        return re.search(rb"[0-9]+(\.[0-9]+)+", said)[0].decode()
    except (OSError, subprocess.CalledProcessError):
        return None


def admits(wanted, found):
    """Is a version in a range in npm's syntax, like `^20.19.0 || >=24`?"""
    found = numbers(found)
    for part in wanted.split("||"):
        kind, least = re.fullmatch(r"(\^|>=)([0-9.]+)", part.strip()).groups()
        least = numbers(least)
        if found >= least and (kind == ">=" or found[0] == least[0]):
            return True
    return False


def numbers(text):
    return [int(number) for number in text.split(".")]


def credentials(environment):
    """Are there none? Whether AWS accepts them shows later."""
    home = Path(environment.get("HOME", "~")).expanduser()
    files = (
        environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws/credentials",
        environment.get("AWS_CONFIG_FILE") or home / ".aws/config",
    )
    given = any(environment.get(name) for name in GIVEN_BY)
    if not given and not any(Path(file).is_file() for file in files):
        return (
            "AWS credentials are missing: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (make deploy DRY=1 needs none)"
        )


def stack(environment):
    """Is the stack's name missing, both now and from earlier deployments?"""
    said = environment.get("STACK") and environment.get("REGION")
    if not said and not Path("samconfig.toml").is_file():
        return "no stack is known here: run make deploy first, or set STACK and REGION"


CHECKS = {check.__name__: check for check in (rust, node, go, credentials, stack)}

if __name__ == "__main__":
    for what in sys.argv[1:]:
        problem = CHECKS[what](os.environ)
        if problem:
            sys.exit(problem)
