"""Crashes between any two writes, breadth first; ``python -m tests.exhaustive.crashes`` goes deeper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.exhaustive.crashes import State, ordered, replay, search, steps, wrong
from tests.exhaustive.pair_world import OWN_ADDRESSES, SHARED_ADDRESS
from tests.unit.update_nat_routes.builder import GROUP
from update_nat_routes.actions import Action, AssociateAddress, CreateRoute, ReplaceInstance
from update_nat_routes.planner.standby import NEVER

if TYPE_CHECKING:
    from tests.exhaustive.crash_world import World

pytestmark = pytest.mark.any_python

DEPTH, MOST = 9, 200_000
PAIR_DEPTH = 4


def test_from_every_state_two_passes_put_everything_right() -> None:
    result = search(DEPTH, MOST)
    assert not result.stories, "\n".join(result.stories)
    assert result.states > 5_000


@pytest.mark.parametrize("world", [SHARED_ADDRESS, OWN_ADDRESSES], ids=["shared", "own"])
def test_from_every_state_of_two_groups_too(world: World) -> None:
    result = search(PAIR_DEPTH, MOST, world=world)
    assert not result.stories, "\n".join(result.stories)
    assert result.states > 500


def test_a_second_move_for_a_doubt_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("update_nat_routes.planner.standby.last_doubt", lambda _: NEVER)
    (story,) = search(9, MOST, world=replace(OWN_ADDRESSES, targets=(0, 0), left=1, rested=False)).stories
    assert "a move for a doubt right after another one" in story
    assert "--standby own" in story


def test_a_standby_without_its_address_is_found() -> None:
    (story,) = search(
        PAIR_DEPTH, MOST, lambda world: _without(AssociateAddress, world), SHARED_ADDRESS
    ).stories
    assert "VIOLATED after 2 passes" in story


def test_a_planner_that_ignores_status_checks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("update_nat_routes.planner.nat_state.NatState.impaired", lambda *_: False)
    monkeypatch.setattr("update_nat_routes.planner.plan.suspect", lambda *_, **__: ())
    (story,) = search(PAIR_DEPTH, MOST, world=SHARED_ADDRESS).stories
    assert "1. the status checks of i-0 fail" in story


def _without(kind: type[Action], world: World) -> tuple[Action, ...]:
    return tuple(action for action in ordered(world) if not isinstance(action, kind))


def test_a_planner_that_forgets_the_address_has_a_story() -> None:
    (story,) = search(DEPTH, MOST, lambda world: _without(AssociateAddress, world)).stories
    assert "1. i-0 dies" in story
    assert "again: python -m tests.exhaustive.crashes --standby none --replay" in story


def test_a_planner_that_creates_no_route_has_the_shortest_story() -> None:
    (story,) = search(DEPTH, MOST, lambda world: _without(CreateRoute, world)).stories
    assert story.startswith("  1. somebody deletes the route of rtb-1\n  VIOLATED")


def test_ending_an_instance_that_runs_is_a_violation() -> None:
    state = State(runs=((ReplaceInstance(GROUP, "i-0", "why"),),))
    step, after = next((text, after) for text, after in steps(state) if text.startswith("run 1: Replace"))
    assert "ReplaceInstance i-0 ends an instance that runs" in list(wrong(state, step, after, ordered))


def test_a_story_can_be_seen_again(capsys: pytest.CaptureFixture[str]) -> None:
    replay("somebody deletes the route of rtb-2")
    assert "CreateRoute rtb-2: the table has no default route" in capsys.readouterr().out
