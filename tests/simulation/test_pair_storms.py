"""Storms over two NATs. ``make simulate ARGS="--standby drawn"`` plays more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.scenario.platform import Standby
from simulator.storms.disturbance import OF_A_PAIR, Disturbance, Kind, Storm, draw
from simulator.storms.storm import play
from update_nat_routes.actions import RouteToFallback
from update_nat_routes.planner.nat_state import NatState
from update_nat_routes.planner.standby import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

SEEDS = (
    *((seed, Standby.SHARED) for seed in (4, 30008, 91085)),
    *((seed, Standby.OWN) for seed in (3, 135, 92032, 99003)),
)
PARTED = Disturbance(Kind.PARTED, 500, 900, 0)


@pytest.mark.parametrize(("seed", "standby"), SEEDS)
def test_no_storm_breaks_an_invariant(seed: int, standby: Standby) -> None:
    assert play(draw(seed, standby)).violations == ()


def test_the_seeds_together_have_what_only_a_pair_can_suffer() -> None:
    drawn = {disturbance.kind for seed in SEEDS for disturbance in draw(*seed).disturbances}
    assert drawn >= set(OF_A_PAIR)


def test_a_seed_draws_the_kind_of_world() -> None:
    storms = [draw(seed, None) for seed in range(20)]
    assert {storm.standby for storm in storms} == set(Standby)
    assert storms == [draw(storm.seed, storm.standby) for storm in storms]
    assert {storm.fallback for storm in storms if storm.standby is not Standby.NONE} == {True, False}


def storm(*, standby: Standby = Standby.SHARED, fallback: bool = False) -> Storm:
    return Storm(
        1, 1, signals=True, launches_first=True, disturbances=(PARTED,), standby=standby, fallback=fallback
    )


def test_two_that_pass_the_traffic_to_and_fro_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("update_nat_routes.planner.standby.last_doubt", lambda _: NEVER)
    assert any("which serves" in text for text in play(storm()).violations)


def test_a_gateway_that_is_used_while_a_nat_could_serve_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_once(state: NatState, *_: object) -> Iterator[RouteToFallback]:
        gateway = state.settings.fallback_gateway_id
        for table in state.observed.tables:
            if gateway and table.target.target_id != gateway:
                yield RouteToFallback(
                    table.table_id, gateway, table.target.target_id, replaces=True, reason="why"
                )

    monkeypatch.setattr("update_nat_routes.planner.plan.fall_back", at_once)
    assert any("could serve" in text for text in play(storm(fallback=True)).violations)


def test_an_address_that_goes_to_the_other_group_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NatState, "allocation", lambda state, _: state.settings.allocation_id)
    assert any("gives the address of" in text for text in play(storm(standby=Standby.OWN)).violations)
