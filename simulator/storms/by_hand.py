"""What an operator does to the group by several calls: retaining an instance, launching one more."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from simulator.aws.newer_states import RETAINED

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.scenario.world import World

AGAIN_AFTER = 15.0  # seconds
ABANDONED_AFTER = 6.0  # seconds: mostly before the successor serves


def launch_one_more(world: World, name: str) -> Callable[[], None]:
    """By LaunchInstances; the returned function gives the group its maximum back, and one instance."""
    api, group = world.client("autoscaling"), _described(world, name)
    named = {"AutoScalingGroupName": name}
    held = max(group["DesiredCapacity"], len(group["Instances"]))  # some beside those that are desired
    api.update_auto_scaling_group(**named, MaxSize=held + 1)
    api.launch_instances(**named, RequestedCapacity=1)
    return lambda: api.update_auto_scaling_group(**named, MaxSize=group["MaxSize"], DesiredCapacity=1)


def retain(world: World, name: str) -> Callable[[], None]:
    """Terminate the newest member and abandon that; the returned function ends what was retained."""
    members = [member["InstanceId"] for member in _described(world, name)["Instances"]]
    if not members:
        return lambda: None
    _set_retention(world, name, "retain")
    with suppress(ClientError):  # it is leaving already
        _terminate(world, members[-1])
    world.clock.after(ABANDONED_AFTER, lambda: _abandon(world, name, members[-1]))
    return lambda: _end_retained(world, name)


def _abandon(world: World, name: str, instance_id: str) -> None:
    api, named = world.client("autoscaling"), {"AutoScalingGroupName": name}
    for hook in api.describe_lifecycle_hooks(**named)["LifecycleHooks"]:
        answer = {"LifecycleHookName": hook["LifecycleHookName"], "LifecycleActionResult": "ABANDON"}
        with suppress(ClientError):  # it is answered, or does not wait
            api.complete_lifecycle_action(**named, **answer, InstanceId=instance_id)


def _end_retained(world: World, name: str) -> None:
    _set_retention(world, name, "terminate")
    for member in _described(world, name)["Instances"]:
        if member["LifecycleState"] == RETAINED:
            try:
                _terminate(world, member["InstanceId"])
            except ClientError:  # not while the process Terminate is suspended
                world.clock.after(AGAIN_AFTER, lambda: _end_retained(world, name))


def _described(world: World, name: str) -> dict[str, Any]:
    answer = world.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    (group,) = answer["AutoScalingGroups"]
    return dict(group)


def _set_retention(world: World, name: str, action: str) -> None:
    world.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=name,
        InstanceLifecyclePolicy={"RetentionTriggers": {"TerminateHookAbandon": action}},
    )


def _terminate(world: World, instance_id: str) -> None:
    world.client("autoscaling").terminate_instance_in_auto_scaling_group(
        InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
    )
