"""The group: what is replaced, what is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    RUNNING,
    SCHEDULE,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import ReplaceInstance
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Observed
from update_nat_routes.planner.lifecycle_hooks import WaitKind
from update_nat_routes.planner.notes import NoteKind

ROUTES = tables(to_instance("i-a"))


@pytest.mark.parametrize("state", ["stopping", "stopped", "shutting-down", "terminated"])
def test_a_member_that_ec2_says_is_gone_is_replaced_at_once(state: str) -> None:
    plan = decide(observed([member("i-a")], [instance("i-a", state)], ROUTES, eip="i-a"))
    assert kinds(plan) == ["ReplaceInstance i-a"]
    assert state in plan.actions[0].reason


@pytest.mark.parametrize("state", ["running", "pending"])
def test_never_one_that_runs_or_starts(state: str) -> None:
    plan = decide(observed([member("i-a", healthy=False)], [instance("i-a", state)], ROUTES, eip="i-a"))
    assert not [action for action in plan.actions if isinstance(action, ReplaceInstance)]


def test_never_one_that_only_an_event_calls_dead_but_it_waits_for_ec2_to_confirm() -> None:
    death = Trigger(
        TriggerKind.INSTANCE_STATE,
        at=NOW,
        instance_id="i-a",
        terminated_instance="i-a",
        stopping_instance="i-a",
    )
    plan = decide(observed([member("i-a")], [instance("i-a")], ROUTES, eip="i-a"), trigger=death)
    assert plan.actions == ()
    assert plan.wait is not None
    assert plan.wait.kind is WaitKind.CONFIRMING


def test_what_is_already_leaving_needs_no_confirmation() -> None:
    death = Trigger(
        TriggerKind.INSTANCE_STATE,
        at=NOW,
        instance_id="i-a",
        terminated_instance="i-a",
        stopping_instance="i-a",
    )
    leaving = observed([member("i-a", "Terminating")], [instance("i-a")], ROUTES, eip="i-a")
    assert decide(leaving, trigger=death).wait is None


def test_a_hint_is_looked_at_again_for_five_seconds_and_then_was_late_or_doubled() -> None:
    hint = Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-a", stopping_instance="i-a")
    world = observed([member("i-a")], [instance("i-a")], ROUTES, eip="i-a")
    assert decide(world, trigger=hint).wait is not None
    late = decide(world, trigger=hint, now=NOW + timedelta(seconds=5))
    assert (late.wait, late.actions) == (None, ())


def test_one_that_ec2_does_not_show_is_unknown_and_not_replaced() -> None:
    assert decide(observed([member("i-a")], [], ROUTES)).actions == ()


def test_one_that_auto_scaling_already_removes_is_not_replaced_again() -> None:
    plan = decide(observed([member("i-a", "Terminating")], [instance("i-a", "terminated")], ROUTES))
    assert plan.actions == ()


def test_desired_zero_is_maintenance() -> None:
    plan = decide(observed([member("i-a")], [instance("i-a", "stopped")], ROUTES, desired=0))
    assert plan.actions == ()
    assert NoteKind.MAINTENANCE in {note.kind for note in plan.notes}


@pytest.mark.parametrize("process", ["Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy"])
def test_a_suspended_process_is_reported(process: str) -> None:
    plan = decide(observed([member("i-a")], [instance("i-a")], ROUTES, eip="i-a", suspended=[process]))
    assert [(note.kind, note.subject) for note in plan.notes] == [(NoteKind.SUSPENDED, process)]


def test_a_process_that_healing_does_not_need_is_not() -> None:
    world = observed([member("i-a")], [instance("i-a")], ROUTES, eip="i-a", suspended=["AZRebalance"])
    assert decide(world).notes == ()


def test_a_group_that_does_not_exist_is_a_problem_and_changes_nothing() -> None:
    plan = decide(Observed(None, {}, ROUTES, None))
    assert plan.actions == ()
    assert [note.kind for note in plan.notes] == [NoteKind.GROUP_MISSING]


@pytest.mark.parametrize(
    ("routes", "down"),
    [
        (tables(to_instance("i-a")), ()),
        (tables(to_gateway()), ()),
        (tables(to_gateway(blackhole=True)), ("rtb-1",)),
        (tables(to_instance("i-gone")), ("rtb-1",)),
        (tables(to_instance("i-a", blackhole=True)), ("rtb-1",)),
        (tables(to_instance("i-sick")), ("rtb-1",)),
        (tables(to_instance("i-outside")), ()),
    ],
)
def test_egress_is_down_while_a_named_table_has_no_serving_target(
    routes: tuple[object, ...], down: tuple[str, ...]
) -> None:
    world = observed(
        [member("i-a"), member("i-sick", healthy=False)],
        [instance("i-a"), instance("i-sick"), instance("i-outside")],
        routes,  # type: ignore[arg-type]
        eip="i-a",
    )
    assert decide(world, trigger=SCHEDULE, given=RUNNING).egress_down == down


@pytest.mark.parametrize("process", ["Launch", "HealthCheck", "ReplaceUnhealthy"])
def test_a_stopped_member_is_not_replaced_while_an_operator_suspends_it(process: str) -> None:
    world = observed([member("i-a")], [instance("i-a", "stopped")], ROUTES, eip="i-a", suspended=[process])
    plan = decide(world)
    assert plan.actions == ()
    assert [(note.kind, note.subject) for note in plan.notes] == [(NoteKind.SUSPENDED, process)]


def test_without_a_group_or_a_table_egress_counts_as_down() -> None:
    healthy = observed([member("i-a")], [instance("i-a")], tables(to_instance("i-a")), eip="i-a")
    assert decide(healthy).egress_down == ()
    assert decide(replace(healthy, group=None)).egress_down == ("rtb-1",)
    assert decide(replace(healthy, group=None, tables=())).egress_down == (GROUP,)
    assert decide(replace(healthy, tables=())).egress_down == ("rtb-1, rtb-2",)


def test_during_maintenance_egress_is_not_counted_as_down() -> None:
    world = observed([], [], tables(to_instance("i-gone", blackhole=True)), desired=0)
    plan = decide(world)
    assert plan.egress_down == ()
    assert NoteKind.MAINTENANCE in {note.kind for note in plan.notes}
