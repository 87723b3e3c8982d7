from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tradai_shared.errors import EventError
from ttl_reaper.checkpoint import Checkpoint
from ttl_reaper.model import Limits, Mode, RunStatus, Segments, Tally, TtlClass

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World


class Ends:
    """A wire after whose n-th batch the time is used up."""

    def __init__(self, world: World, batches: int) -> None:
        self.world, self.inner, self.batches, self.left = world, world.wire, batches, 600.0
        world.wire = self
        world.seconds_left = lambda: self.left

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation == "BatchExecuteStatement":
            self.batches -= 1
            self.left = 0.0 if self.batches == 0 else self.left
        return self.inner.call(action, operation, request)  # type: ignore[no-any-return]

    def again(self) -> None:
        self.left = 600.0


def slow(order: Any, **changed: Any) -> Any:
    return order(limits=Limits(max_fraction=1.0, write_units_per_second=1, **changed))


def test_a_run_out_of_time_goes_on_where_it_stopped(world: World, order: Any) -> None:
    world.put_many(130, days=-10)
    ends = Ends(world, 3)
    first = world.reap(slow(order))
    assert (first.end, first.ok) == (RunStatus.OUT_OF_TIME, True)
    assert 0 < first.tally.deleted < 130
    assert first.checkpoint
    ends.again()
    second = world.reap(slow(order), Checkpoint.model_validate_json(first.checkpoint.model_dump_json()))
    assert (second.end, second.tally.deleted, world.ids()) == (RunStatus.FINISHED, 130, set())
    assert second.spent.deleted == 130 - first.tally.deleted


def test_pages_that_were_settled_are_not_read_again(world: World, order: Any) -> None:
    world.put_many(130, days=10)
    world.put_many(60, days=-10, prefix="old")
    Ends(world, 2).again()
    first = world.reap(slow(order))
    assert first.checkpoint
    assert any(position.after for position in first.checkpoint.positions)


def test_the_checkpoint_does_not_move_past_a_page_with_an_unsettled_item(world: World, order: Any) -> None:
    world.put_many(200, days=-10)
    Ends(world, 1)
    first = world.reap(order(limits=Limits(max_fraction=1.0)))
    assert first.checkpoint
    assert first.tally.deleted == 25
    assert first.tally.scanned == 0
    assert all(position.after is None and not position.done for position in first.checkpoint.positions)


def test_the_cut_off_stays_where_it_was_when_the_run_began(world: World, order: Any) -> None:
    world.put_many(60, days=-10)
    ends = Ends(world, 1)
    first = world.reap(slow(order))
    world.put(young=world.days(-2))
    world.clock.sleep(5 * 86_400)
    ends.again()
    assert world.reap(slow(order), first.checkpoint).end is RunStatus.FINISHED
    assert world.ids() == {"young"}


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("table", {"table": "tradai-other-dev"}),
        ("table_id", {"table_id": "made anew"}),
        ("attribute", {"attribute": "expires_at"}),
        ("mode", {"mode": Mode.REPAIR}),
        ("dry_run", {"dry_run": True}),
        ("classes", {"classes": (TtlClass.STRING,)}),
        ("grace_seconds", {"grace_seconds": 0}),
        ("total_segments", {"total_segments": 3}),
        ("started", {"started": 9_999_999_999}),
        ("started", {"started": 1}),
        ("tally", {"tally": Tally(deleted=-(10**9))}),
        ("positions", {"positions": ()}),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(world: World, order: Any, field: str, changed: Any) -> None:
    world.put_many(60, days=-10)
    ends = Ends(world, 1)
    checkpoint = world.reap(slow(order)).checkpoint
    assert checkpoint
    ends.again()
    before = world.ids()
    with pytest.raises(EventError) as raised:
        world.reap(slow(order), checkpoint.model_copy(update=changed))
    assert raised.value.field == f"checkpoint.{field}"
    assert world.ids() == before


def test_one_segment_alone_leaves_the_others_items(world: World, order: Any) -> None:
    world.put_many(100, days=-10)
    done = [
        world.reap(order(segments=Segments(3, index), limits=Limits(max_fraction=1.0))) for index in range(3)
    ]
    assert sum(part.tally.deleted for part in done) == 100
    assert all(0 < part.tally.deleted < 100 for part in done)
