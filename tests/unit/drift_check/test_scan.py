"""One answer of an unexpected form costs its own check, never the run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

from drift_check.apply.healer import Healer
from drift_check.checks.base import PRESENT, AttributeState, Check, ResourceState
from drift_check.findings import FindingStatus
from drift_check.history import History, compare, remember
from drift_check.observe.observations import Call, Known, Reads
from drift_check.scan import Scanner
from tests.unit.drift_check.findings import assessed, finding
from tests.unit.drift_check.moto_estate import config
from tests.unit.drift_check.test_history import NOW
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterator


def odd(_: Any) -> Iterator[ResourceState]:
    raise KeyError("QueueArn")
    yield


def sound(_: Any) -> Iterator[ResourceState]:
    yield ResourceState("s3", "a", "s3", PRESENT, (AttributeState("x", Known(1), desired=2, path="s3"),))


def odd_dependent_reads(*_: Any) -> list[Call]:
    raise KeyError("TaskDefinition")


def scanner() -> Scanner:
    checks = (Check("tables", lambda _: (), odd, odd_dependent_reads), Check("buckets", lambda _: (), sound))
    return Scanner(config(), checks, Mock(observe=Mock(return_value=Reads({}))))


def test_an_odd_answer_costs_its_own_check_alone() -> None:
    findings = {result.check: result for result in scanner().scan().findings}
    assert findings["tables"].status is FindingStatus.UNKNOWN
    assert "KeyError: 'QueueArn'" in findings["tables"].reason
    assert findings["buckets"].status is FindingStatus.DRIFTED


def test_an_odd_answer_ends_no_dependent_reads() -> None:
    assert scanner()._dependent_reads(Call("sqs:ListQueues"), Known([])) == []


def test_a_check_that_ended_early_resolves_nothing() -> None:
    before = remember(History(), compare(History(), [finding()], {"tables"}), [finding()], [], NOW)
    assert not compare(before, scanner().scan().findings, {"tables"}).resolved


def test_a_heal_whose_check_cannot_finish_writes_nothing() -> None:
    writer = Mock()
    heal = Healer(scanner(), writer, scanner().scan(), dry_run=False, before_write=lambda _: None).heal(
        assessed()
    )
    assert heal.status is Status.FAILED
    writer.send.assert_not_called()
