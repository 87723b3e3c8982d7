"""Finds the second group of a pair that exists, from what cannot be misnamed: both launch the same."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from ops.doctor import parse
from ops.doctor.find_group import forwards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.doctor.model import Stack
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted


def read(
    reader: AccountReader, wanted: Wanted, stack: Stack | None, carrier_group: str | None
) -> tuple[str, ...]:
    """The groups that look like the other NAT's; empty where the stack makes its NATs or knows both."""
    deployed = (stack.parameters if stack else None) or {}
    named = wanted.standby_name or deployed.get("NatStandbyAsgName")
    if wanted.creates_nat or named or carrier_group is None:
        return ()
    groups = reader.items("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups")
    found = alike(groups, carrier_group)
    return _forwarding_as(reader, groups, carrier_group, found) if found else ()


def _forwarding_as(
    reader: AccountReader, groups: list[dict[str, Any]], carrier_group: str, found: tuple[str, ...]
) -> tuple[str, ...]:
    """Without those whose instances check source and destination while the carrier's does not: no NATs."""
    members = {
        group["AutoScalingGroupName"]: [member["InstanceId"] for member in group.get("Instances", [])]
        for group in groups
        if group["AutoScalingGroupName"] in {carrier_group, *found}
    }
    filters = [{"Name": "instance-id", "Values": sorted(chain.from_iterable(members.values()))}]
    reservations = reader.items("ec2:DescribeInstances", "Reservations", Filters=filters)
    instances = [instance for reservation in reservations for instance in reservation["Instances"]]
    checked = {instance["InstanceId"] for instance in instances if not forwards(instance)}
    if set(members[carrier_group]) & checked:
        return found
    return tuple(name for name in found if not set(members[name]) & checked)


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
