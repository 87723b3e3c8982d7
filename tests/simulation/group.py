"""The NAT's group as its callers see it, for tests of the simulator itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.aws.event_bridge import Event
    from simulator.scenario.world import World

GROUP = "tradai-nat-asg-prod"
LAUNCH_HOOK, TERMINATE_HOOK = "tradai-nat-launch-prod", "tradai-nat-terminate-prod"


def idle(_event: object, _context: object) -> None:
    """A handler that does nothing: the world alone is under test."""


class Group:
    """The group as its callers see it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.api = world.client("autoscaling")

    def members(self) -> dict[str, str]:
        (group,) = self.api.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
        return {instance["InstanceId"]: instance["LifecycleState"] for instance in group["Instances"]}

    def until(self, *states: str, limit: float = 120) -> list[str]:
        """Run until the members' states are these; their ids."""
        assert self.world.run_until(lambda: sorted(self.members().values()) == sorted(states), limit), (
            self.members()
        )
        return sorted(self.members(), key=lambda instance: self.members()[instance])

    def complete(self, instance: str, hook: str = LAUNCH_HOOK, result: str = "CONTINUE") -> None:
        self.api.complete_lifecycle_action(
            AutoScalingGroupName=GROUP,
            LifecycleHookName=hook,
            InstanceId=instance,
            LifecycleActionResult=result,
        )

    def in_service(self) -> str:
        """Let the first instance in."""
        (instance,) = self.until("Pending:Wait")
        self.complete(instance)
        (instance,) = self.until("InService")
        self.world.run_until(lambda: self.world.machines[instance].state == "running", 60)
        return instance

    def activities(self) -> list[dict[str, Any]]:
        activities = self.api.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
        return [dict(activity) for activity in activities]

    def events(self, detail_type: str) -> list[Event]:
        return [event for event in self.world.bus.history if event["detail-type"] == detail_type]
