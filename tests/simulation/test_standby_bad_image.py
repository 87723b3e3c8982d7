"""A deployment brings an image or a script that does not forward, to two NATs: one of them always serves.

CloudFormation refreshes the second group after the first's refresh has succeeded (``DependsOn``), and not
at all if that failed: the first group's refresh is played here, and the second's never comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.aws.instances import Script
from tests.contract.stack import MADE_STANDBY, Stack
from tests.simulation.test_standby import ADDRESSES, other, outages, pair

if TYPE_CHECKING:
    from simulator.scenario.platform import Standby
    from simulator.scenario.world import World

pytestmark = pytest.mark.any_python

GIVEN_UP = 1200.0  # seconds: longer than a boot's heartbeats, several times


def group_of(world: World, instance_id: str) -> str:
    for controller in (world.group, world.standby):
        if controller.group.instance_states[0].instance_id == instance_id:
            return str(controller.group.name)
    raise AssertionError(instance_id)


def refresh(world: World, group: str) -> float:
    world.client("autoscaling").start_instance_refresh(AutoScalingGroupName=group)
    return float(world.clock.elapsed)


def test_cloudformation_touches_the_second_group_only_after_the_first() -> None:
    raw = Stack("prod", **MADE_STANDBY).raw
    assert "NatGroup" in raw["NatStandbyGroup"]["DependsOn"]
    assert raw["NatGroup"]["UpdatePolicy"] == {"AutoScalingInstanceRefresh": {"Strategy": "Rolling"}}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("first", ["carrier", "standby"])
def test_a_bad_image_costs_no_second_of_egress_whichever_group_is_first(address: Standby, first: str) -> None:
    with pair(address) as world:
        carrier, standby = world.carrier(), other(world)
        world.machines.script = Script(forwards=False)
        at = refresh(world, group_of(world, carrier if first == "carrier" else standby))
        world.advance(GIVEN_UP)
        untouched = standby if first == "carrier" else carrier
        serving = {
            member.instance_id
            for each in (world.group, world.standby)
            for member in each.group.instance_states
        }
        assert untouched in serving
        assert world.traffic.up
        assert outages(world, at) == []
        assert world.carrier() in {carrier, standby}, "never to a NAT of the bad image"
