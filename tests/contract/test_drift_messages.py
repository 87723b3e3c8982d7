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


def notified(world: Live, *, delivered: bool) -> Report:
    reconciler = world.reconciler(Mode.REPORT, history=True)
    reconciler.notify = lambda _: delivered
    return reconciler.run()


def protect(world: Live, *, on: bool) -> None:
    world.client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=on)


def test_what_is_over_is_sent_until_it_was_delivered(world: Live) -> None:
    protect(world, on=False)
    (result,) = notified(world, delivered=True).to_notify
    protect(world, on=True)
    assert set(notified(world, delivered=False).over) == {result.id}
    assert set(notified(world, delivered=False).over) == {result.id}
    assert set(notified(world, delivered=True).over) == {result.id}
    assert notified(world, delivered=True).over == {}
