"""Two groups of one: who carries, what a claim may move, whose address goes where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    NOWHERE,
    SHARED,
    SIGNAL,
    STANDBY_GROUP,
    decide,
    kinds,
    member,
    observed,
    peer_silent,
    tables,
    to_instance,
    two_groups,
)
from tests.unit.update_nat_routes.pair import OLD, TO_A, TO_B, calm, nat
from update_nat_routes.actions import AssociateAddress, CompleteLifecycleAction, ReportUnhealthy
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.notes import NoteKind


def test_two_that_are_ready_leave_everything_as_it_is() -> None:
    plan = decide(calm(), given=SHARED)
    assert not plan.actions
    assert plan.standby_ready is True
    assert not plan.notes


def test_the_standby_takes_over_from_a_dead_carrier_with_its_address() -> None:
    world = calm(instances={"i-a": nat("i-a", "shutting-down"), "i-b": nat("i-b")})
    assert kinds(decide(world, given=SHARED)) == [
        "AssociateAddress eipalloc-0a",
        "ReplaceRoute rtb-1",
        "ReplaceRoute rtb-2",
        "ReplaceInstance i-a",
    ]


def test_the_replacement_becomes_the_standby_and_moves_nothing() -> None:
    world = two_groups(
        [member("i-c", "Pending:Wait")],
        [member("i-b")],
        [nat("i-c", age=20), nat("i-b")],
        TO_B,
        eip="i-b",
    )
    (action,) = decide(world, given=SHARED).actions
    assert isinstance(action, CompleteLifecycleAction)
    assert (action.group, action.instance_id, action.result) == (GROUP, "i-c", "CONTINUE")


def test_a_lone_nat_still_moves_to_the_newest() -> None:
    world = calm()
    lone = replace(
        world,
        group=replace(world.groups[0], members=(member("i-a"), member("i-b"))),
        standby=None,
        instances={"i-a": nat("i-a"), "i-b": nat("i-b", age=20)},
    )
    plan = decide(lone, given=replace(SHARED, standby_name=None))
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-b"
    assert plan.standby_ready is None


def test_two_tables_that_differ_go_to_the_one_and_the_address_too() -> None:
    world = calm(tables=tables(to_instance("i-a"), to_instance("i-b")))
    plan = decide(world, given=SHARED)
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-b"  # of equal claims the later id, as ever
    assert kinds(plan) == ["AssociateAddress eipalloc-0a", "ReplaceRoute rtb-1"]
    settled = calm(tables=TO_B, eip_holder="i-b")
    assert not decide(settled, given=SHARED).actions


def test_the_first_failed_round_of_the_probe_moves_to_the_standby() -> None:
    failed = Trigger(TriggerKind.PROBE_FAILURE, at=NOW, no_egress=True)
    assert len(decide(calm(), given=SHARED, trigger=failed).moves) == 3


def test_a_standby_that_does_not_answer_its_peer_is_not_called_ready() -> None:
    plan = decide(calm(), given=SHARED, trigger=peer_silent("i-b", "i-a"))
    assert plan.standby_ready is False
    assert {note.kind for note in plan.notes} == {NoteKind.PEER_SILENT, NoteKind.NO_STANDBY}


def test_a_standby_whose_watchman_reaches_nothing_is_replaced_once_a_run_saw_it_last() -> None:
    """One that had no public address writes an old mark just before it takes it back."""
    since = (NOW - timedelta(minutes=4)).isoformat()
    world = calm(instances={"i-a": nat("i-a"), "i-b": nat("i-b", mark=f"boot not-forwarding {since}")})
    first = decide(world, given=SHARED)
    assert not first.actions
    assert first.wait is not None
    again = decide(world, given=SHARED, memory=RunState(marked={"i-b": NOW - timedelta(seconds=15)}))
    (action,) = again.actions
    assert isinstance(action, ReportUnhealthy)
    assert (action.group, action.instance_id) == (STANDBY_GROUP, "i-b")


def test_an_impaired_standby_is_replaced() -> None:
    (action,) = decide(calm(impaired={"i-b": None}), given=SHARED).actions
    assert (type(action), action.target) == (ReportUnhealthy, "i-b")


def test_one_is_replaced_at_a_time() -> None:
    plan = decide(calm(impaired={"i-a": None, "i-b": None}), given=SHARED)
    assert kinds(plan) == ["ReportUnhealthy i-a"]


def test_where_an_operator_holds_the_standby_s_group_it_is_left() -> None:
    world = calm(impaired={"i-b": None})
    assert world.standby is not None
    held = replace(world, standby=replace(world.standby, suspended=frozenset({"ReplaceUnhealthy"})))
    assert not decide(held, given=SHARED).actions


def test_where_an_operator_holds_the_carrier_s_group_the_standby_is_still_judged() -> None:
    world = calm(impaired={"i-b": None})
    assert world.group is not None
    held = replace(world, group=replace(world.group, suspended=frozenset({"ReplaceUnhealthy"})))
    assert kinds(decide(held, given=SHARED)) == ["ReportUnhealthy i-b"]


def test_a_former_carrier_without_a_public_address_has_a_note_and_is_not_replaced() -> None:
    world = calm(instances={"i-a": nat("i-a"), "i-b": replace(nat("i-b"), addressed=False)})
    plan = decide(world, given=SHARED)
    assert not plan.actions
    (note,) = plan.notes
    assert (note.kind, plan.standby_ready) == (NoteKind.NO_STANDBY, False)
    assert "i-b has no public address" in note.reason


def test_a_missing_standby_group_has_a_note_and_the_carrier_serves_on() -> None:
    plan = decide(calm(standby=None), given=SHARED)
    assert not plan.moves
    assert not plan.egress_down
    assert (NoteKind.GROUP_MISSING, STANDBY_GROUP) in {(note.kind, note.subject) for note in plan.notes}


def test_a_missing_first_group_leaves_the_standby_in_charge() -> None:
    world = calm(instances={"i-a": nat("i-a", "terminated"), "i-b": nat("i-b")}, group=None)
    plan = decide(world, given=SHARED)
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-b"


@pytest.mark.parametrize(("desired", "down"), [((0, 1), True), ((1, 0), True), ((0, 0), False)])
def test_maintenance_is_that_no_group_wants_a_nat(desired: tuple[int, int], *, down: bool) -> None:
    world = two_groups([], [], [], tables(to_instance("i-x")), desired=desired)
    plan = decide(world, given=SHARED)
    assert bool(plan.egress_down) == down
    assert len([note for note in plan.notes if note.kind is NoteKind.MAINTENANCE]) == desired.count(0)


def test_a_carrier_that_is_drained_hands_over_to_the_standby_before_it_may_go() -> None:
    world = two_groups(
        [member("i-a", "Terminating:Wait")], [member("i-b")], [nat("i-a"), nat("i-b")], TO_A, eip="i-a"
    )
    plan = decide(world, given=SHARED)
    assert [type(action) for action in plan.actions][:1] == [AssociateAddress]
    assert len(plan.moves) == 3
    moved = replace(world, tables=TO_B, eip_holder="i-b")
    (done,) = decide(moved, given=SHARED).actions
    assert isinstance(done, CompleteLifecycleAction)
    assert done.instance_id == "i-a"


def test_a_carrier_that_is_replaced_hands_over_to_the_other_group_and_not_to_its_own_successor() -> None:
    world = two_groups(
        [member("i-a", "Terminating:Wait"), member("i-c")],
        [member("i-b")],
        [nat("i-a"), nat("i-c", age=20), nat("i-b")],
        TO_A,
        eip="i-a",
    )
    plan = decide(world, given=SHARED)
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-b"


def test_after_switching_off_the_former_standby_s_address_and_routes_come_back() -> None:
    world = replace(
        calm(tables=TO_B, eip_holder="i-b", standby=None),
        instances={"i-a": nat("i-a"), "i-b": replace(nat("i-b"), group_name=STANDBY_GROUP)},
    )
    alone = replace(SHARED, standby_name=None)
    assert kinds(decide(world, given=alone)) == [
        "AssociateAddress eipalloc-0a",
        "ReplaceRoute rtb-1",
        "ReplaceRoute rtb-2",
    ]
    stranger = replace(world, instances={**world.instances, "i-b": nat("i-b")})
    assert not decide(stranger, given=alone).moves


@pytest.mark.parametrize("mark", ["boot", None])
def test_a_standby_forwards_before_it_is_needed_once_it_is_ready(mark: str | None) -> None:
    standby = replace(nat("i-b", mark=mark), source_dest_check=True)
    world = calm(instances={"i-a": nat("i-a"), "i-b": standby})
    wanted = ["DisableSourceDestCheck eni-b"] if mark else []
    assert kinds(decide(world, given=SHARED)) == wanted


def test_the_check_of_a_standby_is_no_prerequisite_of_the_routes() -> None:
    standby = replace(nat("i-b"), source_dest_check=True)
    world = calm(instances={"i-a": nat("i-a"), "i-b": standby}, tables=tables(to_instance("i-a"), NOWHERE))
    assert kinds(decide(world, given=SHARED)) == ["CreateRoute rtb-2", "DisableSourceDestCheck eni-b"]


def test_a_lone_nat_s_second_member_is_left_as_it_is() -> None:
    spare = replace(nat("i-b", age=2 * OLD), source_dest_check=True)
    world = observed([member("i-a"), member("i-b")], [nat("i-a"), spare], TO_A, eip="i-a")
    assert kinds(decide(world, given=SIGNAL)) == []
