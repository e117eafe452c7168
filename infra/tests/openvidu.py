"""Stands in for an OpenVidu server that forgets every session at once."""

import http.server
import json
import threading
from contextlib import contextmanager


class _Forgetful(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        listing = self.path.partition("?")[0] == "/openvidu/api/sessions"
        self.reply(200 if listing else 404, {"numberOfElements": 0, "content": []})

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        token = {"connectionId": "con_A", "token": f"wss://{self.headers['host']}?token=tok_A"}
        self.reply(200, token if self.path.endswith("/connection") else {})

    def reply(self, status: int, answer: dict):
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextmanager
def forgetful_openvidu():
    """Its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Forgetful)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
