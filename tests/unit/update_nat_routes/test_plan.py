"""The order of a plan's moves, and what it says of the targets that routes leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    NOW,
    SHARED,
    SIGNAL,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_instance,
    two_groups,
)
from tests.unit.update_nat_routes.pair import TO_A, nat
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.lifecycle_hooks import Wait, WaitKind
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import PATIENCE, confirms

if TYPE_CHECKING:
    from update_nat_routes.model import Instance, Member

ADDRESS = "AssociateAddress:eipalloc-0a"
ROUTES = ["ReplaceRoute rtb-1", "ReplaceRoute rtb-2"]


def test_an_address_that_is_unread_and_overdue_comes_after_the_routes() -> None:
    world = observed([member("i-b")], [nat("i-a", "terminated"), nat("i-b")], TO_A)
    unread = replace(world, holder_unread="throttled")
    for overdue in (frozenset[str](), frozenset({ADDRESS})):
        plan = decide(unread, given=SIGNAL, memory=RunState(overdue=overdue))
        assert kinds(plan) == [*ROUTES, ADDRESS.replace(":", " ")]


def test_an_address_that_was_given_up_and_is_overdue_leaves_working_routes_where_they_are() -> None:
    world = observed([member("i-b")], [nat("i-a"), nat("i-b")], TO_A)
    given_up = frozenset({ADDRESS})
    assert kinds(decide(world, given=SIGNAL))[1:] == ROUTES
    memory = RunState(abandoned=given_up, overdue=given_up)
    assert kinds(decide(world, given=SIGNAL, memory=memory)) == []


@pytest.mark.parametrize(
    ("former", "shown", "blackhole", "reason"),
    [
        (member("i-a", healthy=False), nat("i-a"), False, "i-a is unhealthy, as its group shows it"),
        (member("i-a", healthy=False), nat("i-a", "stopped"), False, "i-a is stopped"),
        (None, nat("i-a"), True, "i-a is running"),
    ],
    ids=["unhealthy", "stopped and unhealthy", "no member, and its interface is gone"],
)
def test_a_move_names_what_is_wrong_with_the_former_target(
    former: Member | None, shown: Instance, reason: str, *, blackhole: bool
) -> None:
    members = [member("i-b"), *([former] if former else [])]
    route = tables(to_instance("i-a", blackhole=blackhole))
    (move,) = decide(observed(members, [shown, nat("i-b")], route, eip="i-b"), given=SIGNAL).moves
    assert move.reason == f"{reason} and i-b is running"


def test_a_group_that_wants_no_nat_keeps_no_other_group_from_replacing() -> None:
    world = two_groups(
        [member("i-a")],
        [member("i-b")],
        [nat("i-a", "terminated"), nat("i-b", "terminated")],
        TO_A,
        desired=(0, 1),
    )
    assert kinds(decide(world, given=SHARED)) == ["ReplaceInstance i-b"]


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (4.5, True), (5, False), (60, False)])
def test_an_event_is_confirmed_within_five_seconds(seconds: float, *, may: bool) -> None:
    at = NOW - timedelta(seconds=seconds)
    assert confirms(Trigger(TriggerKind.INSTANCE_STATE, at=at), NOW) is may


def test_the_end_of_an_instance_is_waited_for_also_where_its_event_came_late() -> None:
    late = NOW - timedelta(minutes=1)
    ended = Trigger(TriggerKind.INSTANCE_STATE, at=late, terminated_instance="i-a", stopping_instance="i-a")
    world = observed([member("i-a")], [nat("i-a")], TO_A, eip="i-a")
    wait = decide(world, given=SIGNAL, trigger=ended).wait
    assert wait == Wait(WaitKind.CONFIRMING, "EC2 still shows i-a as running")
    only_stopping = replace(ended, terminated_instance=None)
    assert decide(world, given=SIGNAL, trigger=only_stopping).wait is None


def test_without_a_group_no_instance_serves_unproven_and_none_is_waited_for() -> None:
    world = replace(observed([], [instance("i-a")], tables(to_instance("i-a"))), group=None)
    plan = decide(world, given=SIGNAL)
    assert (plan.unproven, plan.shown_by_instances) == (False, False)


def test_how_long_a_run_of_each_trigger_waits() -> None:
    seconds = {kind: limit for kind, (limit, _) in PATIENCE.items()}
    assert (seconds[TriggerKind.RECONCILE], seconds[TriggerKind.INSTANCE_STATE]) == (50, 10)
