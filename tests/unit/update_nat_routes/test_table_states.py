"""Each table forwards, is down, or nothing has shown either; what counts as down, and when nothing does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    NOWHERE,
    RUNNING,
    SHARED,
    SIGNAL,
    decide,
    instance,
    member,
    observed,
    settings,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DeniedRead, Instance, Observed, Target
from update_nat_routes.planner.nat_state import RunState, TableState
from update_nat_routes.planner.notes import NoteKind

if TYPE_CHECKING:
    from update_nat_routes.settings import Settings

FORWARDING, DOWN, UNVERIFIED = TableState.FORWARDING, TableState.DOWN, TableState.UNVERIFIED
READY = instance("i-a", ready_tag="boot", age=900)
SILENT = instance("i-a", age=900)


@pytest.mark.parametrize(
    ("target", "shown", "given", "word"),
    [
        (NOWHERE, READY, RUNNING, DOWN),
        (to_instance("i-a", blackhole=True), READY, RUNNING, DOWN),
        (to_gateway(blackhole=True), READY, RUNNING, DOWN),
        (to_gateway("nat-0a"), READY, RUNNING, FORWARDING),
        (to_gateway("tgw-0a"), READY, RUNNING, UNVERIFIED),
        (to_gateway("igw-0a"), READY, RUNNING, UNVERIFIED),
        (to_instance("i-gone"), READY, RUNNING, DOWN),
        (to_instance("i-a"), READY, RUNNING, FORWARDING),
        (to_instance("i-a"), READY, SIGNAL, FORWARDING),
        (to_instance("i-a"), SILENT, RUNNING, UNVERIFIED),
        (to_instance("i-a"), replace(READY, source_dest_check=True), SIGNAL, DOWN),
        (to_instance("i-a"), replace(READY, state="stopping"), SIGNAL, DOWN),
        (to_instance("i-a"), instance("i-a", age=106), SIGNAL, UNVERIFIED),
        (to_instance("i-a"), instance("i-a", age=107), SIGNAL, DOWN),
        (to_instance("i-a"), replace(SILENT, ready_tag=""), SIGNAL, DOWN),
        (to_instance("i-a"), replace(READY, addressed=False), SIGNAL, DOWN),
        (to_instance("i-a"), replace(READY, addressed=False), RUNNING, DOWN),
        # without an address to manage it may leave another way, by a transit gateway
        (to_instance("i-a"), replace(READY, addressed=False), settings(eip=False), FORWARDING),
    ],
)
def test_the_state_of_a_table(target: Target, shown: Instance, given: Settings, word: TableState) -> None:
    plan = decide(observed([member("i-a")], [shown], tables(target), eip="i-a"), given=given)
    assert plan.tables == {"rtb-1": word}
    assert plan.egress_down == (("rtb-1",) if word is DOWN else ())
    assert plan.egress_unverified == (("rtb-1",) if word is UNVERIFIED else ())


def test_a_target_that_is_no_member_owes_no_signal() -> None:
    world = observed([member("i-a")], [READY, instance("i-hand", age=9000)], tables(to_instance("i-hand")))
    assert decide(world, given=SIGNAL).tables == {"rtb-1": UNVERIFIED}


def test_an_unhealthy_member_is_down_though_it_has_signalled() -> None:
    world = observed([member("i-a", healthy=False)], [READY], tables(to_instance("i-a")), eip="i-a")
    assert decide(world, given=SIGNAL).tables == {"rtb-1": DOWN}


def test_the_probe_verifies_what_does_not_signal_and_its_failure_is_down() -> None:
    world = observed([member("i-a")], [SILENT], tables(to_instance("i-a")), eip="i-a")
    watched = replace(RUNNING, probe_watches=True)
    assert decide(world, given=watched).tables == {"rtb-1": FORWARDING}
    failure = Trigger(TriggerKind.PROBE_FAILURE, at=NOW, no_egress=True)
    signalled = replace(world, instances={"i-a": READY})
    for shown in (world, signalled):
        assert decide(shown, given=watched, trigger=failure).tables == {"rtb-1": DOWN}
    late = NOW + timedelta(minutes=3)
    assert decide(signalled, given=watched, trigger=failure, now=late).tables == {"rtb-1": FORWARDING}
    moved = RunState(changed=True)
    assert decide(signalled, given=watched, trigger=failure, memory=moved).tables == {"rtb-1": FORWARDING}


def test_an_overdue_signal_is_down_although_a_probe_watches() -> None:
    world = observed([member("i-a")], [SILENT], tables(to_instance("i-a")), eip="i-a")
    assert decide(world, given=replace(SIGNAL, probe_watches=True)).tables == {"rtb-1": DOWN}


def test_each_table_has_its_own_state() -> None:
    routes = tables(to_instance("i-a"), NOWHERE, to_gateway("tgw-0a"))
    plan = decide(observed([member("i-a")], [READY], routes, eip="i-a"))
    assert list(plan.tables.values()) == [FORWARDING, DOWN, UNVERIFIED]
    assert (plan.egress_down, plan.egress_unverified) == (("rtb-2",), ("rtb-3",))


def test_without_a_group_all_is_down_and_each_target_is_still_shown() -> None:
    world = replace(observed([], [READY], tables(to_instance("i-a"), NOWHERE)), group=None)
    plan = decide(world)
    assert plan.egress_down == ("rtb-1", "rtb-2")
    assert plan.tables == {"rtb-1": FORWARDING, "rtb-2": DOWN}
    assert decide(replace(world, tables=())).egress_down == (GROUP,)


def test_maintenance_counts_nothing_as_down_and_says_what_is() -> None:
    plan = decide(observed([], [], tables(NOWHERE), desired=0))
    assert plan.egress_down == ()
    assert plan.tables == {"rtb-1": DOWN}


@pytest.mark.parametrize("permission", ["autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances"])
def test_what_a_role_may_not_read_is_neither_down_nor_fine_and_nothing_is_ordered(permission: str) -> None:
    denied = (DeniedRead(permission, f"{permission} failed with AccessDenied: no"),)
    for group in (None, observed([member("i-a")], [], ()).group):
        world = replace(observed([], [], tables(to_instance("i-a"), NOWHERE)), group=group, denied=denied)
        plan = decide(world)
        assert plan.actions == ()
        assert plan.tables == {"rtb-1": UNVERIFIED, "rtb-2": DOWN}
        assert plan.egress_down == ("rtb-2",)
        assert [(note.kind, note.subject) for note in plan.notes] == [(NoteKind.ROLE_REFUSED, permission)]


def test_tables_that_a_role_may_not_read_are_not_called_missing() -> None:
    denied = (DeniedRead("ec2:DescribeRouteTables", "no"),)
    plan = decide(replace(observed([member("i-a")], [READY], ()), denied=denied))
    assert plan.egress_down == ()
    assert {note.kind for note in plan.notes} == {NoteKind.ROLE_REFUSED}


def test_the_epoch_of_the_tests_is_aware() -> None:
    assert NOW.tzinfo is UTC


# The first NAT of a group that is as old as the instance, with a table that has no route yet
BOOTS = observed([member("i-a", "Pending:Wait")], [instance("i-a", age=100)], tables(NOWHERE))


def made_before(world: Observed, seconds: float) -> Observed:
    assert world.group
    return replace(world, group=replace(world.group, created_at=NOW - timedelta(seconds=seconds)))


@pytest.mark.parametrize(
    ("world", "down"),
    [
        (made_before(BOOTS, 239), ()),
        (made_before(replace(BOOTS, instances={}), 239), ()),
        (made_before(observed([], [], tables(NOWHERE)), 100), ()),
        (made_before(BOOTS, 240), ("rtb-1",)),
        (BOOTS, ("rtb-1",)),
        (made_before(replace(BOOTS, tables=tables(to_instance("i-z", blackhole=True))), 100), ("rtb-1",)),
        (made_before(replace(BOOTS, tables=tables(to_gateway(blackhole=True))), 100), ("rtb-1",)),
        (made_before(observed([member("i-a")], [SILENT], tables(NOWHERE)), 100), ("rtb-1",)),
    ],
    ids=[
        "boots",
        "EC2 does not show it yet",
        "not launched yet",
        "its time is up",
        "age of the group unknown",
        "an earlier NAT ended",
        "an earlier gateway ended",
        "in service and no route",
    ],
)
def test_a_table_that_waits_for_its_first_nat_is_not_counted_as_down(
    world: Observed, down: tuple[str, ...]
) -> None:
    plan = decide(world, given=SIGNAL)
    assert plan.egress_down == down
    assert plan.tables == {"rtb-1": DOWN}
    assert (NoteKind.FIRST_LAUNCH in [note.kind for note in plan.notes]) is (not down)


def test_a_new_standby_beside_an_old_group_is_no_first_launch() -> None:
    world = two_groups([], [member("i-b", "Pending")], [], tables(NOWHERE))
    assert world.group
    assert world.standby
    new = replace(world.standby, created_at=NOW)
    old = replace(world.group, created_at=NOW - timedelta(days=9))
    assert decide(replace(world, group=old, standby=new), given=SHARED).egress_down == ("rtb-1",)
