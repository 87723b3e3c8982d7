"""Completing lifecycle actions, and waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    HOOKS,
    LAUNCH,
    LAUNCH_HOOK,
    LAUNCHING,
    NOW,
    SIGNAL,
    TERMINATE_HOOK,
    decide,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat, ReplaceInstance
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook
from update_nat_routes.planner.lifecycle_hooks import DataRequest, WaitKind
from update_nat_routes.planner.nat_state import RunState

if TYPE_CHECKING:
    from update_nat_routes.model import Observed
    from update_nat_routes.planner.plan import Plan

NOTHING_SERVES = tables(to_instance("i-x", blackhole=True))


def answers(plan: Plan) -> list[tuple[str, str, str]]:
    return [
        (action.hook, action.instance_id, action.result)
        for action in plan.actions
        if isinstance(action, CompleteLifecycleAction)
    ]


def arriving(age: float = 10, state: str = "running", **more: object) -> Observed:
    return observed(
        [member("i-a", "Pending:Wait")],
        [instance("i-a", state, age=age)],
        NOTHING_SERVES,
        **more,  # type: ignore[arg-type]
    )


def in_place(**more: object) -> Observed:
    world = [member("i-a", "Pending:Wait")], [instance("i-a")], tables(to_instance("i-a"))
    return observed(*world, eip="i-a", **more)  # type: ignore[arg-type]


def test_a_ready_instance_gets_continue_only_after_the_moves_were_read_back() -> None:
    before = decide(arriving(), trigger=LAUNCH)
    assert before.moves
    assert answers(before) == []
    assert answers(decide(in_place(), trigger=LAUNCH)) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]


def test_the_events_own_hook_saves_a_reading() -> None:
    plan = decide(in_place(hooks=None), trigger=LAUNCH)
    assert plan.data_requests == frozenset()
    assert answers(plan) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]


def test_the_schedule_finishes_a_hook_whose_event_was_lost() -> None:
    assert decide(in_place(hooks=None)).data_requests == {DataRequest.HOOKS}
    assert answers(decide(in_place())) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]


def test_a_hook_that_is_not_ours_is_not_answered() -> None:
    theirs = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook="theirs")
    assert answers(decide(in_place(), trigger=theirs)) == []
    assert answers(decide(in_place(hooks=(Hook("theirs", LAUNCHING, 300),)))) == []


def test_a_launch_events_hook_does_not_answer_a_termination() -> None:
    world = observed(
        [member("i-a", "Terminating:Wait")], [instance("i-a", "terminated")], NOTHING_SERVES, hooks=HOOKS
    )
    assert answers(decide(world, trigger=LAUNCH)) == [(TERMINATE_HOOK, "i-a", "CONTINUE")]


def test_before_the_deadline_it_waits() -> None:
    plan = decide(arriving(age=239), given=SIGNAL)
    assert plan.wait is not None
    assert plan.wait.kind is WaitKind.ARRIVING
    assert answers(plan) == []


def test_the_deadline_is_launch_time_plus_240_s_whatever_the_event_says() -> None:
    late_event = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook=LAUNCH_HOOK)
    plan = decide(arriving(age=240, state="pending", abandoned=False), trigger=late_event)
    assert answers(plan) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


@pytest.mark.parametrize("abandoned", [None, False, True])
def test_at_the_deadline_it_is_abandoned_while_another_serves(abandoned: bool | None) -> None:  # noqa: FBT001
    world = observed(
        [member("i-old"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=900, ready_tag="b"), instance("i-a", age=241)],
        tables(to_instance("i-old")),
        eip="i-old",
        abandoned=abandoned,
    )
    assert answers(decide(world, given=SIGNAL)) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_while_launch_is_suspended_nothing_is_given_up_for_one_more_try() -> None:
    one = [member("i-a", "Pending:Wait")], [instance("i-a", age=241)], tables(to_instance("i-a"))
    held = observed(*one, eip="i-a", abandoned=False, suspended=["Launch"])
    plan = decide(held, given=SIGNAL)
    assert answers(plan) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]
    assert "while Launch is suspended" in plan.actions[0].reason
    other = observed(*one, eip="i-a", abandoned=False, suspended=["AZRebalance", "Terminate"])
    assert answers(decide(other, given=SIGNAL)) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_another_that_serves_can_be_somebodys_gateway() -> None:
    world = observed(
        [member("i-a", "Pending:Wait")], [instance("i-a", age=241)], tables(to_gateway()), abandoned=True
    )
    assert answers(decide(world, given=SIGNAL)) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_one_that_is_on_its_way_out_does_not_count_as_another_that_serves() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=900, ready_tag="b"), instance("i-a", age=241)],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    assert decide(world, given=SIGNAL).data_requests == {DataRequest.HISTORY}


def test_where_nothing_serves_the_history_is_asked_for() -> None:
    assert decide(arriving(age=241, state="pending")).data_requests == {DataRequest.HISTORY}


def test_the_first_in_a_row_is_abandoned() -> None:
    plan = decide(arriving(age=241, state="pending", abandoned=False))
    assert answers(plan) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_never_twice_in_a_row_an_unproven_nat_is_better_than_none() -> None:
    moving = decide(arriving(age=241, abandoned=True), given=SIGNAL)
    assert moving.moves
    assert answers(moving) == []
    world = observed(
        [member("i-a", "Pending:Wait")],
        [instance("i-a", age=241)],
        tables(to_instance("i-a")),
        eip="i-a",
        abandoned=True,
    )
    assert answers(decide(world, given=SIGNAL)) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]


@pytest.mark.parametrize("state", ["stopping", "stopped", "shutting-down", "terminated"])
def test_an_arriving_instance_that_died_is_abandoned_at_once(state: str) -> None:
    assert answers(decide(arriving(state=state))) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_an_arriving_one_that_its_own_event_calls_dead_is_abandoned_though_ec2_still_shows_it() -> None:
    death = Trigger(
        TriggerKind.INSTANCE_STATE,
        at=NOW,
        instance_id="i-a",
        terminated_instance="i-a",
        stopping_instance="i-a",
    )
    assert answers(decide(arriving(), trigger=death)) == [(LAUNCH_HOOK, "i-a", "ABANDON")]


def test_a_dead_one_without_a_hook_of_ours_is_replaced() -> None:
    plan = decide(arriving(state="terminated", hooks=()))
    assert [type(action) for action in plan.actions] == [ReplaceInstance]


@pytest.mark.parametrize(
    ("heartbeat", "age", "recorded"),
    [(300, 239, False), (120, 59, False), (120, 61, True), (120, 239, True), (60, 29, False), (60, 31, True)],
)
def test_a_heartbeat_is_recorded_only_near_the_hooks_end(heartbeat: int, age: float, recorded: bool) -> None:  # noqa: FBT001
    world = arriving(age=age, state="pending", hooks=(Hook(LAUNCH_HOOK, LAUNCHING, heartbeat),))
    beats = [action for action in decide(world).actions if isinstance(action, RecordHeartbeat)]
    assert bool(beats) is recorded


def test_no_heartbeat_is_recorded_for_a_hook_that_is_not_ours() -> None:
    world = arriving(age=100, state="pending", hooks=(Hook("theirs", LAUNCHING, 120), *HOOKS))
    assert decide(world).actions == ()


def test_a_recorded_heartbeat_starts_the_count_anew() -> None:
    world = arriving(age=150, state="pending", hooks=(Hook(LAUNCH_HOOK, LAUNCHING, 120),))
    memory = RunState(heartbeats={"i-a": NOW - timedelta(seconds=10)})
    assert decide(world, memory=memory).actions == ()


def test_no_heartbeat_after_the_deadline() -> None:
    hooks = (Hook(LAUNCH_HOOK, LAUNCHING, 120),)
    plan = decide(arriving(age=241, state="pending", hooks=hooks, abandoned=True))
    assert not [action for action in plan.actions if isinstance(action, RecordHeartbeat)]


def leaving(
    state: str = "running", *, healthy: bool = True, carries: bool = True, **more: object
) -> Observed:
    routes = tables(to_instance("i-old" if carries else "i-a"))
    return observed(
        [member("i-old", "Terminating:Wait", healthy=healthy), member("i-a", "Pending:Wait")],
        [instance("i-old", state, age=900), instance("i-a", "pending")],
        routes,
        eip="i-old" if carries else "i-a",
        **more,  # type: ignore[arg-type]
    )


OUT = (TERMINATE_HOOK, "i-old", "CONTINUE")


def test_a_termination_is_held_while_it_carries_the_traffic_and_its_successor_comes() -> None:
    plan = decide(leaving())
    assert answers(plan) == []
    assert plan.wait is not None


def test_a_termination_is_held_while_the_group_still_owes_its_successor() -> None:
    def alone(**more: object) -> Observed:
        world = [member("i-old", "Terminating:Wait")], [instance("i-old")], tables(to_instance("i-old"))
        return observed(*world, eip="i-old", **more)  # type: ignore[arg-type]

    assert answers(decide(alone())) == []
    assert answers(decide(alone(desired=0))) == [OUT]
    assert answers(decide(alone(suspended=["Launch"]))) == [OUT]


@pytest.mark.parametrize("state", ["stopping", "stopped", "shutting-down", "terminated"])
def test_a_dead_one_is_let_go_at_once(state: str) -> None:
    assert OUT in answers(decide(leaving(state)))


def test_an_unhealthy_one_is_let_go_at_once() -> None:
    assert OUT in answers(decide(leaving(healthy=False)))


def test_one_that_carries_nothing_is_let_go() -> None:
    assert OUT in answers(decide(leaving(carries=False)))


def test_a_launch_into_a_warm_pool_moves_nothing_and_its_hook_is_answered() -> None:
    world = observed([member("i-a", "Warmed:Pending:Wait")], [instance("i-a")], NOTHING_SERVES)
    plan = decide(world, trigger=LAUNCH)
    assert plan.moves == ()
    assert answers(plan) == [(LAUNCH_HOOK, "i-a", "CONTINUE")]


def test_an_event_of_one_in_the_pool_says_nothing_of_another_s_hook() -> None:
    """A list shows both directions into a pool as one state, and an answer to the other one is refused."""
    pool = [member(name, "Warmed:Pending:Wait") for name in ("i-a", "i-b")]
    plan = decide(observed(pool, [instance("i-a"), instance("i-b")], NOTHING_SERVES), trigger=LAUNCH)
    assert set(answers(plan)) == {
        (LAUNCH_HOOK, "i-a", "CONTINUE"),
        (LAUNCH_HOOK, "i-b", "CONTINUE"),
        (TERMINATE_HOOK, "i-b", "CONTINUE"),
    }


def test_an_instance_that_its_event_names_is_awaited_for_a_minute() -> None:
    nobody = observed([], [], NOTHING_SERVES)
    assert decide(nobody, trigger=LAUNCH).wait is not None
    assert decide(nobody, trigger=LAUNCH, now=NOW + timedelta(seconds=61)).wait is None


def test_the_reason_does_not_claim_routes_that_could_not_be_moved() -> None:
    world = observed(
        [member("i-a", "Pending:Wait")],
        [instance("i-a")],
        tables(to_instance("i-old", blackhole=True)),
        eip="i-a",
    )
    plan = decide(world, memory=RunState(abandoned=frozenset({"ReplaceRoute:rtb-1"})))
    (action,) = plan.actions
    assert "do not route to it: rtb-1" in action.reason
