"""Two groups of one with an address each: which one goes where, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.fake_aws import FakeAws, run
from tests.unit.update_nat_routes.builder import (
    ALLOCATION,
    HOOKS,
    NOW,
    NOWHERE,
    OWN,
    SCHEDULE,
    SHARED,
    STANDBY_ALLOCATION,
    STANDBY_GROUP,
    decide,
    instance,
    kinds,
    member,
    peer_silent,
    tables,
    to_instance,
    two_groups,
)
from tests.unit.update_nat_routes.pair import TO_A, TO_B, calm, nat
from update_nat_routes.actions import AssociateAddress, CompleteLifecycleAction
from update_nat_routes.model import DOUBT_TAG
from update_nat_routes.planner.nat_state import NatState, RunState
from update_nat_routes.planner.standby import was_left

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from update_nat_routes.model import Observed, RouteTable
    from update_nat_routes.settings import Settings


# Addresses of their own


def own(routes: tuple[RouteTable, ...], **changes: Any) -> Observed:  # noqa: ANN401 - as above
    world = two_groups(
        [member("i-a")],
        [member("i-b")],
        [nat("i-a"), nat("i-b")],
        routes,
        eip="i-a",
        standby_eip="i-b",
    )
    return replace(world, **changes)


@pytest.mark.parametrize(("silent", "reporter"), [("i-a", "i-b"), ("i-b", "i-a")])
def test_where_no_route_is_left_the_nat_that_answers_gets_them(silent: str, reporter: str) -> None:
    """Storm 110 of a shared address: the routes were deleted by hand just before one fell silent."""
    nowhere = calm(tables=tables(NOWHERE, NOWHERE), eip_holder=None)
    moves = decide(nowhere, given=SHARED, trigger=peer_silent(silent, reporter)).moves
    assert {getattr(move, "interface_id", "") for move in moves} == {reporter.replace("i-", "eni-")}


@pytest.mark.parametrize("tagged", [True, False])
def test_a_move_for_a_claim_that_stopped_half_way_is_finished(*, tagged: bool) -> None:
    """Storm 60 of own addresses: two of three routes timed out, and the third was moved back."""
    split = tables(to_instance("i-a"), to_instance("i-a"), to_instance("i-b"))
    group = own(split).group
    assert group is not None
    left = {DOUBT_TAG: f"{NOW.isoformat()} i-a"} if tagged else {}
    world = own(split, group=replace(group, tags=left))
    memory, trigger = (
        (RunState(), SCHEDULE) if tagged else (RunState(changed=True), peer_silent("i-a", "i-b"))
    )
    plan = decide(world, given=OWN, trigger=trigger, memory=memory)
    assert kinds(plan) == ["ReplaceRoute rtb-1", "ReplaceRoute rtb-2"]
    rested = {DOUBT_TAG: f"{(NOW - timedelta(minutes=5)).isoformat()} i-a"}
    later = own(split, group=replace(group, tags=rested))
    assert kinds(decide(later, given=OWN)) == ["ReplaceRoute rtb-3"]


@pytest.mark.parametrize(
    ("routes", "claimed", "changed", "left"),
    [
        (["i-a", "i-b"], True, True, True),
        (["i-a", "i-b"], True, False, False),
        (["i-a", "i-b"], False, True, False),
        (["i-a", "i-a"], True, True, False),
    ],
)
def test_one_was_left_where_a_claim_s_move_has_begun(
    routes: list[str], *, claimed: bool, changed: bool, left: bool
) -> None:
    world = own(tables(*map(to_instance, routes)))
    trigger = peer_silent("i-a", "i-b") if claimed else SCHEDULE
    state = NatState(trigger, OWN, world, RunState(changed=changed), NOW)
    assert was_left(state, world.instances["i-a"]) is left


def test_a_claim_counts_for_two_minutes() -> None:
    at = NOW - timedelta(minutes=2)
    assert decide(calm(), given=SHARED, trigger=peer_silent("i-a", "i-b", at)).moves
    assert not decide(
        calm(), given=SHARED, trigger=peer_silent("i-a", "i-b", at - timedelta(seconds=1))
    ).moves


@pytest.mark.parametrize("given", [SHARED, OWN])
def test_an_address_that_is_free_goes_to_the_one_that_carries_and_once(given: Settings) -> None:
    (action,) = decide(own(TO_A, eip_holder=None), given=given).actions
    assert isinstance(action, AssociateAddress)
    assert action.instance_id == "i-a"


def test_the_standby_takes_its_own_address_from_no_stranger() -> None:
    assert not decide(own(TO_A, standby_eip_holder="i-stranger"), given=OWN).actions


def test_an_address_stays_with_one_that_still_carries_a_single_table() -> None:
    world = two_groups(
        [member("i-a")],
        [member("i-b", "Terminating:Wait"), member("i-c")],
        [nat("i-a"), nat("i-b"), nat("i-c", age=20)],
        tables(to_instance("i-a"), to_instance("i-b")),
        eip="i-a",
        standby_eip="i-b",
    )
    assert "AssociateAddress" not in str(kinds(decide(world, given=OWN)))


def test_with_own_addresses_only_routes_move() -> None:
    dead = own(TO_A, instances={"i-a": nat("i-a", "stopping"), "i-b": nat("i-b")})
    assert kinds(decide(dead, given=OWN)) == [
        "ReplaceRoute rtb-1",
        "ReplaceRoute rtb-2",
        "ReplaceInstance i-a",
    ]


def test_a_new_standby_gets_its_group_s_address_before_it_is_let_in() -> None:
    world = two_groups(
        [member("i-a")],
        [member("i-c", "Pending:Wait")],
        [nat("i-a"), nat("i-c", age=20)],
        TO_A,
        eip="i-a",
    )
    (action,) = decide(world, given=OWN).moves
    assert isinstance(action, AssociateAddress)
    assert (action.allocation_id, action.instance_id) == (STANDBY_ALLOCATION, "i-c")
    (done,) = decide(replace(world, standby_eip_holder="i-c"), given=OWN).actions
    assert isinstance(done, CompleteLifecycleAction)
    assert (done.group, done.instance_id) == (STANDBY_GROUP, "i-c")


def test_the_address_of_one_that_carries_is_not_taken_by_its_successor() -> None:
    world = two_groups(
        [member("i-a"), member("i-c", "Pending:Wait")],
        [member("i-b")],
        [nat("i-a"), nat("i-c", age=20), nat("i-b")],
        TO_A,
        eip="i-a",
        standby_eip="i-b",
    )
    assert not decide(world, given=OWN).moves


def test_a_planned_replacement_moves_to_the_one_that_has_its_address() -> None:
    world = two_groups(
        [member("i-a", "Terminating:Wait"), member("i-c")],
        [member("i-b")],
        [nat("i-a"), nat("i-c", age=20), nat("i-b")],
        TO_A,
        eip="i-a",
        standby_eip="i-b",
    )
    plan = decide(world, given=OWN)
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-b"
    after = decide(replace(world, tables=TO_B), given=OWN)
    (address,) = after.moves
    assert isinstance(address, AssociateAddress)
    assert (address.allocation_id, address.instance_id, address.take_from) == (ALLOCATION, "i-c", "i-a")


def test_one_that_leaves_without_routes_and_has_its_own_address_is_let_go_and_the_reason_says_both() -> None:
    world = two_groups(
        [member("i-a", "Terminating:Wait")],
        [member("i-b")],
        [instance("i-a", age=900, ready_tag="x"), instance("i-b", age=900, ready_tag="x")],
        tables(to_instance("i-b")),
        eip="i-a",
        standby_eip="i-b",
    )
    (action,) = decide(world, given=OWN).actions
    assert isinstance(action, CompleteLifecycleAction)
    assert action.reason == "no route leads to it, and the address is with i-a"


def test_a_standby_that_is_not_ready_gets_no_address_of_its_own() -> None:
    """An address that comes and goes with each broken boot would end what the boot script tests by it."""
    booting = {"i-a": nat("i-a"), "i-b": nat("i-b", mark=None)}
    assert not decide(own(TO_A, instances=booting, standby_eip_holder=None), given=OWN).actions
    (action,) = decide(own(TO_A, standby_eip_holder=None), given=OWN).actions
    assert isinstance(action, AssociateAddress)
    assert (action.allocation_id, action.interface_id, action.instance_id) == (
        STANDBY_ALLOCATION,
        "eni-b",
        "i-b",
    )


def test_a_planned_replacement_is_over_in_one_pass_address_of_the_successor_included(time: FakeClock) -> None:
    """The address waits until the routes were read back: it is taken from nobody who carries."""
    world = two_groups(
        [member("i-a", "Terminating:Wait"), member("i-c")],
        [member("i-b")],
        [nat("i-a"), nat("i-c", age=60), nat("i-b")],
        TO_A,
        eip="i-a",
        standby_eip="i-b",
    )
    aws = FakeAws(replace(world, hooks=HOOKS), time)
    assert run(aws, SCHEDULE, OWN).success
    assert aws.applied == [
        "ReplaceRoute:rtb-1",
        "ReplaceRoute:rtb-2",
        f"AssociateAddress:{ALLOCATION}",
        "CompleteLifecycleAction:i-a",
    ]
    assert (time.slept, aws.reads) == ([], 1)
    assert (aws.world.eip_holder, aws.world.standby_eip_holder) == ("i-c", "i-b")
