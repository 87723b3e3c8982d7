"""What a run reads while EC2 does not show yet what its own event reports: one call a look."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.fake_aws import FakeAws, run
from tests.unit.update_nat_routes.builder import (
    NOW,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tradai_shared.errors import TemporaryError
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.reconcile import CONFIRM_PAUSES

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from tests.fakes.clock import FakeClock
    from update_nat_routes.model import Instance, Observed

STOPS = Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-a", stopping_instance="i-a")
ENDS = replace(STOPS, terminated_instance="i-a")


def nats(carrier: str = "i-a", **states: str) -> Observed:
    """Three in one group; only those of other states are named."""
    names = ("i-a", "i-b", "i-c")
    return observed(
        [member(name) for name in names],
        [
            instance(name, states.get(name[2:], "running"), age=900 + number)
            for number, name in enumerate(names)
        ],
        tables(to_instance(carrier)),
        eip=carrier,
    )


@pytest.mark.parametrize(("after", "looks"), [(0.0, 0), (0.1, 1), (0.5, 2), (1.0, 3)])
def test_a_stop_that_does_not_show_yet_is_awaited_before_anything_else_is_read(
    time: FakeClock, after: float, looks: int
) -> None:
    def stops(seconds: float, world: Observed) -> Observed:
        return nats(a="stopping") if seconds >= after and not aws.applied else world

    aws = FakeAws(nats(), time, becomes=stops)
    run(aws, STOPS)
    assert aws.applied == ["AssociateAddress:eipalloc-0a", "ReplaceRoute:rtb-1", "ReplaceInstance:i-a"]
    assert tuple(time.slept[:looks]) == CONFIRM_PAUSES[:looks]
    assert aws.looks == 0


def test_a_stop_that_never_shows_is_awaited_for_five_seconds(time: FakeClock) -> None:
    aws = FakeAws(nats(), time)
    run(aws, STOPS)
    assert aws.applied == []
    assert sum(time.slept) == pytest.approx(5.55)
    assert (aws.reads, aws.looks) == (1, 0)


def test_a_stop_of_an_instance_that_concerns_nobody_is_not_awaited(time: FakeClock) -> None:
    run(FakeAws(nats(), time, relevant=False), STOPS)
    assert time.slept == []


def test_a_look_that_fails_leaves_the_rest_to_the_first_pass(time: FakeClock) -> None:
    class Throttled(FakeAws):
        def instances(self, ids: AbstractSet[str]) -> dict[str, Instance]:
            if time.slept and not self.reads:
                raise TemporaryError("ec2:DescribeInstances", "RequestLimitExceeded", "slow down")
            return super().instances(ids)

    aws = Throttled(nats(), time)
    assert run(aws, STOPS).success
    assert aws.reads == 1


def test_an_end_that_does_not_show_yet_costs_one_whole_reading(time: FakeClock) -> None:
    def ends(seconds: float, world: Observed) -> Observed:
        return nats("i-b", a="shutting-down") if seconds >= 1 else world

    aws = FakeAws(nats("i-b"), time, becomes=ends)
    run(aws, ENDS)
    assert aws.applied == ["ReplaceInstance:i-a"]
    assert (aws.reads, aws.looks) == (1, 2)


def test_moves_are_never_planned_from_tables_that_were_read_before_the_wait(time: FakeClock) -> None:
    """While the end of i-a is awaited, the one that carries ends too, and somebody moves its route."""

    def ends(seconds: float, world: Observed) -> Observed:
        moved = replace(nats("i-c", a="shutting-down", b="terminated"), eip_holder="i-c")
        return moved if seconds > 0 else world

    aws = FakeAws(nats("i-b"), time, becomes=ends)
    run(aws, ENDS)
    assert [name for name in aws.applied if "Route" in name] == []
    assert aws.reads >= 2
