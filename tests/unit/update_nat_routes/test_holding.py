"""A leaving instance that still serves: its hook stays open until a successor serves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    LAUNCH_HOOK,
    LAUNCHING,
    NOW,
    SCHEDULE,
    TERMINATE_HOOK,
    TERMINATING,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_instance,
)
from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook, Observed
from update_nat_routes.planner.lifecycle_hooks import DataRequest, WaitKind
from update_nat_routes.planner.nat_state import RunState

ENDS = Trigger(TriggerKind.TERMINATE_ACTION, at=NOW, group=GROUP, instance_id="i-old", hook=TERMINATE_HOOK)


def held(heartbeat: int | None, *successor: str) -> Observed:
    """An old NAT with address and routes; the group owes its successor, or shows it as launching."""
    return observed(
        [member("i-old", "Terminating:Wait"), *(member(name, "Pending:Wait") for name in successor)],
        [instance("i-old", age=900), *(instance(name, "pending") for name in successor)],
        tables(to_instance("i-old")),
        eip="i-old",
        hooks=None if heartbeat is None else (Hook(TERMINATE_HOOK, TERMINATING, heartbeat),),
    )


def beats(world: Observed, seconds: float, trigger: Trigger = ENDS, memory: RunState | None = None) -> int:
    plan = decide(world, trigger=trigger, memory=memory, now=NOW + timedelta(seconds=seconds))
    assert plan.wait is not None
    return sum(isinstance(action, RecordHeartbeat) for action in plan.actions)


@pytest.mark.parametrize(
    ("heartbeat", "seconds", "expected"), [(60, 29, 0), (60, 31, 1), (300, 239, 0), (300, 241, 1)]
)
def test_the_hook_is_kept_open_near_its_end(heartbeat: int, seconds: float, expected: int) -> None:
    assert beats(held(heartbeat), seconds) == expected
    assert beats(held(heartbeat, "i-a"), seconds) == expected


@pytest.mark.parametrize(("heartbeat", "stays"), [(30, True), (119, True), (120, False), (300, False)])
def test_of_a_short_hook_the_minute_s_run_does_not_leave_the_rest_to_the_next_one(
    heartbeat: int, *, stays: bool
) -> None:
    wait = decide(held(heartbeat), trigger=SCHEDULE).wait
    assert wait is not None
    assert (wait.kind is WaitKind.ARRIVING) is stays


def test_a_recorded_heartbeat_starts_the_time_again() -> None:
    memory = RunState(heartbeats={"i-old": NOW + timedelta(seconds=31)})
    assert beats(held(60), 40, memory=memory) == 0
    assert beats(held(60), 62, memory=memory) == 1


@pytest.mark.parametrize("lifecycle", ["Standby", "EnteringStandby", "Detaching"])
def test_one_that_an_operator_set_aside_is_no_successor_and_the_group_owes_one(lifecycle: str) -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", lifecycle)],
        [instance("i-old", age=900), instance("i-a", age=9000)],
        tables(to_instance("i-old")),
        eip="i-old",
        hooks=(Hook(TERMINATE_HOOK, TERMINATING, 300),),
    )
    assert beats(world, 241) == 1
    assert world.group is not None
    lowered = replace(world, group=replace(world.group, desired=0))
    (action,) = decide(lowered, trigger=ENDS).actions
    assert isinstance(action, CompleteLifecycleAction)


def back_to_the_pool(*others: str, carries: bool = True) -> Observed:
    """The group has given i-old back to its warm pool by a scale-in; it still runs."""
    world = observed(
        [member(name) for name in others],
        [instance("i-old", age=900), *(instance(name, age=300) for name in others)],
        tables(to_instance("i-old" if carries else "i-a")),
        eip="i-old",
        hooks=(Hook(LAUNCH_HOOK, LAUNCHING, 300), Hook(TERMINATE_HOOK, TERMINATING, 300)),
    )
    assert world.group is not None
    pool = (member("i-old", "Warmed:Pending:Wait"),)
    return replace(world, group=replace(world.group, has_warm_pool=True, warm=pool))


@pytest.mark.parametrize("trigger", [ENDS, SCHEDULE])
def test_one_that_goes_back_to_the_warm_pool_is_kept_until_address_and_routes_have_left(
    trigger: Trigger,
) -> None:
    plan = decide(back_to_the_pool("i-a"), trigger=trigger)
    assert kinds(plan) == ["AssociateAddress eipalloc-0a", "ReplaceRoute rtb-1"]
    assert plan.wait is not None
    assert plan.wait.kind is WaitKind.HOLDING
    assert not plan.notes
    moved = replace(back_to_the_pool("i-a", carries=False), eip_holder="i-a")
    hooks = [action.hook for action in decide(moved, trigger=trigger).actions]  # type: ignore[union-attr]
    # the schedule does not know in which hook it waits
    assert hooks == ([TERMINATE_HOOK] if trigger is ENDS else [LAUNCH_HOOK, TERMINATE_HOOK])


@pytest.mark.parametrize("state", ["Warmed:Stopped", "Warmed:Hibernated", "Warmed:Running"])
def test_an_address_that_went_to_the_warm_pool_is_taken_back(state: str) -> None:
    world = back_to_the_pool("i-a", carries=False)
    assert world.group is not None
    shown = "running" if state == "Warmed:Running" else "stopped"
    stopped = {**world.instances, "i-old": instance("i-old", shown, age=900)}
    pool = replace(world.group, warm=(member("i-old", state),))
    (action,) = decide(replace(world, group=pool, instances=stopped)).actions
    assert (action.take_from, action.instance_id) == ("i-old", "i-a")  # type: ignore[union-attr]


def test_where_nobody_knows_when_it_was_entered_the_hook_is_kept_open_at_once() -> None:
    assert beats(held(300), 0, trigger=SCHEDULE) == 1


def test_the_hooks_are_read_for_it() -> None:
    assert DataRequest.HOOKS in decide(held(None), trigger=ENDS).data_requests


def test_a_hook_of_somebody_else_is_not_kept_open() -> None:
    theirs = replace(
        held(60), hooks=(Hook("theirs", TERMINATING, 60), Hook(TERMINATE_HOOK, TERMINATING, 300))
    )
    assert beats(theirs, 31) == 0


def test_one_that_is_let_go_gets_no_heartbeat() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a")],
        [instance("i-old", age=900), instance("i-a")],
        tables(to_instance("i-a")),
        eip="i-a",
    )
    (action,) = decide(world, trigger=ENDS, now=NOW + timedelta(seconds=290)).actions
    assert isinstance(action, CompleteLifecycleAction)


def test_an_event_of_another_instance_does_not_date_the_hook() -> None:
    other = replace(ENDS, instance_id="i-other")
    assert beats(held(300), 0, trigger=other) == 1
    assert decide(held(300), trigger=other).wait.kind <= WaitKind.HOLDING  # type: ignore[union-attr]
