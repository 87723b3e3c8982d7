"""docs/hand-over.md: a made NAT beside one that carries, as from alternat, fck-nat or the platform."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, holder, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

TABLES = "PRIVATE_ROUTE_TABLE_IDS"
PASS = 90.0  # more than a minute: one pass of the schedule has ended


@pytest.fixture
def world() -> Iterator[World]:
    """The stack's own NAT serves."""
    with World(seed=13, variables=SIGNAL) as it:
        it.machines.script = boot_scripts.own()
        it.start()
        yield it


def carrier(world: World, *, with_address: bool = False) -> str:
    """An instance that is no member, which the private tables lead to, as alternat's."""
    ec2 = world.client("ec2")
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    run = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": world.platform.subnet}
    instance: str = ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    world.advance(30)
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    if with_address:
        ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=instance)
    lead_to(world, instance)
    return instance


def lead_to(world: World, instance: str) -> None:
    for table in world.platform.tables:
        world.client("ec2").replace_route(
            RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", InstanceId=instance
        )


def trial_table(world: World) -> str:
    ec2 = world.client("ec2")
    (table, *_) = ec2.describe_route_tables(RouteTableIds=list(world.platform.tables))["RouteTables"]
    trial: str = ec2.create_route_table(VpcId=table["VpcId"])["RouteTable"]["RouteTableId"]
    return trial


def target(world: World, table: str) -> str:
    (described,) = world.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
    (found,) = [route for route in described["Routes"] if route["DestinationCidrBlock"] == "0.0.0.0/0"]
    return str(found["InstanceId"])


@pytest.mark.parametrize("take_over", ["false", "true"])
def test_a_route_to_any_instance_follows_the_nat_whoever_launched_it(world: World, take_over: str) -> None:
    """NatTakeOverRoutes is about what is no instance: it keeps no route on another NAT's instance."""
    os.environ["NAT_TAKE_OVER_ROUTES"] = take_over
    own = world.nat()
    carrier(world)
    world.advance(PASS)
    assert routes(world) == {own}


def test_a_trial_table_keeps_the_routes_until_the_tables_are_named_and_on_the_way_back(world: World) -> None:
    own, named, trial = world.nat(), os.environ[TABLES], trial_table(world)
    os.environ[TABLES] = trial
    other = carrier(world)
    world.advance(PASS)
    assert (routes(world), target(world, trial)) == ({other}, own)
    world.kill(own)
    world.advance(300)  # a drill ends the new NAT alone
    own = world.nat()
    assert (routes(world), target(world, trial)) == ({other}, own)
    os.environ[TABLES] = named
    world.advance(PASS)
    assert routes(world) == {own}
    os.environ[TABLES] = trial
    lead_to(world, other)
    world.advance(PASS)
    assert routes(world) == {other}


def test_the_routes_stay_with_the_address_until_it_is_let_go_and_both_move_together(world: World) -> None:
    own = world.nat()
    other = carrier(world, with_address=True)
    world.advance(PASS)
    assert (routes(world), holder(world)) == ({other}, other)
    ec2 = world.client("ec2")
    (address,) = ec2.describe_addresses(AllocationIds=[world.platform.allocation])["Addresses"]
    ec2.disassociate_address(AssociationId=address["AssociationId"])
    answer = world.invoke({"action": "reconcile", "dry_run": False}).result
    assert answer is not None
    assert (routes(world), holder(world)) == ({own}, own)
