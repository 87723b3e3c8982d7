"""The report of a run: metrics, messages, the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools import Logger, Metrics
from botocore.stub import Stubber

from tests.unit.update_nat_routes.builder import NOW, RUNNING, SCHEDULE, instance
from tradai_shared.errors import AccessDenied, Outcome, Status
from update_nat_routes import report
from update_nat_routes.actions import Assumption, CompleteLifecycleAction, ReplaceInstance, ReplaceRoute
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.lifecycle_hooks import Wait, WaitKind
from update_nat_routes.planner.notes import Note, NoteKind
from update_nat_routes.planner.plan import Plan
from update_nat_routes.report import Report

if TYPE_CHECKING:
    from datetime import datetime

ROUTE = ReplaceRoute("rtb-1", "eni-a", "eni-x", "i-x is terminated and i-a is running")
ABANDONED = CompleteLifecycleAction("g", "h", "i-a", "ABANDON", "it was not ready in time: one more try")
REPLACED = ReplaceInstance("g", "i-a", "it is stopped")
TOPIC = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"
EVENT = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW)
ALL = {
    "ActionsFailed",
    "Passes",
    "EgressDown",
    "NatUnproven",
    "ProcessesSuspended",
    "RoutesReplaced",
    "InstancesReplaced",
    "FailoverSeconds",
    "Unguarded",
    "EgressUnverified",
    "Maintenance",
    "AssumptionsBroken",
}


def run_report(*outcomes: Outcome[Any], trigger: Trigger = EVENT, **more: Any) -> Report:  # noqa: ANN401
    results = {str(number): outcome for number, outcome in enumerate(outcomes)}
    return Report(trigger, NOW, results=results, **more)


def measured(run_outcome: Report, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    metrics = Metrics(namespace="TradAI/Ops", service="update_nat_routes")
    metrics.add_dimension("environment", "prod")
    report.emit_metrics(metrics, run_outcome)
    metrics.flush_metrics()
    emitted = json.loads(capsys.readouterr().out.splitlines()[-1] or "{}") if run_outcome.relevant else {}
    assert emitted.get("environment", "prod") == "prod"
    return {name: value[0] for name, value in emitted.items() if name in ALL}


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_run_that_concerned_nobody_measures_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert measured(run_report(relevant=False), capsys) == {}


def test_a_failover_and_its_state_are_measured(capsys: pytest.CaptureFixture[str]) -> None:
    run_outcome = run_report(
        Outcome(ROUTE, Status.FAILED),
        routes_replaced={"rtb-2"},
        instances_replaced={"i-x"},
        failover_seconds=9.5,
        broken={(Assumption.WRITE_LASTS, "rtb-1"), (Assumption.WRITE_LASTS, "rtb-2")},
        plan=Plan(egress_down=("rtb-1",), unproven=True, notes=(Note(NoteKind.SUSPENDED, "Launch", "why"),)),
    )
    emitted = measured(run_outcome, capsys)
    assert emitted == {
        "ActionsFailed": 1,
        "Passes": 1,
        "EgressDown": 1,
        "NatUnproven": 1,
        "ProcessesSuspended": 1,
        "RoutesReplaced": 1,
        "InstancesReplaced": 1,
        "FailoverSeconds": 9.5,
        "Unguarded": 0,
        "EgressUnverified": 0,
        "Maintenance": 0,
        "AssumptionsBroken": 2,
    }
    assert set(emitted) == ALL


def test_a_failover_is_measured_by_what_started_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = Metrics(namespace="TradAI/Ops", service="update_nat_routes")
    metrics.add_dimension("environment", "prod")
    silent = Trigger(TriggerKind.PEER_SILENT, at=NOW)
    report.emit_metrics(metrics, run_report(trigger=silent, failover_seconds=7.5))
    line = json.loads(capsys.readouterr().out)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "environment", "kind"]]
    assert (line["service"], line["environment"], line["kind"], line["FailoverSeconds"]) == (
        "update_nat_routes",
        "prod",
        "peer silent",
        [7.5],
    )


@pytest.mark.parametrize("ready", [True, False])
def test_whether_a_standby_is_ready_is_measured_where_there_is_one(
    capsys: pytest.CaptureFixture[str], *, ready: bool
) -> None:
    metrics = Metrics(namespace="TradAI/Ops", service="update_nat_routes")
    report.emit_metrics(metrics, run_report(plan=Plan(standby_ready=ready)))
    metrics.flush_metrics()
    assert json.loads(capsys.readouterr().out)["StandbyReady"] == [int(ready)]


def test_a_quiet_run_counts_no_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert measured(run_report(), capsys) == {
        "ActionsFailed": 0,
        "Passes": 1,
        "EgressDown": 0,
        "NatUnproven": 0,
        "ProcessesSuspended": 0,
        "Unguarded": 0,
        "EgressUnverified": 0,
        "Maintenance": 0,
    }


def test_a_run_that_could_not_read_is_no_pass_and_claims_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    blind = run_report(error=AccessDenied("ec2:DescribeInstances", "UnauthorizedOperation", "no"))
    assert measured(blind, capsys) == {"ActionsFailed": 1, "Unguarded": 1}


def test_the_answer_has_the_houses_form() -> None:
    run_outcome = run_report(
        Outcome(ROUTE, Status.DONE, "was eni-x"),
        plan=Plan(notes=(Note(NoteKind.FOREIGN_ROUTE, "rtb-2", "somebody's"),)),
        waiting=Wait(WaitKind.ARRIVING, "i-b is pending"),
    )
    answer = report.build_response(RUNNING, run_outcome)
    assert answer["success"] is True
    assert answer["environment"] == "prod"
    assert answer["data"]["summary"]["waiting"] == "i-b is pending"
    assert [result["status"] for result in answer["data"]["results"] if "status" in result] == ["done"]
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize(
    "run_outcome",
    [
        run_report(Outcome(ROUTE, Status.FAILED, "denied")),
        run_report(error=AccessDenied("ec2:DescribeInstances", "UnauthorizedOperation", "no")),
        run_report(plan=Plan(notes=(Note(NoteKind.NO_TABLES, "rtb", "none"),))),
        run_report(plan=Plan(notes=(Note(NoteKind.EIP_ELSEWHERE, "eipalloc-0a", "i-z"),))),
    ],
)
def test_part_of_the_work_that_failed_is_no_success(run_outcome: Report) -> None:
    assert report.build_response(RUNNING, run_outcome)["success"] is False


class Operator:
    """Receives what is published; the console says what a test lets it say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        options: dict[str, Any] = {
            "region_name": "eu-central-1",
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        self.ec2, self.sns = boto3.client("ec2", **options), boto3.client("sns", **options)
        self.console, self.topic = Stubber(self.ec2), Stubber(self.sns)
        self.console.activate()
        self.topic.activate()
        monkeypatch.setattr("tradai_shared.aws.clients.sns", lambda: self.sns)
        self.sent: list[str] = []
        self.sns.meta.events.register("before-parameter-build.sns.Publish", self._record)

    def _record(self, params: dict[str, str], **_: object) -> None:
        self.sent.append(params["Message"])

    def messages(self, run_outcome: Report, topic: str | None = TOPIC) -> list[str]:
        given = replace(RUNNING, topic_arn=topic)
        report.publish_alert(given, run_outcome, self.ec2, Logger(service="update_nat_routes"))
        return self.sent


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Operator:
    operator = Operator(monkeypatch)
    operator.topic.add_response("publish", {"MessageId": "m"})
    return operator


def test_the_message_of_an_abandoned_instance_quotes_its_console(operator: Operator) -> None:
    output = "booting\nTRADAI-NAT-FAILED step=masquerade reason=no such table\nlogin:"
    operator.console.add_response("get_console_output", {"Output": output})
    (message,) = operator.messages(run_report(Outcome(ABANDONED, Status.DONE)))
    assert "i-a was given up" in message
    assert "step=masquerade reason=no such table" in message
    assert "booting" not in message


def test_a_console_that_cannot_be_read_is_unknown_and_the_message_goes_out(operator: Operator) -> None:
    operator.console.add_client_error("get_console_output", "UnauthorizedOperation")
    (message,) = operator.messages(run_report(Outcome(ABANDONED, Status.DONE)))
    assert "unknown (UnauthorizedOperation)" in message


def test_a_failure_has_a_message_of_the_event_run_and_none_of_the_schedule(operator: Operator) -> None:
    failed = Outcome(ROUTE, Status.FAILED, "denied")
    assert operator.messages(run_report(failed, trigger=SCHEDULE)) == []
    assert "Moving the default route of rtb-1 failed: denied" in operator.messages(run_report(failed))[0]


def test_a_short_run_leaves_what_is_temporary_to_a_longer_one(operator: Operator) -> None:
    refused = Outcome(ROUTE, Status.FAILED, "throttled", temporary=True)
    short = Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-a")
    assert operator.messages(run_report(refused, trigger=short)) == []
    longer = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, instance_id="i-a")
    assert "failed: throttled" in operator.messages(run_report(refused, trigger=longer))[0]


def test_an_unproven_nat_has_a_message(operator: Operator) -> None:
    assert "never signalled" in operator.messages(run_report(unproven_moves=True))[0]


def test_a_smooth_failover_needs_no_message(operator: Operator) -> None:
    assert operator.messages(run_report(Outcome(ROUTE, Status.DONE), Outcome(REPLACED, Status.DONE))) == []


def test_without_a_topic_nothing_is_published(operator: Operator) -> None:
    assert operator.messages(run_report(unproven_moves=True), topic=None) == []


@pytest.mark.parametrize("code", ["AuthorizationError", "NotFound", "InvalidParameter", "KMSAccessDenied"])
def test_a_message_that_cannot_be_sent_stops_nothing_and_is_counted_and_named(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deaf, outcome = Operator(monkeypatch), run_report(unproven_moves=True)
    deaf.topic.add_client_error("publish", code)
    deaf.messages(outcome)
    answer = report.build_response(RUNNING, outcome)
    assert answer["success"]
    assert f"sns:Publish failed with {code}" in str(answer["data"]["summary"]["alert_failed"])
    assert '"AlertsFailed":[1.0]' in capsys.readouterr().out


def test_a_message_that_was_sent_is_no_failure(
    operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = run_report(unproven_moves=True)
    operator.messages(outcome)
    assert report.summary(outcome)["alert_failed"] is None
    assert "AlertsFailed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("at", "died", "began"),
    [
        (NOW - timedelta(seconds=20), None, NOW - timedelta(seconds=20)),
        (NOW - timedelta(seconds=299), None, NOW - timedelta(seconds=299)),
        (NOW - timedelta(seconds=300), None, NOW),  # a sample's, or a drill's
        (None, None, NOW),
        (NOW - timedelta(seconds=20), NOW - timedelta(seconds=50), NOW - timedelta(seconds=50)),
    ],
)
def test_an_outage_began_with_the_death_or_the_event_or_the_run(
    at: datetime | None, died: datetime | None, began: datetime
) -> None:
    told = run_report(trigger=replace(EVENT, at=at))
    assert told.began(instance("i-x", "terminated", died_at=died)) == began
    of_its_own = replace(EVENT, at=at, terminated_instance="i-x")
    assert run_report(trigger=of_its_own).began(instance("i-x", died_at=died)) == told.began(None)
