"""The lifecycle events of a group, as Auto Scaling sends them to EventBridge. Pure.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-event-reference.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.doctor.event_pattern import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ops.doctor.model import Group
    from ops.identity import Identity

TRANSITIONS = {
    "launch": "autoscaling:EC2_INSTANCE_LAUNCHING",
    "terminate": "autoscaling:EC2_INSTANCE_TERMINATING",
}


def of_groups(groups: Iterable[Group | None], identity: Identity) -> list[dict[str, Any]]:
    """Of each group and transition; of a group without a name where none is known."""
    known: list[Group | None] = [group for group in groups if group]
    return [event for group in known or [None] for event in _events(group, identity)]


def _events(group: Group | None, identity: Identity) -> Iterator[dict[str, Any]]:
    for kind, transition in TRANSITIONS.items():
        for hook in _hook_names(group, transition):
            yield {
                "version": "0",
                "id": UNKNOWN,
                "detail-type": f"EC2 Instance-{kind} Lifecycle Action",
                "source": "aws.autoscaling",
                "account": identity.account,
                "time": UNKNOWN,
                "region": identity.region,
                "resources": [group.arn if group and group.arn else UNKNOWN],
                "detail": {
                    "LifecycleActionToken": UNKNOWN,
                    "AutoScalingGroupName": group.name if group else UNKNOWN,
                    "LifecycleHookName": hook,
                    "EC2InstanceId": UNKNOWN,
                    "LifecycleTransition": transition,
                    "NotificationMetadata": UNKNOWN,
                    "Origin": UNKNOWN,  # EC2, the group, or its warm pool
                    "Destination": UNKNOWN,
                },
            }


def _hook_names(group: Group | None, transition: str) -> list[Any]:
    """The group's hooks of the transition; one of any name where none is known."""
    hooks = group.hooks if group else None
    names: list[Any] = [hook.name for hook in hooks or () if hook.transition == transition]
    return names or [UNKNOWN]
