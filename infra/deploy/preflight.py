"""Says within a second what is missing on this machine, before anything is installed or built.

`preflight.py credentials stack` looks for both. Python's own library only: this runs before there is
anything else.
"""

import os
import sys
from pathlib import Path

GIVEN_BY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


def has_credentials(environment: dict[str, str]) -> bool:
    """Are there any? Whether AWS takes them is seen when it is asked."""
    if any(environment.get(name) for name in GIVEN_BY):
        return True
    home = Path(environment.get("HOME", "~")).expanduser()
    files = (
        environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws/credentials",
        environment.get("AWS_CONFIG_FILE") or home / ".aws/config",
    )
    return any(Path(file).is_file() for file in files)


def knows_stack(environment: dict[str, str]) -> bool:
    """Is it said which stack is meant, now or by an earlier deployment?"""
    said = environment.get("STACK") and environment.get("REGION")
    return bool(said) or Path("samconfig.toml").is_file()


MISSING = {
    "credentials": (
        has_credentials,
        "AWS credentials are missing: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY (make deploy DRY=1 needs none)",
    ),
    "stack": (
        knows_stack,
        "no stack is known here: run make deploy first, or set STACK and REGION",
    ),
}

if __name__ == "__main__":
    for what in sys.argv[1:]:
        is_there, message = MISSING[what]
        if not is_there(dict(os.environ)):
            sys.exit(message)
