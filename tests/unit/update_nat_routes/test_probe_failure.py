"""A NAT that runs and does not forward: healed first, suspected next, replaced last."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from tradai_shared.errors import Status
from update_nat_routes.actions import ConfirmEgress, ReportUnhealthy
from update_nat_routes.apply import Writer
from update_nat_routes.events import Trigger, TriggerKind, parse
from update_nat_routes.planner.nat_state import RunState

if TYPE_CHECKING:
    from update_nat_routes.model import Observed

SAMPLE = Path(__file__).parents[3] / "events/update_nat_routes/egress-probe-failure.json"
FAILED = Trigger(TriggerKind.PROBE_FAILURE, no_egress=True)
FAILED_AGAIN = Trigger(TriggerKind.PROBE_FAILURE, no_egress=True, suspect_instance="i-a")


def healthy(
    age: float = 601, *more: str, source_dest_check: bool = False, eip: str | None = "i-a"
) -> Observed:
    others = [member(f"i-{number}", lifecycle) for number, lifecycle in enumerate(more)]
    return observed(
        [member("i-a"), *others],
        [instance("i-a", age=age, source_dest_check=source_dest_check)],
        tables(to_instance("i-a"), to_instance("i-a")),
        eip=eip,
    )


def test_where_all_is_right_the_probe_looks_again() -> None:
    (action,) = decide(healthy(age=600), trigger=FAILED).actions
    assert isinstance(action, ConfirmEgress)
    assert (action.function, action.instance_id) == ("tradai-egress-probe-prod", "i-a")


def test_when_that_fails_too_the_nat_is_reported_unhealthy() -> None:
    (action,) = decide(healthy(), trigger=FAILED_AGAIN).actions
    assert isinstance(action, ReportUnhealthy)
    assert (action.group, action.instance_id) == (GROUP, "i-a")


@pytest.mark.parametrize("trigger", [FAILED, FAILED_AGAIN])
@pytest.mark.parametrize("world", [healthy(source_dest_check=True), healthy(eip=None)])
def test_what_can_be_repaired_is_repaired_and_no_nat_is_blamed(world: Observed, trigger: Trigger) -> None:
    assert {name.split()[0] for name in kinds(decide(world, trigger=trigger))} <= {
        "DisableSourceDestCheck",
        "AssociateAddress",
    }
    changed = decide(healthy(), trigger=trigger, memory=RunState(changed=True))
    assert changed.actions == ()


@pytest.mark.parametrize("lifecycle", ["Pending", "Pending:Wait", "Terminating", "Terminating:Wait"])
def test_nobody_is_blamed_while_another_member_comes_or_goes(lifecycle: str) -> None:
    actions = decide(healthy(601, lifecycle), trigger=FAILED_AGAIN).actions
    assert not [action for action in actions if isinstance(action, ReportUnhealthy)]


def test_one_younger_than_ten_minutes_is_not_blamed() -> None:
    assert decide(healthy(599), trigger=FAILED).actions == ()
    assert decide(healthy(599), trigger=FAILED_AGAIN).actions == ()


@pytest.mark.parametrize("suspect", ["i-0", "i-before"])
def test_another_one_than_the_suspect_is_not_blamed(suspect: str) -> None:
    other = Trigger(TriggerKind.PROBE_FAILURE, no_egress=True, suspect_instance=suspect)
    assert decide(healthy(), trigger=other).actions == ()


def test_one_that_carries_no_route_is_not_blamed() -> None:
    world = observed([member("i-a")], [instance("i-a", age=601)], tables(to_gateway()), eip="i-a")
    assert decide(world, trigger=FAILED_AGAIN).actions == ()


def test_a_failure_that_comes_late_blames_nobody() -> None:
    late = Trigger(
        TriggerKind.PROBE_FAILURE, at=NOW - timedelta(seconds=121), no_egress=True, suspect_instance="i-a"
    )
    assert decide(healthy(), trigger=late).actions == ()


def test_the_schedule_blames_nobody() -> None:
    assert decide(healthy()).actions == ()


def record(error: str, **request: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads(SAMPLE.read_text())
    return {**sample, "requestPayload": request, "responsePayload": {"errorType": error}}


def test_the_doubt_travels_in_the_probes_request() -> None:
    first = parse(record("EgressDownError", action="probe"))
    assert (first.no_egress, first.suspect_instance) == (True, None)
    again = parse(record("EgressDownError", action="confirm", suspect="i-a"))
    assert (again.no_egress, again.suspect_instance) == (True, "i-a")


@pytest.mark.parametrize("error", ["WrongEgressAddressError", "SettingsError", "Sandbox.Timedout"])
def test_the_probes_own_trouble_says_nothing_against_the_nat(error: str) -> None:
    trigger = parse(record(error, action="confirm", suspect="i-a"))
    assert (trigger.no_egress, trigger.suspect_instance) == (False, None)


def test_the_probe_is_asked_asynchronously_with_the_suspect_in_its_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options: dict[str, Any] = {
        "region_name": "eu-central-1",
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    functions, group = boto3.client("lambda", **options), boto3.client("autoscaling", **options)
    monkeypatch.setattr("tradai_shared.aws.clients.lambda_client", lambda: functions)
    asked = {
        "FunctionName": "probe",
        "InvocationType": "Event",
        "Payload": json.dumps({"action": "confirm", "suspect": "i-a"}),
    }
    unhealthy = {"InstanceId": "i-a", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": False}
    with Stubber(functions) as probe, Stubber(group) as members:
        probe.add_response("invoke", {"StatusCode": 202}, asked)
        members.add_response("set_instance_health", {}, unhealthy)
        writer = Writer(boto3.client("ec2", **options), group, ())
        done = writer.apply([ConfirmEgress("probe", "i-a", "why"), ReportUnhealthy("g", "i-a", "why")])
        assert [outcome.status for outcome in done] == [Status.DONE, Status.DONE]
        probe.assert_no_pending_responses()
        members.assert_no_pending_responses()
