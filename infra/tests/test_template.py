"""The template agrees with the code and with the local server."""

import json
import re
import tomllib

import pytest
from deploy import settings
from rust_source import ADAPTERS, FUNCTIONS, ROOT, SHARED, code, constant, crates
from stack import as_list


def router() -> dict[str, str]:
    """The routes of the local server in API Gateway's notation."""
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())
    routes = manifest["workspace"]["metadata"]["lambda"]["watch"]["router"]
    return {
        "$default" if path == "/{*path}" else f"ANY {path}": function
        for path, function in routes.items()
    }


def answers_at(crate: str) -> set[str]:
    """The paths at which a function answers."""
    text = code(FUNCTIONS / crate / "src/http_handler.rs")
    constants = dict(re.findall(r'const (\w+): &str = "([^"]+)"', text))
    [listed] = re.findall(r"paths: &\[([^\]]*)\]", text)
    items = [item.strip() for item in listed.split(",") if item.strip()]
    return {constants.get(item, item.strip('"')) for item in items}


def test_the_routes_are_those_of_the_local_server(stack):
    assert stack.targets() == router()


def test_every_path_that_a_function_answers_at_reaches_it(stack):
    answering = {
        f"ANY {path}": crate
        for crate in crates()
        if (FUNCTIONS / crate / "src/http_handler.rs").exists()
        for path in answers_at(crate)
    }
    assert answering == {key: crate for key, crate in stack.targets().items() if key != "$default"}


def test_the_gateway_may_call_each_function_on_its_routes_alone(stack):
    functions = stack.functions()
    prefix = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/"
    wanted = {
        (functions[crate], prefix + key.replace("ANY /", "*/"))
        for key, crate in stack.targets().items()
    }
    permissions = stack.all("Lambda::Permission").values()
    given = {
        (permission["FunctionName"]["Ref"], permission["SourceArn"]["Fn::Sub"])
        for permission in permissions
        if permission["Principal"] == "apigateway.amazonaws.com"
    }
    assert given == wanted


def test_a_function_ends_before_the_gateway(stack):
    [gateway] = {i["TimeoutInMillis"] for i in stack.all("ApiGatewayV2::Integration").values()}
    for crate in set(stack.targets().values()):
        assert stack.properties(stack.functions()[crate])["Timeout"] < gateway / 1000
    [api] = [origin for origin in distribution(stack)["Origins"] if origin["Id"] == "api"]
    assert api["CustomOriginConfig"]["OriginReadTimeout"] > gateway / 1000


def test_a_login_ends_while_its_attempt_is_pending(stack):
    attempts = code(SHARED / "domain/attempts.rs")
    longest = int(re.search(r"LONGEST_ATTEMPT: Duration = Duration::from_secs\((\d+)\)", attempts)[1])
    patience = int(re.search(r"PATIENCE: Duration = Duration::from_secs\((\d+)\)", code(SHARED / "use_cases/limit_attempts.rs"))[1])
    timeout = stack.properties(stack.functions()["login"])["Timeout"]
    assert patience < timeout < longest


def test_the_sweep_runs_every_minute_and_ends_within_it(stack):
    sweep = stack.functions()["sweep"]
    [rule] = stack.all("Events::Rule").values()
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": [sweep, "Arn"]}
    assert stack.properties(sweep)["Timeout"] < 60


@pytest.mark.parametrize("crate", crates())
def test_a_function_is_built_for_what_the_build_makes(stack, crate):
    function = stack.properties(stack.functions()[crate])
    assert function["Runtime"] == "provided.al2023"
    assert function["Architectures"] == [{"Ref": "Architecture"}]
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    group = stack.properties(function["LoggingConfig"]["LogGroup"]["Ref"])
    assert group["LogGroupName"] == {"Fn::Sub": "/aws/lambda/${AWS::StackName}-" + crate}


def test_all_logs_end(stack):
    for group in stack.all("Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_api_is_throttled_and_login_more_so(stack):
    [stage] = stack.all("ApiGatewayV2::Stage").values()
    everywhere = stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert stage["RouteSettings"]["ANY /api-login/login"]["ThrottlingRateLimit"] < everywhere
    logged = stage["AccessLogSettings"]["Format"]
    assert "header" not in logged.lower() and "authorizer" not in logged


def distribution(stack) -> dict:
    [distribution] = stack.all("CloudFront::Distribution").values()
    return distribution["DistributionConfig"]


def test_the_api_is_on_the_sites_origin_and_never_cached(stack):
    config = distribution(stack)
    [api] = config["CacheBehaviors"]
    assert (api["PathPattern"], api["TargetOriginId"]) == ("/api-*", "api")
    assert all(key.startswith("ANY /api-") for key in router() if key != "$default")
    assert api["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert api["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-38738e2966ac"
    assert "POST" in api["AllowedMethods"]
    # An error page would also replace the API's answers.
    assert all(set(e) == {"ErrorCode", "ErrorCachingMinTTL"} for e in config["CustomErrorResponses"])
    assert {e["ErrorCachingMinTTL"] for e in config["CustomErrorResponses"]} == {0}


def test_cloudfront_can_be_made_to_take_another_origin_secret(stack):
    # CloudFormation reads a referenced secret when its resource changes. This changes it.
    assert "${OriginRotation}" in distribution(stack)["Comment"]["Fn::Sub"]


def test_every_parameter_can_be_given_to_make(stack):
    # The program decides these itself.
    known = {*settings.PARAMETERS, *settings.QUIET, "OpenViduCa", "LiveKitCa", "OpenViduPublicUrl", "Operating"}
    assert known == {name for name in stack.body["Parameters"]}
    documented = (ROOT / "docs/DEPLOY.md").read_text()
    for variable in (*(question.name for question in settings.PARAMETERS.values()), *settings.QUIET.values()):
        assert f"`{variable}`" in documented


def test_the_site_is_private_behind_cloudfront(stack):
    config = distribution(stack)
    assert config["HttpVersion"] == "http2and3"
    assert config["DefaultCacheBehavior"]["Compress"] is True
    [bucket] = stack.all("S3::Bucket").values()
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    [policy] = stack.all("S3::BucketPolicy").values()
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Allow":
            assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
            assert "${Site}" in statement["Condition"]["StringEquals"]["AWS:SourceArn"]["Fn::Sub"]


def test_the_functions_know_the_sites_origin(stack):
    for crate in ("logout", "get-token", "remove-user"):
        assert stack.environment(crate)["SITE_ORIGIN"] == stack.body["Outputs"]["SiteUrl"]["Value"]


def test_every_function_that_asks_whose_sessions_are_ours_is_told_the_stacks_mark(stack):
    marks = {
        crate: environment["INSTALLATION"]
        for crate in crates()
        if "INSTALLATION" in (environment := stack.environment(crate))
    }
    assert set(marks) == {"get-token", "sweep", "openvidu-webhook"}
    parts = {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}
    mark = {"Fn::Join": ["", {"Fn::Split": ["-", {"Fn::Select": [2, parts]}]}]}
    assert all(given == mark for given in marks.values())


def table_shapes() -> dict[str, dict]:
    """The tables as the code makes them locally."""
    text = code(ADAPTERS / "tables.rs")
    constants = dict(re.findall(r'pub const (\w+): &str = "(\w+)"', text))
    shapes = {}
    for name, body in re.findall(r"pub const (\w+): TableShape = TableShape \{(.*?)\};", text, re.S):
        index = re.search(r'index: Some\(\((\w+), "(\w+)"\)\)', body)
        shapes[name.capitalize()] = {
            "partition": re.search(r'partition_key: "(\w+)"', body)[1],
            "sort": (re.search(r'sort_key: Some\("(\w+)"\)', body) or [None, None])[1],
            "index": (constants[index[1]], index[2]) if index else None,
            "ttl": constants["EXPIRES_AT"] if "expires: true" in body else None,
        }
    return shapes


def shape(table: dict) -> dict:
    """The same for a table of the template."""
    keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
    index = None
    for local in table.get("LocalSecondaryIndexes", []):
        index_keys = {key["KeyType"]: key["AttributeName"] for key in local["KeySchema"]}
        assert index_keys["HASH"] == keys["HASH"]
        assert local["Projection"] == {"ProjectionType": "ALL"}
        index = (local["IndexName"], index_keys["RANGE"])
    return {
        "partition": keys["HASH"],
        "sort": keys.get("RANGE"),
        "index": index,
        "ttl": table.get("TimeToLiveSpecification", {}).get("AttributeName"),
    }


def test_the_tables_are_those_of_the_code(stack):
    tables = stack.all("DynamoDB::Table")
    assert {name: shape(table) for name, table in tables.items()} == table_shapes()
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert "GlobalSecondaryIndexes" not in table
        assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}


def test_users_can_be_restored_and_are_not_lost_by_a_slip(stack):
    users = stack.properties("Users")
    assert users["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert users["DeletionProtectionEnabled"] == {"Fn::If": ["ProtectsUsers", True, False]}
    assert stack.body["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_every_alarm_is_heard_and_explained(stack):
    operations = (ROOT / "docs/OPERATIONS.md").read_text().lower()
    alarms = stack.all("CloudWatch::Alarm")
    assert alarms
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
        assert f"### `{name}`: {alarm['AlarmDescription']}\n".lower() in operations


def test_alarms_on_functions_watch_all_of_the_api(stack):
    functions = stack.functions()
    for name in ("FunctionFailsAlarm", "FunctionThrottledAlarm"):
        watched = {
            query["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["Ref"]
            for query in stack.properties(name)["Metrics"]
            if "MetricStat" in query
        }
        assert watched == {functions[crate] for crate in set(stack.targets().values())}


def counted() -> tuple[str, str, set[str]]:
    """What the functions count: namespace, dimension and metric names."""
    path = SHARED / "telemetry.rs"
    metrics = set(re.findall(r"(?m)^    (\w+),$", code(SHARED / "metric.rs")))
    return constant("NAMESPACE", path), constant("DIMENSION", path), metrics


@pytest.mark.parametrize("crate", crates())
def test_a_function_counts_for_its_own_stack(stack, crate):
    [variable] = re.findall(r'env::var\("(\w+)"\)\.ok\(\)', code(SHARED / "telemetry.rs"))
    assert stack.environment(crate)[variable] == {"Ref": "AWS::StackName"}


def test_alarms_watch_what_the_functions_of_their_stack_count(stack):
    namespace, dimension, metrics = counted()
    alarms = [alarm for alarm in stack.all("CloudWatch::Alarm").values() if alarm.get("Namespace") == namespace]
    assert {"SessionsRecreated", "SweepIncomplete", "SweepFailures"} <= {alarm["MetricName"] for alarm in alarms}
    for alarm in alarms:
        assert alarm["MetricName"] in metrics
        assert alarm["Dimensions"] == [{"Name": dimension, "Value": {"Ref": "AWS::StackName"}}]


def test_dashboard_and_documentation_have_all_metrics_and_no_others(stack):
    [dashboard] = stack.all("CloudWatch::Dashboard").values()
    text = dashboard["DashboardBody"]["Fn::Sub"]
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= set(stack.resources)
    namespace, dimension, metrics = counted()
    shown = [
        metric
        for widget in json.loads(text)["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if metric[0] == namespace
    ]
    assert {metric[1] for metric in shown} == metrics
    described = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/OPERATIONS.md").read_text(), re.M)
    assert set(described) == metrics
    for metric in shown:
        assert metric[2:4] == [dimension, "${AWS::StackName}"]


def test_nothing_is_open_to_everybody(stack):
    for name, resource in stack.resources.items():
        document = resource.get("Properties", {}).get("PolicyDocument", {})
        for statement in as_list(document.get("Statement", [])):
            assert statement["Effect"] == "Deny" or statement["Principal"] != "*", name


def test_until_the_stack_operates_nothing_is_swept_missed_or_protected(stack):
    conditions = stack.body["Conditions"]
    assert conditions["IsOperating"] == {"Fn::Equals": [{"Ref": "Operating"}, "true"]}
    protected = {"Fn::Equals": [{"Ref": "DeletionProtection"}, "true"]}
    assert conditions["ProtectsUsers"] == {"Fn::And": [{"Condition": "IsOperating"}, protected]}
    [rule] = stack.all("Events::Rule").values()
    assert rule["State"] == {"Fn::If": ["IsOperating", "ENABLED", "DISABLED"]}
    assert stack.properties("SweepFailsAlarm")["ActionsEnabled"] == {"Fn::If": ["IsOperating", True, False]}
    assert stack.body["Parameters"]["Operating"]["Default"] == "true", "for whoever deploys with sam alone"
