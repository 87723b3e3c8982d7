"""Every lifecycle state that Auto Scaling's own model knows, the newer ones included."""

from __future__ import annotations

from functools import cache

import pytest

from tests.unit.update_nat_routes.builder import (
    RUNNING,
    decide,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tradai_shared.aws import clients
from update_nat_routes.actions import ReplaceInstance
from update_nat_routes.model import ELIGIBLE_LIFECYCLES


@cache
def states() -> list[str]:
    model = clients.trimmed_session().get_service_model("autoscaling")
    return list(model.shape_for("LifecycleState").metadata["enum"])


def test_the_model_knows_the_newer_states() -> None:
    newer = {"ReplacingRootVolume", "ReplacingRootVolume:Wait", "RootVolumeReplaced", "Terminating:Retained"}
    assert newer <= set(states())


@pytest.mark.parametrize("state", states())
def test_only_a_member_in_service_or_about_to_be_gets_address_and_routes(state: str) -> None:
    world = observed([member("i-a", state)], [instance("i-a")], tables(to_instance("i-x", blackhole=True)))
    assert bool(decide(world, given=RUNNING).moves) == (state in ELIGIBLE_LIFECYCLES)


@pytest.mark.parametrize("state", [state for state in states() if state not in ELIGIBLE_LIFECYCLES])
def test_one_that_serves_keeps_the_routes_in_every_state_until_a_successor_is_there(state: str) -> None:
    serving = [member("i-a", state)], [instance("i-a", age=900)], tables(to_instance("i-a"))
    alone = decide(observed(*serving, eip="i-a"))
    assert alone.moves == ()
    assert not [action for action in alone.actions if isinstance(action, ReplaceInstance)]
    successor = [*serving[0], member("i-b")], [*serving[1], instance("i-b")], serving[2]
    moved = decide(observed(*successor, eip="i-a"))
    assert {type(move).__name__ for move in moved.moves} == {"AssociateAddress", "ReplaceRoute"}


@pytest.mark.parametrize("state", ["ReplacingRootVolume", "ReplacingRootVolume:Wait", "Terminating:Retained"])
def test_one_that_stops_for_its_new_volume_or_is_retained_is_not_replaced_by_us(state: str) -> None:
    world = observed([member("i-a", state)], [instance("i-a", "stopped")], tables(to_instance("i-a")))
    assert decide(world).actions == ()
