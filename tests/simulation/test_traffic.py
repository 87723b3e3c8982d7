"""The ground truth of egress: each condition that a packet needs, broken alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.engine import durations
from simulator.scenario.traffic import Egress
from simulator.scenario.world import World
from tests.simulation.group import idle
from tests.simulation.test_strict_network import interface_of, launch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_ec2 import EC2Client

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def nat() -> Iterator[tuple[World, EC2Client, str]]:
    """A world without a group's help: an instance made the NAT of the first table by hand."""
    with World(handler=idle) as world:
        ec2: EC2Client = world.client("ec2")
        world.client("autoscaling").suspend_processes(AutoScalingGroupName=world.platform.group)
        instance = launch(world, ec2)
        world.advance(60)
        interface = interface_of(ec2, instance)["NetworkInterfaceId"]
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
        ec2.associate_address(AllocationId=world.platform.allocation, NetworkInterfaceId=interface)
        ec2.create_route(
            RouteTableId=world.platform.tables[0],
            DestinationCidrBlock=ANYWHERE,
            NetworkInterfaceId=interface,
        )
        world.advance(5)
        yield world, ec2, instance


def state(world: World) -> Egress:
    return world.traffic.state(world.platform.tables[0])


def test_traffic_flows_where_nothing_is_missing(nat: tuple[World, EC2Client, str]) -> None:
    world, _, _ = nat
    assert state(world) is Egress.UP
    assert world.traffic.state(world.platform.tables[1]) is Egress.NO_ROUTE
    assert not world.traffic.up


def test_no_route_no_traffic(nat: tuple[World, EC2Client, str]) -> None:
    world, ec2, _ = nat
    ec2.delete_route(RouteTableId=world.platform.tables[0], DestinationCidrBlock=ANYWHERE)
    world.advance(5)
    assert state(world) is Egress.NO_ROUTE


def test_the_check_drops_what_is_not_for_the_instance_itself(nat: tuple[World, EC2Client, str]) -> None:
    world, ec2, instance = nat
    ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": True})
    world.advance(1)
    assert state(world) is Egress.CHECKED


def test_an_instance_that_does_not_forward_is_a_dead_end(nat: tuple[World, EC2Client, str]) -> None:
    world, _, instance = nat
    world.impair(instance, status_check=False)
    world.advance(1)
    assert state(world) is Egress.NOT_FORWARDING


def test_a_stopped_and_a_terminated_instance_carry_nothing(nat: tuple[World, EC2Client, str]) -> None:
    world, _, instance = nat
    world.stop(instance)
    world.advance(0)
    assert state(world) is Egress.NOT_RUNNING
    world.advance(60)
    world.kill(instance)
    world.advance(60)
    assert state(world) is Egress.GONE


def test_without_the_address_nothing_gets_out_by_the_right_name(nat: tuple[World, EC2Client, str]) -> None:
    world, ec2, _ = nat
    (address,) = ec2.describe_addresses(AllocationIds=[world.platform.allocation])["Addresses"]
    ec2.disassociate_address(AssociationId=address["AssociationId"])
    world.advance(5)
    assert state(world) is Egress.NO_ADDRESS


def test_a_moved_route_and_a_moved_address_take_effect_after_a_moment(
    nat: tuple[World, EC2Client, str],
) -> None:
    world, ec2, _ = nat
    other = launch(world, ec2)
    world.advance(60)
    ec2.modify_instance_attribute(InstanceId=other, SourceDestCheck={"Value": False})
    ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=other)
    ec2.replace_route(
        RouteTableId=world.platform.tables[0],
        DestinationCidrBlock=ANYWHERE,
        NetworkInterfaceId=interface_of(ec2, other)["NetworkInterfaceId"],
    )
    world.advance(0)
    assert state(world) is Egress.UP  # packets still go the old way
    world.advance(durations.ROUTE_EFFECT.high)
    assert state(world) is Egress.NO_ADDRESS
    world.advance(durations.ADDRESS_EFFECT.high)
    assert state(world) is Egress.UP


def test_an_outage_has_a_beginning_causes_and_an_end(nat: tuple[World, EC2Client, str]) -> None:
    world, _, instance = nat
    begun = world.stop(instance)
    world.advance(60)
    (lasting,) = [outage for outage in world.traffic.since(begun) if outage.table == world.platform.tables[0]]
    assert lasting.end is None
    world.client("ec2").start_instances(InstanceIds=[instance])
    assert world.run_until(lambda: state(world) is Egress.UP, 60)
    (outage,) = [outage for outage in world.traffic.outages if outage.end is not None and outage.end > begun]
    assert outage.start == begun
    assert outage.seconds == pytest.approx(world.clock.elapsed - begun)
    assert outage.causes == (Egress.NOT_RUNNING, Egress.NOT_FORWARDING)
