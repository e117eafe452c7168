"""The template as CloudFormation gets it, and queries for the tests."""

import os
import re
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # The translator wants some region.

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"


NO_VALUE = {"Ref": "AWS::NoValue"}


class _NoManagedPolicies:
    def load(self):
        return {}


class Stack:
    """The translated template."""

    def __init__(self):
        source = yaml_parse(TEMPLATE.read_text())
        for resource in source["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = {"Bucket": "bucket", "Key": "key"}
        self.body = transform(source, {}, _NoManagedPolicies())
        self.resources = self.body["Resources"]

    def all(self, kind: str) -> dict[str, dict]:
        """The properties of all resources of a type, by logical id."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def properties(self, name: str) -> dict:
        return self.resources[name]["Properties"]

    def functions(self) -> dict[str, str]:
        """Logical ids by crate name."""
        return {
            re.fullmatch(r"\$\{AWS::StackName\}-(.+)", function["FunctionName"]["Fn::Sub"])[1]: name
            for name, function in self.all("Lambda::Function").items()
        }

    def environment(self, crate: str, kind: str = "OpenVidu") -> dict:
        """The environment of a function in a stack with this kind of video server."""
        return chosen(self.properties(self.functions()[crate])["Environment"]["Variables"], kind)

    def statements(self, crate: str, kind: str = "OpenVidu") -> list[dict]:
        """The statements of a function's permissions in a stack with this kind of video server."""
        role = self.properties(self.properties(self.functions()[crate])["Role"]["Fn::GetAtt"][0])
        assert "ManagedPolicyArns" not in role
        [policy] = role["Policies"]
        return chosen(policy["PolicyDocument"]["Statement"], kind)

    def targets(self) -> dict[str, str]:
        """The crate behind each route, by route key."""
        crates = {name: crate for crate, name in self.functions().items()}
        targets = {}
        for route in self.all("ApiGatewayV2::Route").values():
            integration = re.fullmatch(r"integrations/\$\{(\w+)\}", route["Target"]["Fn::Sub"])[1]
            uri = self.properties(integration)["IntegrationUri"]
            targets[route["RouteKey"]] = crates[uri["Fn::GetAtt"][0]]
        return targets


def chosen(value, kind: str):
    """A part of the template as it is with this kind of video server."""
    match value:
        case {"Fn::If": [("UsesOpenVidu" | "UsesLiveKit") as condition, yes, no]}:
            return chosen(yes if condition == f"Uses{kind}" else no, kind)
        case dict():
            members = {name: chosen(member, kind) for name, member in value.items()}
            return {name: member for name, member in members.items() if member != NO_VALUE}
        case list():
            return [item for item in (chosen(item, kind) for item in value) if item != NO_VALUE]
    return value


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]
