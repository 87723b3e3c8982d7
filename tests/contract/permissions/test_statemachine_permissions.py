"""The state machine's role: its tasks invoke the reaper, and a Distributed Map runs its own machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.permissions.arns import arn
from tests.contract.permissions.policy import Need, denied, statements
from tests.contract.permissions.roles import deployed
from tests.contract.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINE = json.loads((ROOT / "statemachines/reap.asl.json").read_text(encoding="utf-8"))
STACK = deployed()
POLICY = statements(STACK.statements("ReapStateMachineRole"))
# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
LOG_DELIVERY = (
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
)
INVOKE = "arn:${Partition}:states:::lambda:invoke"


def states(node: Any) -> Iterator[dict[str, Any]]:
    """Every state, those within a map too."""
    for state in node["States"].values():
        yield state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def needs() -> set[Need]:
    """What Step Functions asks for the machine as it is written.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    asked, name = set(), STACK["ReapStateMachine"]["Name"]
    for state in states(MACHINE):
        if state["Type"] == "Task":
            assert state["Resource"] == INVOKE
            assert state["Parameters"]["FunctionName"] == "${ReaperArn}"
            asked.add(Need("lambda:InvokeFunction", STACK.template.values["TtlReaperFunction.Arn"]))
        if "ResultWriter" in state:
            asked |= written_results(state["ResultWriter"])
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            asked.add(Need("states:StartExecution", arn("states", f"stateMachine:{name}")))
            child = arn("states", f"execution:{name}/Segments:0b1c2d3e")
            for action in ("states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"):
                asked.add(Need(action, child))
    return asked | {Need(f"logs:{action}", "*") for action in LOG_DELIVERY}


def written_results(writer: dict[str, Any]) -> set[Need]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html"""
    assert writer["Resource"] == "arn:${Partition}:states:::s3:putObject"
    key = f"{STACK.template.values['ReaperBucket.Arn']}/{writer['Parameters']['Prefix']}/0b1c/manifest.json"
    actions = ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts", "PutObject")
    return {Need(f"s3:{action}", key) for action in actions}


def test_what_the_machine_does_is_allowed_and_nothing_else() -> None:
    assert denied(POLICY, needs()) == []
    assert {action for statement in POLICY for action in statement.actions} == {
        need.action for need in needs()
    }


def test_without_any_one_of_its_statements_the_proof_fails() -> None:
    for gone in POLICY:
        assert denied([statement for statement in POLICY if statement is not gone], needs()), gone.sid


def test_another_machine_and_another_function_are_refused() -> None:
    other = {
        Need("states:StartExecution", arn("states", "stateMachine:tradai-other-prod")),
        Need("lambda:InvokeFunction", arn("lambda", "function:tradai-other-prod")),
    }
    assert set(denied(POLICY, other)) == other
