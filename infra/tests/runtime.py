"""A function as a process, and what stands in for Lambda around it."""

import http.server
import json
import queue
import subprocess
import tempfile
import threading
from contextlib import contextmanager

PATIENCE = 60

# What Lambda tells every function.
GIVEN = {
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_GROUP_NAME": "g",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
}


class Function:
    """A function, running."""

    def __init__(self, process: subprocess.Popen, log):
        self.process = process
        self.events: queue.Queue[dict] = queue.Queue()
        self.answers: queue.Queue[dict] = queue.Queue()
        self.asked = threading.Event()
        self._log = log

    def invoke(self, event: dict) -> dict:
        """What it answers."""
        self.events.put(event)
        return self.wait(lambda: self.answers.get(timeout=0.1))

    def is_ready(self) -> None:
        """Waits until it has asked for an invocation."""
        self.wait(lambda: self.asked.wait(0.1) or None)

    def wait(self, look):
        """What `look` finds, as soon as it finds something."""
        for _ in range(PATIENCE * 10):
            try:
                if (found := look()) is not None:
                    return found
            except queue.Empty:
                pass
            assert self.process.poll() is None, f"it ended: {self.log()}"
        raise AssertionError(f"it does not answer: {self.log()}")

    def log(self) -> str:
        """All that it has written."""
        self._log.seek(0)
        return self._log.read()

    def lines(self) -> list[dict]:
        """The log's lines."""
        return [json.loads(line) for line in self.log().splitlines()]


@contextmanager
def running(command: list, environment: dict[str, str]):
    """Runs the command as a function, in this environment and nothing of ours."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.daemon_threads = True
    given = GIVEN | {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}"}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, env=given | environment, stdout=log, stderr=log)
        function = Function(process, log)
        server.RequestHandlerClass = _runtime_api(function)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield function
        finally:
            process.kill()
            process.wait()
            server.shutdown()


def _runtime_api(function: Function) -> type[http.server.BaseHTTPRequestHandler]:
    class RuntimeApi(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            function.asked.set()
            self.reply(200, json.dumps(function.events.get()).encode())

        def do_POST(self):
            answer = json.loads(self.rfile.read(int(self.headers["content-length"])))
            function.answers.put(answer)
            self.reply(202, b"{}")

        def reply(self, status: int, body: bytes):
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("lambda-runtime-aws-request-id", "1")
            self.send_header("lambda-runtime-deadline-ms", "9999999999999")
            self.send_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:1:function:f")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return RuntimeApi
