"""A function as a process, and a stand-in for Lambda around it."""

import json
import queue
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from functools import cache
from typing import IO

from rust_source import ROOT
from served import Handler, served_by

PATIENCE = 60

# The variables that Lambda sets for every function.
GIVEN = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
}


@cache
def programs() -> dict[str, str]:
    """Builds all programs and returns their paths by name. The developer's settings decide on the folder."""
    build = ["cargo", "build", "--bins", "--message-format", "json"]
    done = subprocess.run(build, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    built = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["target"]["name"]: one["executable"] for one in built if one.get("executable")}


class Function:
    """A running function."""

    def __init__(
        self,
        process: subprocess.Popen,
        log: IO[str],
        events: queue.Queue[dict],
        answers: queue.Queue[dict],
        asked: threading.Event,
    ):
        self.process = process
        self._log = log
        self._events = events
        self._answers = answers
        self._asked = asked

    def invoke(self, event: dict) -> dict:
        """Sends an event. Returns the answer."""
        self._events.put(event)
        return self.wait(lambda: self._answers.get(timeout=0.1))

    def is_ready(self) -> None:
        """Waits until the function has asked for an invocation."""
        self.wait(lambda: self._asked.wait(0.1) or None)

    def wait(self, look):
        """Waits until `look` finds something, and returns that."""
        for _ in range(PATIENCE * 10):
            try:
                if (found := look()) is not None:
                    return found
            except queue.Empty:
                pass
            assert self.process.poll() is None, f"it ended: {self.log()}"
        raise AssertionError(f"it does not answer: {self.log()}")

    def log(self) -> str:
        """Everything that it has written."""
        self._log.seek(0)
        return self._log.read()

    def lines(self) -> list[dict]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log().splitlines()]


@contextmanager
def running(command: list, environment: dict[str, str]):
    """Runs the command as a function, with this environment and nothing of ours."""
    events, answers, asked = queue.Queue(), queue.Queue(), threading.Event()

    class RuntimeApi(Handler):
        def do_GET(self):
            asked.set()
            event = json.dumps(events.get()).encode()
            self.reply(
                200,
                event,
                lambda_runtime_aws_request_id="1",
                lambda_runtime_deadline_ms="9999999999999",
                lambda_runtime_invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:f",
            )

        def do_POST(self):
            answers.put(json.loads(self.request_body()))
            self.reply(202, b"{}")

    with served_by(RuntimeApi) as url, tempfile.TemporaryFile("w+") as log:
        given = GIVEN | {"AWS_LAMBDA_RUNTIME_API": url.removeprefix("http://")}
        process = subprocess.Popen(command, env=given | environment, stdout=log, stderr=log)
        try:
            yield Function(process, log, events, answers, asked)
        finally:
            process.kill()
            process.wait()
