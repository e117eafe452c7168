"""A way out of every state that CloudFormation can leave a stack in."""

import pytest
from botocore.exceptions import ClientError, WaiterError
from deploy import __main__ as commands
from deploy import settings, stack, states
from deploy.problem import Problem

IDENTITY = "arn:aws:cloudformation:eu-west-1:1:stack/rooms/1"
KNOWN = settings.Settings("rooms", "eu-west-1")


def event(name: str, status: str, reason: str = "") -> dict:
    mine = name == "rooms"
    return {
        "LogicalResourceId": name,
        "PhysicalResourceId": IDENTITY if mine else f"rooms-{name}-1",
        "ResourceType": "AWS::CloudFormation::Stack" if mine else "AWS::CloudFront::Distribution",
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


# As CloudFormation lists them: the newest first.
FAILED_CREATION = [
    event("rooms", "ROLLBACK_FAILED"),
    event("Users", "DELETE_FAILED", "Table is protected by deletion protection"),
    event("rooms", "ROLLBACK_IN_PROGRESS"),
    event("Calls", "CREATE_FAILED", "Resource creation cancelled"),
    event("Site", "CREATE_FAILED", "Your account must be verified before you can add CloudFront resources"),
    event("rooms", "CREATE_IN_PROGRESS"),
    event("Logins", "CREATE_FAILED", "of an earlier attempt"),
]


class CloudFormation:
    """A stack in some state; some of its resources cannot be deleted."""

    def __init__(self, status: str | None, events=(), refusing=()):
        self.status, self.events, self.refusing = status, events, refusing
        self.retained: list[str] = []
        self.asked: list[str] = []

    def client(self, _):
        return self

    def describe_stacks(self, StackName):
        if not self.status:
            raise ClientError({"Error": {"Code": "V", "Message": "Stack with id rooms does not exist"}}, "D")
        return {"Stacks": [{"StackId": IDENTITY, "StackStatus": self.status}]}

    def delete_stack(self, StackName, RetainResources=()):
        assert StackName == IDENTITY
        self.asked.append("delete")
        self.retained = list(RetainResources)

    def continue_update_rollback(self, StackName):
        self.asked.append("continue")
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def rollback_stack(self, StackName):
        self.asked.append("roll back")
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def get_waiter(self, name):
        self.waiting = name
        return self

    def wait(self, StackName):
        if self.waiting == "stack_delete_complete":
            if set(self.refusing[: len(self.retained) + 1]) - set(self.retained):
                raise WaiterError(self.waiting, "failed", {})
            self.status = None

    def get_paginator(self, operation):
        self.listing = operation
        return self

    def paginate(self, StackName):
        if self.listing == "describe_stack_events":
            return [{"StackEvents": self.events}]
        # A resource that others need refuses only after they were kept.
        failed = self.refusing[: len(self.retained) + 1]
        listed = [event(name, "DELETE_FAILED", "it is protected") for name in failed]
        return [{"StackResourceSummaries": [*listed, event("Calls", "DELETE_COMPLETE")]}]


@pytest.fixture
def agreed(folder, monkeypatch):
    monkeypatch.setenv("YES", "1")
    monkeypatch.setattr(stack, "empty", lambda *_: None)


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS", "CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_these_states_need_nothing(folder, status):
    cloudformation = CloudFormation(status)
    commands.clear_the_way(KNOWN, cloudformation)
    assert not cloudformation.asked


@pytest.mark.parametrize("status", states.BROKEN)
def test_what_has_never_worked_is_removed(agreed, capsys, status):
    cloudformation = CloudFormation(status, FAILED_CREATION)
    commands.clear_the_way(KNOWN, cloudformation)
    assert cloudformation.asked == ["delete"]
    said = capsys.readouterr().out
    assert f"is in the state {status}" in said
    assert "Site (AWS::CloudFront::Distribution) failed first: Your account must be verified" in said
    assert "What helps: ask AWS support to verify the account" in said


@pytest.mark.parametrize("status, asked", [("UPDATE_ROLLBACK_FAILED", "continue"), ("UPDATE_FAILED", "roll back")])
def test_what_got_stuck_is_rolled_back(agreed, status, asked):
    cloudformation = CloudFormation(status)
    commands.clear_the_way(KNOWN, cloudformation)
    assert cloudformation.asked == [asked]


@pytest.mark.parametrize("status", [*states.BROKEN, *states.STUCK])
def test_nothing_is_removed_or_rolled_back_unasked(folder, status):
    cloudformation = CloudFormation(status)
    with pytest.raises(Problem, match="YES=1 is missing"):
        commands.clear_the_way(KNOWN, cloudformation)
    assert not cloudformation.asked


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "DELETE_IN_PROGRESS"])
def test_nobody_is_interrupted(agreed, status):
    cloudformation = CloudFormation(status)
    for act in (lambda: commands.clear_the_way(KNOWN, cloudformation), lambda: destroy(cloudformation)):
        with pytest.raises(Problem, match="being changed at this moment"):
            act()
    assert not cloudformation.asked


def destroy(cloudformation: CloudFormation) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands.boto3, "Session", lambda **_: cloudformation)
        commands.destroy(KNOWN)


@pytest.mark.parametrize("status", [*states.BROKEN, *states.STUCK, "REVIEW_IN_PROGRESS", "CREATE_COMPLETE"])
def test_a_stack_is_destroyed_in_every_state(agreed, status):
    cloudformation = CloudFormation(status)
    destroy(cloudformation)
    assert cloudformation.status is None
    with pytest.raises(Problem, match="there is no stack rooms"):
        destroy(cloudformation)


def test_what_cannot_be_deleted_stays_and_is_named_with_its_reason(agreed, capsys):
    cloudformation = CloudFormation("CREATE_COMPLETE", refusing=["Users", "Site"])
    destroy(cloudformation)
    assert cloudformation.asked == ["delete"] * 3
    assert cloudformation.retained == ["Users", "Site"]
    assert "Left: AWS::CloudFront::Distribution rooms-Users-1, because: it is protected" in capsys.readouterr().out


def test_a_failed_deployment_says_what_failed_first(folder, monkeypatch, capsys):
    monkeypatch.setattr(commands, "sam", lambda *_: 3)
    with pytest.raises(SystemExit) as ended:
        commands.change(KNOWN, CloudFormation("ROLLBACK_COMPLETE", FAILED_CREATION), {})
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert "is now in the state ROLLBACK_COMPLETE" in said
    assert "Site (AWS::CloudFront::Distribution) failed first" in said
    assert "make deploy offers a way out" in said
