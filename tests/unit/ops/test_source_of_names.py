"""Where the command line takes names from: the deployed stack, else samconfig.toml. It says which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ops.options import Common
from ops.session import connect

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

GIVEN = """version = 0.1
[prod.global.parameters]
region = "eu-central-1"
[prod.deploy.parameters]
stack_name = "acme-ops"
parameter_overrides = ["Environment=prod", "NatAsgName=intended", "NatAlarmName=intended-alarm"]
"""
BARE = """version = 0.1
[prod.global.parameters]
region = "eu-central-1"
[prod.deploy.parameters]
stack_name = "acme-ops"
"""
ABSENT = ("ValidationError", "Stack with id acme-ops does not exist")
DENIED = ("AccessDenied", "no")
DEPLOYED = [
    {"ParameterKey": "NatAsgName", "ParameterValue": "deployed"},
    {"ParameterKey": "NatAlarmName", "ParameterValue": ""},
]


def answers(monkeypatch: pytest.MonkeyPatch, stack: tuple[str, str] | list[dict[str, str]]) -> None:
    """What CloudFormation says of the stack: a refusal, or its parameters."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def call(_client: Any, operation: str, request: Any) -> Any:
        if operation == "GetCallerIdentity":
            return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/operator"}
        assert (operation, request) == ("DescribeStacks", {"StackName": "acme-ops"})
        if isinstance(stack, tuple):
            code, message = stack
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
        return {"Stacks": [{"StackName": "acme-ops", "Parameters": stack}]}

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


@dataclass(frozen=True)
class Case:
    """A samconfig.toml and a stack; what a command says, and the group and the alarm that it works with."""

    text: str
    stack: tuple[str, str] | list[dict[str, str]]
    source: str
    names: tuple[str, str]


@pytest.mark.parametrize(
    "case",
    [
        Case(GIVEN, DEPLOYED, "the stack acme-ops", ("deployed", "")),
        Case(GIVEN, ABSENT, "FILE", ("intended", "intended-alarm")),
        Case(GIVEN, DENIED, "FILE (the stack cannot be read: AccessDenied)", ("intended", "intended-alarm")),
        Case(BARE, ABSENT, "the canonical configuration", ("", "")),
    ],
    ids=lambda case: case.source,
)
def test_a_command_takes_the_deployed_names_else_the_intended_ones_and_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, case: Case
) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_text(case.text)
    answers(monkeypatch, case.stack)
    with connect(Common(env="prod", samconfig_file=file)) as session:
        group, alarm = (session.wanted.parameter(name) for name in ("NatAsgName", "NatAlarmName"))
    assert (group, alarm) == case.names
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith(f"names of {case.source.replace('FILE', str(file))}")
