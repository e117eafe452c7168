"""The commands behind `make deploy`, `make deploy-site` and the others."""

import argparse
import getpass
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from . import openvidu, settings, site, smoke, stack
from .problem import Problem

TEMPLATE = Path("infra/template.yaml")
BUILDS = Path("target/lambda")
SAM = (sys.executable, "-m", "samcli")  # The program `sam` names the folder it was installed in.


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("settings", help="asks for what is not known yet, before anything is built")
    commands.add_parser("plan", help="says what a deployment would do; needs no credentials")
    commands.add_parser("stack", help="deploys everything")
    commands.add_parser("site", help="uploads the site alone")
    commands.add_parser("function", help="replaces one function's code").add_argument("name")
    commands.add_parser("openvidu-secret", help="stores another secret of the OpenVidu server")
    commands.add_parser("smoke", help="uses what was deployed").add_argument("url", nargs="?")
    commands.add_parser("logs", help="follows the logs").add_argument("name", nargs="?")
    commands.add_parser("destroy", help="deletes everything")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # In order with what sam and cargo say.
    try:
        run(arguments)
    except Problem as problem:
        sys.exit(str(problem))
    except (ClientError, BotoCoreError) as error:
        sys.exit(f"AWS: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")


def run(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "settings":
            prepare(settings.known())
        case "plan":
            plan(settings.known(dry=True))
        case "stack":
            deploy(settings.known())
        case "site":
            deploy_site(settings.deployed())
        case "function":
            deploy_function(settings.deployed(), arguments.name)
        case "openvidu-secret":
            store_openvidu_secret(settings.deployed())
        case "smoke":
            smoke_test(arguments.url)
        case "logs":
            follow_logs(settings.deployed(), arguments.name)
        case "destroy":
            destroy(settings.deployed())


def prepare(known: settings.Settings) -> None:
    """Reports whatever would stop a deployment, before the functions are built for it."""
    aws = boto3.Session(region_name=known.region)
    aws.client("sts").get_caller_identity()
    if lacks_openvidu_secret(known, aws):
        stack.expect_openvidu_secret()
    ask_openvidu(known)
    settings.remember(known)


def ask_openvidu(known: settings.Settings) -> None:
    """Asks OpenVidu for its public address. Its tokens send browsers there, so the page must allow it."""
    url, parameters = known.parameters["OpenViduUrl"], known.parameters
    try:
        public = openvidu.public_url(url, parameters.get("OpenViduCa", ""))
    except openvidu.Unanswered as error:
        print(f"Warning: {url} does not say where browsers find it: {error}", file=sys.stderr)
        return
    if not public.startswith("https://"):
        print(
            f"Warning: OpenVidu calls itself {public}, and browsers let no page on https talk to that: "
            "nobody will get into a call before DOMAIN_OR_PUBLIC_IP and HTTPS are right there",
            file=sys.stderr,
        )
        return
    differs = public != openvidu.origin(url)
    parameters["OpenViduPublicUrl"] = public if differs else ""
    if differs:
        print(
            f"Warning: OpenVidu calls itself {public}, not {url}; browsers will be sent to {public}",
            file=sys.stderr,
        )


def deploy(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    account = aws.client("sts").get_caller_identity()["Account"]
    print(f"Deploying {known.stack} to {known.region}, account {account}")
    for crate in crates():
        if not (BUILDS / crate / "bootstrap").is_file():
            raise Problem(f"{crate} is not built: make build")

    limit = stack.concurrency_limit(aws.client("lambda"))
    small = stack.reservations(limit)
    if small:
        print(f"This account runs {limit} functions at once: no concurrency is set aside")
    settings.remember(known)

    # Ask all questions before doing anything.
    secret = stack.ask_openvidu_secret() if lacks_openvidu_secret(known, aws) else None

    parameters = known.parameters | small
    sam(
        "deploy",
        *("--template-file", str(TEMPLATE), "--stack-name", known.stack, "--region", known.region),
        *("--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-confirm-changeset"),
        *("--no-fail-on-empty-changeset", "--parameter-overrides"),
        *(f"{name}={value}" for name, value in parameters.items() if value),
    )
    out = outputs(known, aws)
    secrets = aws.client("secretsmanager")
    if secret:
        secrets.put_secret_value(SecretId=out["OpenViduSecretArn"], SecretString=secret)
    upload_site(aws, out)
    print_result(known, secrets, out)


def lacks_openvidu_secret(known: settings.Settings, aws: boto3.Session) -> bool:
    """Is there no stack yet, or does it have no secret?"""
    out = stack.outputs(aws.client("cloudformation"), known.stack)
    return not (out and stack.has_value(aws.client("secretsmanager"), out["OpenViduSecretArn"]))


def print_result(known: settings.Settings, secrets, out: dict[str, str]) -> None:
    print(f"\nThe site:  {out['SiteUrl']}")
    print(f"The API:   {out['ApiUrl']}")
    table = f"AWS_REGION={known.region} cargo run --bin users -- --table {out['UsersTable']}"
    print(f"Its users: {table} add NAME --role PUBLISHER")
    secret = "..."  # Where output is kept, a secret must not be.
    if sys.stdout.isatty():
        value = secrets.get_secret_value(SecretId=out["WebhookSecretsArn"])["SecretString"]
        secret = value.split(",")[0]
    print("\nIn OpenVidu's .env, so that it tells us who left:\n")
    print(stack.webhook_settings(out["WebhookUrl"], secret))
    if secret == "...":
        print(f"\n(the secret is shown on a terminal only; it is in {out['WebhookSecretsArn']})")


def deploy_site(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    out = outputs(known, aws)
    upload_site(aws, out)
    print(out["SiteUrl"])


def upload_site(aws: boto3.Session, out: dict[str, str]) -> None:
    # A stack of an earlier version does not have this output.
    files = site.uploads(out.get("OpenViduUrl", ""))
    gone = site.upload(aws.client("s3"), out["SiteBucket"], files)
    reference = str(time.time_ns())
    site.invalidate(aws.client("cloudfront"), out["SiteDistribution"], files, reference)
    print(f"The site: {len(files)} files up, {len(gone)} old ones removed")


def deploy_function(known: settings.Settings, name: str) -> None:
    if name not in crates():
        raise Problem(f"NAME={name} is no function: one of {', '.join(crates())}")
    if not (BUILDS / name / "bootstrap").is_file():
        raise Problem(f"{name} is not built: make build")
    # Only its code: environment, memory and role come from the template.
    command = ["cargo", "lambda", "deploy", "--lambda-dir", str(BUILDS), "--binary-name", name]
    command += ["--region", known.region, f"{known.stack}-{name}"]
    finish(subprocess.run(command, check=False))


def store_openvidu_secret(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    out = outputs(known, aws)
    secret = stack.ask_openvidu_secret()
    secrets = aws.client("secretsmanager")
    secrets.put_secret_value(SecretId=out["OpenViduSecretArn"], SecretString=secret)
    print("Stored; the functions read it within 5 minutes")


def smoke_test(url: str | None) -> None:
    if not url:
        known = settings.deployed()
        url = outputs(known, boto3.Session(region_name=known.region))["SiteUrl"]
    user, password = os.environ.get("SMOKE_USER"), os.environ.get("SMOKE_PASSWORD")
    if not (user and password):
        if not sys.stdin.isatty():
            raise Problem("SMOKE_USER and SMOKE_PASSWORD are missing: whom to log in as")
        user = user or input("User: ").strip()
        password = password or getpass.getpass("Password: ")
    smoke.run(url, user, password)
    print(f"{url} works")


def follow_logs(known: settings.Settings, name: str | None) -> None:
    if name and name not in crates():
        raise Problem(f"NAME={name} is no function: one of {', '.join(crates())}")
    # The template calls `get-token` GetToken.
    one = ["--name", "".join(word.capitalize() for word in name.split("-"))] if name else []
    sam("logs", "--stack-name", known.stack, "--region", known.region, "--tail", *one)


def destroy(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    cloudformation = aws.client("cloudformation")
    out = outputs(known, aws)
    if os.environ.get("YES") != "1":
        if not sys.stdin.isatty():
            raise Problem("YES=1 is missing: there is nobody to ask whether to delete everything")
        typed = input(f"Deletes {known.stack} in {known.region}. Type its name to go on: ")
        if typed.strip() != known.stack:
            raise Problem("nothing was deleted")
    stack.empty(aws.client("s3"), out["SiteBucket"])
    print("Deleting; CloudFront takes some minutes")
    left = stack.delete(cloudformation, known.stack)
    for kind, name in left:
        print(f"Left, as it is protected: {kind} {name}")
    print("Secrets Manager may keep the secrets for up to 30 days, at no cost.")
    print("SAM's bucket with uploaded code (stack aws-sam-cli-managed-default) serves other stacks too.")


def plan(known: settings.Settings) -> None:
    print(f"Stack {known.stack or '?'} in {known.region or '? (REGION)'}")
    for name, question in settings.PARAMETERS.items():
        required = question.default is None
        value = known.parameters[name] or ("will be asked for" if required else "none")
        print(f"  {name:20} {value}")
    for name, value in known.parameters.items():
        if name not in settings.PARAMETERS:
            print(f"  {name:20} {value}")

    print("\nTemplate")
    region = known.region or "eu-west-1"
    sam("validate", "--lint", "--template-file", str(TEMPLATE), "--region", region)
    from samtranslator.yaml_helper import yaml_parse

    resources = yaml_parse(TEMPLATE.read_text())["Resources"].values()
    kinds = Counter(resource["Type"] for resource in resources)
    for kind, count in sorted(kinds.items()):
        print(f"  {count:3} {kind}")

    print("\nFunctions")
    for crate in crates():
        build = BUILDS / crate / "bootstrap"
        size = f"{build.stat().st_size / 1e6:.1f} MB" if build.is_file() else "not built yet"
        print(f"  {crate:20} {size}")

    print("\nSite")
    if (site.BUILD / "index.html").is_file():
        for file in site.uploads():
            print(f"  {file.key:32} {file.content_type:32} {file.cache_control}")
    else:
        print("  not built yet")

    print("\nHeaders of the site")
    public = known.parameters.get("OpenViduPublicUrl") or known.parameters["OpenViduUrl"]
    for name, value in site.headers(public).items():
        print(f"  {name}: {value}")
    print("\nThen: OpenVidu's secret is asked for unseen and stored in Secrets Manager.")
    print("Nothing was changed; make deploy does it.")


def crates() -> list[str]:
    return sorted(path.parent.name for path in Path("functions").glob("*/Cargo.toml"))


def outputs(known: settings.Settings, aws: boto3.Session) -> dict[str, str]:
    found = stack.outputs(aws.client("cloudformation"), known.stack)
    if not found:
        raise Problem(f"there is no stack {known.stack} in {known.region}: make deploy")
    return found


def sam(*arguments: str) -> None:
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    finish(subprocess.run([*SAM, *arguments], env=environment, check=False))


def finish(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
