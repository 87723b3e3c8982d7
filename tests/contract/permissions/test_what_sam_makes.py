"""The roles and permissions that SAM adds by itself, as its own translator makes them."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from typing import Any

import pytest

from tests.contract.stack import ROOT, Stack, listed
from tests.contract.test_egress_probe import PLACE

pytestmark = pytest.mark.toolchain

SCHEDULED = {
    "UpdateNatRoutesFunctionReconcileRole": "UpdateNatRoutesFunction",
    "DriftCheckFunctionHourlyRole": "DriftCheckFunction",
    "TtlReaperFunctionReportRole": "TtlReaperFunction",
    "EgressProbeFunctionEveryMinuteRole": "EgressProbeFunction",
}


PYTHON = ROOT / ".tools/sam/bin/python"
# the template names no managed policy, so there are none to look up
PROGRAM = """
import json, sys, types
from samtranslator.translator.transform import transform
print(json.dumps(transform(json.load(sys.stdin), {}, types.SimpleNamespace(load=dict))))
"""


@pytest.fixture(scope="module")
def resources() -> Any:
    if not PYTHON.with_name("sam").exists():
        pytest.skip("the SAM CLI is not installed: make .tools/sam/.ready")
    document = copy.deepcopy(Stack("prod", **PLACE).template.document)
    for resource in document["Resources"].values():
        for path in ("CodeUri", "ContentUri", "DefinitionUri"):  # as after packaging
            if path in resource.get("Properties", {}):
                resource["Properties"][path] = "s3://artefacts/one.zip"
    output = subprocess.run(  # noqa: S603 - our own environment's interpreter
        [PYTHON, "-W", "ignore", "-c", PROGRAM],
        input=json.dumps(document),
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(output.stdout)["Resources"]


def of_type(resources: Any, kind: str) -> dict[str, Any]:
    return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}


def test_sam_makes_no_role_but_those_of_the_schedules(resources: Any) -> None:
    own = set(Stack().raw)
    assert set(of_type(resources, "AWS::IAM::Role")) - own == set(SCHEDULED)


@pytest.mark.parametrize(("role", "function"), SCHEDULED.items())
def test_a_schedule_may_invoke_its_function_and_keep_what_failed(
    resources: Any, role: str, function: str
) -> None:
    made = resources[role]["Properties"]
    allowed = [
        statement for policy in made["Policies"] for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert {statement["Effect"] for statement in allowed} == {"Allow"}
    grants = [(str(listed(statement["Action"])), str(statement["Resource"])) for statement in allowed]
    assert sorted(grants) == sorted([
        ("['lambda:InvokeFunction']", str({"Fn::GetAtt": [function, "Arn"]})),
        ("['sqs:SendMessage']", str({"Fn::GetAtt": ["DeadLetterQueue", "Arn"]})),
    ])  # fmt: skip


def test_a_function_keeps_the_role_that_the_template_gives_it(resources: Any) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Role"] == {"Fn::GetAtt": [f"{name.removesuffix('Function')}Role", "Arn"]}


def test_only_the_rules_may_invoke_from_outside(resources: Any) -> None:
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Action"] == "lambda:InvokeFunction", name
        assert permission["Principal"] == "events.amazonaws.com", name
        assert permission["SourceArn"]["Fn::GetAtt"][0] in of_type(resources, "AWS::Events::Rule"), name
