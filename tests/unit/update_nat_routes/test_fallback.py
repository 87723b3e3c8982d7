"""The NAT gateway behind it: when the routes go there, and when they come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    FALLBACK,
    GROUP,
    NOW,
    NOWHERE,
    SHARED,
    SIGNAL,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.actions import RouteToFallback, TagGroup
from update_nat_routes.model import UNSERVED_TAG, Observed
from update_nat_routes.planner.notes import NoteKind

GIVEN = replace(SIGNAL, fallback_gateway_id=FALLBACK)
DEAD = observed([], [instance("i-a", "terminated")], tables(to_instance("i-a", blackhole=True), NOWHERE))


def unserved(world: Observed, since: datetime | str | None) -> Observed:
    assert world.group is not None
    text = since.isoformat() if isinstance(since, datetime) else since
    return replace(world, group=replace(world.group, tags={UNSERVED_TAG: text} if text else {}))


@pytest.mark.parametrize("text", [None, "a while ago"])
def test_the_time_begins_when_it_is_first_seen_and_is_remembered(text: str | None) -> None:
    (tag,) = decide(unserved(DEAD, text), given=GIVEN).actions
    assert tag == TagGroup(GROUP, UNSERVED_TAG, "2026-03-28T12:00:00+00:00", tag.reason)


@pytest.mark.parametrize("down", [True, False])
def test_of_two_groups_the_first_remembers_and_forgets(*, down: bool) -> None:
    """One place alone: else two runs would begin the time anew, or end another one's."""
    given = replace(SHARED, fallback_gateway_id=FALLBACK)
    routes = tables(NOWHERE) if down else tables(to_instance("i-a"))
    members, ready = ([], []) if down else ([member("i-a")], [instance("i-a", ready_tag="boot", age=900)])
    tags = {} if down else {UNSERVED_TAG: NOW.isoformat()}
    world = two_groups(members, [], ready, routes, eip=None if down else "i-a", tags=tags)
    (tag,) = [action for action in decide(world, given=given).actions if isinstance(action, TagGroup)]
    value = NOW.isoformat() if down else None
    assert tag == TagGroup(GROUP, UNSERVED_TAG, value, tag.reason)


def test_before_its_time_nothing_moves() -> None:
    assert not decide(unserved(DEAD, NOW - timedelta(seconds=299)), given=GIVEN).actions


@pytest.mark.parametrize("seconds", [300, 301, 86_400])
def test_after_its_time_every_table_that_is_down_goes_there(seconds: int) -> None:
    plan = decide(unserved(DEAD, NOW - timedelta(seconds=seconds)), given=GIVEN)
    assert kinds(plan) == ["RouteToFallback rtb-1", "RouteToFallback rtb-2"]
    assert [move.replaces for move in plan.moves if isinstance(move, RouteToFallback)] == [True, False]


def test_a_table_whose_route_there_is_a_black_hole_is_left() -> None:
    gone = replace(DEAD, tables=tables(to_gateway(FALLBACK, blackhole=True), NOWHERE))
    assert kinds(decide(unserved(gone, NOW - timedelta(hours=1)), given=GIVEN)) == ["RouteToFallback rtb-2"]


def test_a_table_that_has_egress_stays_where_it_is() -> None:
    world = replace(DEAD, tables=tables(NOWHERE, to_gateway("nat-0e")))
    plan = decide(unserved(world, NOW - timedelta(seconds=300)), given=GIVEN)
    assert kinds(plan) == ["RouteToFallback rtb-1"]


def test_while_all_is_well_no_memory_is_cleared_that_is_not_there() -> None:
    ready = instance("i-a", ready_tag="boot")
    well = observed([member("i-a")], [ready], tables(to_instance("i-a")), eip="i-a")
    assert not decide(well, given=GIVEN).actions


def test_beside_a_propagated_route_that_leads_nowhere_a_static_one_is_made() -> None:
    target = replace(to_gateway("vgw-1", blackhole=True), propagated=True)
    world = replace(DEAD, tables=tables(target))
    (move,) = decide(unserved(world, NOW - timedelta(seconds=300)), given=GIVEN).moves
    assert isinstance(move, RouteToFallback)
    assert not move.replaces


def test_without_a_fallback_nothing_is_remembered() -> None:
    assert not decide(DEAD, given=SIGNAL).actions


FELL_BACK = replace(DEAD, tables=tables(to_gateway(FALLBACK), to_gateway(FALLBACK)))


def test_while_the_fallback_serves_its_state_is_ours_and_the_memory_is_cleared() -> None:
    plan = decide(unserved(FELL_BACK, NOW - timedelta(hours=1)), given=GIVEN)
    (tag,) = plan.actions
    assert isinstance(tag, TagGroup)
    assert tag.value is None
    assert {note.kind for note in plan.notes} == {NoteKind.FALLBACK}
    assert not plan.egress_down


@pytest.mark.parametrize(("mark", "moves"), [("boot", 2), (None, 0)])
def test_the_routes_come_back_to_a_nat_that_is_ready(mark: str | None, moves: int) -> None:
    booted = instance("i-b", age=200, ready_tag=mark)
    world = observed([member("i-b", "Pending:Wait")], [booted], FELL_BACK.tables, eip="i-b")
    plan = decide(world, given=GIVEN)
    assert len(plan.moves) == moves
    assert all("is ready again" in move.reason for move in plan.moves)


def test_another_nat_gateway_stays_foreign() -> None:
    ready = instance("i-b", ready_tag="boot")
    world = observed([member("i-b")], [ready], tables(to_gateway("nat-0c")), eip="i-b")
    plan = decide(world, given=GIVEN)
    assert not plan.moves
    assert {note.kind for note in plan.notes} == {NoteKind.FOREIGN_ROUTE}


def test_during_maintenance_no_route_goes_there() -> None:
    world = observed([], [], tables(NOWHERE), desired=0)
    assert not decide(unserved(world, NOW - timedelta(hours=1)), given=GIVEN).moves
