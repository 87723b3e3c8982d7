"""The reaper in the template: what it may, what it never may, what its schedule asks of it."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.contract.stack import ACCOUNT, ENVIRONMENTS, REGION, ROOT, Stack
from tradai_shared.config import canonical_config, naming
from ttl_reaper import events
from ttl_reaper.app import SPARE_SECONDS
from ttl_reaper.model import Mode
from ttl_reaper.observe import SCAN
from ttl_reaper.partiql import permission

MACHINE = json.loads((ROOT / "statemachines/reap.asl.json").read_text(encoding="utf-8"))


def statements(env: str) -> dict[str, Any]:
    return Stack(env).statements("TtlReaperRole")


def tables(env: str, statement: dict[str, Any]) -> set[str]:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
    every = canonical_config(env).dynamodb.tables.items()
    return {
        component
        for component, table in every
        if any(fnmatchcase(arn + table.name, pattern) for pattern in statement["Resource"])
    }


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_role_denies_the_tables_that_are_never_reaped(env: str) -> None:
    never = {name for name, table in canonical_config(env).dynamodb.tables.items() if not table.may_be_reaped}
    denied = statements(env)["NeverTheseTables"]
    assert denied["Effect"] == "Deny"
    assert tables(env, denied) == never
    assert set(denied["Action"]) == {SCAN, permission(Mode.DELETE), permission(Mode.REPAIR)}


def test_the_role_reaches_this_environments_tables_alone() -> None:
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/tradai-notifications-prod"
    for statement in statements("dev").values():
        assert not any(fnmatchcase(arn, pattern) for pattern in statement["Resource"])
    assert len(tables("dev", statements("dev")["DeleteAndRepairItems"])) == 12


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_schedule_reports_and_deletes_nothing(env: str) -> None:
    [schedule] = Stack(env)["TtlReaperFunction"]["Events"].values()
    event = events.parse(json.loads(schedule["Properties"]["Input"]))
    assert isinstance(event, events.WorkEvent)
    assert (event.tables, event.request.mode, event.request.writes) == ("all", Mode.REPORT, False)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_function_has_its_name_and_lambdas_longest_time(env: str) -> None:
    function = Stack(env)["TtlReaperFunction"]
    assert function["FunctionName"] == naming.ttl_reaper_function_name(env)
    assert function["Timeout"] == 900 > 10 * SPARE_SECONDS


def test_the_plan_says_how_many_runs_are_at_work_at_a_time() -> None:
    segments = MACHINE["States"]["Segments"]
    assert segments["MaxConcurrencyPath"] == "$.concurrency"
    assert MACHINE["States"]["Plan"]["ResultSelector"]["concurrency.$"] == "$.Payload.data.concurrency"
    assert "MaxConcurrency" not in segments


def test_a_failure_of_the_machine_its_plan_too_is_logged_and_raises_an_alarm() -> None:
    stack = Stack("prod")
    logging = stack["ReapStateMachine"]["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)
    [destination] = logging["Destinations"]
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"]
    alarm = stack["ReapExecutionsFailedAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/States", "ExecutionsFailed")
    assert "Catch" not in MACHINE["States"]["Plan"]


def test_the_state_machine_may_start_executions_of_itself() -> None:
    stack = Stack("prod")
    allowed = stack.statements("ReapStateMachineRole")
    name = stack["ReapStateMachine"]["Name"]
    assert allowed["StartItsSegments"]["Resource"] == [
        f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    ]
    assert set(stack["ReapStateMachine"]["DefinitionSubstitutions"]) == {
        "Partition",
        "ReaperArn",
        "ResultBucket",
    }


def test_every_state_of_the_machine_is_reached_and_every_child_ends_in_a_result() -> None:
    child = MACHINE["States"]["Segments"]["ItemProcessor"]["States"]
    ends = {name for name, state in child.items() if state.get("End")}
    assert ends == {"Done", "Lost"}
    assert child["Reap"]["Catch"] == [
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Lost"}
    ]
    assert "Sandbox.Timedout" in child["Reap"]["Retry"][0]["ErrorEquals"]  # Lambda's end of a run's time
    for end in ends:
        given = {name.removesuffix(".$") for name in child[end]["Parameters"]}
        assert given <= set(events.SegmentResult.model_fields)


def test_a_failed_reap_is_one_alarm_until_a_run_ends_well() -> None:
    """Each run sends ReapFailures; Step Functions sends its counts for executions alone."""
    stack = Stack()
    assert stack["ReapFailedAlarm"]["TreatMissingData"] == "ignore"
    assert stack["ReapExecutionsFailedAlarm"]["TreatMissingData"] == "notBreaching"
