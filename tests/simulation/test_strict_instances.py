"""What AWS does with instances over time, and moto does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from simulator.aws.instances import Script
from simulator.engine import durations
from simulator.scenario.world import World
from tests.simulation.group import idle
from tests.simulation.test_strict_network import launch

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

    from simulator.aws.event_bridge import Event
    from simulator.aws.instances import Machine


def state_of(ec2: EC2Client, instance_id: str) -> str:
    shown = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    return str(shown["State"]["Name"])


def states_told(world: World, instance_id: str) -> list[str]:
    def concerns(event: Event) -> bool:
        return bool(event["source"] == "aws.ec2" and event["detail"].get("instance-id") == instance_id)

    return [event["detail"]["state"] for event in world.bus.history if concerns(event)]


def test_an_instance_is_pending_for_seconds_and_each_state_is_an_event(world: World, ec2: EC2Client) -> None:
    instance = launch(world, ec2)
    world.advance(2)
    assert state_of(ec2, instance) == "pending"
    world.advance(60)
    assert state_of(ec2, instance) == "running"
    ec2.stop_instances(InstanceIds=[instance])
    world.advance(2)
    assert state_of(ec2, instance) == "stopping"
    world.advance(60)
    ec2.start_instances(InstanceIds=[instance])
    world.advance(60)
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(2)
    assert state_of(ec2, instance) == "shutting-down"
    world.advance(60)
    assert state_of(ec2, instance) == "terminated"
    first, second = ["pending", "running"], ["stopping", "stopped"]
    assert states_told(world, instance) == [*first, *second, *first, "shutting-down", "terminated"]


def test_times_of_launch_and_death_are_the_virtual_clocks(world: World, ec2: EC2Client) -> None:
    world.advance(1000)
    launched = world.clock.now()
    instance = launch(world, ec2)
    world.advance(60)
    died = world.clock.now()
    ec2.terminate_instances(InstanceIds=[instance])
    shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert shown["LaunchTime"] == launched
    assert shown["StateTransitionReason"] == f"User initiated ({died:%Y-%m-%d %H:%M:%S} GMT)"
    assert shown["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_a_started_instance_has_a_new_launch_time(world: World, ec2: EC2Client) -> None:
    instance = launch(world, ec2)
    world.advance(60)
    ec2.stop_instances(InstanceIds=[instance])
    world.advance(60)
    started = world.clock.now()
    ec2.start_instances(InstanceIds=[instance])
    world.advance(60)
    shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    assert shown["LaunchTime"] == started


def test_what_is_described_follows_the_event() -> None:
    with World(handler=idle, pace={durations.DESCRIBE_LAG: 1.0}) as world:
        ec2 = world.client("ec2")
        instance = launch(world, ec2)
        with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
            state_of(ec2, instance)
        world.run_until(lambda: "running" in states_told(world, instance), 60)
        assert state_of(ec2, instance) == "pending"
        world.advance(1)
        assert state_of(ec2, instance) == "running"


def test_a_pending_instance_cannot_be_stopped_but_can_be_terminated(world: World, ec2: EC2Client) -> None:
    instance = launch(world, ec2)
    world.advance(2)
    with pytest.raises(ClientError, match="IncorrectInstanceState"):
        ec2.stop_instances(InstanceIds=[instance])
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(120)
    assert states_told(world, instance) == ["pending", "shutting-down", "terminated"]


def test_ending_what_has_ended_is_harmless(world: World, ec2: EC2Client) -> None:
    instance = launch(world, ec2)
    world.advance(60)
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(60)
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(60)
    assert states_told(world, instance) == ["pending", "running", "shutting-down", "terminated"]


def test_a_status_check_can_fail(world: World, ec2: EC2Client) -> None:
    instance = launch(world, ec2)
    world.advance(60)
    (before,) = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    world.impair(instance)
    world.advance(60)  # between two checks
    (after,) = ec2.describe_instance_status(InstanceIds=[instance])["InstanceStatuses"]
    assert before["InstanceStatus"]["Status"] == "ok"
    assert after["InstanceStatus"]["Status"] == "impaired"
    (detail,) = after["InstanceStatus"]["Details"]
    assert detail["ImpairedSince"] <= world.clock.now()


def test_an_automatic_address_goes_when_the_instance_stops_and_another_comes(
    world: World, ec2: EC2Client
) -> None:
    def address() -> str | None:
        shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return shown.get("PublicIpAddress") or None

    instance = launch(world, ec2)
    world.advance(60)
    first = address()
    ec2.stop_instances(InstanceIds=[instance])
    world.advance(60)
    assert first
    assert address() is None
    ec2.start_instances(InstanceIds=[instance])
    world.advance(60)
    assert address() not in {None, first}


def test_an_instance_forwards_once_its_script_is_through_and_a_broken_one_never(
    world: World, ec2: EC2Client
) -> None:
    world.machines.script = Script(boot=durations.BOOT_DNF)
    slow = launch(world, ec2)
    world.machines.script = Script(forwards=False)
    broken = launch(world, ec2)
    world.run_until(lambda: world.machines[slow].state == "running", 60)
    world.advance(19)
    assert not world.machines[slow].serves
    world.advance(45)
    assert world.machines[slow].serves
    assert not world.machines[broken].serves


def test_the_script_can_call_aws_as_the_instance(world: World, ec2: EC2Client) -> None:
    def signal(machine: Machine) -> None:
        tags = [{"Key": "tradai:nat-ready", "Value": machine.boot_id}]
        world.client("ec2").create_tags(Resources=[machine.id], Tags=tags)

    world.machines.script = Script(steps=signal)
    instance = launch(world, ec2)
    world.advance(60)
    (call,) = world.journal.calls_of(instance)
    assert (call.action, call.outcome) == ("ec2:CreateTags", "ok")
    tags = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [instance]}])["Tags"]
    assert {"tradai:nat-ready": f"{instance}-boot-1"}.items() <= {t["Key"]: t["Value"] for t in tags}.items()
