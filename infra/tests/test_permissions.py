"""Every function may do exactly what its code can ask for, and holds only the secrets that it reads."""

import pytest
from rust_source import Access, accesses, configuration, crates
from stack import as_list

TABLES = {"Calls": "CALLS", "Users": "USERS", "Logins": "LOGINS"}
SECRETS = {
    "JwtKeys": "JWT_KEYS",
    "LiveKitApiSecret": "LIVEKIT_API_SECRET",
    "OpenViduSecret": "OPENVIDU_SECRET",
    "OriginSecret": "ORIGIN_SECRET",
    "WebhookSecrets": "WEBHOOK_SECRETS",
}
KINDS = ("OpenVidu", "LiveKit")
INDEX = {"Fn::Sub": "${Calls.Arn}/index/byConnection"}


def allowed(statements: list[dict]) -> set[Access]:
    """The accesses to tables that the statements allow."""
    found = set()
    for statement in statements:
        for action in as_list(statement["Action"]):
            service, _, name = action.partition(":")
            if service == "dynamodb":
                for resource in as_list(statement["Resource"]):
                    on_index = resource == INDEX
                    table = "Calls" if on_index else resource["Fn::GetAtt"][0]
                    found.add(Access(TABLES[table], name, on_index))
    return found


def granted_secrets(statements: list[dict]) -> set[str]:
    return {
        SECRETS[resource["Ref"]]
        for statement in statements
        if "secretsmanager:GetSecretValue" in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def test_every_function_of_the_workspace_is_deployed_and_no_other(stack):
    assert sorted(stack.functions()) == crates()


@pytest.mark.parametrize("crate", crates())
def test_a_function_may_do_what_its_code_can_ask_of_the_tables(stack, crate):
    asked, given = accesses(crate), allowed(stack.statements(crate))
    assert asked, "nothing was read from the source"
    assert given == asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("crate", crates())
def test_a_function_holds_the_secrets_that_it_reads(stack, crate, kind):
    required, optional = configuration(crate, kind)
    read = (required | optional) & set(SECRETS.values())
    assert granted_secrets(stack.statements(crate, kind)) == read
    environment = stack.environment(crate, kind)
    given = {name.removesuffix("_ARN"): value for name, value in environment.items() if "_ARN" in name}
    assert {name: SECRETS[value["Ref"]] for name, value in given.items()} == {s: s for s in read}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("crate", crates())
def test_a_function_is_told_what_it_must_know(stack, crate, kind):
    required, optional = configuration(crate, kind)
    given = {name.removesuffix("_ARN") for name in stack.environment(crate, kind)}
    assert required <= given
    assert given - required - optional <= {"RUST_LOG", "STACK"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("crate", crates())
def test_nothing_else_is_allowed(stack, crate, kind):
    log_group = stack.properties(stack.functions()[crate])["LoggingConfig"]["LogGroup"]["Ref"]
    for statement in stack.statements(crate, kind):
        assert statement["Effect"] == "Allow"
        assert set(statement) == {"Effect", "Action", "Resource"}
        actions = set(as_list(statement["Action"]))
        assert "*" not in "".join(actions)
        assert "*" not in str(statement["Resource"])
        if all(action.startswith("logs:") for action in actions):
            assert actions == {"logs:CreateLogStream", "logs:PutLogEvents"}
            assert statement["Resource"] == {"Fn::GetAtt": [log_group, "Arn"]}
        else:
            assert all(a.startswith(("dynamodb:", "secretsmanager:GetSecretValue")) for a in actions)


def test_a_role_is_one_functions_alone(stack):
    roles = [function["Role"]["Fn::GetAtt"][0] for function in stack.all("Lambda::Function").values()]
    assert sorted(roles) == sorted(stack.all("IAM::Role"))
    for role in stack.all("IAM::Role").values():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_no_secret_is_in_the_template(stack):
    for secret in stack.all("SecretsManager::Secret").values():
        assert "SecretString" not in secret
    # LiveKit's API key has a name, which each token tells.
    suspects = [name for name in stack.body["Parameters"] if "Secret" in name or "Key" in name]
    assert suspects == ["LiveKitApiKey"]
    # Except for CloudFront, which has no other way to know it.
    origins = stack.properties("Site")["DistributionConfig"]["Origins"]
    [api] = [origin for origin in origins if origin["Id"] == "api"]
    [header] = api["OriginCustomHeaders"]
    assert header["HeaderName"] == "X-Origin-Secret"
    assert header["HeaderValue"] == {"Fn::Sub": "{{resolve:secretsmanager:${OriginSecret}}}"}
    assert str(stack.body).count("resolve:secretsmanager") == 1
