"""Logs in, joins, leaves and logs out at the deployed API, and prints the time of each step."""

import http.client
import json
import secrets
import time
from urllib.parse import urlsplit

from .problem import Problem


class Api:
    """A client that is a program: it sends its login as a bearer token."""

    def __init__(self, url: str):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Problem(f"URL={url} is not right: make smoke URL=https://...")
        is_https = parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        self.connection = kind(parts.hostname, parts.port, timeout=35)
        self.login: str | None = None

    def ask(self, method: str, path: str, body: dict | None, status: int):
        """The body and headers of the answer, which must have this status."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if self.login:
            headers["authorization"] = f"Bearer {self.login}"
        text = json.dumps(body) if body is not None else None
        started = time.monotonic()
        try:
            self.connection.request(method, path, text, headers)
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Problem(f"{method} {path}: no answer ({error})") from None
        took = round((time.monotonic() - started) * 1000)
        print(f"{took:6} ms  {answer.status}  {method} {path}")
        if answer.status != status:
            # The body of a refusal contains no secret; that of a success may.
            said = content.decode(errors="replace")[:300] if answer.status >= 400 else ""
            raise Problem(f"{method} {path}: {answer.status} instead of {status} {said}")
        return content, answer.headers


def run(url: str, user: str, password: str) -> None:
    """All steps, in a call of their own."""
    api = Api(url)
    page, headers = api.ask("GET", "/", None, 200)
    if b"<html" not in page.lower():
        raise Problem("GET /: this is not a page")
    if "content-security-policy" not in headers:
        raise Problem("GET /: the security headers are missing")

    call = f"smoke-{secrets.token_hex(8)}"
    problem = api.ask("GET", "/api-nothing", None, 404)[0]
    _fields("GET /api-nothing", problem, "code", "requestId")
    api.ask("POST", "/api-sessions/get-token", {"sessionName": call}, 401)

    path = "/api-login/login"
    answer = api.ask("POST", path, {"user": user, "pass": password}, 200)[0]
    api.login = _fields(path, answer, "token", "role", "expiresAt")["token"]

    path = "/api-sessions/get-token"
    joined = _fields(
        path, api.ask("POST", path, {"sessionName": call}, 200)[0], "0", "token", "sessionId"
    )
    leave = {"sessionName": call, "token": joined["token"]}
    api.ask("POST", "/api-sessions/remove-user", leave, 200)
    api.ask("POST", "/api-sessions/remove-user", leave, 200)
    api.ask("POST", "/api-login/logout", {}, 200)
    api.ask("POST", path, {"sessionName": call}, 401)


def _fields(path: str, content: bytes, *names: str) -> dict:
    try:
        answer = json.loads(content)
    except ValueError:
        raise Problem(f"{path}: the answer is not JSON") from None
    missing = [name for name in names if name not in answer]
    if missing:
        raise Problem(f"{path}: the answer lacks {', '.join(missing)}")
    return answer
