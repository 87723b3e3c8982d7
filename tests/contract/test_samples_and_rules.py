"""The samples reach the function through the template's rules; what does not concern it does not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.contract.stack import ADOPTED_STANDBY, Stack, samples
from update_nat_routes.events import EVENT_TYPES, TriggerKind, parse

SAMPLES = samples()
FROM_THE_BUS = {name: event for name, event in SAMPLES.items() if "detail-type" in event}
STACK = Stack("dev", **ADOPTED_STANDBY)
RULES = {rule.name: rule.pattern for rule in STACK.template.function("UpdateNatRoutesFunction").rules}


def matching(event: Any) -> list[str]:
    return [name for name, pattern in RULES.items() if pattern.matches_event(event)]


def changed(name: str, **changes: object) -> Any:
    """A sample with fields of its detail replaced, or its own where they are not the detail's."""
    event = copy.deepcopy(SAMPLES[name])
    for field, value in changes.items():
        holder = (
            event["detail"]
            if field.replace("_", "-") in event["detail"] or field in event["detail"]
            else event
        )
        holder[field if field in holder else field.replace("_", "-")] = value
    return event


@pytest.mark.parametrize("name", FROM_THE_BUS)
def test_a_sample_reaches_the_function_by_exactly_one_rule(name: str) -> None:
    assert len(matching(SAMPLES[name])) == 1


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_understood(name: str) -> None:
    parse(SAMPLES[name])


def test_there_is_a_sample_for_every_trigger() -> None:
    assert {parse(event).kind for event in SAMPLES.values()} == set(TriggerKind)


def test_there_is_a_sample_for_every_event_type() -> None:
    assert {(event["source"], event["detail-type"]) for event in FROM_THE_BUS.values()} >= set(EVENT_TYPES)


def test_every_type_that_the_function_knows_has_a_rule() -> None:
    types = {kind for pattern in RULES.values() for kind in pattern.get_pattern()["detail-type"]}
    assert types == {detail_type for _, detail_type in EVENT_TYPES}


@pytest.mark.parametrize("name", FROM_THE_BUS)
def test_a_drill_of_a_sample_reaches_the_function_too(name: str) -> None:
    assert matching(changed(name, source="tradai.drill")) == matching(SAMPLES[name])


NEAR_MISSES = {
    "another group's launch": changed("launch-lifecycle-action", AutoScalingGroupName="tradai-ecs-asg-dev"),
    "another environment's group": changed(
        "terminate-successful", AutoScalingGroupName="tradai-nat-asg-prod"
    ),
    "a group whose name only begins alike": changed(
        "launch-successful", AutoScalingGroupName="tradai-nat-asg-dev-2"
    ),
    "a drill for another group": changed(
        "drill-launch-lifecycle-action", AutoScalingGroupName="tradai-ecs-asg-dev"
    ),
    "an instance that is pending": changed("instance-running", state="pending"),
    "another type of EC2": changed("instance-running", detail_type="EBS Volume Notification"),
    "another type of Auto Scaling": changed(
        "launch-successful", detail_type="EC2 Auto Scaling Instance Refresh Started"
    ),
    "another source": changed("instance-terminated", source="aws.ecs"),
    "a source that only begins alike": changed("instance-terminated", source="tradai.drills"),
}


@pytest.mark.parametrize("event", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_near_miss_reaches_nobody(event: Any) -> None:
    assert matching(event) == []


def test_rules_match_an_adopted_group_by_its_own_name() -> None:
    function = Stack("prod", NatAsgName="their-own-nat").template.function("UpdateNatRoutesFunction")
    event = changed("launch-lifecycle-action", AutoScalingGroupName="their-own-nat")
    assert [rule.name for rule in function.rules if rule.pattern.matches_event(event)] == ["GroupEvents"]


def test_the_schedule_sends_the_sample_of_a_reconcile_every_minute() -> None:
    (schedule,) = Stack("dev").template.function("UpdateNatRoutesFunction").schedules
    assert schedule.every == 60
    assert (
        json.loads(schedule.input or "") == SAMPLES["reconcile"] == {"action": "reconcile", "dry_run": False}
    )


def test_a_failed_probe_s_record_is_what_lambda_sends_to_a_destination() -> None:
    record = SAMPLES["egress-probe-failure"]
    assert record["requestContext"]["functionArn"].split(":")[6] == "tradai-egress-probe-dev"
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert {"errorType", "errorMessage"} <= set(record["responsePayload"])
