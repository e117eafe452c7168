"""Says within a second what is missing on this machine, before anything is installed or built.

Python's own library only: this runs before there is anything else.
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


if __name__ == "__main__":
    if not has_credentials(dict(os.environ)):
        sys.exit(
            "AWS credentials are missing: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY (make deploy DRY=1 needs none)"
        )
