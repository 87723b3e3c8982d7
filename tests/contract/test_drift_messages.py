"""A message that was not delivered is sent by the next run: of what is new and of what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drift_check.events import Mode
from tests.contract.estate import Live, live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.model import Report

pytestmark = pytest.mark.any_python

TABLE = "tradai-deployments-prod"


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as estate:
        yield estate


def notified(world: Live, *, delivered: bool, mode: Mode = Mode.REPORT) -> Report:
    reconciler = world.reconciler(mode, history=True)
    reconciler.notify = lambda _: delivered
    return reconciler.run()


def protect(world: Live, *, on: bool) -> None:
    world.client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=on)


def forgotten(world: Live) -> None:
    """A week later, and a run: what was resolved would be new again."""
    world.clock.advance(days=8)
    notified(world, delivered=True)


def test_what_is_over_is_sent_until_it_was_delivered(world: Live) -> None:
    protect(world, on=False)
    (result,) = notified(world, delivered=True).to_notify
    protect(world, on=True)
    assert set(notified(world, delivered=False).over) == {result.id}
    assert set(notified(world, delivered=False).over) == {result.id}
    assert set(notified(world, delivered=True).over) == {result.id}
    assert notified(world, delivered=True).over == {}


def test_what_a_run_healed_is_over_and_is_sent_until_it_was_delivered(world: Live) -> None:
    forgotten(world)
    protect(world, on=False)
    (result,) = notified(world, delivered=True).to_notify
    healed = notified(world, delivered=False, mode=Mode.HEAL)
    assert [heal.status for heal in healed.heals if heal.finding.id == result.id] == ["done"]
    assert set(healed.over) == {result.id}
    assert set(notified(world, delivered=True).over) == {result.id}
    assert notified(world, delivered=True).over == {}


def test_what_a_run_found_and_healed_at_once_was_never_told_and_is_not_over(world: Live) -> None:
    forgotten(world)
    protect(world, on=False)
    healed = notified(world, delivered=True, mode=Mode.HEAL)
    assert [heal.status for heal in healed.heals] == ["done"]
    assert (healed.to_notify, healed.over) == ([], {})
    assert notified(world, delivered=True).over == {}
