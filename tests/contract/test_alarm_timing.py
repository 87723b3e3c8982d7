"""Alarms keep time: what arrives late is not missed, what has not arrived counts for nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.aws.alarms import Alarm, AlarmState, DataPoint, on_a_single_metric
from tests.contract.stack import Stack

STACK = Stack("prod", EgressProbe="true")
TEMPLATE_ALARMS = STACK.of_type("AWS::CloudWatch::Alarm")
ALARMS = {name: Alarm(on_a_single_metric(properties)) for name, properties in TEMPLATE_ALARMS.items()}
SINGLE = [
    name
    for name, alarm in ALARMS.items()
    if alarm.properties["Period"] == 60
    and alarm.properties["DatapointsToAlarm"] == 1
    and alarm.properties["MetricName"] != "ApproximateNumberOfMessagesVisible"  # stays until it is emptied
]
SILENT = {"NatScheduleSilentAlarm": "Passes", "EgressProbeSilentAlarm": "Invocations"}


def point(alarm: Alarm, stamp: float, value: float, arrival: float) -> DataPoint:
    properties = alarm.properties
    return DataPoint(properties["Namespace"], properties["MetricName"], stamp, arrival, value)


def acting(alarm: Alarm, points: list[DataPoint], until: float) -> list[tuple[float, str]]:
    """The transitions that send a message of trouble."""
    states = {AlarmState.ALARM}
    if alarm.properties.get("InsufficientDataActions"):
        states.add(AlarmState.INSUFFICIENT_DATA)
    return [(change.at, change.state) for change in alarm.history(points, until) if change.state in states]


@pytest.mark.parametrize("properties", TEMPLATE_ALARMS.values(), ids=TEMPLATE_ALARMS)
def test_no_alarm_fills_in_what_has_not_arrived(properties: Any) -> None:
    assert "FILL" not in json.dumps(properties)


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=ALARMS)
def test_the_first_deployment_pages_nobody(alarm: Alarm) -> None:
    """Nothing has run yet for a quarter of an hour; then everything is well."""
    well = 1.0 if alarm.properties["MetricName"] in SILENT.values() else 0.0
    points = [point(alarm, stamp, well, stamp + 60) for stamp in range(900, 3600, 60)]
    assert acting(alarm, points, 3600) == []


@pytest.mark.parametrize("seconds", [1, 90, 270])
@pytest.mark.parametrize("second_of_the_minute", [0, 30, 59])
@pytest.mark.parametrize("name", SINGLE)
def test_a_single_error_of_a_long_run_raises_its_alarm(
    name: str, second_of_the_minute: int, seconds: int
) -> None:
    alarm, stamp = ALARMS[name], 600 + second_of_the_minute
    own = alarm.properties["Namespace"] == "TradAI/Ops"  # stamped at the end of a run
    for delay in (20, 60, 120):
        arrival = stamp + (0 if own else seconds) + delay
        assert len(acting(alarm, [point(alarm, stamp, 1.0, arrival)], 3600)) == 1


@pytest.mark.parametrize(("name", "metric"), SILENT.items())
def test_silence_has_one_message_and_its_end_another(name: str, metric: str) -> None:
    alarm = ALARMS[name]
    assert alarm.properties["MetricName"] == metric
    before = [point(alarm, stamp, 1.0, stamp + 60) for stamp in range(0, 1200, 60)]
    after = [point(alarm, stamp, 1.0, stamp + 60) for stamp in range(2400, 3600, 60)]
    ((began, _),) = acting(alarm, before + after, 3600)
    assert 300 < began - 1200 <= 540
    ended = [change.at for change in alarm.history(before + after, 3600) if change.state is AlarmState.OK]
    assert ended[-1] - 2400 <= 180


@pytest.mark.parametrize("late", [45, 110])
def test_a_probe_that_runs_well_never_alarms(late: int) -> None:
    """Each run is stamped with its start and arrives after its end, a minute or two later."""
    for name, value in (("EgressProbeFailingAlarm", 0.0), ("EgressProbeSilentAlarm", 1.0)):
        alarm = ALARMS[name]
        points = [point(alarm, stamp, value, stamp + 51 + late) for stamp in range(7, 7200, 60)]
        assert acting(alarm, points, 7200) == []


def test_three_failed_probes_of_seven_minutes_alarm() -> None:
    alarm: Any = ALARMS["EgressProbeFailingAlarm"]
    for failures, expected in ((2, 0), (3, 1)):
        points = [
            point(alarm, 600 + 60 * number, float(number < failures), 600 + 60 * number + 100)
            for number in range(30)
        ]
        assert len(acting(alarm, points, 3600)) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(55, 0), (75, 1)])
def test_maintenance_is_an_alarm_once_it_lasts_longer_than_an_hour(minutes: int, expected: int) -> None:
    """As its description and its runbook say. One pass in between that wants a NAT ends the hour."""
    alarm = ALARMS["NatMaintenanceAlarm"]
    assert "for an hour" in alarm.properties["AlarmDescription"]
    points = [
        point(alarm, stamp, float(600 <= stamp < 600 + 60 * minutes), stamp + 60)
        for stamp in range(0, 9000, 60)
    ]
    assert len(acting(alarm, points, 9000)) == expected
    halfway = point(alarm, 600 + 30 * minutes, 0.0, 660 + 30 * minutes)
    assert acting(alarm, [*points, halfway], 9000) == []
