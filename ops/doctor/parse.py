"""From AWS's answers to doctor's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor.model import Group, Hook, RouteTable
from update_nat_routes.descriptions import ANNOUNCED
from update_nat_routes.model import DEFAULT_ROUTE, GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STACK_TAG = "aws:cloudformation:stack-name"
# what a route may lead to besides an instance's interface and a NAT gateway
OTHER_TARGETS = (
    "GatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
)


def tags(items: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {item["Key"]: item.get("Value", "") for item in items}


def _by_pulumi(labels: Mapping[str, str]) -> bool:
    return (
        any(name.lower().startswith("pulumi") for name in labels)
        or labels.get("ManagedBy", "").lower() == "pulumi"
    )


def owner(labels: Mapping[str, str]) -> str | None:
    """The program that manages a resource, by its tags; None where they name none."""
    if stack := labels.get(STACK_TAG):
        return f"stack {stack}"
    return "Pulumi" if _by_pulumi(labels) else None


def route_table(described: Mapping[str, Any]) -> RouteTable:
    """A table with its static default route: it has priority over one that a gateway propagates."""
    labels = tags(described.get("Tags", []))
    routes = [
        route for route in described.get("Routes", []) if route.get("DestinationCidrBlock") == DEFAULT_ROUTE
    ]
    static = [route for route in routes if route.get("Origin") not in ANNOUNCED]
    route: Mapping[str, Any] = next(iter([*static, *routes]), {})
    return RouteTable(
        id=described["RouteTableId"],
        name=labels.get("Name", ""),
        vpc_id=described["VpcId"],
        instance_id=route.get("InstanceId"),
        interface_id=route.get("NetworkInterfaceId"),
        nat_gateway_id=route.get("NatGatewayId"),
        other_target=next((route[kind] for kind in OTHER_TARGETS if route.get(kind)), None),
        blackhole=route.get("State") == "blackhole",
        stack=labels.get(STACK_TAG),
        subnets=tuple(item["SubnetId"] for item in described.get("Associations", []) if "SubnetId" in item),
        pulumi=_by_pulumi(labels),
        main=any(item.get("Main") for item in described.get("Associations", [])),
        owner=described.get("OwnerId", ""),
    )


def place(reservations: Iterable[Mapping[str, Any]]) -> tuple[str | None, str | None, tuple[str, ...]]:
    """The described instance's Auto Scaling group, subnet and interfaces, the primary one first."""
    instances = [instance for reservation in reservations for instance in reservation.get("Instances", [])]
    if not instances:
        return None, None, ()
    group_name = tags(instances[0].get("Tags", [])).get(GROUP_TAG)
    interfaces = sorted(
        instances[0].get("NetworkInterfaces", []),
        key=lambda interface: interface.get("Attachment", {}).get("DeviceIndex", 0),
    )
    ids = tuple(interface["NetworkInterfaceId"] for interface in interfaces)
    return group_name, instances[0].get("SubnetId"), ids


def group(described: Mapping[str, Any], hooks: Iterable[Mapping[str, Any]] | None) -> Group:
    return Group(
        name=described["AutoScalingGroupName"],
        desired=described["DesiredCapacity"],
        subnets=tuple(part for part in described.get("VPCZoneIdentifier", "").split(",") if part),
        suspended=tuple(process["ProcessName"] for process in described.get("SuspendedProcesses", [])),
        hooks=None if hooks is None else tuple(map(_hook, hooks)),
        members=tuple(member["InstanceId"] for member in described.get("Instances", [])),
        stack=tags(described.get("Tags", [])).get(STACK_TAG),
        arn=described.get("AutoScalingGroupARN", ""),
    )


def _hook(described: Mapping[str, Any]) -> Hook:
    return Hook(
        name=described["LifecycleHookName"],
        transition=described["LifecycleTransition"],
        heartbeat_seconds=int(described.get("HeartbeatTimeout", 3600)),  # the API's own defaults
        default_result=described.get("DefaultResult", "ABANDON"),
        notification_target=described.get("NotificationTargetARN") or None,
    )
