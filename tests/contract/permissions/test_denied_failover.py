"""Each permission of the failover's role, denied alone: the run says which one, and is no success without it.

A denial stands from the moment before the NAT dies. Where the permission is not needed to move a route, the
tables are served again in spite of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from simulator.aws.instances import Script
from simulator.aws.lifecycle_actions import LAUNCHING
from simulator.engine.faults import Fault, Kind
from simulator.scenario import boot_scripts
from simulator.scenario.egress_probe import INVOKE, probing
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.contract.permissions.failover import (
    OLD,
    TERMINATE,
    dies_before_one_with_two_interfaces,
    fill_a_warm_pool,
)
from tests.contract.permissions.policy import statements
from tests.contract.permissions.roles import by_lambda, deployed
from tests.simulation.assertions import SIGNAL
from tests.simulation.group import GROUP, LAUNCH_HOOK
from update_nat_routes import app

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python


def dies(world: World) -> None:
    world.kill(world.nat())
    world.advance(300)


def has_two_interfaces(world: World) -> None:
    dies_before_one_with_two_interfaces(world)
    world.advance(300)


def stops(world: World) -> None:
    world.stop(world.nat())
    world.advance(300)


def is_busy(world: World) -> None:
    """The group refuses to terminate, so that the instance is marked."""
    world.fault(Fault(Kind.REFUSED, TERMINATE, code="ScalingActivityInProgress", message="busy"))
    stops(world)


def boots_in_vain(world: World) -> None:
    """Every successor is given up: heartbeats, the console, and the group's earlier launches."""
    world.machines.script = Script(forwards=False)
    world.client("autoscaling").put_lifecycle_hook(
        LifecycleHookName=LAUNCH_HOOK,
        AutoScalingGroupName=GROUP,
        LifecycleTransition=LAUNCHING,
        HeartbeatTimeout=100,
        DefaultResult="ABANDON",
    )
    world.kill(world.nat())
    world.advance(600)


def loses_a_route(world: World) -> None:
    table = world.platform.tables[0]
    world.client("ec2").delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    world.advance(120)


def dies_beside_a_warm_pool(world: World) -> None:
    fill_a_warm_pool(world)
    dies(world)


def is_probed(world: World) -> None:
    with probing(world):
        world.advance(OLD)
        world.impair(world.nat(), status_check=False)
        world.advance(300)


def claims(world: World) -> None:
    """The peer's word moves the routes, and the loser is doubted by a tag."""
    world.impair(world.carrier(), status_check=False)
    world.advance(130)


def serves_again(world: World) -> None:
    """Nothing serves for a while, and the tag that says since when goes."""
    os.environ |= {"NAT_FALLBACK_GATEWAY_ID": "nat-0123456789abcdef0", "NAT_FALLBACK_AFTER_SECONDS": "3600"}
    world.machines.script = Script(forwards=False)
    for controller in (world.group, world.standby):
        world.kill(controller.group.instance_states[0].instance_id)
    world.advance(120)
    world.machines.script = boot_scripts.own()
    world.advance(1500)


SCENES: dict[str, Callable[[World], None]] = {
    "autoscaling:CompleteLifecycleAction": dies,
    "autoscaling:CreateOrUpdateTags": claims,
    "autoscaling:DeleteTags": serves_again,
    "autoscaling:DescribeAutoScalingGroups": dies,
    "autoscaling:DescribeLifecycleHooks": dies,
    "autoscaling:DescribeScalingActivities": boots_in_vain,
    "autoscaling:DescribeWarmPool": dies_beside_a_warm_pool,
    "autoscaling:RecordLifecycleActionHeartbeat": boots_in_vain,
    "autoscaling:SetInstanceHealth": is_busy,
    TERMINATE: stops,
    "ec2:AssociateAddress": dies,
    "ec2:CreateRoute": loses_a_route,
    "ec2:DescribeAddresses": dies,
    "ec2:DescribeInstanceStatus": dies,
    "ec2:DescribeInstances": dies,
    "ec2:DescribeNetworkInterfaces": dies,
    "ec2:DescribeRouteTables": dies,
    "ec2:GetConsoleOutput": boots_in_vain,
    "ec2:ModifyInstanceAttribute": dies,
    "ec2:ModifyNetworkInterfaceAttribute": has_two_interfaces,
    "ec2:ReplaceRoute": dies,
    "lambda:InvokeFunction": is_probed,
    "sns:Publish": dies,
}
OF_PAIRS = {claims, serves_again}
# without these no route moves, or what it moves to does not forward
MOVES_NEED = {
    "autoscaling:DescribeAutoScalingGroups",
    "ec2:CreateRoute",
    "ec2:DescribeInstances",
    "ec2:DescribeRouteTables",
    "ec2:ModifyInstanceAttribute",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:ReplaceRoute",
}
WRONG_SENDER = "ec2:AssociateAddress"  # partners refuse the successor's own address
# the failover does its job without: a message is poorer or lost, a dead member is marked in place of ended
DOES_WITHOUT = {"ec2:GetConsoleOutput", "sns:Publish", TERMINATE}


def granted() -> set[str]:
    """What the role allows the code: a pair, a fallback, the probe, an address."""
    given = {
        "NatStandbyAsgName": "tradai-nat-standby-asg-prod",
        "NatFallbackGatewayId": "nat-0123456789abcdef0",
        "EgressProbe": "true",
        "NatEipAllocationId": "eipalloc-0123456789abcdef0",
        "VpcId": "vpc-0123456789abcdef0",
    }
    stack = deployed("prod", **given)
    policy = statements(stack.statements("UpdateNatRoutesRole"))
    own = {need.action for need in by_lambda(stack, "UpdateNatRoutesFunction")}
    return {action for statement in policy for action in statement.actions} - own


def test_there_is_a_scene_for_each_permission_of_the_role() -> None:
    assert granted() == set(SCENES)


@pytest.mark.parametrize("action", SCENES)
def test_a_denied_permission_is_named_and_no_run_with_it_is_green(action: str) -> None:
    scene = SCENES[action]
    pair = scene in OF_PAIRS
    with World(seed=10, variables=SIGNAL, standby=Standby.OWN if pair else Standby.NONE) as world:
        world.machines.script = boot_scripts.own() if pair else boot_scripts.own(world.platform.allocation)
        world.start()
        world.advance(120)
        app.reader.cache_clear()  # a cold environment knows no address
        before = len(world.function.invocations)
        asked = INVOKE if action == "lambda:InvokeFunction" else action
        world.fault(Fault(Kind.DENIED, asked, actor="lambda"))
        scene(world)
        runs = world.function.invocations[before:]
        assert [call for call in world.journal.calls if call.action == asked and call.outcome != "ok"]
        naming = [run for run in runs if action in run.output.getvalue()]
        assert naming
        assert not [run for run in runs if run.error]
        if action not in DOES_WITHOUT:
            assert any(run.metrics.get("Unguarded") and run.metrics.get("ActionsFailed") for run in naming)
            assert not [run for run in naming if run.result["success"]]
            last = [run for run in runs if run.ended][-1]
            asking = [call for call in world.journal.calls_of(last.name) if call.action == asked]
            assert last.metrics["Unguarded"] or not asking  # in the steady state too
        if action in MOVES_NEED:
            assert not world.traffic.up
            assert runs[-1].metrics.get("EgressDown", 1)  # what cannot be read is never said to be up
        elif scene is not boots_in_vain and action != WRONG_SENDER:
            assert world.traffic.up
