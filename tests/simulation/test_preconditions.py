"""One hour after each precondition of the failover is broken: the alarms that fire, and what is done.

An alarm that fires does so once. The group launches at most one replacement.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from simulator.aws.alarms import Alarm, AlarmState, DataPoint, data_points
from simulator.aws.lifecycle_actions import LAUNCHING, TERMINATING
from simulator.engine.faults import Fault, Kind
from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tests.contract.stack import Stack
from tests.simulation.assertions import SIGNAL, at_rest
from tests.simulation.group import GROUP, LAUNCH_HOOK, TERMINATE_HOOK

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python

HOUR = 3600.0
BEFORE_DEATH = 600.0
WATCHED = {"TradAI/Ops", "AWS/Lambda"}
ALARMS = [
    Alarm(properties)
    for properties in Stack("prod").of_type("AWS::CloudWatch::Alarm").values()
    if properties.get("Namespace") in WATCHED
    and properties["AlarmName"].startswith(("tradai-prod-nat-", "tradai-prod-ops-alerts-"))
]
DOWN = {"nat-unhealthy", "nat-failover-failed"}
LOST = frozenset({"ops-alerts-failed"})


def no_group(_: World) -> None:
    os.environ["NAT_ASG_NAME"] = "tradai-nat-asg-elsewhere"


def no_table(_: World) -> None:
    os.environ["PRIVATE_ROUTE_TABLE_IDS"] = "rtb-0123456789abcdef0"


def one_table_missing(world: World) -> None:
    os.environ["PRIVATE_ROUTE_TABLE_IDS"] = ",".join([*world.platform.tables, "rtb-0123456789abcdef0"])


def table_of_another_vpc(world: World) -> None:
    """Named beside the NAT's own: EC2 refuses its route, and the others are healed."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    os.environ["PRIVATE_ROUTE_TABLE_IDS"] = ",".join([*world.platform.tables, table])


def no_topic(_: World) -> None:
    os.environ["SNS_ALERTS_TOPIC_ARN"] = "arn:aws:sns:eu-central-1:123456789012:elsewhere"


def topic_of_another_region(_: World) -> None:
    os.environ["SNS_ALERTS_TOPIC_ARN"] = "arn:aws:sns:us-east-1:123456789012:tradai-alerts-prod"


def topic_refuses(world: World) -> None:
    world.fault(Fault(action="sns:Publish", kind=Kind.DENIED))


def rename_hooks(world: World, launch: tuple[str, ...], terminate: tuple[str, ...]) -> None:
    api = world.client("autoscaling")
    for name in (LAUNCH_HOOK, TERMINATE_HOOK):
        api.delete_lifecycle_hook(AutoScalingGroupName=GROUP, LifecycleHookName=name)
    for transition, names in ((LAUNCHING, launch), (TERMINATING, terminate)):
        for name in names:
            api.put_lifecycle_hook(
                AutoScalingGroupName=GROUP,
                LifecycleHookName=name,
                LifecycleTransition=transition,
                HeartbeatTimeout=300,
                DefaultResult="CONTINUE" if transition == TERMINATING else "ABANDON",
            )


def other_hooks(world: World) -> None:
    rename_hooks(world, ("nat-start",), ("nat-end",))


def two_launch_hooks_of_others(world: World) -> None:
    rename_hooks(world, ("web-start", "audit-start"), ("nat-end",))


def address_with_a_stranger(world: World) -> None:
    ec2 = world.client("ec2")
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    run = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": world.platform.subnet}
    stranger = ec2.run_instances(**run)["Instances"][0]["InstanceId"]
    world.advance(60)
    ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=stranger)


def suspend(world: World) -> None:
    world.client("autoscaling").suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])


def deny_instances(world: World) -> None:
    world.fault(Fault(action="ec2:DescribeInstances", kind=Kind.DENIED))


def deny_hooks(world: World) -> None:
    world.fault(Fault(action="autoscaling:DescribeLifecycleHooks", kind=Kind.DENIED))


def switch_off(world: World) -> None:
    world.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0
    )


def both(first: Callable[[World], None], second: Callable[[World], None]) -> Callable[[World], None]:
    def breaks(world: World) -> None:
        first(world)
        second(world)

    breaks.__name__ = f"{first.__name__} and {second.__name__}"
    return breaks


@dataclass(frozen=True)
class Scenario:
    """What is broken, whether the NAT dies ten minutes later, and what follows in the hour after that."""

    breaks: Callable[[World], None]
    alarms: frozenset[str]
    dies: bool = False
    launches: int = 0
    heals: bool = True  # at the end the NAT serves with address and routes
    twice: frozenset[str] = frozenset()  # of two outages: one ended before the NAT died


SCENARIOS = [
    Scenario(lambda _: None, frozenset(), dies=True, launches=1),
    Scenario(no_group, frozenset({*DOWN, "nat-unguarded"})),
    Scenario(no_table, frozenset({*DOWN, "nat-unguarded"}), dies=True, launches=1, heals=False),
    Scenario(one_table_missing, frozenset({"nat-unguarded"}), dies=True, launches=1),
    Scenario(table_of_another_vpc, frozenset({*DOWN, "nat-actions-failed"}), dies=True, launches=1),
    Scenario(other_hooks, frozenset(), dies=True, launches=1),
    Scenario(two_launch_hooks_of_others, frozenset({"nat-unguarded"})),
    Scenario(
        address_with_a_stranger,  # its automatic address comes some minutes later
        frozenset({"nat-unhealthy", "nat-unguarded", "nat-actions-failed"}),
        dies=True,
        launches=1,
        heals=False,
    ),
    Scenario(no_topic, LOST, dies=True, launches=1),
    Scenario(topic_of_another_region, LOST, dies=True, launches=1),
    Scenario(topic_refuses, LOST, dies=True, launches=1),
    Scenario(suspend, frozenset({*DOWN, "nat-processes-suspended"}), dies=True, heals=False),
    Scenario(deny_instances, frozenset({"nat-unguarded", "nat-actions-failed", "nat-schedule-silent"})),
    Scenario(deny_hooks, frozenset({"nat-unguarded", "nat-actions-failed"}), dies=True, launches=1),
    Scenario(switch_off, frozenset({"nat-maintenance"}), heals=False),
    Scenario(
        both(other_hooks, address_with_a_stranger),
        frozenset({"nat-unhealthy", "nat-unguarded", "nat-actions-failed"}),
        dies=True,
        launches=1,
        heals=False,
    ),
    Scenario(both(one_table_missing, other_hooks), frozenset({"nat-unguarded"}), dies=True, launches=1),
    Scenario(
        both(one_table_missing, deny_hooks),
        frozenset({"nat-unguarded", "nat-actions-failed"}),
        dies=True,
        launches=1,
    ),
    Scenario(both(no_group, no_topic), frozenset({*DOWN, "nat-unguarded"})),
    Scenario(
        both(no_topic, suspend),
        frozenset({*DOWN, *LOST, "nat-processes-suspended"}),
        dies=True,
        heals=False,
    ),
    Scenario(
        both(address_with_a_stranger, suspend),
        frozenset({*DOWN, "nat-unguarded", "nat-actions-failed", "nat-processes-suspended"}),
        dies=True,
        heals=False,
        twice=frozenset({"nat-unhealthy"}),
    ),
]


def _sends(alarm: Alarm, state: AlarmState) -> bool:
    """Whether a transition to this state sends a message of trouble."""
    silent = state is AlarmState.INSUFFICIENT_DATA and "InsufficientDataActions" in alarm.properties
    return state is AlarmState.ALARM or silent


def fired(alarms: list[Alarm], points: list[DataPoint], elapsed: float) -> dict[str, list[float]]:
    """When each alarm sent a message of trouble; those that never did are left out."""
    times = {
        alarm.name.removeprefix("tradai-prod-"): [
            change.at for change in alarm.history(points, elapsed) if _sends(alarm, change.state)
        ]
        for alarm in alarms
    }
    return {name: each for name, each in times.items() if each}


def name_of(scenario: Scenario) -> str:
    return scenario.breaks.__name__.strip("<>")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_an_hour_with_a_broken_precondition(scenario: Scenario) -> None:
    with World(seed=13, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own(world.platform.allocation)
        world.start()
        world.advance(HOUR / 6)
        launched = len(world.group.activities.all)
        scenario.breaks(world)
        world.advance(BEFORE_DEATH)
        if scenario.dies:
            world.kill(world.nat())
        world.advance(HOUR)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        times = fired(ALARMS, points, world.clock.elapsed)
        launches = [
            activity
            for activity in world.group.activities.all[: len(world.group.activities.all) - launched]
            if "Launching" in activity.description
        ]
        assert set(times) == scenario.alarms
        assert {name: len(each) for name, each in times.items()} == {
            name: 2 if name in scenario.twice else 1 for name in scenario.alarms
        }
        assert len(launches) == scenario.launches
        assert at_rest(world) is scenario.heals
