"""Measures memory and processor time of the functions: `make measure-functions`.

Each runs as built for AWS, with secrets from a stand-in for Secrets Manager, and with the database and the
OpenVidu stand-in of `local`. All of this is plain HTTP, so the figures do not contain the cost of TLS.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from aws import Account, moto_server
from runtime import running
from rust_source import ROOT

BUILDS = ROOT / "target/lambda"
CALLS = 300
SWEEPS = 20

# The share of one processor that a megabyte of memory buys on Lambda.
SHARE = 1 / 1769


@dataclass
class Need:
    """The needs of one function."""

    crate: str
    peak: float  # MiB resident, at the most.
    start: float  # ms of processor time until it asked for work.
    each: float  # ms of processor time for an invocation.


class Bench:
    """Runs functions and notes what they need."""

    def __init__(self, account: Account):
        self.account, self.needs = account, []
        here = ("AWS_ENDPOINT_URL_DYNAMODB", "CALLS_TABLE", "USERS_TABLE", "LOGINS_TABLE", "OPENVIDU_URL")
        self.here = {name: os.environ[name] for name in here}

    def run(self, crate: str, events: list[dict]) -> list[dict]:
        """Returns the function's answers."""
        given = self.account.environment(crate)
        given |= {name: value for name, value in self.here.items() if name in given}
        with running([BUILDS / crate / "bootstrap"], given) as function:
            function.is_ready()
            start = processor_time(function.process.pid)
            answers = [function.invoke(event) for event in events]
            each = (processor_time(function.process.pid) - start) / len(events)
            self.needs.append(Need(crate, peak(function.process.pid), start, each))
        return answers

    def post(self, crate: str, name: str, bodies: list[dict], **headers: str) -> list[dict]:
        """Sends requests to the API, all of which must succeed. Returns the answers."""
        event = json.loads((ROOT / f"functions/{crate}/events/{name}.json").read_text())
        event.pop("cookies", None)
        event["headers"] |= headers
        answers = self.run(crate, [event | {"body": json.dumps(body)} for body in bodies])
        assert {answer["statusCode"] for answer in answers} == {200}, answers[0]
        return [json.loads(answer["body"]) for answer in answers]


def peak(pid: int) -> float:
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def processor_time(pid: int) -> float:
    """The processor time of all its threads, in ms."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def test_measure(stack, capsys):
    with moto_server() as url:
        account = Account(url, stack)
        bench = Bench(account)
        credentials = {"user": "publisher1", "pass": "pass"}
        [login, *_] = bench.post("login", "login", [credentials] * 100)
        bearer = {"authorization": f"Bearer {login['token']}"}
        names = [f"Call {number}" for number in range(CALLS)]
        bodies = [{"sessionName": name} for name in names]
        joined = bench.post("get-token", "get-token", bodies, **bearer)
        swept = bench.run("sweep", [{}] * SWEEPS)
        assert swept[0]["CallsLookedAt"] == CALLS, swept[0]
        left, removed = joined[: CALLS // 2], joined[CALLS // 2 :]
        told = [
            {"event": "participantLeft", "sessionId": one["sessionId"], "connectionId": one["connectionId"]}
            for one in left
        ]
        secret = {"x-webhook-secret": account.values["WebhookSecrets"]}
        bench.post("openvidu-webhook", "participant-left", told, **secret)
        leaves = [{"sessionName": one["sessionName"], "token": one["token"]} for one in removed]
        bench.post("remove-user", "remove-user", leaves, **bearer)
        bench.post("logout", "logout", [{}], **bearer)
    with capsys.disabled():
        print(f"\n\n{'':18}{'peak':>10}{'start':>12}{'each':>12}   each, with this memory")
        for need in bench.needs:
            print(f"{need.crate:18}{need.peak:6.1f} MiB{need.start:9.0f} ms{need.each:9.1f} ms", end="  ")
            for memory in (128, 256, 512, 1024):
                print(f"{memory:6}: {need.each / min(1, memory * SHARE):4.0f} ms", end="")
            print()
    for need in bench.needs:
        memory = stack.properties(stack.functions()[need.crate])["MemorySize"]
        assert need.peak < memory / 2, f"{need.crate} needs {need.peak} MiB"
