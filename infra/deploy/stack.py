"""What the stack needs of the account: its secrets, its bucket, and concurrency."""

import getpass
import os
import re
import sys

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


def expect_openvidu_secret() -> None:
    """Fails unless the secret is in the environment or there is a terminal to ask at."""
    if not (os.environ.get("OPENVIDU_SECRET") or sys.stdin.isatty()):
        raise Problem("OPENVIDU_SECRET is missing: set it in the environment, or use a terminal")


def ask_openvidu_secret() -> str:
    """The secret from the environment, or typed without echo."""
    expect_openvidu_secret()
    secret = os.environ.get("OPENVIDU_SECRET")
    if not secret:
        secret = getpass.getpass("Secret of the OpenVidu server (its OPENVIDU_SECRET): ").strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]+", secret):
        raise Problem("OpenVidu's secret has letters, digits, underscores and hyphens only")
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
