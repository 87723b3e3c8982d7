"""The NATs that private route tables lead to, where these are several."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ops.doctor.model import Carrier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ops.doctor.model import RouteTable
    from ops.doctor.observe import AccountReader

GROUP_OF = "autoscaling:DescribeAutoScalingInstances"


def read(reader: AccountReader, tables: Iterable[RouteTable]) -> tuple[Carrier, ...]:
    """Each instance with its group and the tables that lead to it; of black holes none."""
    by_target: dict[str, list[RouteTable]] = defaultdict(list)
    for table in tables:
        if (target := table.instance_id or table.interface_id) and not table.blackhole:
            by_target[target].append(table)
    instances = {target: _instance(reader, found[0]) for target, found in by_target.items()}
    ids: dict[str, list[RouteTable]] = defaultdict(list)
    for target, instance_id in instances.items():
        if instance_id:
            ids[instance_id] += by_target[target]
    groups = _groups(reader, list(ids))
    return tuple(
        Carrier(instance_id, groups.get(instance_id), tuple(table.id for table in found))
        for instance_id, found in ids.items()
    )


def _instance(reader: AccountReader, table: RouteTable) -> str | None:
    return table.instance_id or reader.holder(table.interface_id)


def _groups(reader: AccountReader, instances: list[str]) -> Mapping[str, str]:
    """By Auto Scaling's own list: an instance that is in no group is not in it."""
    if len(instances) < 2:  # noqa: PLR2004 - the only one is read by its tag
        return {}
    listed = reader.items(GROUP_OF, "AutoScalingInstances", InstanceIds=instances)
    return {item["InstanceId"]: item["AutoScalingGroupName"] for item in listed}


def group_of(reader: AccountReader, instance_id: str) -> str | None:
    """Of an instance without the tag; None where it is in no group."""
    listed = reader.items(GROUP_OF, "AutoScalingInstances", InstanceIds=[instance_id])
    return next((item["AutoScalingGroupName"] for item in listed), None)


def chosen(carriers: tuple[Carrier, ...], group: str) -> str | None:
    """The instance of the group that is to be looked after, else the first one; None where there is none."""
    of_group = (carrier.instance_id for carrier in carriers if carrier.group == group)
    return next(of_group, carriers[0].instance_id if carriers else None)


def around(
    carriers: tuple[Carrier, ...], instance_id: str | None, tables: tuple[RouteTable, ...]
) -> tuple[RouteTable, ...]:
    """The tables of the VPC in which the instance carries; all of them where none is known to."""
    own = {table for carrier in carriers if carrier.instance_id == instance_id for table in carrier.tables}
    vpcs = {table.vpc_id for table in tables if table.id in own}
    return tuple(table for table in tables if table.vpc_id in vpcs) or tables
