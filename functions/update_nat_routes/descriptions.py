"""From AWS's own descriptions to the model."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from update_nat_routes.model import (
    DEFAULT_ROUTE,
    DOUBT_TAG,
    GROUP_TAG,
    READY_TAG,
    UNSERVED_TAG,
    Group,
    Hook,
    Instance,
    Launches,
    Member,
    RouteTable,
    Target,
    TargetKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from types_boto3_autoscaling.type_defs import (
        ActivityTypeDef,
        AutoScalingGroupTypeDef,
        LifecycleHookTypeDef,
    )
    from types_boto3_autoscaling.type_defs import InstanceTypeDef as AutoScalingInstanceTypeDef
    from types_boto3_ec2.type_defs import (
        InstanceNetworkInterfaceTypeDef,
        InstanceStatusSummaryTypeDef,
        InstanceStatusTypeDef,
        InstanceTypeDef,
        NetworkInterfaceTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
    )

    from update_nat_routes.model import Observed

IPV6_DEFAULT = "::/0"
# By a virtual private gateway, or by a VPC Route Server: the Origin of a Route in the EC2 API Reference.
ANNOUNCED = frozenset({"EnableVgwRoutePropagation", "Advertisement"})
LAUNCHED_INSTANCE = re.compile(r"Launching a new EC2 instance\b.*?(i-[0-9a-f]+)")
LONGEST_HEARTBEAT = 3600  # seconds; AWS's default where a hook shows none
MEMORY_TAGS = frozenset({DOUBT_TAG, UNSERVED_TAG})
# EC2's words for a death on request: "User initiated (2026-03-28 10:00:00 GMT)".
DEATH_TIME = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
# Launches further apart than the longest pause between two tries do not belong to the same trouble.
SAME_TROUBLE = timedelta(hours=6)


def described_instance(description: InstanceTypeDef) -> Instance:
    """An instance from EC2's own description."""
    primary = next((nic for nic in description.get("NetworkInterfaces", []) if _is_primary(nic)), None)
    tags = {tag["Key"]: tag["Value"] for tag in description.get("Tags", [])}
    died = DEATH_TIME.search(description.get("StateTransitionReason", ""))
    return Instance(
        instance_id=description["InstanceId"],
        state=description["State"]["Name"],
        launched_at=description["LaunchTime"],
        interface_id=primary["NetworkInterfaceId"] if primary else None,
        source_dest_check=primary["SourceDestCheck"] if primary else True,
        elastic_address=_elastic_address(primary) if primary else None,
        ready_tag=tags.get(READY_TAG),
        died_at=datetime.fromisoformat(died.group(1)).replace(tzinfo=UTC) if died else None,
        vpc_id=description.get("VpcId"),
        addressed=bool(primary and primary.get("Association", {}).get("PublicIp")),
        group_name=tags.get(GROUP_TAG),
    )


def _is_primary(interface: InstanceNetworkInterfaceTypeDef) -> bool:
    return interface.get("Attachment", {}).get("DeviceIndex") == 0


def _elastic_address(interface: InstanceNetworkInterfaceTypeDef) -> str | None:
    association = interface.get("Association", {})
    return association.get("PublicIp") if association.get("IpOwnerId") != "amazon" else None


def described_group(description: AutoScalingGroupTypeDef) -> Group:
    """A group from Auto Scaling's own description."""
    return Group(
        name=description["AutoScalingGroupName"],
        desired=description["DesiredCapacity"],
        suspended=frozenset(
            process.get("ProcessName", "") for process in description.get("SuspendedProcesses", [])
        ),
        members=tuple(map(described_member, description.get("Instances", []))),
        has_warm_pool=bool(description.get("WarmPoolConfiguration")),
        tags={
            tag.get("Key", ""): tag.get("Value", "")
            for tag in description.get("Tags", [])
            if tag.get("Key") in MEMORY_TAGS
        },
        created_at=description.get("CreatedTime"),
    )


def described_hook(description: LifecycleHookTypeDef, group: str) -> Hook:
    """A lifecycle hook from Auto Scaling's own description."""
    return Hook(
        description["LifecycleHookName"],
        description["LifecycleTransition"],
        description.get("HeartbeatTimeout", LONGEST_HEARTBEAT),
        notifies=bool(description.get("NotificationTargetARN")),
        group=group,
    )


def described_member(description: AutoScalingInstanceTypeDef) -> Member:
    """A member from Auto Scaling's own description."""
    healthy = description["HealthStatus"] == "Healthy"
    return Member(description["InstanceId"], description["LifecycleState"], healthy)


def described_table(table: RouteTableTypeDef) -> RouteTable:
    """A route table from EC2's own description."""
    ipv6 = [
        route for route in table.get("Routes", []) if route.get("DestinationIpv6CidrBlock") == IPV6_DEFAULT
    ]
    return RouteTable(
        table["RouteTableId"],
        _default_target(table),
        table.get("VpcId"),
        _ipv6_target(ipv6[0]) if ipv6 else "",
    )


def _ipv6_target(route: RouteTypeDef) -> str:
    return route.get("EgressOnlyInternetGatewayId") or _target(route).target_id


def _default_target(table: RouteTableTypeDef) -> Target:
    """The static route has priority, then a propagated one that works: AWS's list has no promised order."""
    routes = [
        route for route in table.get("Routes", []) if route.get("DestinationCidrBlock") == DEFAULT_ROUTE
    ]
    routes.sort(key=lambda route: (route.get("Origin") in ANNOUNCED, _leads_nowhere(route)))
    return _target(routes[0]) if routes else Target(TargetKind.NOTHING)


def _target(route: RouteTypeDef) -> Target:
    blackhole, propagated = _leads_nowhere(route), route.get("Origin") in ANNOUNCED
    interface, instance = route.get("NetworkInterfaceId"), route.get("InstanceId")
    if instance or (interface and blackhole):
        # EC2 shows the interface alone once its instance is gone.
        return Target(TargetKind.INSTANCE, interface or str(instance), instance, blackhole, propagated)
    gateways = (
        route.get("NatGatewayId"),
        route.get("GatewayId"),
        route.get("TransitGatewayId"),
        route.get("VpcPeeringConnectionId"),
        route.get("LocalGatewayId"),
        route.get("CarrierGatewayId"),
        route.get("CoreNetworkArn"),
        interface,
    )
    return Target(
        TargetKind.EXTERNAL,
        next((gateway for gateway in gateways if gateway), "unknown"),
        blackhole=blackhole,
        propagated=propagated,
    )


def _leads_nowhere(route: RouteTypeDef) -> bool:
    """A filtered route is announced and not in force."""
    return route.get("State") in {"blackhole", "filtered"}


def with_interfaces(
    before: Observed,
    asked: AbstractSet[str],
    interfaces: list[NetworkInterfaceTypeDef],
    allocations: tuple[str | None, str | None],
) -> Observed:
    """The same moment with what some interfaces show now: their check, their address, and who holds ours.

    One that was asked for and is not shown any more takes its instance with it.
    """
    written = {
        shown.interface_id: shown for shown in before.instances.values() if shown.interface_id in asked
    }
    names = {shown.instance_id for shown in written.values()}
    instances = {name: shown for name, shown in before.instances.items() if name not in names}
    carried: dict[str, str] = {}
    for interface in interfaces:
        shown = written[interface["NetworkInterfaceId"]]
        association = interface.get("Association", {})
        instances[shown.instance_id] = replace(
            shown,
            source_dest_check=interface["SourceDestCheck"],
            addressed=bool(association.get("PublicIp")),
        )
        carried[association.get("AllocationId", "")] = shown.instance_id
    former = (before.eip_holder, before.standby_eip_holder)
    holder, standby_holder = (
        carried.get(allocation or "none") or (name if name not in names else None)
        for allocation, name in zip(allocations, former, strict=True)
    )
    return replace(
        before,
        instances=instances,
        eip_holder=holder,
        standby_eip_holder=standby_holder,
        holder_unread=before.holder_unread if holder is None else "",
    )


def launched_instances(activities: list[ActivityTypeDef]) -> list[tuple[str, ActivityTypeDef]]:
    """Launches with their instances, the newest first."""
    newest = sorted(activities, key=lambda activity: activity["StartTime"], reverse=True)
    named = [(LAUNCHED_INSTANCE.search(activity.get("Description", "")), activity) for activity in newest]
    return [(match.group(1), activity) for match, activity in named if match]


def failed_in_a_row(launches: list[ActivityTypeDef]) -> int:
    """How many launches were abandoned in the present series; a pause of six hours ends a series."""
    failed, later = 0, launches[0]["StartTime"] if launches else None
    for activity in launches:
        if later is None or later - activity["StartTime"] > SAME_TROUBLE:
            break
        failed, later = failed + was_abandoned(activity), activity["StartTime"]
    return failed


def was_abandoned(activity: ActivityTypeDef) -> bool:
    """Cancelled, and the message says "abandoned": by our answer, or by the hook's own time-out."""
    text = f"{activity.get('StatusMessage', '')} {activity.get('Description', '')}"
    return activity.get("StatusCode") == "Cancelled" and "abandon" in text.lower()


def launches_of(group: Group, launches: list[tuple[str, ActivityTypeDef]]) -> Launches:
    """Whether the last launch that ended was abandoned, and how many were in a row."""
    arriving = {member.instance_id for member in group.members if member.arriving}
    earlier = [activity for name, activity in launches if name not in arriving]
    last_abandoned = bool(earlier) and was_abandoned(earlier[0])
    return Launches(last_abandoned, failed_in_a_row([activity for _, activity in launches]))


def impaired_instances(statuses: Iterable[InstanceStatusTypeDef]) -> dict[str, datetime | None]:
    """The instances whose status checks fail, and since when; "initializing" and the like say nothing."""
    return {
        status["InstanceId"]: _since(check)
        for status in statuses
        for check in (status.get("SystemStatus", {}), status.get("InstanceStatus", {}))
        if check.get("Status") == "impaired"
    }


def _since(check: InstanceStatusSummaryTypeDef) -> datetime | None:
    details = check.get("Details", [])
    return next((detail["ImpairedSince"] for detail in details if "ImpairedSince" in detail), None)
