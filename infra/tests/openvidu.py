"""A stand-in for an OpenVidu server that forgets every session at once."""

import json

from served import Handler, served_by


class Forgetful(Handler):
    """Answers as OpenVidu does, and remembers nothing."""

    def do_GET(self):
        listing = self.path.partition("?")[0] == "/openvidu/api/sessions"
        self.answer(200 if listing else 404, {"numberOfElements": 0, "content": []})

    def do_POST(self):
        self.request_body()
        session = self.path.split("/")[-2]
        token = {"connectionId": "con_A", "token": f"wss://{self.headers['host']}?sessionId={session}&token=tok_A"}
        self.answer(200, token if self.path.endswith("/connection") else {})

    def do_DELETE(self):
        self.answer(404, {})

    def answer(self, status: int, body: dict):
        self.reply(status, json.dumps(body).encode(), content_type="application/json")


def forgetful_openvidu():
    """Serves it. Yields its URL."""
    return served_by(Forgetful)
