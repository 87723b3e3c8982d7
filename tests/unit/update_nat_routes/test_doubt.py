"""Who was left by a move for a doubt, and who stands by, whichever id is the lower one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    NOW,
    OWN,
    SHARED,
    as_read,
    decide,
    kinds,
    moment_of,
    peer_silent,
    tables,
    to_instance,
)
from tests.unit.update_nat_routes.pair import TO_A, TO_B, calm, nat
from update_nat_routes.model import DOUBT_TAG
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.standby import prepare, was_left

if TYPE_CHECKING:
    from update_nat_routes.model import Observed, RouteTable

SPLIT = tables(to_instance("i-a"), to_instance("i-b"))
OTHER = {"i-a": "i-b", "i-b": "i-a"}


def left(name: str, routes: tuple[RouteTable, ...] = SPLIT, *, ago: float = 60) -> Observed:
    """A pair of which the traffic leaves one for a doubt."""
    world = calm(tables=routes)
    assert world.group is not None
    tag = f"{(NOW - timedelta(seconds=ago)).isoformat()} {name}"
    return replace(world, group=replace(world.group, tags={DOUBT_TAG: tag}))


@pytest.mark.parametrize("name", OTHER)
def test_the_one_that_the_tag_names_was_left_and_the_other_was_not(name: str) -> None:
    state = moment_of(left(name), given=SHARED)
    assert was_left(state, nat(name))
    assert not was_left(state, nat(OTHER[name]))


@pytest.mark.parametrize("name", OTHER)
def test_the_one_that_a_claim_names_was_left_once_the_run_has_moved_routes(name: str) -> None:
    claim = peer_silent(name, OTHER[name])
    state = moment_of(calm(tables=SPLIT), given=SHARED, trigger=claim, memory=RunState(changed=True))
    assert was_left(state, nat(name))
    assert not was_left(state, nat(OTHER[name]))


@pytest.mark.parametrize(("ago", "still"), [(299, True), (300, False), (900, False)])
def test_a_move_for_a_doubt_is_finished_for_five_minutes(ago: float, *, still: bool) -> None:
    assert was_left(moment_of(left("i-a", ago=ago), given=SHARED), nat("i-a")) is still


@pytest.mark.parametrize(("name", "routes"), [("i-a", TO_A), ("i-b", TO_B)])
def test_nobody_was_left_while_no_other_has_a_route(name: str, routes: tuple[RouteTable, ...]) -> None:
    assert not was_left(moment_of(left(name, routes), given=SHARED), nat(name))


@pytest.mark.parametrize("name", OTHER)
def test_a_move_that_stopped_half_way_is_finished_also_to_the_older_one(name: str) -> None:
    younger = {name: nat(name, age=700), OTHER[name]: nat(OTHER[name])}
    world = replace(left(name), instances=younger, eip_holder=OTHER[name])
    (action,) = kinds(decide(world, given=SHARED))
    assert action == f"ReplaceRoute rtb-{1 if name == 'i-a' else 2}"


@pytest.mark.parametrize(("name", "routes"), [("i-a", TO_A), ("i-b", TO_B)])
def test_only_the_check_of_the_one_that_stands_by_is_prepared(
    name: str, routes: tuple[RouteTable, ...]
) -> None:
    checked = {each: replace(nat(each), source_dest_check=True) for each in OTHER}
    world = calm(instances=checked, tables=routes, eip_holder=name)
    (action,) = prepare(moment_of(world, given=SHARED), as_read(checked[name]))
    assert action.instance_id == OTHER[name]


def test_the_routes_of_a_remembered_claim_follow_the_other_s_own_address() -> None:
    world, claim = replace(left("i-a", TO_A, ago=0), eip_holder="i-a"), peer_silent("i-a", "i-b")
    lacks = decide(world, given=OWN, trigger=claim)
    assert kinds(lacks) == ["AssociateAddress eipalloc-0b", "ReplaceRoute rtb-1", "ReplaceRoute rtb-2"]
    has = decide(replace(world, standby_eip_holder="i-b"), given=OWN, trigger=claim)
    assert kinds(has) == ["ReplaceRoute rtb-1", "ReplaceRoute rtb-2"]


@pytest.mark.parametrize(
    ("name", "ago", "written"),
    [("i-a", 60, 0), ("i-a", 299, 0), ("i-a", 300, 1), ("i-a", 900, 1), ("i-0", 60, 1), ("i-b", 60, 1)],
)
def test_a_move_for_failing_status_checks_is_remembered_once_in_five_minutes(
    name: str, ago: float, written: int
) -> None:
    world = replace(left(name, TO_A, ago=ago), eip_holder="i-a", impaired={"i-a": NOW})
    assert kinds(decide(world, given=SHARED)).count(f"TagGroup {DOUBT_TAG}") == written
