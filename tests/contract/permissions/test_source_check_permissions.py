"""Whose source/destination check the failover's role may switch off, with the parameter VpcId and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.permissions import failover
from tests.contract.permissions.arns import arn
from tests.contract.permissions.policy import Keys, Need, Statement, denied, statements
from tests.contract.permissions.roles import deployed
from tests.simulation.assertions import routes

if TYPE_CHECKING:
    from simulator.scenario.world import World

pytestmark = pytest.mark.any_python

BY_INSTANCE, BY_INTERFACE = "ec2:ModifyInstanceAttribute", "ec2:ModifyNetworkInterfaceAttribute"
INSTANCE = arn("ec2", "instance/i-0123456789abcdef0")
INTERFACE = arn("ec2", "network-interface/eni-0123456789abcdef0")
GROUP = ("aws:ResourceTag/aws:autoscaling:groupName", ("theirs",))
SECOND = ("aws:ResourceTag/aws:autoscaling:groupName", ("their-second",))
FOREIGN = ("aws:ResourceTag/aws:autoscaling:groupName", ("web",))
OFF = ("ec2:Attribute/SourceDestCheck", ("false",))
ON = ("ec2:Attribute/SourceDestCheck", ("true",))
TYPE = ("ec2:Attribute/InstanceType", ("t4g.nano",))
VPC = ("ec2:Vpc", (arn("ec2", "vpc/vpc-0a"),))


def policy(**parameters: str) -> list[Statement]:
    stack = deployed("prod", NatAsgName="theirs", **parameters)
    return statements(stack.statements("UpdateNatRoutesRole"))


def may(action: str, resource: str, *keys: tuple[str, tuple[str, ...]], **parameters: str) -> bool:
    given: Keys = tuple(sorted(keys))
    return denied(policy(**parameters), {Need(action, resource, given)}) == []


@pytest.mark.parametrize("vpc", ["", "vpc-0a"])
@pytest.mark.parametrize("standby", ["", "their-second"])
def test_by_the_instance_it_is_switched_off_at_members_of_the_groups_alone(vpc: str, standby: str) -> None:
    given = {"VpcId": vpc, "NatStandbyAsgName": standby}
    assert may(BY_INSTANCE, INSTANCE, GROUP, OFF, **given)
    assert may(BY_INSTANCE, INSTANCE, SECOND, OFF, **given) == bool(standby)
    assert not may(BY_INSTANCE, INSTANCE, FOREIGN, OFF, **given)
    assert not may(BY_INSTANCE, INSTANCE, OFF, **given)
    assert not may(BY_INSTANCE, INSTANCE, GROUP, ON, **given)
    assert not may(BY_INSTANCE, INSTANCE, GROUP, TYPE, **given)
    assert not may(BY_INSTANCE, INSTANCE, GROUP, **given)


def test_without_a_vpc_no_interface_is_changed_at_all() -> None:
    assert may(BY_INTERFACE, INTERFACE, VPC, OFF, VpcId="vpc-0a")
    assert not may(BY_INTERFACE, INTERFACE, VPC, ON, VpcId="vpc-0a")
    assert not may(BY_INTERFACE, INTERFACE, VPC, OFF, VpcId="vpc-0b")
    for given in ({}, {"NatEipAllocationId": "eipalloc-0a"}):
        for part in policy(**given):
            about = any(":network-interface/" in resource for resource in part.resources)
            nowhere = arn("ec2", "vpc/")  # which no interface is in
            assert not about or part.conditions == {"ArnEquals": {"ec2:Vpc": nowhere}}, part.sid


WITHOUT = {"NatEipAllocationId": "", "VpcId": ""}


def moved(world: World, lost: str) -> bool:
    """Healed but for the address, which these parameters leave alone."""

    def again() -> bool:
        nat = world.in_service()
        return nat is not None and nat.id != lost and routes(world) == {nat.id}

    return world.run_until(again, 600)


def dies(world: World) -> None:
    world.kill(lost := world.nat())
    assert moved(world, lost)


def has_two_interfaces(world: World) -> None:
    lost = world.nat()
    failover.dies_before_one_with_two_interfaces(world)
    assert moved(world, lost)


def test_a_whole_failover_needs_no_vpc_without_an_address() -> None:
    stack, needs = failover.record(dies, WITHOUT)
    assert BY_INSTANCE in {need.action for need in needs}
    assert denied(statements(stack.statements("UpdateNatRoutesRole")), needs) == []


def test_a_nat_with_several_interfaces_needs_it() -> None:
    stack, needs = failover.record(has_two_interfaces, WITHOUT)
    refused = denied(statements(stack.statements("UpdateNatRoutesRole")), needs)
    assert {need.action for need in refused} == {BY_INTERFACE}
