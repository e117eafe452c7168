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

from . import openvidu, settings, site, smoke, stack, states
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
    commands.add_parser("video-secret", help="stores another secret of the video server")
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
        case "video-secret":
            store_video_secret(settings.deployed())
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
    clear_the_way(known, aws)
    secret = stack.SERVER_SECRETS[known.kind]
    if lacks_secret(aws, states.find(aws.client("cloudformation"), known.stack), secret):
        stack.expect_secret(secret)
    if known.kind == "OpenVidu":
        ask_openvidu(known)
    settings.remember(known)


def clear_the_way(known: settings.Settings, aws: boto3.Session) -> None:
    """Offers a way out if the stack is in a state in which it cannot be deployed."""
    cloudformation = aws.client("cloudformation")
    found = states.find(cloudformation, known.stack)
    if not found:
        return
    states.wait_for_nobody(found)
    if found.status in (*states.BROKEN, *states.STUCK):
        print(f"The stack {known.stack} is in the state {found.status}.")
        print(states.failure(cloudformation, found))
    if found.status in states.BROKEN:
        confirm("It has never worked, or is half deleted. Remove the rest of it, and deploy it anew?", "y")
        remove(aws, found)
    elif found.status in states.STUCK:
        confirm("Roll it back to where it was before, and deploy?", "y")
        states.recover(cloudformation, found)


def confirm(question: str, wanted: str) -> None:
    """Asks, unless YES=1 is set."""
    if os.environ.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise Problem(f"YES=1 is missing: there is nobody to ask. {question}")
    if input(f"{question} Type {wanted} to go on: ").strip() != wanted:
        raise Problem("nothing was changed")


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
    settings.remember(known)

    # Ask all questions before doing anything.
    before = states.find(aws.client("cloudformation"), known.stack)
    of_server = stack.SERVER_SECRETS[known.kind]
    lacks = lacks_secret(aws, before, of_server)
    secret = stack.ask_secret(of_server) if lacks else None

    parameters = all_parameters(known, aws, before)
    if os.environ.get("PLAN") == "1":
        change(known, aws, parameters, "--no-execute-changeset")
        confirm("These changes are planned, and nothing is changed yet.", "y")
    if lacks:
        # Until the video server's secret is stored, the sweep would fail each minute. And CloudFormation could not
        # take back a protected table if this deployment failed. A stack that only gets another video server keeps
        # its table protected.
        change(known, aws, parameters if operates(before) else parameters | {"Operating": "false"})
        out = outputs(known, aws)
        secrets = aws.client("secretsmanager")
        secrets.put_secret_value(SecretId=out[of_server.output], SecretString=secret)
    change(known, aws, parameters)
    out = outputs(known, aws)
    upload_site(aws, out)
    print_result(known, aws.client("secretsmanager"), out)


def all_parameters(known: settings.Settings, aws: boto3.Session, before: states.Stack | None) -> dict[str, str]:
    """A value for each parameter of the template, because CloudFormation keeps those that it is not sent."""
    defaults = {name: str(one.get("Default", "")) for name, one in template()["Parameters"].items()}
    parameters = defaults | {name: value for name, value in known.parameters.items() if name in defaults}
    wanted = {name: int(parameters[name]) for name in ("OpenViduConcurrency", "SweepConcurrency")}
    own = stack.reserved(before.parameters) if before else 0
    possible = stack.reservations(aws.client("lambda"), own, wanted)
    if not any(map(int, possible.values())) and any(wanted.values()):
        print("This account has too little concurrency to set any aside: see docs/DEPLOY.md, Settings")
    return parameters | possible


def change(known: settings.Settings, aws: boto3.Session, parameters: dict[str, str], *more: str) -> None:
    """Creates or updates the stack. If that fails, says what failed first and what helps."""
    failed = sam(
        "deploy",
        *("--template-file", str(TEMPLATE), "--stack-name", known.stack, "--region", known.region),
        *("--capabilities", "CAPABILITY_IAM", "--resolve-s3", "--no-confirm-changeset"),
        *("--no-fail-on-empty-changeset", *more, "--parameter-overrides", *settings.overrides(parameters)),
    )
    if not failed:
        return
    cloudformation = aws.client("cloudformation")
    found = states.find(cloudformation, known.stack)
    if not found or found.status == states.PLANNED:
        sys.exit(failed)  # Its own message says why.
    print(f"\nThe stack {known.stack} is now in the state {found.status}.", file=sys.stderr)
    print(states.failure(cloudformation, found), file=sys.stderr)
    if found.status in (*states.BROKEN, *states.STUCK):
        print("make deploy offers a way out of it, and make destroy removes everything.", file=sys.stderr)
    sys.exit(failed)


def operates(found: states.Stack | None) -> bool:
    """Has the stack been deployed completely? One of an earlier version does not say so, but it has."""
    return bool(found and found.outputs) and found.parameters.get("Operating", "true") == "true"


def lacks_secret(aws: boto3.Session, found: states.Stack | None, secret: stack.ServerSecret) -> bool:
    """Is there no stack yet, or does it not have this secret?"""
    arn = found and found.outputs.get(secret.output)
    return not (arn and stack.has_value(aws.client("secretsmanager"), arn))


def print_result(known: settings.Settings, secrets, out: dict[str, str]) -> None:
    print(f"\nThe site:  {out['SiteUrl']}")
    print(f"The API:   {out['ApiUrl']}")
    table = f"AWS_REGION={known.region} cargo run --bin users -- --table {out['UsersTable']}"
    print(f"Its users: {table} add NAME --role PUBLISHER")
    if known.kind == "LiveKit":
        print("\nIn LiveKit's livekit.yaml, so that it tells us who comes and goes:\n")
        print(stack.livekit_settings(out["WebhookUrl"], known.parameters["LiveKitApiKey"]))
        return
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
    files = site.uploads(site.video_server(out))
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
    finish(subprocess.run(command, check=False).returncode)


def store_video_secret(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    out = outputs(known, aws)
    of_server = stack.SERVER_SECRETS[known.kind]
    secret = stack.ask_secret(of_server)
    secrets = aws.client("secretsmanager")
    secrets.put_secret_value(SecretId=out[of_server.output], SecretString=secret)
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
    finish(sam("logs", "--stack-name", known.stack, "--region", known.region, "--tail", *one))


def destroy(known: settings.Settings) -> None:
    aws = boto3.Session(region_name=known.region)
    found = states.find(aws.client("cloudformation"), known.stack)
    if not found:
        raise Problem(f"there is no stack {known.stack} in {known.region}")
    states.wait_for_nobody(found)
    confirm(f"Deletes {known.stack} in {known.region}, and all that is in it.", known.stack)
    remove(aws, found)
    print("Secrets Manager may keep the secrets for up to 30 days, at no cost.")
    print("SAM's bucket with uploaded code (stack aws-sam-cli-managed-default) serves other stacks too.")


def remove(aws: boto3.Session, found: states.Stack) -> None:
    """Deletes a stack, and reports what is left."""
    cloudformation = aws.client("cloudformation")
    for bucket in states.buckets(cloudformation, found):
        stack.empty(aws.client("s3"), bucket)
    print("Deleting; CloudFront takes some minutes")
    for one in states.delete(cloudformation, found):
        print(f"Left: {one.kind} {one.identity}, because: {one.reason}")


def plan(known: settings.Settings) -> None:
    print(f"Stack {known.stack or '?'} in {known.region or '? (REGION)'}")
    asked = {name: one for name, one in settings.PARAMETERS.items() if name in known.parameters}
    for name, question in asked.items():
        required = question.default is None
        value = known.parameters[name] or ("will be asked for" if required else "none")
        print(f"  {name:20} {value}")
    for name, value in known.parameters.items():
        if name not in settings.PARAMETERS:
            print(f"  {name:20} {value}")

    print("\nTemplate")
    region = known.region or "eu-west-1"
    finish(sam("validate", "--lint", "--template-file", str(TEMPLATE), "--region", region))
    kinds = Counter(resource["Type"] for resource in template()["Resources"].values())
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
    public = known.parameters.get(f"{known.kind}PublicUrl") or known.parameters[f"{known.kind}Url"]
    for name, value in site.headers(public).items():
        print(f"  {name}: {value}")
    print(f"\nThen: {known.kind}'s secret is asked for unseen and stored in Secrets Manager.")
    print("Nothing was changed; make deploy does it.")


def crates() -> list[str]:
    return sorted(path.parent.name for path in Path("functions").glob("*/Cargo.toml"))


def template() -> dict:
    from samtranslator.yaml_helper import yaml_parse

    return yaml_parse(TEMPLATE.read_text())


def outputs(known: settings.Settings, aws: boto3.Session) -> dict[str, str]:
    found = states.find(aws.client("cloudformation"), known.stack)
    if not (found and found.outputs):
        raise Problem(f"there is no stack {known.stack} in {known.region} that works: make deploy")
    return found.outputs


def sam(*arguments: str) -> int:
    """Runs SAM. Returns its exit code."""
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    return subprocess.run([*SAM, *arguments], env=environment, check=False).returncode


def finish(code: int) -> None:
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
