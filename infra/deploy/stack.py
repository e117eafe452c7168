"""The stack: its outputs, its secrets, and its deletion."""

import getpass
import os
import re
import sys

from botocore.exceptions import ClientError, WaiterError

from .problem import Problem


def outputs(cloudformation, name: str) -> dict[str, str] | None:
    """The outputs of the stack, or `None` if there is no such stack."""
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def concurrency_limit(functions) -> int:
    """How many functions this account may run at the same time."""
    return functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]


def reservations(limit: int) -> dict[str, str]:
    """Parameters for accounts that are too small to reserve concurrency: AWS keeps 100 unreserved."""
    if limit >= 400:
        return {}
    return {"OpenViduConcurrency": "0", "SweepConcurrency": "0"}


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


def empty(s3, bucket: str) -> None:
    """Deletes everything in a bucket; a bucket that is not empty cannot be deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        if found:
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def delete(cloudformation, name: str) -> list[tuple[str, str]]:
    """Deletes the stack. Returns type and name of each resource that could not be deleted."""
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    identity = stack["StackId"]  # A deleted stack is found by its id alone.
    cloudformation.delete_stack(StackName=identity)
    if _is_gone(cloudformation, identity):
        return []
    left = _refusing(cloudformation, identity)
    cloudformation.delete_stack(StackName=identity, RetainResources=[one[0] for one in left])
    if not _is_gone(cloudformation, identity):
        raise Problem(f"the stack {name} could not be deleted: see its events in CloudFormation")
    return [one[1:] for one in left]


def _is_gone(cloudformation, identity: str) -> bool:
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=identity)
    except WaiterError:
        return False
    return True


def _refusing(cloudformation, identity: str) -> list[tuple[str, str, str]]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=identity)
    return [
        (one["LogicalResourceId"], one["ResourceType"], one["PhysicalResourceId"])
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["ResourceStatus"] == "DELETE_FAILED"
    ]
