"""What AWS added to Auto Scaling lately: root volumes that are replaced, retained instances, LaunchInstances.

Sources: Amazon EC2 Auto Scaling User Guide, "Replace root volumes during instance refresh", "Manage retained
instances" and "Launch instances synchronously". Assumed: the instance is booted again from its new volume, a
hook's wait is over by itself, and LaunchInstances launches nothing while Launch is suspended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.autoscaling.exceptions import ValidationError

from simulator.engine import durations
from simulator.engine.durations import ASSUMED, Duration

if TYPE_CHECKING:
    from simulator.aws.auto_scaling import Controller

# Not among durations.ALL: no failover waits for it.
ROOT_VOLUME = Duration("a root volume's replacement", 20.0, 60.0, ASSUMED, "AWS publishes no figure")
REPLACE_ROOT_VOLUME = "ReplaceRootVolume"
RETAINED = "Terminating:Retained"
ROOT_VOLUME_STATES = (
    ("ReplacingRootVolume", durations.HOOK_PROCEED),
    ("ReplacingRootVolume:Wait", durations.HOOK_REACTION),
    ("ReplacingRootVolume:Proceed", ROOT_VOLUME),
    ("RootVolumeReplaced", durations.HOOK_PROCEED),
)


def replace_root_volume(
    controller: Controller, member: Any, before: str = "InService", step: int = 0
) -> None:
    """The member stays the same instance and keeps its interface; it leaves the way where it is ended."""
    if member.lifecycle_state != before:
        return
    if step == len(ROOT_VOLUME_STATES):
        controller.set_state(member, "InService")
        return
    state, lasts = ROOT_VOLUME_STATES[step]
    controller.set_state(member, state)
    if state == "ReplacingRootVolume:Proceed":
        controller.machines.reboot(member.instance_id)
    controller.stage.after(lasts, lambda: replace_root_volume(controller, member, state, step + 1))


def retains(group: Any) -> bool:
    """Whether an instance whose terminate hook is abandoned stays until a person ends it."""
    policy = getattr(group, "instance_lifecycle_policy", None) or {}
    triggers: dict[str, str] = policy.get("RetentionTriggers", {})
    return triggers.get("TerminateHookAbandon") == "retain"


def launch_instances(controller: Controller, count: int) -> dict[str, object]:
    """LaunchInstances: the answer has the instances' ids, or why there are none."""
    group = controller.group
    if (group.desired_capacity or 0) + count > group.max_size:
        raise ValidationError(
            f"You have requested {count} more instances than MaxSize {group.max_size} allows."
        )
    answer: dict[str, object] = {"AutoScalingGroupName": group.name, "Instances": [], "Errors": []}
    if not controller.runs("Launch"):
        message = "The Launch process is suspended."
        return answer | {"Errors": [{"ErrorCode": "LaunchSuspended", "ErrorMessage": message}]}
    group.desired_capacity += count
    ids = [controller.launch() for _ in range(count)]
    return answer | {"Instances": [{"InstanceIds": ids, "MarketType": "OnDemand"}]}
