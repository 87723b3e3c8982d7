"""Finds the second group of a pair that exists, from what cannot be misnamed: both launch the same."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from ops.doctor import parse
from ops.doctor.find_group import forwards

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from ops.doctor.model import Stack
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted


def read(
    reader: AccountReader,
    wanted: Wanted,
    stack: Stack | None,
    carrier_group: str | None,
    carrying: AbstractSet[str | None],
) -> tuple[str, ...]:
    """The groups that look like the other NAT's; empty where the stack makes its NATs or knows both.

    One whose instance carries tables of its own (``carrying``) does not stand by: that is a question.
    """
    deployed = (stack.parameters if stack else None) or {}
    named = wanted.standby_name or deployed.get("NatStandbyAsgName")
    if wanted.creates_nat or named or carrier_group is None:
        return ()
    groups = reader.items("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups")
    by_name = {group["AutoScalingGroupName"]: group for group in groups}
    lookalikes = [name for name in alike(groups, carrier_group) if name not in carrying]
    near = _in_its_vpc(reader, by_name, carrier_group, lookalikes) if lookalikes else []
    return tuple(_forwarding_as(reader, by_name, carrier_group, near)) if near else ()


def _in_its_vpc(
    reader: AccountReader, groups: Mapping[str, dict[str, Any]], carrier_group: str, found: list[str]
) -> list[str]:
    """Those whose subnets are in the carrier's VPC: a route leads to interfaces of its own VPC alone."""
    subnets = {
        name: [part for part in groups[name].get("VPCZoneIdentifier", "").split(",") if part]
        for name in (carrier_group, *found)
    }
    filters = [{"Name": "subnet-id", "Values": sorted(chain.from_iterable(subnets.values()))}]
    described = reader.items("ec2:DescribeSubnets", "Subnets", Filters=filters)
    vpcs = {subnet["SubnetId"]: subnet["VpcId"] for subnet in described}
    own = {vpcs[subnet] for subnet in subnets[carrier_group] if subnet in vpcs}
    return [name for name in found if own & {vpcs.get(subnet) for subnet in subnets[name]}]


def _forwarding_as(
    reader: AccountReader, groups: Mapping[str, dict[str, Any]], carrier_group: str, found: list[str]
) -> list[str]:
    """Without those whose instances check source and destination while the carrier's does not: no NATs.

    A group that only bears the same name must have an instance that forwards: a name says little.
    """
    members = {
        name: {member["InstanceId"] for member in groups[name].get("Instances", [])}
        for name in (carrier_group, *found)
    }
    filters = [{"Name": "instance-id", "Values": sorted(chain.from_iterable(members.values()))}]
    reservations = reader.items("ec2:DescribeInstances", "Reservations", Filters=filters)
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    checked = {instance["InstanceId"] for instance in instances if not forwards(instance)}
    template = template_of(groups[carrier_group])
    if template is None or template_of(groups[found[0]]) != template:  # found by name
        return [name for name in found if members[name] - checked]
    if members[carrier_group] & checked:
        return found
    return [name for name in found if not members[name] & checked]


def alike(groups: list[dict[str, Any]], name: str) -> tuple[str, ...]:
    """Other groups with the same launch template; where none has it, those whose instances bear one name."""
    first = next((group for group in groups if group["AutoScalingGroupName"] == name), None)
    if first is None:
        return ()
    others = [group for group in groups if group is not first]
    for trait in (template_of, _name_of):
        wanted = trait(first)
        same = [group["AutoScalingGroupName"] for group in others if wanted and trait(group) == wanted]
        if same:
            return tuple(sorted(same))
    return ()


def template_of(group: Mapping[str, Any]) -> str | None:
    """The id of what a group launches; of a launch configuration, which has none, its name."""
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = group.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification", {})
    return template.get("LaunchTemplateId") or group.get("LaunchConfigurationName")


def _name_of(group: Mapping[str, Any]) -> str | None:
    return parse.tags(group.get("Tags", [])).get("Name")


def second(look_alikes: tuple[str, ...], wanted: Wanted, carrier_group: str | None) -> str | None:
    """The standby's group of a pair that was found: the one that no parameter names as the first.

    None where no group, or more than one, looks like the carrier's.
    """
    if len(look_alikes) != 1:
        return None
    return carrier_group if wanted.parameter("NatAsgName") == look_alikes[0] else look_alikes[0]
