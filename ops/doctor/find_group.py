"""The NAT's group where the default route is a black hole: its instance no longer exists.

EC2 shows the interface alone once an instance is gone, and a deleted interface belongs to nobody. Where the
route still shows the instance, the scaling activities have its group; else the group is known by an instance
that runs with its source/destination check off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor.parse import tags
from update_nat_routes.model import GROUP_TAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ops.doctor.model import RouteTable
    from ops.doctor.observe import AccountReader


def group_behind(reader: AccountReader, tables: tuple[RouteTable, ...]) -> str | None:
    """The name of the group; None where no route is a black hole, or more than one group may be meant."""
    dead = [table for table in tables if table.blackhole and not table.nat_gateway_id]
    if not dead:
        return None
    gone = {table.instance_id for table in dead if table.instance_id}
    names = set(_launched(reader, gone)) or set(_forwarding(reader, {table.vpc_id for table in dead}))
    return names.pop() if len(names) == 1 else None


def _launched(reader: AccountReader, instances: set[str]) -> Iterator[str]:
    """The groups whose activities of the last six weeks name one of the instances."""
    if not instances:
        return
    for activity in reader.items("autoscaling:DescribeScalingActivities", "Activities"):
        if any(name in activity.get("Description", "") for name in instances):
            yield activity["AutoScalingGroupName"]


def _forwarding(reader: AccountReader, vpcs: set[str]) -> Iterator[str]:
    """The groups in the routes' VPC that have a running instance whose source/destination check is off."""
    filters = [
        {"Name": "vpc-id", "Values": sorted(vpcs)},
        {"Name": "tag-key", "Values": [GROUP_TAG]},
        {"Name": "instance-state-name", "Values": ["pending", "running"]},
    ]
    for reservation in reader.items("ec2:DescribeInstances", "Reservations", Filters=filters):
        for instance in reservation.get("Instances", []):
            if forwards(instance):
                yield tags(instance.get("Tags", []))[GROUP_TAG]


def forwards(instance: Mapping[str, Any]) -> bool:
    """Whether an interface of it takes what is addressed to others."""
    interfaces = instance.get("NetworkInterfaces", [])
    return any(interface.get("SourceDestCheck") is False for interface in interfaces)
