"""The alarms of the deployed stack: whether each one that CloudFormation made is still live and sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.doctor.model import Level, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.observe import AccountReader

ALARM = "AWS::CloudWatch::Alarm"
DELETED = "DELETE_COMPLETE"
NAMES_A_CALL = 100  # DescribeAlarms takes no more


@dataclass(frozen=True, slots=True)
class StackAlarms:
    """By the stack's own list. ``missing`` are gone from CloudWatch, ``silenced`` carry out no action.

    ``owned`` are the physical ids of all that the stack made: names, of some kinds ARNs.
    """

    listed: tuple[str, ...]
    missing: tuple[str, ...] = ()
    silenced: tuple[str, ...] = ()
    owned: frozenset[str] = frozenset()

    def owns(self, name: str) -> bool:
        """Whether the stack made it. A rule's tags may not tell: the stack's own list does."""
        return any(each == name or each.endswith(f":{name}") for each in self.owned)


def read(reader: AccountReader, stack: str) -> StackAlarms | None:
    """None where the list or the alarms could not be read: the reader keeps which call failed."""
    before = len(reader.unread)
    resources = reader.items("cloudformation:ListStackResources", "StackResourceSummaries", StackName=stack)
    standing = [
        resource
        for resource in resources
        if resource.get("ResourceStatus") != DELETED and resource.get("PhysicalResourceId")
    ]
    owned = frozenset(str(resource["PhysicalResourceId"]) for resource in standing)
    listed = sorted(
        str(resource["PhysicalResourceId"]) for resource in standing if resource["ResourceType"] == ALARM
    )
    live: dict[str, bool] = {}
    for start in range(0, len(listed), NAMES_A_CALL):
        names = listed[start : start + NAMES_A_CALL]
        for alarm in reader.items("cloudwatch:DescribeAlarms", "MetricAlarms", AlarmNames=names):
            sends = alarm.get("ActionsEnabled", True) and alarm.get("AlarmActions")
            live[alarm["AlarmName"]] = bool(sends)
    if len(reader.unread) > before:
        return None
    missing = tuple(name for name in listed if name not in live)
    silenced = tuple(name for name in listed if live.get(name) is False)
    return StackAlarms(tuple(listed), missing, silenced, owned)


def about_alarms(alarms: StackAlarms, stack: str) -> Iterator[Line]:
    """One line for what is gone, one for what is silent, one for the count."""
    if alarms.missing:
        yield Line(
            Level.DO,
            "alarms",
            f"{len(alarms.missing)} of {len(alarms.listed)} alarms of {stack} are gone from CloudWatch:"
            f" {', '.join(alarms.missing)}",
            "they were deleted outside the stack: CloudFormation replaces an alarm whose name changes"
            " (NamePrefix; NatAlarmName for the alarm on lost egress)",
        )
    if alarms.silenced:
        yield Line(
            Level.DO,
            "alarms",
            f"{', '.join(alarms.silenced)} carry out no action: they send no message",
            f"aws cloudwatch enable-alarm-actions --alarm-names {' '.join(alarms.silenced)}",
        )
    if not alarms.missing and not alarms.silenced:
        yield Line(Level.OK, "alarms", f"all {len(alarms.listed)} alarms of {stack} are live and send")
