"""Moving the address and the routes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.update_nat_routes.builder import (
    NOW,
    NOWHERE,
    SCHEDULE,
    decide,
    instance,
    kinds,
    member,
    observed,
    settings,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import AssociateAddress, CreateRoute, DisableSourceDestCheck, ReplaceRoute, key
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DeniedRead
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.notes import UNGUARDED, NoteKind

if TYPE_CHECKING:
    from update_nat_routes.model import Member, Target

DEAD = to_instance("i-dead", blackhole=True)


def test_check_then_address_then_the_routes_in_the_very_next_calls() -> None:
    world = observed(
        [member("i-a", "Pending:Wait")], [instance("i-a", source_dest_check=True)], tables(DEAD, DEAD)
    )
    assert kinds(decide(world)) == [
        "DisableSourceDestCheck eni-a",
        "AssociateAddress eipalloc-0a",
        "ReplaceRoute rtb-1",
        "ReplaceRoute rtb-2",
    ]


def test_routes_go_to_the_primary_interface() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(DEAD), eip="i-a")
    (move,) = decide(world).moves
    assert isinstance(move, ReplaceRoute)
    assert (move.interface_id, move.was) == ("eni-a", "eni-dead")


def test_an_instance_without_an_interface_gets_nothing() -> None:
    world = observed([member("i-a")], [instance("i-a", interface=False)], tables(DEAD))
    assert decide(world).moves == ()


def test_what_is_right_is_not_written() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(to_instance("i-a")), eip="i-a")
    assert decide(world).actions == ()


@pytest.mark.parametrize("takes_over", [True, False])
def test_a_propagated_route_alone_gets_a_static_one_beside_it_where_a_setting_says_so(
    *, takes_over: bool
) -> None:
    target = replace(to_gateway("vgw-1"), propagated=True)
    world = observed([member("i-a")], [instance("i-a")], tables(target), eip="i-a")
    plan = decide(world, given=settings(take_over_external_routes=takes_over))
    assert kinds(plan) == (["CreateRoute rtb-1"] if takes_over else [])


def test_a_table_without_a_default_route_gets_one() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(NOWHERE), eip="i-a")
    (move,) = decide(world).moves
    assert isinstance(move, CreateRoute)


def test_a_route_to_a_nat_gateway_is_left_alone_and_reported() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(to_gateway(), DEAD), eip="i-a")
    plan = decide(world)
    assert kinds(plan) == ["ReplaceRoute rtb-2"]
    assert [(note.kind, note.subject) for note in plan.notes] == [(NoteKind.FOREIGN_ROUTE, "rtb-1")]


def test_a_setting_takes_a_gateways_route_over() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(to_gateway()), eip="i-a")
    plan = decide(world, given=settings(take_over_external_routes=True))
    assert kinds(plan) == ["ReplaceRoute rtb-1"]
    assert plan.notes == ()


def test_a_free_address_is_taken_without_reassociation() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(to_instance("i-a")))
    (move,) = decide(world).moves
    assert isinstance(move, AssociateAddress)
    assert move.take_from is None


def test_the_address_is_taken_from_a_member_of_the_group() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a")],
        [instance("i-old", age=900), instance("i-a")],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    move = decide(world).moves[0]
    assert isinstance(move, AssociateAddress)
    assert move.take_from == "i-old"


def test_address_and_routes_of_one_that_left_the_group_stay_together_and_the_reason_says_so() -> None:
    routes = tables(to_instance("i-other"), to_instance("i-gone", blackhole=True))
    world = observed([member("i-a")], [instance("i-a"), instance("i-other")], routes, eip="i-other")
    plan = decide(world)
    assert kinds(plan) == ["ReplaceRoute rtb-2"]
    (reason,) = [note.reason for note in plan.notes if note.kind is NoteKind.EIP_ELSEWHERE]
    assert "not taken, and the routes of rtb-1 stay with it" in reason


def test_once_it_has_ended_both_move() -> None:
    world = observed(
        [member("i-a")], [instance("i-a"), instance("i-other", "terminated")], tables(to_instance("i-other"))
    )
    assert kinds(decide(world)) == ["AssociateAddress eipalloc-0a", "ReplaceRoute rtb-1"]


def test_without_an_allocation_no_address_is_moved() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(DEAD))
    assert kinds(decide(world, given=settings(eip=False))) == ["ReplaceRoute rtb-1"]


def test_a_terminating_instance_keeps_its_routes_until_a_successor_is_ready() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=900), instance("i-a", "pending")],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    assert decide(world).moves == ()


def test_a_lost_check_or_address_of_the_serving_one_is_healed() -> None:
    world = observed([member("i-a")], [instance("i-a", source_dest_check=True)], tables(to_instance("i-a")))
    moves = decide(world).moves
    assert [type(move) for move in moves] == [DisableSourceDestCheck, AssociateAddress]


def test_a_table_that_was_given_up_does_not_hold_up_the_others() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(DEAD, DEAD), eip="i-a")
    first = decide(world).moves[0]
    plan = decide(world, memory=RunState(abandoned=frozenset({key(first)})))
    assert kinds(plan) == ["ReplaceRoute rtb-2"]


def test_with_the_address_out_of_reach_only_routes_that_lead_nowhere_move() -> None:
    world = observed(
        [member("i-old"), member("i-a")],
        [instance("i-old", age=900), instance("i-a")],
        tables(to_instance("i-old"), DEAD),
    )
    memory = RunState(abandoned=frozenset({"AssociateAddress:eipalloc-0a"}))
    assert kinds(decide(world, memory=memory)) == ["ReplaceRoute rtb-2"]


def test_a_terminate_event_never_overwrites_a_route_that_already_points_elsewhere() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a")],
        [instance("i-old", age=900), instance("i-a")],
        tables(to_instance("i-a")),
        eip="i-a",
    )
    late = Trigger(TriggerKind.TERMINATE_ACTION, at=NOW, group="tradai-nat-asg-prod", instance_id="i-old")
    assert decide(world, trigger=late).moves == ()


def test_an_empty_group_and_a_missing_table_have_notes() -> None:
    plan = decide(observed([], [], ()))
    assert {note.kind for note in plan.notes} == {NoteKind.NO_TABLES}


def test_every_move_says_why() -> None:
    world = observed(
        [member("i-a")],
        [instance("i-a", source_dest_check=True), instance("i-old", "terminated")],
        tables(to_instance("i-old"), NOWHERE),
    )
    reasons = [move.reason for move in decide(world).moves]
    assert all(len(reason) > 15 for reason in reasons)
    assert "i-old is terminated" in reasons[2]


ENDED = Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-b", terminated_instance="i-b")
RUNNING_B, TO_B = instance("i-b", age=900), to_instance("i-b")


@pytest.mark.parametrize(
    ("target", "others", "trigger", "reason"),
    [
        (NOWHERE, [], SCHEDULE, "the table has no default route"),
        (to_gateway(), [], SCHEDULE, "a setting says to take the route over from nat-0a"),
        (DEAD, [], SCHEDULE, "i-dead is a black hole and i-a is running"),
        (TO_B, [], SCHEDULE, "i-b is not shown by EC2 and i-a is running"),
        (TO_B, [member("i-b")], ENDED, "i-b has ended, as EC2's own event says and i-a is running"),
        (
            TO_B,
            [member("i-b", healthy=False)],
            SCHEDULE,
            "i-b is unhealthy, as its group shows it and i-a is running",
        ),
        (
            TO_B,
            [member("i-b", "Terminating:Wait")],
            SCHEDULE,
            "i-a is ready and replaces i-b, which still serves",
        ),
    ],
)
def test_the_reason_of_a_route_says_what_was_read(
    target: Target, others: list[Member], trigger: Trigger, reason: str
) -> None:
    shown = [RUNNING_B] if others else []
    world = observed([member("i-a"), *others], [instance("i-a"), *shown], tables(target), eip="i-a")
    given = replace(settings(), take_over_external_routes=True)
    assert decide(world, trigger=trigger, given=given).moves[-1].reason == reason


def test_an_address_that_is_overdue_comes_after_the_routes() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(DEAD))
    overdue = RunState(overdue=frozenset({"AssociateAddress:eipalloc-0a"}))
    assert kinds(decide(world, memory=overdue)) == ["ReplaceRoute rtb-1", "AssociateAddress eipalloc-0a"]


@pytest.mark.parametrize("lost", [{"group": None}, {"denied": (DeniedRead("ec2:DescribeInstances", "no"),)}])
def test_without_a_group_or_a_permission_nothing_is_written_and_a_note_says_so(lost: dict[str, Any]) -> None:
    world = replace(observed([member("i-a")], [instance("i-a")], tables(DEAD)), **lost)
    plan = decide(world)
    assert plan.actions == ()
    assert plan.data_requests == frozenset()
    assert any(note.kind in UNGUARDED for note in plan.notes)


def test_an_address_that_could_not_be_read_has_a_note_and_is_never_green() -> None:
    world = replace(
        observed([member("i-b")], [instance("i-b")], tables(to_instance("i-gone"))),
        holder_unread="ec2:DescribeAddresses failed with UnauthorizedOperation: no",
    )
    plan = decide(world)
    assert NoteKind.EIP_UNREAD in {note.kind for note in plan.notes}
    assert NoteKind.EIP_UNREAD in UNGUARDED
    assert (
        "could not be read" in next(move for move in plan.moves if isinstance(move, AssociateAddress)).reason
    )
    assert any(isinstance(move, ReplaceRoute) for move in plan.moves)


def test_an_address_whose_holder_could_not_be_read_holds_up_no_route_that_leads_nowhere() -> None:
    dead, serving = to_instance("i-x", blackhole=True), to_instance("i-old")
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a")],
        [instance("i-old", age=900), instance("i-a")],
        tables(dead, serving),
    )
    plan = decide(replace(world, holder_unread="denied"))
    assert kinds(plan) == ["ReplaceRoute rtb-1", "AssociateAddress eipalloc-0a"]
    assert [move.unread for move in plan.moves if isinstance(move, AssociateAddress)] == [True]
    assert kinds(decide(world))[0] == "AssociateAddress eipalloc-0a"


@pytest.mark.parametrize(
    ("target", "ends"),
    [
        (NOWHERE, True),
        (to_instance("i-b"), False),  # it has egress and is left for the NAT that has the address
        (to_instance("i-a"), False),
    ],
)
def test_a_plan_ends_an_outage_where_something_is_down_and_something_moves(
    target: Target, *, ends: bool
) -> None:
    members = [member("i-a"), member("i-b", "Terminating:Wait")]
    plan = decide(observed(members, [instance("i-a"), instance("i-b")], tables(target), eip="i-a"))
    assert plan.ends_outage is ends
    assert decide(observed([], [], tables(NOWHERE))).ends_outage is False
