"""The template as CloudFormation would see it, for any parameters; the samples of events/."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from simulator.aws.sam_template import Template

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = ("dev", "staging", "prod")
ACCOUNT, REGION = "123456789012", "eu-central-1"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::StackName": "tradai-ops",
}
# beside an adopted NAT, and beside one that the stack makes
ADOPTED_STANDBY = {"NatStandbyAsgName": "their-standby"}
MADE_NAT = {
    "CreateNat": "true",
    "NatAmiId": "ami-0123456789abcdef0",
    "VpcId": "vpc-0123456789abcdef0",
    "NatSubnetIds": "subnet-0123456789abcdef0",
}
MADE_STANDBY = {**MADE_NAT, "NatStandby": "true", "NatSubnetIds": "subnet-0a,subnet-0b"}


@cache
def _unset() -> Template:
    """With the defaults. Kept: to parse the file takes a third of a second."""
    return Template.load(ROOT / "template.yaml", {}, PSEUDO)


def template(**parameters: str) -> Template:
    defaults = _unset().values
    given = {
        name: text.split(",") if isinstance(defaults[name], list) else text
        for name, text in parameters.items()
    }
    return Template(_unset().document, {**defaults, **given})


class Stack:
    """A template with its parameters put in; ``raw`` are its resources as they are written."""

    def __init__(self, environment: str = "dev", **parameters: str) -> None:
        self.template = template(Environment=environment, **parameters)
        self.raw: dict[str, Any] = self.template.document["Resources"]

    def __getitem__(self, logical_id: str) -> Any:
        """A resource's properties, resolved."""
        return self.template.resolve(self.raw[logical_id].get("Properties", {}))

    @property
    def made(self) -> set[str]:
        """The logical ids of what these parameters make."""
        return {name for name, resource in self.raw.items() if self.template.made(resource)}

    def of_type(self, kind: str) -> dict[str, Any]:
        return {name: self[name] for name in sorted(self.made) if self.raw[name]["Type"] == kind}

    def statements(self, role: str) -> dict[str, Any]:
        """A role's statements by Sid; actions and resources always as lists."""
        policies = [
            statement
            for policy in self[role]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        return {
            policy["Sid"]: {
                **policy,
                "Action": listed(policy["Action"]),
                "Resource": listed(policy["Resource"]),
            }
            for policy in policies
        }


def runbook(alarm: dict[str, Any]) -> Path:
    """The page that an alarm's description names, where no address was deployed."""
    return ROOT / "docs/runbooks" / str(alarm["AlarmDescription"]).rsplit(" page ", 1)[1]


def graphs(stack: Stack) -> list[dict[str, Any]]:
    """The dashboard's widgets without the runbooks."""
    widgets = json.loads(stack["Dashboard"]["DashboardBody"])["widgets"]
    return [widget for widget in widgets if widget["type"] != "text"]


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def samples(package: str = "update_nat_routes") -> dict[str, Any]:
    """A package's samples by name."""
    folder = ROOT / "events" / package
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
