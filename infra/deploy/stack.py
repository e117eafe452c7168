"""What the stack needs of the account: its secrets, its bucket, and concurrency."""

import getpass
import os
import re
import sys
from dataclasses import dataclass

from .problem import Problem


def empty(s3, bucket: str) -> None:
    """Deletes everything in a bucket, which cannot be deleted otherwise. It may be gone already."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = page.get("Versions", []) + page.get("DeleteMarkers", [])
            if found:
                objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
                s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    except s3.exceptions.NoSuchBucket:
        pass


def reservations(functions, own: int, wanted: dict[str, int]) -> dict[str, str]:
    """How much concurrency the account lets this stack reserve, as parameters.

    `own` is what the stack has reserved before. AWS keeps 100 unreserved in each account.
    """
    unreserved = functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    free = unreserved + own - 100
    if reserved(wanted) <= free:
        return {name: str(number) for name, number in wanted.items()}
    return dict.fromkeys(wanted, "0")


def reserved(parameters: dict) -> int:
    """What a stack with these parameters reserves: joins and leaves the same, and the sweep."""
    return 2 * int(parameters.get("OpenViduConcurrency", 0)) + int(parameters.get("SweepConcurrency", 0))


def has_value(secrets, arn: str) -> bool:
    """Does the secret have a value? The value itself is not read."""
    return bool(secrets.describe_secret(SecretId=arn).get("VersionIdsToStages"))


@dataclass(frozen=True)
class ServerSecret:
    """What a video server knows us by."""

    output: str  # The stack's, with the secret's ARN.
    variable: str
    text: str
    pattern: str
    wrong: str


# By the kind of video server.
SERVER_SECRETS = {
    "OpenVidu": ServerSecret(
        "OpenViduSecretArn",
        "OPENVIDU_SECRET",
        "Secret of the OpenVidu server (its OPENVIDU_SECRET)",
        r"[A-Za-z0-9_-]+",
        "OpenVidu's secret has letters, digits, underscores and hyphens only",
    ),
    "LiveKit": ServerSecret(
        "LiveKitApiSecretArn",
        "LIVEKIT_API_SECRET",
        "Secret of LiveKit's API key (LIVEKIT_API_SECRET)",
        r"[!-+\--~]{1,256}(,[!-+\--~]{1,256})?",
        "LiveKit's secret has letters, digits and signs only, or there are two with a comma between",
    ),
}


def expect_secret(of: ServerSecret) -> None:
    """Fails unless the secret is in the environment or there is a terminal to ask at."""
    if not (os.environ.get(of.variable) or sys.stdin.isatty()):
        raise Problem(f"{of.variable} is missing: set it in the environment, or use a terminal")


def ask_secret(of: ServerSecret) -> str:
    """The secret from the environment, or typed without echo."""
    expect_secret(of)
    secret = os.environ.get(of.variable)
    if not secret:
        secret = getpass.getpass(f"{of.text}: ").strip()
    if not re.fullmatch(of.pattern, secret):
        raise Problem(of.wrong)
    return secret


def webhook_settings(url: str, secret: str) -> str:
    """The settings for OpenVidu's `.env` that make it report who left."""
    return "\n".join(
        (
            "OPENVIDU_WEBHOOK=true",
            f"OPENVIDU_WEBHOOK_ENDPOINT={url}",
            f'OPENVIDU_WEBHOOK_HEADERS=["X-Webhook-Secret: {secret}"]',
            'OPENVIDU_WEBHOOK_EVENTS=["participantLeft","sessionDestroyed"]',
        )
    )


def livekit_settings(url: str, key: str) -> str:
    """The lines for LiveKit's `livekit.yaml` that make it report who comes and goes, signed with this key."""
    return "\n".join(("webhook:", f"  api_key: {key.split(',')[0]}", f'  urls: ["{url}"]'))
