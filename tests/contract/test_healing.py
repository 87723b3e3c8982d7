"""Every heal on a live estate: it mends, it was read back, and the second run writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drift_check.events import Mode
from tests.contract.drifts import AUTOMATIC, NEVER, ON_APPROVAL
from tests.contract.estate import Live, live
from tradai_shared.findings import Healing
from tradai_shared.plans import Status

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as one:
        yield one


def test_a_confirmed_estate_is_in_sync_within_the_budget_of_calls(world: Live) -> None:
    report = world.run(Mode.REPORT)
    assert [one for one in report.findings if not one.waiver] == []
    assert report.calls <= 84  # one more reads the history


@pytest.mark.parametrize("case", AUTOMATIC)
def test_what_is_automatic_is_mended_read_back_and_written_once(world: Live, case: str) -> None:
    AUTOMATIC[case](world)
    found = [one for one in world.run(Mode.REPORT).findings if not one.waiver]
    assert found
    assert Healing.AUTOMATIC in {one.healing for one in found}
    assert not world.writes
    planned = world.run(dry_run=True)
    assert {heal.status for heal in planned.heals} == {Status.PLANNED}
    assert all(heal.writes for heal in planned.heals)
    assert not world.writes
    healed = world.run()
    assert {heal.status for heal in healed.heals} <= {Status.DONE, Status.ALREADY}
    assert world.writes
    again = world.run()
    assert [one for one in again.findings if not one.waiver] == []
    assert not world.writes


@pytest.mark.parametrize("case", ON_APPROVAL)
def test_what_needs_approval_waits_for_it(world: Live, case: str) -> None:
    ON_APPROVAL[case](world)
    report = world.run()
    assert not world.writes
    ids = frozenset(one.id for one in report.findings if not one.waiver)
    healed = world.run(approve=ids)
    assert {heal.status for heal in healed.heals} == {Status.DONE}
    assert world.writes
    world.run(approve=ids)  # the second half, where there is one
    world.run(approve=ids)
    assert not world.writes
    assert [one for one in world.run().findings if not one.waiver] == []


def test_what_is_never_mended_is_not_written_even_if_approved(world: Live) -> None:
    for spoil in NEVER.values():
        spoil(world)
    found = [one for one in world.run(Mode.REPORT).findings if not one.waiver]
    assert len(found) >= len(NEVER)
    world.run(approve=frozenset(one.id for one in found))
    assert not world.writes
