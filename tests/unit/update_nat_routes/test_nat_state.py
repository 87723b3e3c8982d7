"""What one moment is judged to be, question by question."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    ALLOCATION,
    NOW,
    NOWHERE,
    OWN,
    SCHEDULE,
    SHARED,
    SIGNAL,
    STANDBY_ALLOCATION,
    STANDBY_GROUP,
    instance,
    member,
    moment_of,
    observed,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.nat_state import RunState

if TYPE_CHECKING:
    from update_nat_routes.model import Observed, Target
    from update_nat_routes.planner.nat_state import NatState
    from update_nat_routes.settings import Settings

READY = [instance(name, age=900, ready_tag="boot") for name in ("i-0", "i-a", "i-b")]
LEAVING = member("i-a", "Terminating:Wait")


def state(world: Observed, given: Settings = SIGNAL, trigger: Trigger = SCHEDULE) -> NatState:
    return moment_of(world, given=given, trigger=trigger)


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
        ([member("i-0")], ["Launch"], True),
        ([member("i-b", healthy=False)], [], True),
        ([member("i-b", healthy=False)], ["ReplaceUnhealthy"], False),
        ([member("i-b", healthy=False)], ["Launch"], False),
        ([member("i-b", healthy=False), member("i-c", healthy=False)], ["HealthCheck"], False),
        ([], ["ReplaceUnhealthy"], True),
    ],
    ids=[
        *("owed", "held", "one comes", "another leaves too", "another leaves too, held"),
        *("one is there", "one with a lower id is there", "one that cannot serve is replaced"),
        *("one that cannot serve is kept", "one that cannot serve has no successor"),
        *("more than wanted are there and none can serve", "owed, though the unhealthy are kept"),
    ],
)
def test_a_replacement_is_expected_where_one_comes_or_is_owed(
    others: list[object], suspended: list[str], *, expected: bool
) -> None:
    world = observed([LEAVING, *others], READY, tables(), suspended=suspended)  # type: ignore[list-item]  # members
    assert state(world).replacement_expected("i-a") is expected


@pytest.mark.parametrize(
    ("members", "other"), [(["i-a"], False), (["i-a", "i-b"], True), (["i-0", "i-a"], True)]
)
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


@pytest.mark.parametrize(("target", "stays"), [("i-5", True), ("i-1", False), ("i-9", False)])
def test_only_the_routes_to_the_stranger_that_has_our_address_stay_with_it(
    target: str, *, stays: bool
) -> None:
    strangers = [instance(name, age=900) for name in ("i-1", "i-5", "i-9")]
    world = observed([member("i-a")], [*READY, *strangers], tables(to_instance(target)), eip="i-5")
    assert state(world).stays_with_address(world.tables[0]) is stays


@pytest.mark.parametrize(
    ("shared", "own"), [(ALLOCATION, STANDBY_ALLOCATION), (STANDBY_ALLOCATION, ALLOCATION)]
)
def test_each_address_has_its_own_holder(shared: str, own: str) -> None:
    given = replace(OWN, allocation_id=shared, standby_allocation_id=own)
    world = two_groups([member("i-a")], [member("i-b")], READY, tables(), eip="i-a", standby_eip="i-b")
    moment = state(world, given)
    assert (moment.holder(f"{shared}"), moment.holder("".join([*own]))) == ("i-a", "i-b")


def test_one_that_was_switched_off_while_it_served_is_still_ours() -> None:
    former = replace(READY[2], group_name=STANDBY_GROUP)
    world = observed([member("i-a")], [READY[1], former], tables())
    moment = state(world, replace(SHARED, standby_name=None))
    assert moment.is_ours("i-b")
    assert not moment.is_ours("i-0")


def test_a_run_begins_without_having_learned_anything() -> None:
    begun = RunState()
    assert (begun.absent, begun.changed, begun.no_doubt) == (0, False, False)


def test_one_that_could_stay_is_no_replacement_of_itself() -> None:
    alone = observed([member("i-a")], READY, tables(), suspended=["Launch"])
    assert not state(alone).replacement_expected("i-a")


@pytest.mark.parametrize(("name", "other"), [("i-a", "i-b"), ("i-b", "i-a")])
def test_with_addresses_of_their_own_the_one_that_has_its_address_comes_first(name: str, other: str) -> None:
    pair = [instance(name, age=900, ready_tag="boot"), instance(other, age=600, ready_tag="boot")]
    eip, standby_eip = ("i-a", None) if name == "i-a" else (None, "i-b")
    world = two_groups(
        [member("i-a")], [member("i-b")], pair, tables(NOWHERE), eip=eip, standby_eip=standby_eip
    )
    assert state(world, OWN).gateway() == pair[0]
