"""The roles and permissions that SAM adds by itself, as its own translator makes them."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from typing import Any

import pytest

from tests.contract.stack import ACCOUNT, ROOT, Stack
from tests.contract.test_egress_probe import PLACE

pytestmark = pytest.mark.toolchain

SCHEDULED = {
    "UpdateNatRoutesFunctionReconcile": "UpdateNatRoutesFunction",
    "DriftCheckFunctionHourly": "DriftCheckFunction",
    "TtlReaperFunctionReport": "TtlReaperFunction",
    "EgressProbeFunctionEveryMinute": "EgressProbeFunction",
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


def test_sam_makes_no_role(resources: Any) -> None:
    assert set(of_type(resources, "AWS::IAM::Role")) - set(Stack().raw) == set()


@pytest.mark.parametrize(("schedule", "function"), SCHEDULED.items())
def test_a_schedule_runs_its_function_by_the_stack_s_own_role(
    resources: Any, schedule: str, function: str
) -> None:
    made = resources[schedule]["Properties"]
    assert made["Target"]["Arn"] == {"Fn::GetAtt": [function, "Arn"]}
    assert made["Target"]["RoleArn"] == {"Fn::GetAtt": ["ScheduleRole", "Arn"]}
    assert made["GroupName"] == {"Ref": "ScheduleGroup"}


def test_the_schedules_role_may_invoke_the_functions_and_keep_what_failed() -> None:
    statements = Stack("prod", **PLACE).statements("ScheduleRole")
    assert {sid: statement["Action"] for sid, statement in statements.items()} == {
        "RunTheFunctions": ["lambda:InvokeFunction"],
        "KeepWhatFailed": ["sqs:SendMessage"],
    }
    invoked = {arn.split(":::")[1] for arn in statements["RunTheFunctions"]["Resource"]}
    assert invoked == {f"{function}/Arn" for function in SCHEDULED.values()}
    assert "EgressProbeFunction" not in str(Stack("prod").statements("ScheduleRole"))


def test_the_schedules_role_trusts_the_schedules_of_its_own_group_and_account() -> None:
    (trust,) = Stack("prod")["ScheduleRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    wanted = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": "arn:aws:simulated:::ScheduleGroup/Arn"}
    assert trust["Condition"] == {"StringEquals": wanted}


def test_a_group_that_the_stack_makes_stands_before_the_schedule_that_looks_after_it(resources: Any) -> None:
    schedule = resources["UpdateNatRoutesFunctionReconcile"]
    assert _first_two(schedule["Properties"]["Description"]) == {"Fn::If": ["MakesNat", {"Ref": "NatGroup"}]}
    assert "UpdateNatRoutesFunctionReconcile" not in resources["NatGroup"]["DependsOn"]


def _first_two(description: Any) -> Any:
    condition, made, _ = description["Fn::Sub"][1]["Group"]["Fn::If"]
    return {"Fn::If": [condition, made]}


def test_a_function_keeps_the_role_that_the_template_gives_it(resources: Any) -> None:
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Role"] == {"Fn::GetAtt": [f"{name.removesuffix('Function')}Role", "Arn"]}


def test_only_the_rules_may_invoke_from_outside(resources: Any) -> None:
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Action"] == "lambda:InvokeFunction", name
        assert permission["Principal"] == "events.amazonaws.com", name
        assert permission["SourceArn"]["Fn::GetAtt"][0] in of_type(resources, "AWS::Events::Rule"), name
