"""The functions and `users` as programs, on what the template would make in an account.

They are built by `cargo build`. `built_functions.py` tests those that are built for AWS.
"""

import base64
import json
import subprocess

import pytest
from aws import STACK_NAME, Account, moto_server, password
from openvidu import forgetful_openvidu
from runtime import programs, running
from rust_source import ROOT, SHARED, constant, crates

ANN, WORD = "ann", "correct horse battery"

# Secrets are read again with each request, so that no test has to wait.
AT_ONCE = {"SECRETS_SECONDS": "0"}


@pytest.fixture(scope="module")
def moto():
    with moto_server() as url:
        yield url


@pytest.fixture
def account(moto, stack) -> Account:
    return Account(moto, stack)


@pytest.fixture
def ann(account) -> None:
    users(account, "add", ANN, "--role", "PUBLISHER", "--stdin")


def users(account: Account, *arguments: str, code: int = 0) -> str:
    """Runs the program `users`."""
    done = subprocess.run(
        [programs()["users"], *arguments],
        env=account.credentials() | {"USERS_TABLE": account.tables["Users"]},
        input=WORD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def function(account: Account, crate: str, **more: str):
    """A function with the environment of the template, and more."""
    return running([programs()[crate]], account.environment(crate) | more)


def event(crate: str, name: str, body: dict, **headers: str) -> dict:
    """A request as the gateway passes it on. Header names have `_` instead of `-`."""
    event = json.loads((ROOT / f"functions/{crate}/events/{name}.json").read_text())
    event.pop("cookies", None)
    event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    return event | {"body": json.dumps(body)}


def log_in(login, **headers: str) -> dict:
    answer = login.invoke(event("login", "login", {"user": ANN, "pass": WORD}, **headers))
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def signed_by(answer: dict) -> str:
    """The id of the key that signed a login."""
    head = answer["token"].split(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]


def addresses(function) -> list[str]:
    """The client addresses in the audit log."""
    fields = [line["fields"] for line in function.lines() if "fields" in line]
    return [field["address"] for field in fields if field.get("message") == "audit"]


@pytest.mark.parametrize("kind", ["OpenVidu", "LiveKit"])
@pytest.mark.parametrize("crate", crates())
def test_a_function_starts_with_what_the_template_gives_it(moto, stack, crate, kind):
    with function(Account(moto, stack, kind), crate) as started:
        started.is_ready()


@pytest.mark.parametrize("crate", crates())
def test_a_function_without_one_of_its_secrets_says_which(account, crate):
    arn = next(name for name in account.environment(crate) if name.endswith("_ARN"))
    wrong = {arn: account.arns["JwtKeys"].replace("JwtKeys", "Another")}
    with function(account, crate, **wrong) as started:
        assert started.process.wait(30)
        assert arn in started.log()


def test_users_are_administered(account):
    users(account, "add", ANN, "--role", "PUBLISHER", "--stdin")
    users(account, "add", ANN, "--role", "PUBLISHER", "--stdin", code=3)
    users(account, "role", ANN, "MODERATOR", "--call", "TUTORIAL")
    users(account, "disable", ANN)
    listed = users(account, "list").split()
    assert listed == ["ann", "PUBLISHER", "disabled", "moderator", "of", "TUTORIAL"]
    users(account, "remove", ANN)
    assert users(account, "list") == ""


def test_a_rotated_key_signs_without_a_deployment(account, ann):
    with function(account, "login", **AT_ONCE) as login, function(account, "logout", **AT_ONCE) as logout:
        old = log_in(login)
        assert signed_by(old) == "k1"
        keys = json.loads(account.values["JwtKeys"])
        account.rotate("JwtKeys", json.dumps({"signs": "k2", "keys": {**keys, "k2": password()}}))
        assert signed_by(log_in(login)) == "k2"
        # An earlier login goes on.
        bearer = f"Bearer {old['token']}"
        answer = logout.invoke(event("logout", "logout", {}, authorization=bearer))
        assert answer["statusCode"] == 200
        assert addresses(logout) == ["203.0.113.7"]
        for text in (login.log(), logout.log()):
            for secret in (*keys.values(), account.values["OriginSecret"], WORD, old["token"]):
                assert secret not in text


def test_secrets_are_not_asked_for_with_each_request(account, ann):
    with function(account, "login") as login:
        assert signed_by(log_in(login)) == "k1"
        account.rotate("JwtKeys", json.dumps({"k2": password()}))
        assert signed_by(log_in(login)) == "k1"


def test_a_function_goes_on_with_the_secrets_it_has(account, ann):
    with function(account, "login", **AT_ONCE) as login:
        log_in(login)
        account.secrets.delete_secret(SecretId=account.arns["JwtKeys"], ForceDeleteWithoutRecovery=True)
        assert signed_by(log_in(login)) == "k1"
        errors = [line["fields"]["error"] for line in login.lines() if line.get("level") == "ERROR"]
        assert any("JWT_KEYS_ARN" in error for error in errors), login.log()


def test_cloudfront_says_where_a_client_is_and_nobody_else(stack, account, ann):
    origins = stack.properties("Site")["DistributionConfig"]["Origins"]
    [header] = next(origin["OriginCustomHeaders"] for origin in origins if origin["Id"] == "api")
    assert header["HeaderValue"] == {"Fn::Sub": "{{resolve:secretsmanager:${OriginSecret}}}"}
    sent = {header["HeaderName"].lower(): account.values["OriginSecret"]}
    says = {"cloudfront-viewer-address": "198.51.100.1:46532"}
    with function(account, "login", **AT_ONCE) as login:
        log_in(login, **sent, **says)
        log_in(login, **says)
        account.rotate("OriginSecret", password())
        log_in(login, **sent, **says)
        assert addresses(login) == ["198.51.100.1", "203.0.113.7", "203.0.113.7"]


def test_openvidu_may_send_either_of_two_secrets_while_they_are_changed(account):
    header = constant("HEADER", SHARED / "adapters/openvidu/webhook_secret.rs")
    old, new = account.values["WebhookSecrets"], password()

    def heard(webhook, secret: str) -> int:
        body = {"event": "participantLeft"}
        sent = event("openvidu-webhook", "participant-left", body, **{header: secret})
        return webhook.invoke(sent)["statusCode"]

    with function(account, "openvidu-webhook", **AT_ONCE) as webhook:
        assert (heard(webhook, old), heard(webhook, new)) == (200, 401)
        account.rotate("WebhookSecrets", f"{new},{old}")
        assert (heard(webhook, old), heard(webhook, new)) == (200, 200)
        account.rotate("WebhookSecrets", new)
        assert (heard(webhook, old), heard(webhook, new)) == (401, 200)
        counted = [line for line in webhook.lines() if "WebhooksRefused" in line]
    assert [line["Stack"] for line in counted] == [STACK_NAME] * 2
    assert counted[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Stack"]]


def test_the_sweep_closes_a_call_that_openvidu_does_not_have(account, ann):
    def records() -> int:
        items = account.dynamodb.scan(TableName=account.tables["Calls"])["Items"]
        # The sweep keeps a record of its own.
        return sum(item["token"]["S"] != "#sweep" for item in items)

    with forgetful_openvidu() as url, function(account, "login") as login:
        bearer = f"Bearer {log_in(login)['token']}"
        with function(account, "get-token", OPENVIDU_URL=url) as get_token:
            body = {"sessionName": "TUTORIAL"}
            joined = get_token.invoke(event("get-token", "get-token", body, authorization=bearer))
            assert joined["statusCode"] == 200, joined
        assert records() == 2
        with function(account, "sweep", OPENVIDU_URL=url) as sweep:
            scheduled = json.loads((ROOT / "functions/sweep/events/scheduled.json").read_text())
            swept = sweep.invoke(scheduled)
            assert (swept["CallsLookedAt"], swept["CallsClosed"], swept["SweepFailures"]) == (1, 1, 0), swept
        assert records() == 0
