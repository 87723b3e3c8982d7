"""The reads that the failover makes in every pass, answered from moto's state without moto's wire.

On the wire each answer is written as XML and parsed again, which is nine tenths of a storm's time. Here are
the same answers as the parsed XML has them, with the fields that the failover reads and no others; a filter
or a parameter that is not known here raises. ``tests/simulation/test_fast.py`` holds them against moto.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.autoscaling import autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

REGION = "eu-central-1"
LENGTH_OF_REQUEST_ID = 52  # moto draws one for each answer
Answer = dict[str, Any]
BY_GROUP = "tag:aws:autoscaling:groupName"
ROUTE_FIELDS = {
    "DestinationCidrBlock": "destination_cidr_block",
    "DestinationIpv6CidrBlock": "destination_ipv6_cidr_block",
    "EgressOnlyInternetGatewayId": "egress_only_internet_gateway_id",
    "GatewayId": "gateway_id",
    "InstanceId": "instance_id",
    "NatGatewayId": "nat_gateway_id",
    "TransitGatewayId": "transit_gateway_id",
    "VpcPeeringConnectionId": "vpc_peering_connection_id",
    "CarrierGatewayId": "carrier_gateway_id",
    "NetworkInterfaceId": "network_interface_id",
    "Origin": "origin",
    "State": "state",
}


class UnknownReadError(Exception):
    """A read that is not answered here: add it, with the test that holds it against moto."""


def _ec2() -> Any:
    return ec2_backends[DEFAULT_ACCOUNT_ID][REGION]


def _filtered(parameters: Mapping[str, Any], *known: str) -> Mapping[str, list[str]]:
    """The filters by name; exactly one, of the names that are known."""
    filters = {by["Name"]: by["Values"] for by in parameters.get("Filters", [])}
    if set(parameters) != {"Filters"} or len(filters) != 1 or not set(filters) <= set(known):
        raise UnknownReadError(f"{dict(parameters)}; known is one filter of {known}")
    return filters


def _given(fields: Mapping[str, Any]) -> Answer:
    """Without what AWS leaves out of its answer."""
    return {name: value for name, value in fields.items() if value is not None}


def _tags(resource_id: str) -> list[Answer]:
    return [{"Key": key, "Value": value} for key, value in _ec2().tags[resource_id].items()]


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0, tzinfo=UTC)


def instances(parameters: Mapping[str, Any]) -> Answer:
    """DescribeInstances by id or by the tag of the group."""
    filters = _filtered(parameters, "instance-id", BY_GROUP)
    by_id, by_group = filters.get("instance-id", ()), filters.get(BY_GROUP, ())
    reservations = (
        [_instance(it) for it in reservation.instances if it.id in by_id or _group_of(it.id) in by_group]
        for reservation in _ec2().reservations.values()
    )
    return {"Reservations": [{"Instances": found} for found in reservations if found]}


def _group_of(instance_id: str) -> str:
    return str(_ec2().tags[instance_id].get(BY_GROUP.removeprefix("tag:")))


def _instance(instance: Any) -> Answer:
    return _given(
        {
            "InstanceId": instance.id,
            "State": {"Code": instance.state_code, "Name": instance.state},
            "LaunchTime": _seconds(instance.launch_time),
            "StateTransitionReason": instance.state_transition_reason,
            "VpcId": instance.vpc_id,
            "Tags": _tags(instance.id),
            "NetworkInterfaces": [_instance_interface(nic) for nic in instance.network_interfaces],
        }
    )


def _instance_interface(interface: Any) -> Answer:
    association = {name: interface.association.get(name) for name in ("PublicIp", "IpOwnerId")}
    attachment = interface.attachment
    return {
        "NetworkInterfaceId": interface.id,
        "SourceDestCheck": interface.source_dest_check,
        **({"Association": association} if interface.association else {}),
        **({"Attachment": {"DeviceIndex": attachment.device_index}} if attachment else {}),
    }


def route_tables(parameters: Mapping[str, Any]) -> Answer:
    """DescribeRouteTables by id or by the tag Name."""
    filters = _filtered(parameters, "route-table-id", "tag:Name")
    by_name = filters.get("tag:Name", ())
    by_id = filters.get("route-table-id", ())
    tables = _ec2().route_tables
    chosen = [name for name in tables if name in by_id or _ec2().tags[name].get("Name") in by_name]
    return {"RouteTables": [_route_table(tables[name]) for name in chosen]}


def default_routes(tables: list[str]) -> list[Answer]:
    """The default routes of some tables, for whoever only looks."""
    shown = route_tables({"Filters": [{"Name": "route-table-id", "Values": tables}]})["RouteTables"]
    routes = (route for table in shown for route in table["Routes"])
    return [route for route in routes if route.get("DestinationCidrBlock") == "0.0.0.0/0"]


def _route_table(table: Any) -> Answer:
    routes = [
        _given({name: getattr(route, field) for name, field in ROUTE_FIELDS.items()})
        for route in table.routes
    ]
    return {"RouteTableId": table.id, "VpcId": table.vpc_id, "Routes": routes, "Tags": _tags(table.id)}


def instance_status(parameters: Mapping[str, Any]) -> Answer | None:
    """DescribeInstanceStatus by id: running instances alone. moto refuses an id that it does not know."""
    if set(parameters) != {"InstanceIds"}:
        raise UnknownReadError(f"{dict(parameters)}; known are ids")
    known = {one.id: one for reservation in _ec2().reservations.values() for one in reservation.instances}
    if not set(parameters["InstanceIds"]) <= set(known):
        return None
    instances = (known[name] for name in parameters["InstanceIds"])
    return {"InstanceStatuses": [_status(instance) for instance in instances if instance.is_running()]}


def _status(instance: Any) -> Answer:
    return {
        "InstanceId": instance.id,
        "SystemStatus": instance.system_status,
        "InstanceStatus": instance.instance_status,
    }


def interfaces(parameters: Mapping[str, Any]) -> Answer:
    """DescribeNetworkInterfaces by id."""
    wanted = _filtered(parameters, "network-interface-id")["network-interface-id"]
    known = _ec2().enis
    return {"NetworkInterfaces": [_interface(known[name]) for name in wanted if name in known]}


def _interface(interface: Any) -> Answer:
    association = interface.association
    return {
        "NetworkInterfaceId": interface.id,
        "SourceDestCheck": interface.source_dest_check,
        **({"Association": _given(association)} if association else {}),
    }


def groups(parameters: Mapping[str, Any]) -> Answer:
    """DescribeAutoScalingGroups by name."""
    if set(parameters) != {"AutoScalingGroupNames"}:
        raise UnknownReadError(f"{dict(parameters)}; known are names")
    known = autoscaling_backends[DEFAULT_ACCOUNT_ID][REGION].autoscaling_groups
    names: Iterable[str] = parameters["AutoScalingGroupNames"]
    return {"AutoScalingGroups": [_group(group) for name, group in known.items() if name in names]}


def _group(group: Any) -> Answer:
    return {
        "AutoScalingGroupName": group.name,
        "DesiredCapacity": group.desired_capacity,
        "CreatedTime": group.created_time,
        "SuspendedProcesses": group.suspended_processes,
        "Tags": [{"Key": tag["Key"], "Value": tag["Value"]} for tag in group.tags],
        "Instances": [
            {
                "InstanceId": state.instance_id,
                "LifecycleState": state.lifecycle_state,
                "HealthStatus": state.health_status,
            }
            for state in group.instance_states
        ],
        **({"WarmPoolConfiguration": {"PoolState": group.warm_pool.pool_state}} if group.warm_pool else {}),
    }


def hooks(parameters: Mapping[str, Any]) -> Answer:
    """DescribeLifecycleHooks of one group."""
    if set(parameters) != {"AutoScalingGroupName"}:
        raise UnknownReadError(f"{dict(parameters)}; known is the group's name")
    name, backend = parameters["AutoScalingGroupName"], autoscaling_backends[DEFAULT_ACCOUNT_ID][REGION]
    found = (hook for hook in backend.lifecycle_hooks.values() if hook.auto_scaling_group_name == name)
    return {"LifecycleHooks": [_hook(hook) for hook in found]}


def _hook(hook: Any) -> Answer:
    return _given(
        {
            "LifecycleHookName": hook.name,
            "AutoScalingGroupName": hook.auto_scaling_group_name,
            "LifecycleTransition": hook.lifecycle_transition,
            "HeartbeatTimeout": hook.heartbeat_timeout,
            "NotificationTargetARN": hook.notification_target_arn,
        }
    )


_READS: dict[str, Callable[[Mapping[str, Any]], Answer | None]] = {
    "ec2:DescribeInstances": instances,
    "ec2:DescribeInstanceStatus": instance_status,
    "ec2:DescribeRouteTables": route_tables,
    "ec2:DescribeNetworkInterfaces": interfaces,
    "autoscaling:DescribeAutoScalingGroups": groups,
    "autoscaling:DescribeLifecycleHooks": hooks,
}


def _drawing(
    reader: Callable[[Mapping[str, Any]], Answer | None], parameters: Mapping[str, Any]
) -> Answer | None:
    given = reader(parameters)
    if given is not None:
        mock_random.get_random_string(length=LENGTH_OF_REQUEST_ID)  # so that later ids are the same
    return given


# By action. Each answers None for what moto's wire has to answer; other actions go there at once.
ANSWERS = {action: partial(_drawing, reader) for action, reader in _READS.items()}
