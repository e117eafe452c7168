"""The stack as CloudFormation has it, and a way out of each of its states."""

from dataclasses import dataclass, field

from botocore.exceptions import ClientError, WaiterError

from .problem import Problem

# A stack in one of these has never worked, or is half deleted. It can only be removed.
BROKEN = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
# An update failed, and then its rollback.
STUCK = ("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED")
# Nobody has ever begun to create it: a change set for it was only looked at.
PLANNED = "REVIEW_IN_PROGRESS"

# The remedy for a failure, by words in the reason that CloudFormation gives.
REMEDIES = (
    ("must be verified", "ask AWS support to verify the account for CloudFront: it does so within a day or two"),
    ("CNAME", "SITE_DOMAIN belongs to another distribution: remove it there, or deploy with SITE_DOMAIN="),
    ("UnreservedConcurrentExecution", "deploy with OPENVIDU_CONCURRENCY=0 SWEEP_CONCURRENCY=0"),
    ("already exists", "something of that name is left from before: delete it, or deploy with another STACK="),
    ("not authorized", "your credentials lack a permission: see docs/DEPLOY.md, What you need"),
    ("AccessDenied", "your credentials lack a permission: see docs/DEPLOY.md, What you need"),
    ("eletion protection", "the table is protected: see docs/DEPLOY.md, Removing it"),
)


@dataclass
class Stack:
    """A stack."""

    identity: str  # A deleted stack is found by it alone.
    status: str
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass
class Left:
    """A resource that could not be deleted."""

    name: str
    kind: str
    identity: str
    reason: str


def find(cloudformation, name: str) -> Stack | None:
    """The stack of this name, or `None` if there is none."""
    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return Stack(
        stack["StackId"],
        stack["StackStatus"],
        {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
        {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", [])},
    )


def failure(cloudformation, stack: Stack) -> str:
    """What failed first when the stack was last changed, and what to do about it."""
    first = None
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack.identity):
        for event in page["StackEvents"]:
            status = event["ResourceStatus"]
            if event["PhysicalResourceId"] == stack.identity:
                if status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"):
                    return _explained(first)
            elif status.endswith("_FAILED"):
                first = event
    return _explained(first)


def _explained(event: dict | None) -> str:
    if not event:
        return "CloudFormation's events do not say what failed first."
    reason = event.get("ResourceStatusReason", "no reason is given")
    text = f"{event['LogicalResourceId']} ({event['ResourceType']}) failed first: {reason}"
    advice = next((advice for words, advice in REMEDIES if words in reason), None)
    return f"{text}\nWhat helps: {advice}" if advice else text


def wait_for_nobody(stack: Stack) -> None:
    """Fails while somebody else changes the stack."""
    if stack.status.endswith("_IN_PROGRESS") and stack.status != PLANNED:
        raise Problem(f"the stack is being changed at this moment ({stack.status}): try again when that has ended")


def recover(cloudformation, stack: Stack) -> None:
    """Brings a stack whose rollback failed back to where it was before its last update."""
    ask = cloudformation.rollback_stack if stack.status == "UPDATE_FAILED" else cloudformation.continue_update_rollback
    ask(StackName=stack.identity)
    try:
        cloudformation.get_waiter("stack_rollback_complete").wait(StackName=stack.identity)
    except WaiterError:
        raise Problem(f"the stack could not be rolled back. {failure(cloudformation, stack)}") from None


def buckets(cloudformation, stack: Stack) -> list[str]:
    """The stack's buckets."""
    return [
        one["PhysicalResourceId"]
        for one in _resources(cloudformation, stack)
        if one["ResourceType"] == "AWS::S3::Bucket" and one.get("PhysicalResourceId")
    ]


def delete(cloudformation, stack: Stack) -> list[Left]:
    """Deletes the stack, whatever its state. Returns what could not be deleted."""
    left: list[Left] = []
    while True:
        retained = {"RetainResources": [one.name for one in left]} if left else {}
        cloudformation.delete_stack(StackName=stack.identity, **retained)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack.identity)
            return left
        except WaiterError:
            refusing = [
                Left(
                    one["LogicalResourceId"],
                    one["ResourceType"],
                    one["PhysicalResourceId"],
                    one.get("ResourceStatusReason", "no reason is given"),
                )
                for one in _resources(cloudformation, stack)
                if one["ResourceStatus"] == "DELETE_FAILED"
            ]
            if len(refusing) <= len(left):
                raise Problem(f"the stack could not be deleted. {failure(cloudformation, stack)}") from None
            left = refusing


def _resources(cloudformation, stack: Stack) -> list[dict]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.identity)
    return [one for page in pages for one in page["StackResourceSummaries"]]
