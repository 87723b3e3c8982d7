"""Two NATs, one of which carries: the rules and the function that ship, and the events of the peers."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine.faults import Fault, Kind
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, holder, names, routes, writes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.scenario.traffic import Outage

pytestmark = pytest.mark.any_python

SETTLED = 400.0
ADDRESSES = (Standby.SHARED, Standby.OWN)
STATE_CHANGE = "EC2 Instance State-change Notification"


@contextmanager
def pair(address: Standby = Standby.SHARED, seed: int = 3) -> Iterator[World]:
    """Both groups in service, one of them carrying, for so long that each may be blamed."""
    with World(seed=seed, standby=address, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(700)
        assert_at_rest(world)
        yield world


def assert_at_rest(world: World) -> None:
    """Each group has one healthy member in service; one carries everything; nothing is left over."""
    for group in (world.group, world.standby):
        (member,) = group.group.instance_states
        assert (member.lifecycle_state, member.health_status) == ("InService", "Healthy")
    assert world.traffic.up
    assert routes(world) == {world.carrier()}
    if world.platform.standby_allocation:
        held = world.client("ec2").describe_addresses()["Addresses"]
        members = {group.group.instance_states[0].instance_id for group in (world.group, world.standby)}
        assert {address.get("InstanceId") for address in held} == members
    else:
        assert holder(world) == world.carrier()
    assert [invocation.error for invocation in world.function.invocations if invocation.error] == []
    assert world.function.failures == world.function.lost == world.bus.dead_letters == []


def outages(world: World, since: float) -> list[Outage]:
    return world.traffic.since(since)


def other(world: World) -> str:
    """The one that does not carry."""
    members = [group.group.instance_states[0].instance_id for group in (world.group, world.standby)]
    (name,) = set(members) - {world.carrier()}
    return str(name)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("end", ["kill", "stop", "impair"])
def test_the_standby_takes_over_once_and_the_replacement_moves_nothing(address: Standby, end: str) -> None:
    with pair(address) as world:
        lost, standby = world.carrier(), other(world)
        at = {"kill": world.kill, "stop": world.stop, "impair": world.impair}[end](lost)
        world.advance(SETTLED)
        assert_at_rest(world)
        assert world.carrier() == standby
        assert other(world) != lost
        assert [outage.table for outage in outages(world, at)] == sorted(
            world.platform.tables, key=[outage.table for outage in outages(world, at)].index
        )
        assert max(outage.seconds for outage in outages(world, at)) < (6 if address is Standby.OWN else 9)
        assert names(writes(world, at)).count("ReplaceRoute") == 2


@pytest.mark.parametrize("address", ADDRESSES)
def test_one_that_forwards_no_more_is_left_on_its_peer_s_word_alone(address: Standby) -> None:
    with pair(address) as world:
        world.machines[world.carrier()].script = replace(boot_scripts.own(), watchman=None)
        lost, at = world.carrier(), world.impair(world.carrier(), status_check=False)
        world.advance(60)
        assert world.carrier() != lost
        (first, *_) = names(writes(world, at))
        assert first == "CreateOrUpdateTags"
        assert lost in {group.group.instance_states[0].instance_id for group in (world.group, world.standby)}


def test_a_partition_moves_once_and_never_to_and_fro() -> None:
    with pair() as world:
        at, before = world.clock.elapsed, world.carrier()
        world.peers.partitioned = True
        world.advance(3600)
        moved = names(writes(world, at)).count("ReplaceRoute")
        assert moved <= 2
        assert names(writes(world, at)).count("SetInstanceHealth") == 0
        assert world.traffic.up
        assert (world.carrier() != before) == (moved == 2)


def test_a_silent_standby_is_reported_and_moves_nothing() -> None:
    with pair() as world:
        world.machines[other(world)].script = replace(boot_scripts.own(), watchman=None)
        before, at = world.carrier(), world.impair(other(world), status_check=False)
        world.advance(120)
        assert world.carrier() == before
        assert outages(world, at) == []
        answers = [
            invocation.result
            for invocation in world.function.invocations
            if invocation.started > at and invocation.event.get("source") == "tradai.nat"
        ]
        assert answers
        assert {answer["data"]["summary"]["standby_ready"] for answer in answers} == {False}


@pytest.mark.parametrize("address", ADDRESSES)
def test_two_that_die_at_once_leave_the_first_that_is_ready_to_serve(address: Standby) -> None:
    with pair(address) as world:
        at = world.kill(world.carrier())
        world.kill(other(world))
        world.advance(SETTLED)
        assert_at_rest(world)
        first, *second = sorted({outage.start for outage in outages(world, at)})
        assert first - at < 1
        assert second == []


def test_while_a_zone_has_no_capacity_the_other_one_carries_and_afterwards_a_standby_is_back() -> None:
    with pair() as world:
        lost = world.carrier()
        group = world.group_of(lost)
        at = world.lose_zone(lost, 300)
        world.advance(280)
        assert world.members(group) == []
        assert world.carrier() != lost
        activities = world.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group)
        assert activities["Activities"][0]["StatusCode"] == "Failed"
        world.advance(SETTLED)
        assert_at_rest(world)
        assert max(outage.seconds for outage in outages(world, at)) < 6


def test_a_standby_that_never_boots_leaves_the_carrier_alone() -> None:
    with pair() as world:
        world.machines.script = replace(boot_scripts.BROKEN, boot=boot_scripts.own().boot)
        before, at = world.carrier(), world.kill(other(world))
        world.advance(1800)
        assert world.carrier() == before
        assert outages(world, at) == []
        last = next(run.result for run in reversed(world.function.invocations) if run.ended)
        assert last["data"]["summary"]["standby_ready"] is False


@pytest.mark.parametrize("carries", [True, False])
def test_an_operator_who_wants_one_nat_less_causes_no_outage_beyond_the_move(*, carries: bool) -> None:
    with pair() as world:
        groups = {
            controller.group.instance_states[0].instance_id: controller.group.name
            for controller in (world.group, world.standby)
        }
        name, at = world.carrier() if carries else other(world), world.clock.elapsed
        world.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=groups[name], MinSize=0, DesiredCapacity=0
        )
        world.advance(SETTLED)
        assert world.traffic.up
        assert world.carrier() != name
        assert all(outage.seconds < 4 for outage in outages(world, at))
        assert bool(outages(world, at)) == carries


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("which", ["carrier", "standby"])
def test_a_planned_replacement_of_either_is_no_worse_than_of_one(address: Standby, which: str) -> None:
    with pair(address) as world:
        name = world.carrier() if which == "carrier" else other(world)
        stays = other(world) if which == "carrier" else world.carrier()
        (group,) = [
            controller.group.name
            for controller in (world.group, world.standby)
            if controller.member(name) is not None
        ]
        at = world.clock.elapsed
        world.client("autoscaling").start_instance_refresh(AutoScalingGroupName=group)
        world.advance(SETTLED)
        assert_at_rest(world)
        assert name != other(world)
        assert world.carrier() == stays
        down = [outage.seconds for outage in outages(world, at)]
        assert all(seconds < 4 for seconds in down)
        assert bool(down) == (which == "carrier" and address is Standby.SHARED)


def test_the_peer_reports_a_death_whose_event_is_lost() -> None:
    with pair() as world:
        world.mishap(DeliveryFault(STATE_CHANGE, copies=0, times=2))
        at = world.kill(world.carrier())
        world.advance(SETTLED)
        assert_at_rest(world)
        assert max(outage.seconds for outage in outages(world, at)) < 9


def test_a_tag_that_cannot_be_written_means_no_move_for_a_claim() -> None:
    with pair() as world:
        world.machines[world.carrier()].script = replace(boot_scripts.own(), watchman=None)
        world.fault(Fault(Kind.DENIED, "autoscaling:CreateOrUpdateTags"))
        before, at = world.carrier(), world.impair(world.carrier(), status_check=False)
        world.advance(50)
        assert world.carrier() == before
        assert "ReplaceRoute" not in names(writes(world, at))


def test_a_former_carrier_without_a_public_address_is_not_replaced() -> None:
    with pair() as world:
        former, at = world.carrier(), world.clock.elapsed
        allocation = world.platform.allocation
        target = world.machines[other(world)].instance.nics[0].id
        ec2 = world.client("ec2")
        ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=target)
        for table in world.platform.tables:
            ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=target)
        world.advance(SETTLED)
        assert_at_rest(world)
        assert other(world) == former
        assert "SetInstanceHealth" not in names(writes(world, at))


def test_switched_off_after_a_failover_the_address_and_routes_come_back() -> None:
    with pair() as world:
        world.kill(world.group.group.instance_states[0].instance_id)
        world.advance(SETTLED)
        assert world.carrier() == world.standby.group.instance_states[0].instance_id
        os.environ["NAT_STANDBY_ASG_NAME"] = ""
        world.advance(130)
        assert world.carrier() == world.group.group.instance_states[0].instance_id
        assert holder(world) == world.carrier()
        assert world.traffic.up


def test_two_runs_at_once_move_to_the_same_one() -> None:
    with pair() as world:
        lost, standby = world.carrier(), other(world)
        world.mishap(DeliveryFault(copies=2, delay=0.0))
        at = world.kill(lost)
        world.advance(SETTLED)
        assert_at_rest(world)
        assert world.carrier() == standby
        moves = [call for call in writes(world, at) if call.action == "ec2:ReplaceRoute"]
        (target,) = {call.parameters["NetworkInterfaceId"] for call in moves}
        assert target == world.machines[standby].instance.nics[0].id
        assert len(outages(world, at)) == len(world.platform.tables)


def test_switched_on_and_off_on_a_running_stack_as_the_documents_say() -> None:
    with pair() as world:
        first, second = world.platform.groups
        if world.group_of(world.carrier()) == second:
            world.refresh(second)
            world.advance(SETTLED)
        for name in ("", second):  # a lone NAT, then a standby
            os.environ["NAT_STANDBY_ASG_NAME"] = name
            at = world.clock.elapsed
            world.advance(130)
            assert (writes(world, at), outages(world, at)) == ([], [])
        world.kill(world.carrier())
        world.advance(SETTLED)
        assert world.group_of(world.carrier()) == second
        at = world.refresh(second)  # "move the traffic back first"
        world.advance(SETTLED)
        assert world.group_of(world.carrier()) == first
        assert all(outage.seconds < 4 for outage in outages(world, at))
        os.environ["NAT_STANDBY_ASG_NAME"] = ""
        at = world.clock.elapsed
        world.advance(130)
        assert (writes(world, at), outages(world, at)) == ([], [])
