"""The smoke test, against a server that answers as in the contract."""

import json

import pytest
from deploy import smoke
from deploy.problem import Problem
from rust_source import ROOT
from served import Handler, served_by


def answer(name: str) -> tuple[int, dict]:
    response = json.loads((ROOT / f"shared/contract/{name}.json").read_text())["response"]
    return response["status"], response["body"]


def serving(**replaced):
    """A server with one call of one user. The `replaced` answers are the faults."""
    state = {"login": False, "joined": False}

    class Call(Handler):
        def do_GET(self):
            self.send(*answer("unknown-path")) if "api" in self.path else self.send(200, None)

        def do_POST(self):
            self.request_body()
            name = self.path.rsplit("/", 1)[1]
            is_in = state["login"] and "authorization" in self.headers
            if name == "login":
                state["login"] = True
            elif not is_in:
                name = "get-token-not-logged-in"
            elif name == "get-token":
                state["joined"] = True
            elif name == "remove-user":
                name = name if state["joined"] else "remove-user-again"
                state["joined"] = False
            elif name == "logout":
                state["login"] = False
            self.send(*replaced.get(name.replace("-", "_"), answer(name)))

        def send(self, status, body):
            content = b"<html>" if body is None else json.dumps(body).encode()
            policy = {"content_security_policy": "default-src 'none'"}
            self.reply(status, content, **(policy if replaced.get("headers", True) else {}))

    return served_by(Call)


def test_what_works_passes(capsys):
    with serving() as url:
        smoke.run(url, "publisher1", "pass")
    said = capsys.readouterr().out
    assert "remove-user" in said
    assert "pass" not in said and answer("login")[1]["token"] not in said


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"headers": False}, "the security headers are missing"),
        ({"login": (401, {"code": "invalid_credentials"})}, "401 instead of 200.*invalid_credentials"),
        ({"get_token": (200, {"0": "t"})}, "lacks token, sessionId"),
        ({"get_token": (502, {"code": "video_unreachable"})}, "502 instead of 200"),
        ({"remove_user_again": (404, {"code": "token_not_found"})}, "404 instead of 200"),
        ({"get_token_not_logged_in": (200, {})}, "200 instead of 401"),
    ],
)
def test_what_does_not_work_is_named(wrong, said):
    with serving(**wrong) as url, pytest.raises(Problem, match=said):
        smoke.run(url, "publisher1", "pass")


def test_nobody_there_is_named():
    with pytest.raises(Problem, match="no answer"):
        smoke.run("http://127.0.0.1:1", "u", "p")
    with pytest.raises(Problem, match="is not right"):
        smoke.run("video.example.org", "u", "p")
