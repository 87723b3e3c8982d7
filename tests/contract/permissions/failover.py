"""tradai-update-nat-routes at everything that it can do, in the simulated world."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from simulator.aws.instances import Script
from simulator.aws.lambda_service import Invocation
from simulator.aws.lifecycle_actions import LAUNCHING
from simulator.engine.faults import Fault, Kind
from simulator.scenario import boot_scripts
from simulator.scenario.egress_probe import probing
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.simulation.assertions import SIGNAL, healed, routes
from tradai_shared.config import naming

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.permissions.policy import Need
    from tests.contract.stack import Stack

OLD = 650.0  # seconds: a NAT that is younger is blamed for nothing
TERMINATE = "autoscaling:TerminateInstanceInAutoScalingGroup"


@cache
def recorded(*, tagged: bool = False) -> list[tuple[Stack, frozenset[Need]]]:
    """Each world's own stack with what its function asked for. ``tagged``: tables found by their name."""
    scenes = (route_lost,) if tagged else (boot_fails, forwards_nothing, has_two_interfaces)
    lone = [record(scene, {"PrivateRouteTableIds": ""} if tagged else {}) for scene in scenes]
    return lone if tagged else [record_pair(), *lone]  # the pair's role has every statement


def record_pair() -> tuple[Stack, frozenset[Need]]:
    """Two NATs with an address each, and a NAT gateway behind them."""
    with World(seed=10, variables=SIGNAL, standby=Standby.OWN) as world:
        ec2 = world.client("ec2")
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        made = ec2.create_nat_gateway(SubnetId=world.platform.subnet, AllocationId=address)
        gateway = str(made["NatGateway"]["NatGatewayId"])
        # the world's environment, put back at its end
        os.environ |= {"NAT_FALLBACK_GATEWAY_ID": gateway, "NAT_FALLBACK_AFTER_SECONDS": "60"}
        world.machines.script = boot_scripts.own()
        recorder = Recorder()
        recorder.listens = lambda: runs(world)
        with recorder.connected():
            world.start()
            world.advance(120)
            a_claim_and_then_nothing_serves(world, gateway)
        given = {**world.platform.parameters, "VpcId": world.platform.vpc, "EgressProbe": "true"}
        given["NatFallbackGatewayId"] = gateway
        return deployed(given.pop("Environment"), **given), frozenset(recorder.recorded)


def a_claim_and_then_nothing_serves(world: World, gateway: str) -> None:
    """The carrier is left on its peer's word; then both boot no more, and the routes go to the fallback."""
    world.impair(lost := world.carrier(), status_check=False)
    assert world.run_until(lambda: world.carrier() != lost and world.traffic.up, 60)
    world.advance(70)
    world.machines.script = Script(forwards=False)
    for controller in (world.group, world.standby):
        world.kill(controller.group.instance_states[0].instance_id)
    assert world.run_until(lambda: routes(world) == {gateway}, 1200)
    world.machines.script = boot_scripts.own()
    assert world.run_until(lambda: gateway not in routes(world) and world.traffic.up, 1800)


def record(scene: Callable[[World], None], parameters: dict[str, str]) -> tuple[Stack, frozenset[Need]]:
    """The role with the world's VPC where the parameters name none."""
    with World(seed=10, variables=SIGNAL, parameters=parameters) as world:
        world.machines.script = boot_scripts.own(world.platform.allocation)
        recorder = Recorder()
        recorder.listens = lambda: runs(world)
        with recorder.connected():
            world.start()
            scene(world)
        own = {**world.platform.parameters, "VpcId": world.platform.vpc, "EgressProbe": "true"}
        given = {**own, **parameters}
        return deployed(given.pop("Environment"), **given), frozenset(recorder.recorded)


def runs(world: World) -> bool:
    """Whether the call at hand is made by an invocation of the failover."""
    process = world.clock.running
    return (
        process is not None
        and isinstance(process.owner, Invocation)
        and process.owner in world.function.invocations
    )


def boot_fails(world: World) -> None:
    """Heartbeats until the successor is given up; its own successor serves. A lost route is made anew."""
    own, world.machines.script = world.machines.script, Script(forwards=False)
    world.client("autoscaling").put_lifecycle_hook(
        LifecycleHookName=naming.nat_launch_hook_name("prod"),
        AutoScalingGroupName=world.platform.group,
        LifecycleTransition=LAUNCHING,
        HeartbeatTimeout=100,
        DefaultResult="ABANDON",
    )
    world.kill(lost := world.nat())
    gone = lambda: "Cancelled" in {activity.status_code for activity in world.group.activities.all}  # noqa: E731 - a name for one expression
    assert world.run_until(gone, 600)
    world.machines.script = own
    assert healed(world, lost, 600)
    lose_a_route(world)
    fill_a_warm_pool(world)


def forwards_nothing(world: World) -> None:
    """The probe reports, and where terminating a dead one is refused it is marked."""
    with probing(world):
        world.advance(OLD)
        world.impair(lost := world.nat(), status_check=False)
        assert world.run_until(lambda: world.nat() != lost and world.traffic.up, 300)
    assert healed(world, lost, 300)
    world.fault(Fault(Kind.REFUSED, TERMINATE, code="ScalingActivityInProgress", message="busy"))
    world.stop(lost := world.nat())
    assert healed(world, lost, 600)


def has_two_interfaces(world: World) -> None:
    lost = world.nat()
    dies_before_one_with_two_interfaces(world)
    assert healed(world, lost, 600)


def dies_before_one_with_two_interfaces(world: World) -> None:
    """The successor gets a second interface while it boots: EC2 then has the one named."""
    world.kill(lost := world.nat())
    successors: list[str] = []

    def launched() -> bool:
        members = [state.instance_id for state in world.group.group.instance_states]
        successors[:] = [each for each in members if each != lost]
        return bool(successors)

    assert world.run_until(launched, 300)
    ec2 = world.client("ec2")
    second = ec2.create_network_interface(SubnetId=world.platform.subnet)["NetworkInterface"]
    ec2.attach_network_interface(
        DeviceIndex=1, InstanceId=successors[0], NetworkInterfaceId=second["NetworkInterfaceId"]
    )


def route_lost(world: World) -> None:
    lose_a_route(world)
    world.kill(lost := world.nat())
    assert healed(world, lost, 600)


def fill_a_warm_pool(world: World) -> None:
    world.client("autoscaling").put_warm_pool(AutoScalingGroupName=world.platform.group, MinSize=1)
    world.group.warm_pool.launch()
    world.advance(60)


def lose_a_route(world: World) -> None:
    table = world.platform.tables[0]
    world.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    assert world.run_until(lambda: routes(world) == {world.nat()}, 120)
