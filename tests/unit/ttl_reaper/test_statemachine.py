"""The state machine's own definition, executed by moto's interpreter with the real handler.

Real here: every state of the definition (moto runs Pass, Choice, Catch, Retry and the Distributed Map), the
handler, DynamoDB by moto and the strict stand-in. Replaced: the Lambda service between the two, by a call in
this process that answers as Lambda does.
"""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context, fill, make_table
from tests.fakes.result_writer import result_writer
from tradai_shared.config.models.base import DAY
from ttl_reaper.app import lambda_handler
from ttl_reaper.checkpoint_store import written_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.any_python

DEFINITION = Path(__file__).parents[3] / "statemachines" / "reap.asl.json"
REAPER = "arn:aws:lambda:eu-central-1:123456789012:function:tradai-ttl-reaper-dev"
ROLE = "arn:aws:iam::123456789012:role/reap"
TABLES = ("notifications", "drift-state")
RESULTS = "tradai-ops-reaperbucket-1a2b3c4d5e6f"  # as tests/contract/permissions/roles.py names it
ORDER = {"tables": list(TABLES), "mode": "delete", "dry_run": False, "segments": {"total": 2}}


@dataclass
class InThisProcess:
    """The Lambda service: the real handler, its answer or its error in Lambda's form."""

    before: Callable[[dict[str, Any]], float]  # seconds that the invocation has; may raise
    events: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, **call: Any) -> dict[str, Any]:
        with self.lock:  # an execution environment handles one event at a time
            return self._invoke(call)

    def _invoke(self, call: dict[str, Any]) -> dict[str, Any]:
        assert call["FunctionName"] == REAPER
        event = json.loads(call["Payload"])
        self.events.append(event)
        answer: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            ends = datetime.now(UTC) + timedelta(seconds=self.before(event))
            payload: Any = lambda_handler(event, Context(lambda: datetime.now(UTC), ends))  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - as Lambda does
            answer["FunctionError"] = "Unhandled"
            payload = {"errorType": type(error).__name__, "errorMessage": str(error)}
        return answer | {"Payload": io.BytesIO(json.dumps(payload).encode())}


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.delenv("REAPER_AUDIT_BUCKET", raising=False)
    now = int(time.time())
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}), strict(), result_writer():
        boto3.client("s3").create_bucket(
            Bucket=RESULTS, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        client = boto3.client("dynamodb")
        for component in TABLES:
            name = f"tradai-{component}-dev"
            make_table(client, name, keys={"id": "S"})
            old = [{"id": {"S": f"old{n}"}, "ttl": {"N": str(now - 10 * DAY)}} for n in range(40)]
            live = [{"id": {"S": f"live{n}"}, "ttl": {"N": str(now + DAY)}} for n in range(60)]
            fill(client, name, old + live)
        yield client


def written(summary: dict[str, Any]) -> list[dict[str, Any]]:
    details = summary["results"]["ResultWriterDetails"]
    return written_results(boto3.client("s3"), details["Bucket"], details["Key"])


def left(client: Any, component: str) -> int:
    return int(client.scan(TableName=f"tradai-{component}-dev")["Count"])


def execute(monkeypatch: pytest.MonkeyPatch, service: InThisProcess, order: dict[str, Any]) -> dict[str, Any]:
    monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: service)
    states = boto3.client("stepfunctions")
    definition = DEFINITION.read_text(encoding="utf-8")
    for name, value in (("ReaperArn", REAPER), ("Partition", "aws"), ("ResultBucket", RESULTS)):
        definition = definition.replace(f"${{{name}}}", value)
    name = f"tradai-reap-{len(states.list_state_machines()['stateMachines'])}"
    machine = states.create_state_machine(name=name, definition=definition, roleArn=ROLE)
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(order))
    for _ in range(6000):
        response = states.describe_execution(executionArn=started["executionArn"])
        if response["status"] != "RUNNING":
            return dict(response)
        time.sleep(0.05)
    pytest.fail("the execution does not end")


def test_every_segment_of_every_table_is_reaped_and_added_up(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = InThisProcess(lambda _: 900)
    output = execute(monkeypatch, service, ORDER)
    assert output["status"] == "SUCCEEDED"
    summary = json.loads(output["output"])["data"]["summary"]
    assert {name: summary[name] for name in ("runs", "runs_failed", "scanned", "deleted")} == {
        "runs": 4,
        "runs_failed": [],
        "scanned": 200,
        "deleted": 80,
    }
    assert [left(tables, component) for component in TABLES] == [60, 60]
    assert [event.get("action") for event in service.events] == ["plan", *["reap"] * 4, "summary"]


def test_a_segment_goes_on_from_its_checkpoint_until_it_is_done(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = InThisProcess(lambda event: 900 if "checkpoint" in event else 30)
    output = execute(monkeypatch, service, ORDER | {"restart": True})
    assert output["status"] == "SUCCEEDED"
    assert [left(tables, component) for component in TABLES] == [60, 60]
    again = [event for event in service.events if event.get("checkpoint")]
    assert len(again) == 4
    assert not any(event["restart"] for event in again)


def test_a_bad_segment_fails_the_summary_and_never_stops_the_rest(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before(event: dict[str, Any]) -> float:
        if event.get("table") == "notifications" and event["segments"]["index"] == 1:
            raise RuntimeError("this one is lost")
        return 900

    service = InThisProcess(before)
    output = execute(monkeypatch, service, ORDER)
    assert (output["status"], output["error"]) == ("FAILED", "SegmentsFailed")
    [summary] = [event for event in service.events if event.get("action") == "summary"]
    lost = [result for result in written(summary) if not result["success"]]
    assert [(result["table"], result["segment"]) for result in lost] == [("notifications", 1)]
    assert left(tables, "drift-state") == 60
    assert 60 < left(tables, "notifications") < 100


def test_the_runs_share_the_orders_limits(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tables
    service = InThisProcess(lambda _: 900)
    limits = {"max_deletes": 11, "write_units_per_second": 100}
    assert execute(monkeypatch, service, ORDER | {"limits": limits})["status"] == "FAILED"
    runs = [event["limits"] for event in service.events if event["action"] == "reap"]
    assert {(result["max_deletes"], result["write_units_per_second"]) for result in runs} == {(5, 50.0)}
    assert [left(tables, component) for component in TABLES] == [90, 90]


def test_a_run_goes_on_with_what_the_others_left_of_the_limit(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", RESULTS)
    service = InThisProcess(lambda _: 900)
    # the 40 expired items of each table lie unevenly: 22 and 18
    limits = {"max_deletes": 41, "max_fraction": 0.9}
    output = execute(monkeypatch, service, ORDER | {"limits": limits})
    assert output["status"] == "SUCCEEDED"
    assert [left(tables, component) for component in TABLES] == [60, 60]
    runs = [event for event in service.events if event["action"] == "reap"]
    assert [run["limits"]["max_deletes"] for run in runs] == [20] * 4 + [23] * 2
    assert json.loads(output["output"])["data"]["summary"]["deleted"] == 80


def test_all_runs_together_stop_at_the_limit(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", RESULTS)
    service = InThisProcess(lambda _: 900)
    output = execute(monkeypatch, service, ORDER | {"limits": {"max_deletes": 39, "max_fraction": 0.9}})
    assert (output["status"], output["error"]) == ("FAILED", "SegmentsFailed")
    assert [left(tables, component) for component in TABLES] == [61, 61]


def test_a_plan_that_fails_fails_the_execution(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tables
    service = InThisProcess(lambda _: 900)
    output = execute(monkeypatch, service, ORDER | {"tables": ["nothing"]})
    assert (output["status"], output["error"]) == ("FAILED", "EventError")


def test_a_thousand_segments_with_faults(tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 125 runs some are cut off again and again, and three are lost: all others are reaped."""
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", RESULTS)
    lost, cut_off, invoked = {5, 66, 124}, {1, 30, 31, 99}, Counter[int]()

    def before(event: dict[str, Any]) -> float:
        if event["action"] != "reap":
            return 900
        index = event["segments"]["index"]
        invoked[index] += 1
        if index in lost:
            raise RuntimeError("this run is lost")
        return 30 if index in cut_off and invoked[index] <= 2 else 900

    service = InThisProcess(before)
    limits = {"max_deletes": 100_000, "max_fraction": 0.9}
    order = {"tables": ["notifications"], "segments": {"total": 1000}, "limits": limits}
    output = execute(monkeypatch, service, ORDER | order)
    assert (output["status"], output["error"]) == ("FAILED", "SegmentsFailed")
    assert {index: count for index, count in invoked.items() if count > 1} == dict.fromkeys(cut_off, 3)
    assert len(invoked) == 125
    [summary] = [event for event in service.events if event.get("action") == "summary"]
    results = written(summary)
    assert {result["segment"] for result in results if not result["success"]} == lost
    deleted = sum(result["summary"]["deleted"] for result in results if result["success"])
    assert left(tables, "notifications") == 100 - deleted
