"""A service that Application Auto Scaling scales has no wrong number of tasks within its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.checks.services import COUNT, TARGETS, dependent_reads
from drift_check.findings import FindingStatus
from drift_check.observe.observations import Known, Reads, Unknown
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from tests.unit.drift_check.moto_estate import config
from tests.unit.drift_check.test_states_of_resources import call_of

if TYPE_CHECKING:
    from drift_check.findings import Finding
    from drift_check.observe.observations import Read
    from tests.unit.drift_check.moto_estate import Standing

SERVICE = "service/tradai-dev/tradai-mlflow-dev"
TARGET = {"ResourceId": SERVICE, "ScalableDimension": COUNT, "MinCapacity": 2, "MaxCapacity": 9}


def counted(estate: Standing, count: int, targets: Read[Any]) -> list[Finding]:
    """What is found of services where one has so many tasks."""
    answers = dict(estate.ordinary.reads.answers)
    call = call_of(estate, "ecs:DescribeServices")
    described = answers[call]
    assert isinstance(described, Known)
    services = [
        each | ({"desiredCount": count} if each["serviceName"] == SERVICE.rpartition("/")[2] else {})
        for each in described.value
    ]
    answers |= {call: Known(services, frozenset({call})), TARGETS: targets}
    scan = Scanner(config(), checks.chosen(["services"]), Observer(estate.client)).evaluate(Reads(answers))
    return [finding for finding in scan.findings if finding.waiver is None]


@pytest.mark.parametrize("count", [2, 7, 9])
def test_within_the_bounds_any_number_is_right(estate: Standing, count: int) -> None:
    assert counted(estate, count, Known([TARGET])) == []


@pytest.mark.parametrize("count", [0, 10])
def test_outside_the_bounds_it_is_drift(estate: Standing, count: int) -> None:
    (finding,) = counted(estate, count, Known([TARGET]))
    assert (finding.attribute, finding.observed) == ("desired_count", count)


@pytest.mark.parametrize(
    "other",
    [
        [],
        [TARGET | {"ResourceId": "service/tradai-dev/tradai-other-dev"}],
        [TARGET | {"ScalableDimension": "x"}],
    ],
)
def test_a_service_without_a_target_is_compared(estate: Standing, other: list[Any]) -> None:
    (finding,) = counted(estate, 7, Known(other))
    assert (finding.attribute, finding.observed) == ("desired_count", 7)


def test_without_the_targets_a_number_that_differs_is_unknown(estate: Standing) -> None:
    (finding,) = counted(estate, 7, Unknown(TARGETS, "AccessDenied"))
    assert finding.status is FindingStatus.UNKNOWN
    assert finding.reason.rpartition(": ")[2] == "desired_count"


def test_the_targets_are_asked_where_a_number_differs_alone(estate: Standing) -> None:
    call = call_of(estate, "ecs:DescribeServices")
    described = estate.ordinary.reads.answers[call]
    assert isinstance(described, Known)
    assert TARGETS not in estate.ordinary.reads.answers
    other = [described.value[0] | {"desiredCount": 7}, *described.value[1:]]
    assert TARGETS not in dependent_reads(config(), call, described.value)
    assert TARGETS in dependent_reads(config(), call, other)
