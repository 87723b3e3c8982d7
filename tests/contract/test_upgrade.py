"""The deployed template of a former version becomes the present one: no alarm is lost, not even meanwhile.

former_alarms.json has the alarms of former templates, as ``Stack`` reads them for prod with the probe.
CloudFormation makes and changes everything before it deletes what the new template no longer has, and it
refuses a name that another resource still holds.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.stack import ROOT, Stack

FORMER = json.loads((ROOT / "tests/contract/former_alarms.json").read_text(encoding="utf-8"))
PRESENT: dict[str, Any] = Stack("prod", EgressProbe="true").of_type("AWS::CloudWatch::Alarm")
each_version = pytest.mark.parametrize("former", FORMER.values(), ids=FORMER)


def watches(alarm: Any) -> list[list[str]]:
    queries = alarm.get("Metrics", [])
    metrics = [query["MetricStat"]["Metric"] for query in queries if "MetricStat" in query] or [alarm]
    return [
        [metric["Namespace"], metric["MetricName"], *sorted(f"{d['Name']}={d['Value']}" for d in dimensions)]
        for metric in metrics
        for dimensions in [metric["Dimensions"]]
    ]


@each_version
def test_an_alarm_that_stays_keeps_its_name(former: dict[str, Any]) -> None:
    """Another name would replace it: it would begin without a state, and a raised one would be forgotten."""
    kept = {logical_id: alarm["name"] for logical_id, alarm in former.items() if logical_id in PRESENT}
    assert kept == {logical_id: PRESENT[logical_id]["AlarmName"] for logical_id in kept}


@each_version
def test_a_new_alarm_takes_no_name_that_the_former_stack_still_holds(former: dict[str, Any]) -> None:
    held = {alarm["name"] for alarm in former.values()}
    new = {alarm["AlarmName"] for name, alarm in PRESENT.items() if name not in former}
    assert new & held == set()


@each_version
def test_every_metric_that_was_watched_still_is(former: dict[str, Any]) -> None:
    present = [metric for alarm in PRESENT.values() for metric in watches(alarm)]
    lost = {
        logical_id: metric
        for logical_id, alarm in former.items()
        for metric in alarm["watches"]
        if metric not in present
    }
    assert lost == {}


def test_three_alarms_became_a_single_one_and_nothing_else_left() -> None:
    before, released = FORMER.values()
    assert len(before) == 23
    assert len(before) - len(released) == 3 - 1
    assert set(released) <= set(PRESENT)
