"""CloudWatch's alarms: the template's own, evaluated over the metrics of a simulated run.

Source: "Using Amazon CloudWatch alarms", its sections on evaluation and on missing data. An alarm looks at
complete periods only; it retrieves a few more than it evaluates, and a data point counts once it has arrived.
How many more is not documented exactly: two here, as in the examples of that page.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from simulator.aws.lambda_service import Invocation

MINUTE = 60
MORE_PERIODS = 2
# Assumed: from the end of an invocation until CloudWatch shows its metrics. AWS says within a minute or two.
ARRIVAL_SECONDS = 45.0
STATISTICS: dict[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max, "Minimum": min}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class AlarmState(StrEnum):
    """As CloudWatch spells them."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class DataPoint:
    """One value: its metric, the time that it is stamped with, and when CloudWatch has it. In seconds."""

    namespace: str
    metric: str
    stamp: float
    arrival: float
    value: float


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of an alarm's state, which carries out its actions."""

    at: float
    state: AlarmState


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm on one metric, by the properties that the template gives it."""

    properties: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        return str(self.properties["AlarmName"])

    def history(self, points: Sequence[DataPoint], until: float, created: float = 0.0) -> list[Transition]:
        """Every transition from the alarm's creation on; it is evaluated once a minute."""
        mine = [point for point in points if self._watches(point)]
        state, transitions = AlarmState.INSUFFICIENT_DATA, []
        first = (int(created) // MINUTE + 1) * MINUTE
        for now in range(first, int(until) + 1, MINUTE):
            following = self.evaluate(mine, now, state)
            if following is not state:
                transitions.append(Transition(now, following))
            state = following
        return transitions

    def evaluate(self, points: Iterable[DataPoint], now: float, state: AlarmState) -> AlarmState:
        """The state that follows at a full minute."""
        wanted = int(self.properties["EvaluationPeriods"])
        needed = int(self.properties.get("DatapointsToAlarm", wanted))
        values = list(self._periods(points, now, wanted + MORE_PERIODS))
        real = [value for value in values if value is not None][:wanted]
        breaching = sum(self._breaches(value) for value in real)
        missing = wanted - len(real)
        treatment = self.properties.get("TreatMissingData", "missing")
        if treatment == "breaching":
            breaching += missing
        if breaching >= needed:
            return AlarmState.ALARM
        if treatment in {"breaching", "notBreaching"} or not missing:
            return AlarmState.OK
        return self._with_little_data(real, state, treatment)

    def _with_little_data(self, real: Sequence[float], state: AlarmState, treatment: str) -> AlarmState:
        if any(not self._breaches(value) for value in real):
            return AlarmState.OK
        if treatment == "ignore":
            return state
        return AlarmState.ALARM if real else AlarmState.INSUFFICIENT_DATA

    def _periods(self, points: Iterable[DataPoint], now: float, count: int) -> Iterator[float | None]:
        """The statistic of each complete period, the latest first; None where nothing has arrived."""
        period = int(self.properties["Period"])
        arrived = [point for point in points if point.arrival <= now]
        statistic = STATISTICS[self.properties["Statistic"]]
        for number in range(count):
            end = now - number * period
            values = [point.value for point in arrived if end - period <= point.stamp < end]
            yield statistic(values) if values else None

    def _watches(self, point: DataPoint) -> bool:
        return (point.namespace, point.metric) == (
            self.properties["Namespace"],
            self.properties["MetricName"],
        )

    def _breaches(self, value: float) -> bool:
        compare = COMPARISONS[self.properties["ComparisonOperator"]]
        return compare(value, float(self.properties["Threshold"]))


def on_a_single_metric(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """An alarm on the sum of one metric's series as an alarm on that metric; any other alarm as it is.

    The dimensions are those of the first series: the values of all series are added anyway.

    Raises:
        NotImplementedError: its expression is another one.
    """
    if "Metrics" not in alarm:
        return dict(alarm)
    total, *series = alarm["Metrics"]
    stats = [metric["MetricStat"] for metric in series]
    metrics = {(stat["Metric"]["Namespace"], stat["Metric"]["MetricName"]) for stat in stats}
    settings = {(stat["Period"], stat["Stat"]) for stat in stats}
    expression = " + ".join(metric["Id"] for metric in series)
    if total.get("Expression") != expression or len(metrics) > 1 or settings != {(stats[0]["Period"], "Sum")}:
        raise NotImplementedError(alarm["Metrics"])
    single = {**alarm, **stats[0]["Metric"], "Period": stats[0]["Period"], "Statistic": "Sum"}
    del single["Metrics"]
    return single


def data_points(invocations: Iterable[Invocation], namespace: str) -> Iterator[DataPoint]:
    """The metrics of a function's runs: their own are stamped at the end, Lambda's at the start."""
    for invocation in invocations:
        if invocation.ended is None:
            continue
        arrival = invocation.ended + ARRIVAL_SECONDS
        for name, value in invocation.metrics.items():
            yield DataPoint(namespace, name, invocation.ended, arrival, value)
        failed = float(invocation.error is not None)
        yield DataPoint("AWS/Lambda", "Invocations", invocation.started, arrival, 1.0)
        yield DataPoint("AWS/Lambda", "Errors", invocation.started, arrival, failed)
