"""The failover beside propagated routes, replaced root volumes, retained and added instances."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.aws.newer_states import REPLACE_ROOT_VOLUME, RETAINED, ROOT_VOLUME_STATES
from simulator.moto_patches.network import PROPAGATED
from simulator.scenario.world import World
from simulator.storms import by_hand
from simulator.storms.disturb import Disturber
from simulator.storms.disturbance import NEWER, Disturbance, Kind, draw
from tests.simulation.assertions import SIGNAL, at_rest, healed, holder, signalling, writes
from update_nat_routes.model import DEFAULT_ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python


@pytest.fixture
def serving() -> Iterator[World]:
    with World(seed=31, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        yield world


def propagate(world: World) -> dict[str, str]:
    """A gateway announces a default route to the first table; the call's parameters."""
    ec2: Any = world.client("ec2")
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    named = {"RouteTableId": world.platform.tables[0], "GatewayId": gateway}
    ec2.enable_vgw_route_propagation(**named)
    return named


def default_routes(world: World) -> dict[str, str]:
    """The first table's default routes: what each was made by, and its target."""
    named = {"RouteTableIds": world.platform.tables[:1]}
    (table,) = world.client("ec2").describe_route_tables(**named)["RouteTables"]
    return {
        route["Origin"]: route.get("InstanceId") or route["GatewayId"]
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == DEFAULT_ROUTE
    }


def states(world: World) -> list[str]:
    return [member.lifecycle_state for member in world.group.group.instance_states]


def test_beside_a_propagated_route_the_static_one_is_moved(serving: World) -> None:
    named = propagate(serving)
    serving.kill(lost := serving.nat())
    assert serving.run_until(lambda: serving.traffic.up and serving.in_service() is not None, 400)
    assert serving.run_until(lambda: serving.nat() != lost and len(states(serving)) == 1, 300)
    assert default_routes(serving) == {PROPAGATED: named["GatewayId"], "CreateRoute": serving.nat()}
    assert serving.traffic.up


def test_a_static_route_is_made_beside_a_propagated_one_and_never_twice(serving: World) -> None:
    named, ec2 = propagate(serving), serving.client("ec2")
    route = {"RouteTableId": named["RouteTableId"], "DestinationCidrBlock": DEFAULT_ROUTE}
    ec2.delete_route(**route)
    target = serving.client("ec2").describe_instances(InstanceIds=[serving.nat()])
    interface = target["Reservations"][0]["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.create_route(**route, NetworkInterfaceId=interface)
    assert default_routes(serving) == {PROPAGATED: named["GatewayId"], "CreateRoute": serving.nat()}
    with pytest.raises(ClientError, match="RouteAlreadyExists"):
        ec2.create_route(**route, NetworkInterfaceId=interface)


def test_a_propagated_route_alone_is_left_alone_and_a_static_one_is_made_once_it_is_gone(
    serving: World,
) -> None:
    named, ec2 = propagate(serving), serving.client("ec2")
    ec2.delete_route(RouteTableId=named["RouteTableId"], DestinationCidrBlock=DEFAULT_ROUTE)
    since = serving.clock.elapsed
    serving.advance(180)
    assert default_routes(serving) == {PROPAGATED: named["GatewayId"]}
    assert writes(serving, since) == []
    ec2.disable_vgw_route_propagation(**named)
    assert serving.run_until(lambda: at_rest(serving), 120)


def test_where_routes_are_taken_over_a_propagated_one_gets_a_static_one_beside_it(serving: World) -> None:
    named, ec2 = propagate(serving), serving.client("ec2")
    ec2.delete_route(RouteTableId=named["RouteTableId"], DestinationCidrBlock=DEFAULT_ROUTE)
    os.environ["NAT_TAKE_OVER_ROUTES"] = "true"
    since = serving.clock.elapsed
    assert serving.run_until(lambda: "CreateRoute" in default_routes(serving), 120)
    assert default_routes(serving) == {PROPAGATED: named["GatewayId"], "CreateRoute": serving.nat()}
    serving.advance(120)
    assert [call.action for call in writes(serving, since)] == ["ec2:CreateRoute"]


def test_no_route_of_a_gateway_can_be_replaced_or_deleted_and_a_static_one_may_stand_beside_it(
    serving: World,
) -> None:
    named, ec2 = propagate(serving), serving.client("ec2")
    route = {"RouteTableId": named["RouteTableId"], "DestinationCidrBlock": DEFAULT_ROUTE}
    ec2.delete_route(**route)
    interface = serving.machines[serving.nat()].instance.nics[0].id
    for call, parameters in (
        (ec2.replace_route, {**route, "NetworkInterfaceId": interface}),
        (ec2.delete_route, route),
    ):
        with pytest.raises(ClientError):
            call(**parameters)
    ec2.create_route(**route, NetworkInterfaceId=interface)
    assert default_routes(serving) == {PROPAGATED: named["GatewayId"], "CreateRoute": serving.nat()}


def test_a_member_whose_root_volume_is_replaced_keeps_address_and_routes(serving: World) -> None:
    nat, began = serving.nat(), serving.clock.elapsed
    shown: list[str] = []
    serving.clock.after_step.append(lambda: shown.extend(states(serving)))
    serving.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=serving.platform.group, Strategy=REPLACE_ROOT_VOLUME
    )
    assert serving.run_until(lambda: states(serving) == ["RootVolumeReplaced"], 300)
    assert serving.run_until(lambda: at_rest(serving), 300)
    assert list(dict.fromkeys(shown)) == [*(state for state, _ in ROOT_VOLUME_STATES), "InService"]
    assert serving.nat() == nat
    assert not [
        call for call in writes(serving, began) if "Route" in call.action or "Terminate" in call.action
    ]


def test_one_that_dies_while_its_volume_is_replaced_is_replaced_itself(serving: World) -> None:
    serving.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=serving.platform.group, Strategy=REPLACE_ROOT_VOLUME
    )
    assert serving.run_until(lambda: states(serving) == ["ReplacingRootVolume:Wait"], 60)
    serving.kill(lost := member_of(serving))
    assert healed(serving, lost, 600)


def member_of(world: World) -> str:
    (member,) = world.group.group.instance_states
    return str(member.instance_id)


def test_a_retained_instance_serves_until_its_successor_does_and_keeps_nothing(serving: World) -> None:
    nat = serving.nat()
    end = by_hand.retain(serving, serving.platform.group)
    assert serving.run_until(lambda: RETAINED in states(serving), 60)
    assert serving.run_until(lambda: sorted(states(serving)) == ["InService", RETAINED], 300)
    assert serving.run_until(lambda: holder(serving) not in {None, nat} and serving.traffic.up, 120)
    serving.advance(120)
    assert sorted(states(serving)) == ["InService", RETAINED]
    end()
    assert healed(serving, nat)


def test_without_the_policy_an_abandoned_termination_ends_the_instance(serving: World) -> None:
    nat = serving.nat()
    by_hand.retain(serving, serving.platform.group)()
    serving.advance(60)
    assert RETAINED not in states(serving)
    assert healed(serving, nat)


def test_one_more_instance_by_launch_instances_takes_over_and_one_stays(serving: World) -> None:
    nat = serving.nat()
    end = by_hand.launch_one_more(serving, serving.platform.group)
    assert serving.run_until(lambda: states(serving) == ["InService", "InService"], 300)
    assert serving.run_until(lambda: holder(serving) != nat, 120)
    end()
    assert healed(serving, nat)


def test_launch_instances_launches_nothing_while_launch_is_suspended_or_past_the_maximum(
    serving: World,
) -> None:
    api, named = serving.client("autoscaling"), {"AutoScalingGroupName": serving.platform.group}
    (group,) = api.describe_auto_scaling_groups(AutoScalingGroupNames=list(named.values()))[
        "AutoScalingGroups"
    ]
    with pytest.raises(ClientError, match="MaxSize"):
        api.launch_instances(**named, RequestedCapacity=group["MaxSize"])
    api.update_auto_scaling_group(**named, MaxSize=3)
    api.suspend_processes(**named, ScalingProcesses=["Launch"])
    answer = api.launch_instances(**named, RequestedCapacity=1)
    assert (answer["Instances"], len(answer["Errors"])) == ([], 1)
    assert states(serving) == ["InService"]


@pytest.mark.parametrize("kind", NEWER)
def test_storms_meet_each_newer_state_and_it_ends_with_the_calm(kind: Kind) -> None:
    assert any(kind in {other.kind for other in draw(seed).disturbances} for seed in range(1, 40))
    with World(seed=32, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        disturber = Disturber(world, world.machines.script)
        disturber.begin(Disturbance(kind, 0, 300, 0))
        world.advance(100)
        disturber.calm()
        assert world.run_until(lambda: at_rest(world), 300)
