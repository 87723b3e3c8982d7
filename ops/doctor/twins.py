"""Finds the second group of a pair that exists, from what cannot be misnamed: both launch the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor import parse

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
    return alike(groups, carrier_group)


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
