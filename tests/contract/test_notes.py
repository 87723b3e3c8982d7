"""Every note of the failover: answer, metrics, alarms and runbook say the same of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from tests.contract.stack import ADOPTED_STANDBY, ROOT, Stack, runbook
from tests.unit.update_nat_routes.builder import (
    FALLBACK,
    GROUP,
    LAUNCHING,
    NOW,
    NOWHERE,
    RUNNING,
    SCHEDULE,
    SHARED,
    SIGNAL,
    STANDBY_GROUP,
    decide,
    instance,
    member,
    observed,
    peer_silent,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from tradai_shared.errors import AccessDenied, Outcome, PermanentError, Status
from update_nat_routes import report
from update_nat_routes.actions import AssociateAddress, ReplaceRoute
from update_nat_routes.model import DeniedRead, Group, Hook, Observed
from update_nat_routes.planner.notes import UNGUARDED, NoteKind
from update_nat_routes.report import Report

SERVING = observed(
    [member("i-a")],
    [instance("i-a", age=900, ready_tag="boot")],
    tables(to_instance("i-a"), to_instance("i-a")),
    eip="i-a",
)
SILENT = replace(SERVING, instances={"i-a": instance("i-a", age=900)})
STRANGER = {**SERVING.instances, "i-z": instance("i-z", age=900)}
HALTED = observed([], [], tables(NOWHERE, NOWHERE), desired=0)
FIRST = replace(
    observed([member("i-a", "Pending:Wait")], [instance("i-a", age=60)], tables(NOWHERE, NOWHERE)),
    group=Group(
        GROUP, 1, frozenset(), (member("i-a", "Pending:Wait"),), created_at=NOW - timedelta(seconds=70)
    ),
)
NAMED_BY_DEFAULT = replace(SIGNAL, hooks_named=False)
PAIR = two_groups([member("i-a")], [], SERVING.instances.values(), SERVING.tables, eip="i-a")
THREE = {name: instance(name, age=900, ready_tag="boot") for name in ("i-a", "i-b", "i-c")}
TWO_STANDBYS = Group(STANDBY_GROUP, 2, frozenset(), (member("i-b"), member("i-c")))
# One world for each note, and the alarms that it raises; the first pass of the schedule observes it.
WORLDS: dict[NoteKind, tuple[Observed, set[str]]] = {
    NoteKind.GROUP_MISSING: (replace(SERVING, group=None), {"nat-unguarded", "nat-unhealthy"}),
    NoteKind.NO_TABLES: (replace(SERVING, tables=()), {"nat-unguarded", "nat-unhealthy"}),
    NoteKind.TABLE_MISSING: (replace(SERVING, missing_tables=("rtb-9",)), {"nat-unguarded"}),
    NoteKind.FOREIGN_ROUTE: (replace(SERVING, tables=tables(to_gateway())), set()),
    NoteKind.IPV6_ROUTE: (
        replace(SERVING, tables=(replace(SERVING.tables[0], ipv6_target="eigw-0a"),)),
        set(),
    ),
    NoteKind.EIP_ELSEWHERE: (replace(SERVING, instances=STRANGER, eip_holder="i-z"), {"nat-unguarded"}),
    NoteKind.EIP_UNREAD: (
        replace(SERVING, holder_unread="ec2:DescribeAddresses: no"),
        {"nat-unguarded"},
    ),
    NoteKind.HOOK_NOT_OURS: (
        replace(SERVING, hooks=(Hook("a", LAUNCHING, 300), Hook("b", LAUNCHING, 300))),
        {"nat-unguarded"},
    ),
    NoteKind.HOOK_ASSUMED: (replace(SERVING, hooks=(Hook("a", LAUNCHING, 300),)), set()),
    NoteKind.ROLE_REFUSED: (
        replace(SERVING, denied=(DeniedRead("ec2:DescribeInstances", "no"),)),
        {"nat-unguarded", "nat-actions-failed"},
    ),
    NoteKind.SUSPENDED: (
        observed(
            [member("i-a")], SERVING.instances.values(), SERVING.tables, eip="i-a", suspended=["Launch"]
        ),
        {"nat-processes-suspended"},
    ),
    NoteKind.MAINTENANCE: (HALTED, {"nat-maintenance"}),
    NoteKind.FIRST_LAUNCH: (FIRST, set()),
    NoteKind.UNPROVEN: (SILENT, {"nat-unproven", "nat-unhealthy"}),
    NoteKind.FALLBACK: (replace(SERVING, tables=tables(to_gateway(FALLBACK))), {"nat-unguarded"}),
    NoteKind.NO_STANDBY: (PAIR, {"nat-standby-missing"}),
    NoteKind.PEER_SILENT: (replace(PAIR, instances=THREE, standby=TWO_STANDBYS), set()),
}
# Deployments and events that a note needs.
GIVEN = {
    NoteKind.FALLBACK: replace(SIGNAL, fallback_gateway_id=FALLBACK),
    NoteKind.NO_STANDBY: SHARED,
    NoteKind.PEER_SILENT: SHARED,
}
TRIGGERS = {NoteKind.PEER_SILENT: peer_silent("i-b", "i-a")}
NAT_ALARMS = {
    name.removeprefix("tradai-prod-"): alarm
    for alarm in Stack("prod", **ADOPTED_STANDBY).of_type("AWS::CloudWatch::Alarm").values()
    if alarm.get("Namespace") == "TradAI/Ops" and (name := alarm["AlarmName"])
}


def emitted(run: Report, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    metrics = Metrics(namespace="TradAI/Ops", service="update_nat_routes")
    metrics.add_dimension("environment", "prod")
    report.emit_metrics(metrics, run)
    metrics.flush_metrics()
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    names = [metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    return {name: line[name][0] for name in names}


def raised(values: dict[str, float]) -> set[str]:
    """The alarms that these values raise if they go on; the stricter one of two on a metric is left out."""
    return {name for name, alarm in NAT_ALARMS.items() if breaches(alarm, values)} - {"nat-failover-failed"}


def breaches(alarm: Any, values: dict[str, float]) -> bool:
    if alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold":
        return values.get(alarm["MetricName"], 0) >= float(alarm["Threshold"])
    return alarm["MetricName"] == "StandbyReady" and values.get("StandbyReady", 1) < float(alarm["Threshold"])


def test_there_is_a_world_for_each_note() -> None:
    assert set(WORLDS) == set(NoteKind)


@pytest.mark.parametrize("kind", NoteKind)
def test_answer_metrics_and_alarms_agree(kind: NoteKind, capsys: pytest.CaptureFixture[str]) -> None:
    world, alarms = WORLDS[kind]
    trigger = TRIGGERS.get(kind, SCHEDULE)
    plan = decide(world, given=GIVEN.get(kind, NAMED_BY_DEFAULT), trigger=trigger)
    run = Report(trigger, NOW, plan=plan, planned=True, blind=bool(world.denied))
    answer, values = report.build_response(RUNNING, run), emitted(run, capsys)
    summary = answer["data"]["summary"]
    assert [note.kind for note in plan.notes] == [kind]
    assert [result["note"] for result in answer["data"]["results"] if "note" in result] == [kind]
    assert raised(values) == alarms
    assert (kind in UNGUARDED) == (not answer["success"]) == bool(values["Unguarded"])
    assert summary["unguarded"] == bool(values["Unguarded"])
    assert summary["maintenance"] == bool(values["Maintenance"])
    assert bool(summary["egress_down"]) == bool(values.get("EgressDown"))
    assert ("EgressDown" in values) == (bool(summary["egress_down"]) or not world.denied)
    assert bool(summary["egress_unverified"]) == bool(values["EgressUnverified"])
    assert (values.get("Passes", 0) == 0) == (kind is NoteKind.ROLE_REFUSED)


@pytest.mark.parametrize("kind", NoteKind)
def test_the_runbook_of_a_note_s_alarm_explains_it(kind: NoteKind) -> None:
    pages = [runbook(NAT_ALARMS[name]).read_text(encoding="utf-8") for name in WORLDS[kind][1]]
    assert not pages or any(f"`{kind}`" in page for page in pages)


REFUSALS = [
    (
        ReplaceRoute("rtb-1", "eni-a", "eni-x", "why"),
        AccessDenied("ec2:ReplaceRoute", "UnauthorizedOperation", "no"),
        NoteKind.ROLE_REFUSED,
    ),
    (
        AssociateAddress("eipalloc-0a", "eni-a", "i-a", None, "why"),
        PermanentError("ec2:AssociateAddress", "Resource.AlreadyAssociated", "i-z holds it"),
        NoteKind.EIP_ELSEWHERE,
    ),
]


@pytest.mark.parametrize(("action", "error", "kind"), REFUSALS)
def test_a_refused_write_is_a_note_as_well(
    action: Any,
    error: PermanentError,
    kind: NoteKind,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = Outcome(action, Status.FAILED, str(error), error=error)
    run = Report(SCHEDULE, NOW, plan=decide(SERVING), planned=True, results={"1": outcome})
    notes = [result["note"] for result in report.build_response(RUNNING, run)["data"]["results"][1:]]
    assert notes == [kind]
    assert raised(emitted(run, capsys)) == {"nat-unguarded", "nat-actions-failed"}


def test_a_refused_write_that_is_an_ordinary_failure_says_nothing_of_being_unguarded() -> None:
    error = PermanentError("ec2:ReplaceRoute", "InvalidParameterValue", "no")
    outcome: Outcome[Any] = Outcome(REFUSALS[0][0], Status.FAILED, str(error), error=error)
    assert not Report(SCHEDULE, NOW, results={"1": outcome}).unguarded


def test_a_denied_first_read_raises_unguarded(capsys: pytest.CaptureFixture[str]) -> None:
    run = Report(SCHEDULE, NOW, error=AccessDenied("ec2:DescribeInstances", "UnauthorizedOperation", "no"))
    assert emitted(run, capsys) == {"ActionsFailed": 1, "Unguarded": 1}


def test_the_page_of_metrics_names_every_metric_and_the_alarm_that_watches_it() -> None:
    page = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    source = (ROOT / "functions/update_nat_routes/report.py").read_text(encoding="utf-8")
    for metric in re.findall(r'add_metric\("(\w+)"', source):
        (row,) = [row for row in rows if f"`{metric}`" in row.split("|")[1]]
        alarms = {name for name, alarm in NAT_ALARMS.items() if alarm["MetricName"] == metric}
        assert {name for name in alarms if name.startswith("nat-")} == set(
            re.findall(r"`(nat-[a-z-]+)`", row)
        ), metric


def test_one_of_two_groups_that_wants_no_nat_hides_no_outage(capsys: pytest.CaptureFixture[str]) -> None:
    """As the alarm's description has it: only where no group wants one, EgressDown is not counted."""
    assert PAIR.standby is not None
    world = replace(PAIR, standby=replace(PAIR.standby, desired=0), tables=tables(NOWHERE, NOWHERE))
    plan = decide(world, given=SHARED)
    values = emitted(Report(SCHEDULE, NOW, plan=plan, planned=True), capsys)
    assert {"nat-maintenance", "nat-unhealthy"} <= raised(values)
    assert "Where no group wants a NAT" in NAT_ALARMS["nat-maintenance"]["AlarmDescription"]
