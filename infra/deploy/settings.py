"""The settings of each stack: asked for at first use and kept in `samconfig.toml`, never a secret.

The file has SAM's own format. Each stack has a section, which `sam --config-env STACK` reads as well.
"""

import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import tomlkit

from . import certificate
from .problem import Problem

FILE = Path("samconfig.toml")
EMPTY = '""'  # Without quotation marks, SAM takes no empty value.


@dataclass(frozen=True)
class Question:
    """A setting that the program asks for."""

    name: str  # As make and the environment know it.
    text: str
    pattern: str
    default: str | None = None  # None: there must be an answer.


# AWS allows 64 characters for the longest name made from it, `STACK-openvidu-webhook`.
STACK = Question(
    "STACK", "Name of the stack, of up to 47 letters, digits and hyphens", r"[A-Za-z][A-Za-z0-9-]{0,46}", "openvidu-calls"
)
REGION = Question("REGION", "AWS region, such as eu-west-1", r"[a-z]{2}(-[a-z]+)+-[0-9]")

# By the parameter of the template.
PARAMETERS = {
    "OpenViduUrl": Question(
        "OPENVIDU_URL", "Address of the OpenVidu 2.32 server, https://host[:port]", r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?"
    ),
    "LiveKitUrl": Question(
        "LIVEKIT_URL", "Address of the LiveKit server, https://host[:port]", r"(https|wss)://[A-Za-z0-9.-]+(:[0-9]{1,5})?"
    ),
    "LiveKitApiKey": Question(
        "LIVEKIT_API_KEY", "Name of LiveKit's API key", r"[!-+\--~]{1,256}(,[!-+\--~]{1,256})?"
    ),
    "AlarmEmail": Question("ALARM_EMAIL", "Who is told about alarms, an e-mail address", r"([^@\s]+@[^@\s]+)?", ""),
}

# Which of them each kind of video server needs.
VIDEO = {"OpenVidu": ("OpenViduUrl",), "LiveKit": ("LiveKitUrl", "LiveKitApiKey")}

# Taken from make or the environment if they are set, and never asked for.
QUIET = {
    "Architecture": "ARCH",
    "LiveKitPublicUrl": "LIVEKIT_PUBLIC_URL",
    "SiteDomain": "SITE_DOMAIN",
    "SiteCertificateArn": "SITE_CERTIFICATE_ARN",
    "LoginSeconds": "LOGIN_SECONDS",
    "JoinsPerMinute": "JOINS_PER_MINUTE",
    "UnusedTokens": "UNUSED_TOKENS",
    "OpenViduConcurrency": "OPENVIDU_CONCURRENCY",
    "SweepConcurrency": "SWEEP_CONCURRENCY",
    "OriginRotation": "ORIGIN_ROTATION",
    "DeletionProtection": "DELETION_PROTECTION",
    "LogRetentionDays": "LOG_RETENTION_DAYS",
}


@dataclass
class Settings:
    """The stack, its region and its parameters."""

    stack: str = ""
    region: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of video server, by the names of its parameters."""
        return "LiveKit" if self.parameters.get("LiveKitUrl") else "OpenVidu"


def remembered() -> dict[str, Settings]:
    """Reads the settings of each stack, by its name."""
    document = _document().unwrap()
    return {
        found.stack: found
        for section in document.values()
        if isinstance(section, dict) and (found := _read(section)).stack
    }


def remember(settings: Settings) -> None:
    """Writes the section of one stack. Other content stays."""
    document = _document()
    document["version"] = 0.1
    # Where there was one stack to a folder, its section was SAM's default.
    earlier = document.get("default", {})
    if _read(earlier).stack == settings.stack:
        for command in ("global", "deploy"):
            earlier.pop(command, None)
        if not earlier:
            del document["default"]
    section = document.setdefault(settings.stack, {})
    common = section.setdefault("global", {}).setdefault("parameters", {})
    common["stack_name"] = settings.stack
    common["region"] = settings.region
    deploy = section.setdefault("deploy", {}).setdefault("parameters", {})
    deploy["capabilities"] = "CAPABILITY_IAM"
    deploy["resolve_s3"] = True
    deploy["parameter_overrides"] = overrides(settings.parameters)
    FILE.write_text(tomlkit.dumps(document))


def overrides(parameters: dict[str, str]) -> list[str]:
    """The parameters as SAM takes them, empty ones included."""
    return [f"{name}={value or EMPTY}" for name, value in sorted(parameters.items())]


def known(dry: bool = False) -> Settings:
    """The settings of a deployment: from make, or from the file, or from a question.

    An empty variable from make clears a setting. A dry run asks nothing: unknown settings stay empty.
    """
    stacks = remembered()
    name = _answer(STACK, _only(stacks), dry)
    settings = stacks.get(name, Settings(name))
    settings.region = _answer(REGION, settings.region or _region_of_environment(), dry)
    other = _other_kind(settings)
    for part in ("Url", "PublicUrl", "Ca", "ApiKey"):
        settings.parameters.pop(other + part, None)
    for parameter, question in PARAMETERS.items():
        if parameter in VIDEO[other]:
            continue
        asked_before = parameter in settings.parameters
        answer = _answer(question, settings.parameters.get(parameter), dry or asked_before)
        settings.parameters[parameter] = answer
    if settings.kind == "LiveKit":
        # OpenVidu 3 prints the address for browsers.
        settings.parameters["LiveKitUrl"] = settings.parameters["LiveKitUrl"].replace("wss://", "https://", 1)
    for parameter, variable in QUIET.items():
        if os.environ.get(variable):
            settings.parameters[parameter] = os.environ[variable]
        elif variable in os.environ:
            settings.parameters.pop(parameter, None)
    ca, url, variable = f"{settings.kind}Ca", f"{settings.kind}Url", f"{settings.kind.upper()}_CA_FILE"
    file = os.environ.get(variable)
    if file is not None:
        # An empty one means the public authorities again.
        settings.parameters[ca] = certificate.read(Path(file), variable) if file else ""
    if settings.parameters.get(ca):
        certificate.check(settings.parameters[ca], settings.parameters[url], variable=variable)
    return settings


def _other_kind(settings: Settings) -> str:
    """The kind of video server that the stack does not use. Giving the address of one replaces the other."""
    given = [kind for kind in VIDEO if os.environ.get(f"{kind.upper()}_URL")]
    if len(given) > 1:
        raise Problem("set OPENVIDU_URL or LIVEKIT_URL, not both")
    kind = given[0] if given else settings.kind
    return "OpenVidu" if kind == "LiveKit" else "LiveKit"


def deployed() -> Settings:
    """The settings of the last deployment of a stack."""
    stacks = remembered()
    name = os.environ.get("STACK") or _only(stacks) or ""
    settings = stacks.get(name, Settings(name))
    settings.region = os.environ.get("REGION") or settings.region
    if not (settings.stack and settings.region):
        raise Problem("no stack is known here: run make deploy first, or set STACK and REGION")
    return settings


def _document() -> tomlkit.TOMLDocument:
    return tomlkit.parse(FILE.read_text()) if FILE.exists() else tomlkit.document()


def _read(section: dict) -> Settings:
    common = section.get("global", {}).get("parameters", {})
    given = section.get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    parameters = dict(override.split("=", 1) for override in given)
    return Settings(
        common.get("stack_name", ""),
        common.get("region", ""),
        {name: "" if value == EMPTY else value for name, value in parameters.items()},
    )


def _only(stacks: dict[str, Settings]) -> str | None:
    """The one stack that is meant if none is named."""
    if len(stacks) > 1 and not os.environ.get("STACK"):
        raise Problem(f"{FILE} has {', '.join(sorted(stacks))}: say which one, by STACK=")
    return next(iter(stacks), None)


def _region_of_environment() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""


def _answer(question: Question, before: str | None, silent: bool) -> str:
    given = os.environ.get(question.name)
    suggestion = before if before else question.default
    if given is None and not silent and before in (None, ""):
        given = _ask(question, suggestion)
    answer = suggestion if given is None else given
    if answer and not re.fullmatch(question.pattern, answer):
        raise Problem(f"{question.name}={answer} is not right; wanted: {question.text}")
    if not answer and question.default is None and not silent:
        raise Problem(f"{question.name} is missing: make deploy {question.name}=...")
    return answer or ""


def _ask(question: Question, suggestion: str | None) -> str | None:
    if not sys.stdin.isatty():
        return None
    shown = f" [{suggestion or 'none'}]" if suggestion is not None else ""
    return input(f"{question.text} ({question.name}){shown}: ").strip() or suggestion
