"""What bounds a run besides its event: the table's own capacity, and its share of the invocation's time."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ttl_reaper import observe
from ttl_reaper.app import _reap_in_turn, _share
from ttl_reaper.model import Limits, RunStatus
from ttl_reaper.planner import within_capacity
from ttl_reaper.results import TableResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ttl_reaper.conftest import World
    from ttl_reaper.model import ReapRequest

DEFAULT = 4_000.0


@pytest.mark.parametrize(
    ("capacity", "asked", "allowed"),
    [(None, 500.0, 500.0), (None, 9_000.0, DEFAULT), (200.0, 500.0, 200.0), (90_000.0, 60_000.0, 60_000.0)],
)
def test_a_run_takes_no_more_units_than_the_table_has(
    world: World, order: Callable[..., ReapRequest], capacity: float | None, asked: float, allowed: float
) -> None:
    live = replace(observe.live_table(world.client, world.desired.name), write_capacity=capacity)
    bounded = within_capacity(order(limits=Limits(write_units_per_second=asked)), live, DEFAULT)
    assert bounded.limits.write_units_per_second == allowed


def test_the_first_of_three_tables_has_a_third_of_the_time_and_the_last_the_whole_rest() -> None:
    left = 300.0
    first = _share(lambda: left, 3)
    assert first() == 100
    left = 250.0
    assert first() == 50
    assert _share(lambda: left, 1)() == 250


def test_what_a_table_leaves_is_shared_by_the_others(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    left, given = 300.0, []

    def reap(dependencies: Any, table: Any, *_: Any, **__: Any) -> TableResult:
        nonlocal left
        given.append(dependencies.seconds_left())
        left -= 10
        return TableResult(table.name, RunStatus.FINISHED, "")

    monkeypatch.setattr("ttl_reaper.app.reap", reap)
    event: Any = SimpleNamespace(request=None, checkpoint=None, restart=False)
    _reap_in_turn(world.dependencies(seconds_left=lambda: left), [world.desired] * 3, event)
    assert given == [100, 145, 280]
