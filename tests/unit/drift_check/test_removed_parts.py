"""What others lean on and is gone: found once, where it is missing, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.findings import FindingStatus, Severity
from drift_check.observe import READ_OPERATIONS
from drift_check.observe.observations import Call, Known, Reads
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from ops.adopt import sets
from ops.adopt.model import DifferenceClass
from tests.unit.drift_check.config_mutation import changed
from tests.unit.drift_check.moto_estate import Standing, config

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.findings import Finding
    from tradai_shared.config.models import CanonicalConfig

QUEUES, FUNCTIONS = Call("sqs:ListQueues", "tradai-"), Call("lambda:ListFunctions")
DEAD = "tradai-backtest-dlq-dev.fifo"
TABLE, INDEX = "dynamodb.tables.workflow-state", "trace_id-index"
WORKFLOWS = Call("dynamodb:DescribeTable", "tradai-workflow-state-dev")


def found(
    estate: Standing, call: Call, change: Callable[[Any], Any], desired: CanonicalConfig | None = None
) -> list[Finding]:
    """The findings that a changed answer brings."""
    answer = estate.ordinary.reads.answers[call]
    assert isinstance(answer, Known)
    answers = {**estate.ordinary.reads.answers, call: Known(change(answer.value), frozenset({call}))}
    scan = Scanner(desired or config(), checks.ALL, Observer(estate.client)).evaluate(Reads(answers))
    ordinary = {finding.id for finding in estate.ordinary.findings}
    return [finding for finding in scan.findings if finding.id not in ordinary]


def without_dead_letters(urls: list[str]) -> list[str]:
    return [url for url in urls if not url.endswith(DEAD)]


def test_a_queue_for_dead_letters_that_is_gone_is_missing(estate: Standing) -> None:
    """No value names it: the queue that sends its messages there does."""
    (finding,) = found(estate, QUEUES, without_dead_letters)
    assert (finding.resource, finding.attribute) == (DEAD, "existence")
    assert (finding.status, finding.severity) == (FindingStatus.MISSING, Severity.HIGH)


def test_a_queue_for_dead_letters_that_the_list_would_not_show_may_exist(estate: Standing) -> None:
    sender = "tradai-backtest-dev.fifo"
    listed = estate.ordinary.reads.get("sqs:ListQueues", "tradai-")
    assert isinstance(listed, Known)
    one = Known([url for url in listed.value if url.endswith(sender)])
    reads = Reads({**estate.ordinary.reads.answers, Call("sqs:ListQueues", sender): one})
    desired = changed(config(), "sqs.names", (sender,))
    scan = Scanner(desired, checks.ALL, Observer(estate.client)).evaluate(reads)
    assert DEAD not in {finding.resource for finding in scan.findings}


def test_adopt_never_takes_a_missing_dead_letter_queue_for_the_list_of_all(estate: Standing) -> None:
    (finding,) = found(estate, QUEUES, without_dead_letters)
    unnamed = sets.without_queue(config(), finding)
    assert (unnamed.kind, unnamed.path, unnamed.proposals) == (DifferenceClass.RULE, "", ())
    named = changed(config(), "sqs.names", (DEAD, "tradai-backtest-dev.fifo"))
    (proposal,) = sets.without_queue(named, finding).proposals
    assert proposal.value == ["tradai-backtest-dev.fifo"]


def test_queues_are_listed_beyond_the_first_thousand() -> None:
    """SQS ends the list there where no number is asked for."""
    operation = READ_OPERATIONS["sqs:ListQueues"]
    assert operation.ask("tradai-") == {"QueueNamePrefix": "tradai-", "MaxResults": 1000}
    assert operation.ask("") == {"MaxResults": 1000}


def test_a_failover_function_that_is_gone_has_no_time_out(estate: Standing) -> None:
    name = config().nat.function
    findings = found(
        estate, FUNCTIONS, lambda listed: [each for each in listed if each["FunctionName"] != name]
    )
    assert [(finding.check, finding.attribute) for finding in findings] == [("nat", "existence")]


def including(attributes: list[str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(table: dict[str, Any]) -> dict[str, Any]:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": attributes}
        indexes = [
            {**index, "Projection": projection} if index["IndexName"] == INDEX else index
            for index in table["GlobalSecondaryIndexes"]
        ]
        return {**table, "GlobalSecondaryIndexes": indexes}

    return change


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (["status", "owner"], []),
        (["status"], [f"indexes.{INDEX}.attributes"]),
        (["status", "owner", "secret"], [f"indexes.{INDEX}.attributes"]),
    ],
)
def test_the_attributes_of_an_index_are_compared_where_they_are_stated(
    estate: Standing, live: list[str], expected: list[str]
) -> None:
    path = f"{TABLE}.indexes.{INDEX}"
    stated = changed(
        changed(config(), f"{path}.projection", "INCLUDE"), f"{path}.attributes", ("owner", "status")
    )
    findings = found(estate, WORKFLOWS, including(live), stated)
    assert [finding.attribute for finding in findings] == expected
    assert all(finding.severity is Severity.HIGH for finding in findings)


def test_an_index_that_is_gone_is_one_finding(estate: Standing) -> None:
    path = f"{TABLE}.indexes.{INDEX}"
    stated = changed(
        changed(config(), f"{path}.projection", "INCLUDE"), f"{path}.attributes", ("owner", "status")
    )

    def without(table: dict[str, Any]) -> dict[str, Any]:
        indexes = [index for index in table["GlobalSecondaryIndexes"] if index["IndexName"] != INDEX]
        return {**table, "GlobalSecondaryIndexes": indexes}

    assert [finding.attribute for finding in found(estate, WORKFLOWS, without, stated)] == [
        f"indexes.{INDEX}"
    ]
