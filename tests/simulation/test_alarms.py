"""The evaluation of alarms: AWS's own examples for missing data, and data that arrives late."""

from __future__ import annotations

import pytest

from simulator.aws.alarms import Alarm, AlarmState, DataPoint

pytestmark = pytest.mark.any_python

OK, ALARM, NO_DATA = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
RETAINED = None
# Data points oldest first (0 fine, X breaching, - missing), and the state by TreatMissingData.
THREE_OF_THREE = [
    ("0-X-X", OK, OK, OK, OK),
    ("0----", OK, OK, OK, OK),
    ("-----", NO_DATA, RETAINED, ALARM, OK),
    ("0XX-X", ALARM, ALARM, ALARM, ALARM),
    ("--X--", ALARM, RETAINED, ALARM, OK),
]
TWO_OF_THREE = [
    ("0-X-X", ALARM, ALARM, ALARM, ALARM),
    ("00X0X", ALARM, ALARM, ALARM, ALARM),
    ("0-X--", OK, OK, ALARM, OK),
    ("----0", OK, OK, ALARM, OK),
    ("---X-", ALARM, RETAINED, ALARM, OK),
]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def alarm(needed: int = 1, wanted: int = 1, treatment: str = "notBreaching") -> Alarm:
    return Alarm(
        {
            "AlarmName": "a",
            "Namespace": "N",
            "MetricName": "M",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": wanted,
            "DatapointsToAlarm": needed,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": treatment,
        }
    )


def point(stamp: float, value: float, arrival: float | None = None) -> DataPoint:
    return DataPoint("N", "M", stamp, stamp if arrival is None else arrival, value)


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize(
    ("needed", "row"),
    [*((3, row) for row in THREE_OF_THREE), *((2, row) for row in TWO_OF_THREE)],
)
def test_the_examples_of_aws_s_page(
    needed: int, row: tuple[str, AlarmState, AlarmState | None, AlarmState, AlarmState], treatment: str
) -> None:
    points = [
        point(60 * number + 30, float(word == "X")) for number, word in enumerate(row[0]) if word != "-"
    ]
    expected = row[1:][TREATMENTS.index(treatment)]
    for state in AlarmState:
        result = alarm(needed, 3, treatment).evaluate(points, 300, state)
        assert result is (state if expected is RETAINED else expected)


def test_a_point_counts_once_it_has_arrived_and_only_while_its_period_is_looked_at() -> None:
    late = [point(30, 1.0, arrival=330)]
    assert alarm(1, 1).history(late, 1200) == [*alarm(1, 1).history([], 1200)]
    states = [(change.at, change.state) for change in alarm(1, 10).history(late, 1200)]
    assert states == [(60, OK), (360, ALARM), (780, OK)]


def test_another_metric_says_nothing() -> None:
    other = DataPoint("N", "other", 30, 30, 1.0)
    assert [change.state for change in alarm().history([other], 300)] == [OK]
