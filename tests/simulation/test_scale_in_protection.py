"""A NAT that is protected from scale-in: what its group may still do with it, and what the function does.

AWS documents that the protection holds off neither a failed health check nor
TerminateInstanceInAutoScalingGroup:
https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-instance-protection.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, at_rest, healed, routes, writes
from tests.simulation.failover_calls import ENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

PLANNED = 5.0  # seconds that a move of the address takes until packets follow, and some more


@pytest.fixture
def world() -> Iterator[World]:
    """A lone NAT that serves and is protected."""
    with World(seed=5, variables=SIGNAL) as given:
        given.machines.script = boot_scripts.own()
        given.start()
        given.advance(700)
        protect(given)
        yield given


def protect(world: World) -> None:
    group = world.group_of(world.carrier())
    world.client("autoscaling").set_instance_protection(
        InstanceIds=[world.carrier()], AutoScalingGroupName=group, ProtectedFromScaleIn=True
    )


def resize(world: World, desired: int) -> None:
    sizes = {"MinSize": 0, "MaxSize": 2, "DesiredCapacity": desired}
    world.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=world.platform.group, **sizes)


@pytest.mark.parametrize("end", ["terminated", "stopped", "not forwarding"])
def test_one_that_no_longer_serves_is_replaced_all_the_same(world: World, end: str) -> None:
    ENDS[end](world, lost := world.carrier())
    assert healed(world, lost, 600)


def test_a_refresh_leaves_it_and_the_traffic_alone(world: World) -> None:
    began = world.refresh()
    protected = world.carrier()
    world.advance(600)
    assert (world.nat(), routes(world)) == (protected, {protected})
    assert writes(world, began) == []


def test_the_newer_one_that_leaves_in_its_place_gives_the_traffic_back(world: World) -> None:
    protected = world.carrier()
    resize(world, 2)
    assert world.run_until(lambda: routes(world).isdisjoint({protected}), 300)
    world.advance(120)
    began = world.clock.elapsed
    resize(world, 1)
    assert world.run_until(lambda: at_rest(world), 300)
    assert world.nat() == protected
    assert all(outage.seconds < PLANNED for outage in world.traffic.since(began))


def test_a_desired_size_of_nothing_leaves_it_serving(world: World) -> None:
    protected, began = world.carrier(), world.clock.elapsed
    resize(world, 0)
    world.advance(600)
    assert (world.nat(), routes(world)) == (protected, {protected})
    assert world.traffic.up
    assert writes(world, began) == []


@pytest.mark.parametrize("address", [Standby.SHARED, Standby.OWN])
def test_of_a_pair_it_hands_over_and_is_replaced(address: Standby) -> None:
    with World(seed=5, standby=address, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(700)
        protect(world)
        group, lost = world.group_of(world.carrier()), world.carrier()
        world.impair(lost, status_check=False)
        assert world.run_until(lambda: world.traffic.up and world.carrier() != lost, 60)
        assert world.run_until(lambda: world.rests(group) and lost not in world.members(group), 1200)
