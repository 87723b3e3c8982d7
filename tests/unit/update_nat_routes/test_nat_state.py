"""What one moment is judged to be, question by question."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    NOW,
    NOWHERE,
    OWN,
    SCHEDULE,
    SHARED,
    SIGNAL,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.nat_state import NatState, RunState

if TYPE_CHECKING:
    from update_nat_routes.model import Observed, Target
    from update_nat_routes.settings import Settings

READY = [instance("i-a", age=900, ready_tag="boot"), instance("i-b", age=900, ready_tag="boot")]
LEAVING = member("i-a", "Terminating:Wait")


def state(world: Observed, given: Settings = SIGNAL, trigger: Trigger = SCHEDULE) -> NatState:
    return NatState(trigger, given, world, RunState(), NOW)


@pytest.mark.parametrize(
    ("target", "leads_out"),
    [
        (NOWHERE, False),
        (to_instance("i-a"), True),
        (to_instance("i-a", blackhole=True), False),
        (to_gateway(), True),
        (to_gateway(blackhole=True), False),
    ],
)
def test_a_route_leads_out_where_its_target_is_there(target: Target, *, leads_out: bool) -> None:
    world = observed([member("i-a")], READY, tables(target))
    assert state(world).has_egress(world.tables[0]) is leads_out


@pytest.mark.parametrize(
    ("given", "holder", "routes", "used"),
    [
        (SHARED, "i-a", [], True),
        (OWN, "i-a", [], False),
        (OWN, None, ["i-a"], True),
        (SHARED, None, ["i-a", "i-b"], True),
        (SHARED, "i-b", ["i-b"], False),
    ],
)
def test_an_instance_is_in_use_by_the_address_that_moves_or_by_a_route(
    given: Settings, holder: str | None, routes: list[str], *, used: bool
) -> None:
    leads = tables(*map(to_instance, routes))
    world = two_groups([member("i-a")], [member("i-b")], READY, leads, eip=holder)
    assert state(world, given).in_use("i-a") is used


@pytest.mark.parametrize(
    ("others", "suspended", "expected"),
    [
        ([], [], True),
        ([], ["Launch"], False),
        ([member("i-b", "Pending")], ["Launch"], True),
        ([member("i-b", "Terminating:Wait")], [], True),
        ([member("i-b", "Terminating:Wait")], ["Launch"], False),
        ([member("i-b")], [], True),
        ([member("i-b", healthy=False)], [], False),
    ],
    ids=[
        *("owed", "held", "one comes", "another leaves too", "another leaves too, held"),
        *("one is there", "one is there that cannot serve"),
    ],
)
def test_a_replacement_is_expected_where_one_comes_or_is_owed(
    others: list[object], suspended: list[str], *, expected: bool
) -> None:
    world = observed([LEAVING, *others], READY, tables(), suspended=suspended)  # type: ignore[list-item]  # members
    assert state(world).replacement_expected("i-a") is expected


@pytest.mark.parametrize(("members", "other"), [(["i-a"], False), (["i-a", "i-b"], True)])
def test_another_one_that_is_ready_could_serve(members: list[str], *, other: bool) -> None:
    world = observed([member(name) for name in members], READY, tables())
    assert state(world).other_has_egress("i-a") is other


def test_one_that_never_signalled_may_serve_107_seconds_after_its_launch() -> None:
    world = observed([member("i-a")], [instance("i-a", age=107)], tables(NOWHERE))
    assert state(world).gateway() == world.instances["i-a"]
    young = replace(world, instances={"i-a": instance("i-a", age=106)})
    assert state(young).gateway() is None


def test_a_probe_s_failure_counts_for_two_minutes() -> None:
    failed = Trigger(TriggerKind.PROBE_FAILURE, no_egress=True, at=NOW - timedelta(minutes=2))
    world = observed([member("i-a")], READY, tables())
    assert state(world, trigger=failed).probe_failed()
    late = replace(failed, at=NOW - timedelta(minutes=2, seconds=1))
    assert not state(world, trigger=late).probe_failed()
