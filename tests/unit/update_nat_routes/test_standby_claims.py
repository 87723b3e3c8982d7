"""A claim of one NAT of a pair that the other forwards nothing: when it moves the routes, and when not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    SHARED,
    decide,
    kinds,
    peer_silent,
)
from tests.unit.update_nat_routes.pair import TO_B, calm, nat
from update_nat_routes.actions import TagGroup
from update_nat_routes.model import DOUBT_TAG
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.notes import NoteKind


def test_a_silent_carrier_is_left_for_the_standby_and_that_is_remembered_first() -> None:
    plan = decide(calm(), given=SHARED, trigger=peer_silent("i-a", "i-b"))
    assert kinds(plan) == [
        f"TagGroup {DOUBT_TAG}",
        "AssociateAddress eipalloc-0a",
        "ReplaceRoute rtb-1",
        "ReplaceRoute rtb-2",
    ]
    first = plan.actions[0]
    assert isinstance(first, TagGroup)
    assert (first.group, first.value) == (GROUP, "2026-03-28T12:00:00+00:00 i-a")
    assert plan.moves[-1].reason == "i-a does not answer its peer, and i-b is ready"
    assert [note.kind for note in plan.notes if note.kind is NoteKind.PEER_SILENT]


def test_after_the_move_the_run_leaves_it_at_that() -> None:
    plan = decide(
        calm(tables=TO_B, eip_holder="i-b"),
        given=SHARED,
        trigger=peer_silent("i-a", "i-b"),
        memory=RunState(changed=True),
    )
    assert not plan.actions


UNMOVED = {
    "the standby is the silent one": (calm(), peer_silent("i-b", "i-a")),
    "the claim is old": (calm(), peer_silent("i-a", "i-b", NOW - timedelta(seconds=121))),
    "a stranger claims": (calm(), peer_silent("i-a", "i-z")),
    "the standby has not signalled": (
        calm(instances={"i-a": nat("i-a"), "i-b": nat("i-b", mark=None)}),
        peer_silent("i-a", "i-b"),
    ),
    "the standby has no public address": (
        calm(instances={"i-a": nat("i-a"), "i-b": replace(nat("i-b"), addressed=False)}),
        peer_silent("i-a", "i-b"),
    ),
}
TAGGED = {
    "a move almost five minutes ago": f"{(NOW - timedelta(seconds=299)).isoformat()} i-old",
    "a move back": f"{(NOW - timedelta(days=9)).isoformat()} i-b",
    "a tag that nobody can read": "a while ago",
    "a tag without a zone": "2026-03-28T10:00:00 i-old",
}


@pytest.mark.parametrize("case", UNMOVED)
def test_a_claim_moves_nothing_where(case: str) -> None:
    world, trigger = UNMOVED[case]
    assert not decide(world, given=SHARED, trigger=trigger).actions


@pytest.mark.parametrize("case", TAGGED)
def test_a_claim_moves_nothing_after(case: str) -> None:
    world = calm()
    tagged = replace(world, group=replace(world.groups[0], tags={DOUBT_TAG: TAGGED[case]}))
    assert not decide(tagged, given=SHARED, trigger=peer_silent("i-a", "i-b")).actions


def test_a_claim_moves_again_once_five_minutes_are_over() -> None:
    world, text = calm(), f"{(NOW - timedelta(minutes=5)).isoformat()} i-old"
    tagged = replace(world, group=replace(world.groups[0], tags={DOUBT_TAG: text}))
    assert decide(tagged, given=SHARED, trigger=peer_silent("i-a", "i-b")).moves


def test_a_claim_moves_long_after_the_last_one_too() -> None:
    world, text = calm(), f"{(NOW - timedelta(days=3)).isoformat()} i-old"
    tagged = replace(world, group=replace(world.groups[0], tags={DOUBT_TAG: text}))
    assert decide(tagged, given=SHARED, trigger=peer_silent("i-a", "i-b")).moves


def test_a_claim_of_two_minutes_ago_still_counts() -> None:
    assert decide(calm(), given=SHARED, trigger=peer_silent("i-a", "i-b", NOW - timedelta(minutes=2))).moves


def test_without_a_tag_that_can_be_written_no_claim_moves() -> None:
    plan = decide(calm(), given=SHARED, trigger=peer_silent("i-a", "i-b"), memory=RunState(no_doubt=True))
    assert not plan.actions
