"""The settings of stacks: kept, changed and cleared."""

import pytest
from deploy import __main__ as commands
from deploy import settings, stack, states
from deploy.problem import Problem

URL = "https://video.example.org"


def deployed(monkeypatch, **given: str) -> settings.Settings:
    """What a deployment with these variables remembers."""
    with monkeypatch.context() as context:
        for name, value in given.items():
            context.setenv(name, value)
        known = settings.known()
        settings.remember(known)
    return known


def test_settings_are_remembered_and_what_else_is_in_the_file_stays(folder, monkeypatch):
    settings.FILE.write_text("[default.build.parameters]\ncached = true\n")
    deployed(monkeypatch, OPENVIDU_URL=URL, ARCH="x86_64")
    known = settings.known()
    assert (known.stack, known.region) == ("openvidu-calls", "eu-west-1")
    assert known.parameters == {"OpenViduUrl": URL, "AlarmEmail": "", "Architecture": "x86_64"}
    assert "cached = true" in settings.FILE.read_text()


@pytest.mark.parametrize(
    "variable, parameter, value",
    [
        ("ALARM_EMAIL", "AlarmEmail", "ann@example.org"),
        ("SITE_DOMAIN", "SiteDomain", "rooms.example.org"),
        ("JOINS_PER_MINUTE", "JoinsPerMinute", "40"),
        ("OPENVIDU_CONCURRENCY", "OpenViduConcurrency", "7"),
    ],
)
def test_an_empty_variable_clears_a_setting(folder, monkeypatch, variable, parameter, value):
    deployed(monkeypatch, OPENVIDU_URL=URL, **{variable: value})
    assert settings.known().parameters[parameter] == value
    deployed(monkeypatch, **{variable: ""})
    assert not settings.known().parameters.get(parameter)


def test_each_stack_has_its_own_settings(folder, monkeypatch):
    deployed(monkeypatch, STACK="rooms", OPENVIDU_URL=URL, SITE_DOMAIN="rooms.example.org")
    staging = deployed(monkeypatch, STACK="rooms-staging", OPENVIDU_URL="https://staging.example.org")
    assert "SiteDomain" not in staging.parameters
    for ask in (settings.known, settings.deployed):
        with pytest.raises(Problem, match="has rooms, rooms-staging: say which one, by STACK="):
            ask()
    monkeypatch.setenv("STACK", "rooms")
    assert settings.deployed() == settings.known()
    assert settings.known().parameters["SiteDomain"] == "rooms.example.org"


def test_a_file_of_an_earlier_version_is_understood(folder, monkeypatch):
    settings.FILE.write_text(
        """version = 0.1
[default.global.parameters]
stack_name = "rooms"
region = "eu-west-2"
[default.deploy.parameters]
parameter_overrides = ["AlarmEmail=", "OpenViduUrl=https://video.example.org"]
"""
    )
    known = deployed(monkeypatch)
    assert (known.stack, known.region) == ("rooms", "eu-west-2")
    assert settings.remembered() == {"rooms": known}
    assert "[default" not in settings.FILE.read_text()


def test_the_longest_name_of_a_stack_fits_every_name_made_from_it(folder, monkeypatch):
    longest = "x" * 47
    assert deployed(monkeypatch, STACK=longest, OPENVIDU_URL=URL).stack == longest
    assert max(len(f"{longest}-{crate}") for crate in ("openvidu-webhook", "ap-southeast-99")) == 64
    with pytest.raises(Problem, match="STACK="):
        deployed(monkeypatch, STACK=longest + "x")


class Account:
    """An account with this much concurrency that nothing has reserved."""

    def __init__(self, unreserved: int):
        self.unreserved = unreserved

    def client(self, _):
        return self

    def get_account_settings(self):
        return {"AccountLimit": {"UnreservedConcurrentExecutions": self.unreserved}}


@pytest.mark.parametrize(
    "unreserved, own, expected",
    [
        (1000, 0, "100"),
        (301, 0, "100"),
        (300, 0, "0"),
        (10, 0, "0"),
        # What the stack has reserved already is its own.
        (100, 201, "100"),
        (100, 200, "0"),
    ],
)
def test_an_account_keeps_100_unreserved(unreserved, own, expected):
    wanted = {"OpenViduConcurrency": 100, "SweepConcurrency": 1}
    assert stack.reservations(Account(unreserved), own, wanted)["OpenViduConcurrency"] == expected


def test_every_parameter_has_a_value_at_each_deployment(folder):
    known = settings.Settings("s", "r", {"OpenViduUrl": URL, "AlarmEmail": "", "OfAnEarlierVersion": "x"})
    before = states.Stack("id", "CREATE_COMPLETE", {}, {"OpenViduConcurrency": "0", "SweepConcurrency": "0"})
    parameters = commands.all_parameters(known, Account(1000), before)
    assert set(parameters) == set(commands.template()["Parameters"])
    # An account that has grown gets the reservations that it was too small for.
    assert parameters["OpenViduConcurrency"] == "100"
    assert (parameters["OpenViduUrl"], parameters["SiteDomain"]) == (URL, "")
    assert 'SiteDomain=""' in settings.overrides(parameters)


def test_sam_takes_every_override(folder):
    from samcli.cli.types import CfnParameterOverridesType

    given = {"OpenViduUrl": URL, "AlarmEmail": "", "OpenViduCa": "MIIC+/=="}
    assert CfnParameterOverridesType().convert(tuple(settings.overrides(given)), None, None) == given
