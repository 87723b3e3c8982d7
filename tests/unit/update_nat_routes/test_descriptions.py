"""AWS's descriptions become the model: each field by its place in AWS's answer, and what an absence says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from tests.unit.update_nat_routes.builder import NOW, eni, instance, observed
from update_nat_routes.descriptions import (
    described_group,
    described_hook,
    described_instance,
    described_member,
    described_table,
    failed_in_a_row,
    impaired_instances,
    launched_instances,
    launches_of,
    with_interfaces,
)
from update_nat_routes.model import Group, Instance, Launches, Member, TargetKind

PRIMARY = {
    "NetworkInterfaceId": "eni-0a",
    "SourceDestCheck": False,
    "Attachment": {"DeviceIndex": 0},
    "Association": {"PublicIp": "203.0.113.7", "IpOwnerId": "123456789012"},
}
SECOND = {"NetworkInterfaceId": "eni-0b", "SourceDestCheck": True, "Attachment": {"DeviceIndex": 1}}
DESCRIPTION = {"InstanceId": "i-0a", "State": {"Name": "running"}, "LaunchTime": NOW}


def described(*interfaces: dict[str, Any], **fields: object) -> Instance:
    return described_instance(cast("Any", {**DESCRIPTION, **fields, "NetworkInterfaces": [*interfaces]}))


@pytest.mark.parametrize("interfaces", [(PRIMARY, SECOND), (SECOND, PRIMARY)])
def test_the_primary_interface_is_the_one_with_device_index_0(interfaces: tuple[dict[str, Any], ...]) -> None:
    shown = described(*interfaces)
    assert (shown.interface_id, shown.source_dest_check) == ("eni-0a", False)
    assert (shown.elastic_address, shown.addressed) == ("203.0.113.7", True)


@pytest.mark.parametrize("interfaces", [(), (SECOND,)])
def test_without_a_primary_interface_the_check_counts_as_on(interfaces: tuple[dict[str, Any], ...]) -> None:
    shown = described(*interfaces)
    assert (shown.interface_id, shown.source_dest_check) == (None, True)
    assert (shown.elastic_address, shown.addressed) == (None, False)


def test_an_address_that_amazon_owns_is_no_elastic_one() -> None:
    automatic = {**PRIMARY, "Association": {"PublicIp": "198.51.100.9", "IpOwnerId": "amazon"}}
    shown = described(automatic)
    assert (shown.elastic_address, shown.addressed) == (None, True)


@pytest.mark.parametrize(
    ("reason", "died"),
    [
        ("User initiated (2026-03-28 10:00:00 GMT)", datetime(2026, 3, 28, 10, tzinfo=UTC)),
        ("Server.SpotInstanceTermination", None),
        ("", None),
    ],
)
def test_the_time_of_a_death_is_read_from_ec2_s_words(reason: str, died: datetime | None) -> None:
    assert described(PRIMARY, StateTransitionReason=reason).died_at == died


def test_the_tags_that_count_are_read() -> None:
    tags = [
        {"Key": "tradai:nat-ready", "Value": "boot"},
        {"Key": "aws:autoscaling:groupName", "Value": "a-group"},
        {"Key": "Name", "Value": "a-name"},
    ]
    shown = described(PRIMARY, Tags=tags, VpcId="vpc-0a")
    assert (shown.ready_tag, shown.group_name, shown.vpc_id) == ("boot", "a-group", "vpc-0a")


def test_a_group_has_what_the_loop_remembers_and_no_other_tag() -> None:
    tags = [
        {"Key": key, "Value": "v"} for key in ("tradai:nat-peer-moved", "tradai:nat-unserved-since", "Name")
    ]
    group = described_group(
        cast(
            "Any",
            {
                "AutoScalingGroupName": "a-group",
                "DesiredCapacity": 2,
                "SuspendedProcesses": [{"ProcessName": "Launch"}],
                "Instances": [
                    {"InstanceId": "i-0a", "LifecycleState": "InService", "HealthStatus": "Unhealthy"}
                ],
                "Tags": tags,
                "WarmPoolConfiguration": {"MinSize": 1},
                "CreatedTime": NOW,
            },
        )
    )
    assert (group.name, group.desired, group.suspended) == ("a-group", 2, frozenset({"Launch"}))
    assert (group.members, group.has_warm_pool) == ((Member("i-0a", "InService", healthy=False),), True)
    assert (len(group.tags), "Name" in group.tags, group.created_at) == (2, False, NOW)


@pytest.mark.parametrize(("health", "healthy"), [("Healthy", True), ("Unhealthy", False), ("HEALTHY", False)])
def test_only_healthy_is_healthy(health: str, *, healthy: bool) -> None:
    member: Any = {"InstanceId": "i-0a", "LifecycleState": "InService", "HealthStatus": health}
    assert described_member(member).healthy is healthy


def test_a_hook_without_a_heartbeat_has_aws_s_hour() -> None:
    shown: Any = {"LifecycleHookName": "a", "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING"}
    hook = described_hook(shown, "a-group")
    assert (hook.heartbeat, hook.notifies, hook.group) == (3600, False, "a-group")
    topic = described_hook(shown | {"HeartbeatTimeout": 300, "NotificationTargetARN": "arn:a"}, "g")
    assert (topic.heartbeat, topic.notifies) == (300, True)


@pytest.mark.parametrize(
    ("route", "kind", "target", "blackhole"),
    [
        ({"InstanceId": "i-0a", "NetworkInterfaceId": "eni-0a"}, TargetKind.INSTANCE, "eni-0a", False),
        ({"NetworkInterfaceId": "eni-0a", "State": "blackhole"}, TargetKind.INSTANCE, "eni-0a", True),
        ({"NetworkInterfaceId": "eni-0a"}, TargetKind.EXTERNAL, "eni-0a", False),
        ({"NatGatewayId": "nat-0a"}, TargetKind.EXTERNAL, "nat-0a", False),
        ({"GatewayId": "igw-0a"}, TargetKind.EXTERNAL, "igw-0a", False),
        ({"TransitGatewayId": "tgw-0a"}, TargetKind.EXTERNAL, "tgw-0a", False),
        ({"VpcPeeringConnectionId": "pcx-0a"}, TargetKind.EXTERNAL, "pcx-0a", False),
        ({"LocalGatewayId": "lgw-0a"}, TargetKind.EXTERNAL, "lgw-0a", False),
        ({"CarrierGatewayId": "cagw-0a"}, TargetKind.EXTERNAL, "cagw-0a", False),
        ({"CoreNetworkArn": "arn:a"}, TargetKind.EXTERNAL, "arn:a", False),
        ({}, TargetKind.EXTERNAL, "unknown", False),
    ],
)
def test_each_target_of_a_default_route(
    route: dict[str, str], kind: TargetKind, target: str, *, blackhole: bool
) -> None:
    given: Any = {"RouteTableId": "rtb-1", "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", **route}]}
    shown = described_table(given).target
    assert (shown.kind, shown.target_id, shown.blackhole) == (kind, target, blackhole)


ALLOCATIONS = ("eipalloc-0a", "eipalloc-0b")
WORLD = replace(
    observed([], [instance("i-a"), instance("i-b")], (), eip="i-a"),
    standby_eip_holder="i-b",
    holder_unread="denied",
)


def interface(name: str, **association: str) -> dict[str, Any]:
    return {"NetworkInterfaceId": eni(name), "SourceDestCheck": True, "Association": association}


@pytest.mark.parametrize(
    ("shown", "holder", "standby_holder", "unread"),
    [
        ([interface("i-a", PublicIp="a", AllocationId="eipalloc-0a")], "i-a", "i-b", ""),
        ([interface("i-a")], None, "i-b", "denied"),
        ([interface("i-a", PublicIp="a", AllocationId="eipalloc-0b")], None, "i-a", "denied"),
        ([], None, "i-b", "denied"),
    ],
)
def test_who_holds_each_address_after_an_interface_was_read_again(
    shown: list[Any], holder: str | None, standby_holder: str, unread: str
) -> None:
    after = with_interfaces(WORLD, {"eni-a"}, shown, ALLOCATIONS)
    assert (after.eip_holder, after.standby_eip_holder, after.holder_unread) == (
        holder,
        standby_holder,
        unread,
    )


def test_an_interface_that_is_read_again_replaces_its_instance_s_check_and_the_others_stay() -> None:
    after = with_interfaces(WORLD, {"eni-a"}, [cast("Any", interface("i-a", PublicIp="a"))], ALLOCATIONS)
    assert (after.instances["i-a"].source_dest_check, after.instances["i-a"].addressed) == (True, True)
    assert after.instances["i-b"] == WORLD.instances["i-b"]
    assert (
        not with_interfaces(WORLD, {"eni-a"}, [cast("Any", interface("i-a"))], ALLOCATIONS)
        .instances["i-a"]
        .addressed
    )
    assert set(with_interfaces(WORLD, {"eni-a"}, [], ALLOCATIONS).instances) == {"i-b"}


def launch(hours: float, status: str = "Cancelled", name: str = "i-0a") -> dict[str, Any]:
    message = "was abandoned: Heartbeat Timeout" if status == "Cancelled" else ""
    return {
        "StartTime": NOW - timedelta(hours=hours),
        "StatusCode": status,
        "StatusMessage": message,
        "Description": f"Launching a new EC2 instance: {name}",
    }


@pytest.mark.parametrize(
    ("launches", "failed"),
    [
        ([], 0),
        ([launch(0), launch(5), launch(10), launch(15)], 4),  # each within six hours of the next
        ([launch(0), launch(6), launch(12.1)], 2),
        ([launch(0, "Successful"), launch(1), launch(2, "Successful"), launch(3)], 2),
        ([launch(0, "Failed")], 0),
    ],
)
def test_a_series_of_failed_launches_ends_at_a_pause(launches: list[Any], failed: int) -> None:
    assert failed_in_a_row(launches) == failed


def test_the_newest_launch_that_has_ended_says_whether_it_was_abandoned() -> None:
    """The order of AWS's list is not promised; the launch that is under way has not ended."""
    activities: list[Any] = [
        launch(2, "Successful", "i-0c"),
        {"StartTime": NOW, "Description": "Terminating EC2 instance: i-0d"},
        launch(1, "Cancelled", "i-0b"),
        launch(0, "InProgress", "i-0a"),
    ]
    launches = launched_instances(activities)
    assert [name for name, _ in launches] == ["i-0a", "i-0b", "i-0c"]
    arriving = Group("g", 1, frozenset(), (Member("i-0a", "Pending:Wait", healthy=True),))
    assert launches_of(arriving, launches) == Launches(last_abandoned=True, failed=1)
    gone = replace(arriving, members=())
    assert launches_of(gone, launches) == Launches(last_abandoned=False, failed=1)
    assert launches_of(gone, []) == Launches(last_abandoned=False, failed=0)


def test_either_status_check_makes_an_instance_impaired_and_says_since_when() -> None:
    since: Any = {"Status": "impaired", "Details": [{"Name": "reachability", "ImpairedSince": NOW}]}
    statuses: list[Any] = [
        {"InstanceId": "i-0a", "SystemStatus": since, "InstanceStatus": {"Status": "ok"}},
        {"InstanceId": "i-0b", "SystemStatus": {"Status": "ok"}, "InstanceStatus": {"Status": "impaired"}},
        {"InstanceId": "i-0c", "SystemStatus": {"Status": "initializing"}},
        {"InstanceId": "i-0d"},
    ]
    assert impaired_instances(statuses) == {"i-0a": NOW, "i-0b": None}
