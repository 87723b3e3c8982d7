"""The Auto Scaling controller over moto's group: launches, hooks, health checks, replacements.

moto keeps the group and its members; every change of a member's state happens here, in virtual time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from moto.autoscaling.models import InstanceState as Member

from simulator.aws.instances import ENDING
from simulator.aws.launch_template import run_instance
from simulator.aws.lifecycle_actions import LAUNCHING, TERMINATING, Action, Lifecycle, Result
from simulator.aws.newer_states import RETAINED, retains
from simulator.aws.scale_in import unprotected
from simulator.aws.scaling_activities import Activities, Activity
from simulator.aws.warm_pool import WarmPool
from simulator.engine import durations

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws.event_bridge import EventBus
    from simulator.aws.instances import Machine, Machines
    from simulator.engine.context import SimulationContext

LONGEST_BACKOFF = 600.0  # seconds, assumed
CAPACITY_PAUSE = 60.0  # seconds until a launch without capacity is tried again, assumed
FULL = 100  # per cent
GROUP = "AutoScalingGroup"
Ends: TypeAlias = tuple[str, str]


@dataclass
class Controller:
    """One group's controller.

    Attributes:
        due: launches that have been decided and have no instance yet.
        replacing: members that go once a successor is in service.
        abandoned: launches that were abandoned while Terminate was suspended.
    """

    group: Any  # moto's FakeAutoScalingGroup
    stage: SimulationContext
    bus: EventBus
    machines: Machines
    activities: Activities = field(init=False)
    warm_pool: WarmPool = field(init=False)
    lifecycle: Lifecycle = field(init=False)
    due: int = 0
    replacing: set[str] = field(default_factory=set)
    abandoned: set[str] = field(default_factory=set)
    abandoned_in_a_row: int = 0
    not_before: float = 0.0  # of the next launch, after an abandoned one
    without_capacity_until: float = 0.0  # EC2 has none of the type in the group's zone
    _leaving: dict[str, Activity] = field(default_factory=dict)
    _impaired_until: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.group.created_time = self.stage.clock.now()
        self.warm_pool = WarmPool(self)
        self.activities = Activities(self.group, self.stage, self.bus)
        self.lifecycle = Lifecycle(self.stage.clock, self.bus.new_id)
        self.machines.observers.append(self._machine_changed)
        self.stage.after(durations.HEALTH_CHECK_PHASE, self._health_check)
        self.reconcile()

    def member(self, instance_id: str) -> Any:
        return next((it for it in self.group.instance_states if it.instance_id == instance_id), None)

    def runs(self, process: str) -> bool:
        """Whether a process is not suspended."""
        return process not in {suspended["ProcessName"] for suspended in self.group.suspended_processes}

    def reconcile(self) -> None:
        """Bring the number of members to what is desired; some do not count, as one in Standby."""
        staying = [
            instance_state
            for instance_state in self.group.instance_states
            if not instance_state.lifecycle_state.startswith(("Terminating", "Standby"))
            and instance_state.instance_id not in self.replacing
        ]
        missing = (self.group.desired_capacity or 0) - len(staying) - self.due
        for _ in range(missing if self.runs("Launch") else 0):
            self._launch_soon()
        for surplus in unprotected(staying)[: max(0, -missing - self.due)]:
            self.terminate(surplus.instance_id, "a user request to shrink the capacity")

    # Launching
    def _launch_soon(self) -> None:
        self.due += 1
        pause = max(0.0, self.not_before - self.stage.clock.elapsed)
        takes = self.stage.pace.draw(durations.GROUP_REACTION) + self.stage.pace.draw(durations.RUN_INSTANCES)
        self.stage.clock.after(pause + takes, self._launch)

    def _launch(self) -> None:
        self.due -= 1
        if not self.runs("Launch") or not self.group.desired_capacity:
            return
        if self.stage.clock.elapsed >= self.without_capacity_until:
            self.launch()
            return
        self.not_before = self.stage.clock.elapsed + CAPACITY_PAUSE
        self.activities.refused("We currently do not have sufficient capacity in the zone you requested.")
        self.reconcile()

    def launch(self) -> str:
        """Launch a member at once; its id."""
        instance = run_instance(self.group)
        member = Member(instance, lifecycle_state="Pending", autoscaling_group=self.group)
        self.group.instance_states.append(member)
        self.set_state(member, "Pending")
        activity = self.activities.begin("Launching a new EC2 instance", instance, "a difference of capacity")
        if self._hooks(LAUNCHING):
            self.stage.after(durations.HOOK_REACTION, lambda: self._into_launch_hooks(member, activity))
        return str(instance.id)

    def _into_launch_hooks(self, member: Any, activity: Activity) -> None:
        if member.lifecycle_state != "Pending":
            return
        self.set_state(member, "Pending:Wait")
        activity.status_code = "MidLifecycleAction"
        self.wait(member, LAUNCHING, lambda result, token: self._hooked(member, activity, result, token))

    def _hooked(self, member: Any, activity: Activity, result: Result, token: str) -> None:
        if result is Result.ABANDON:
            self._abandon(member, activity, token)
            return
        self.set_state(member, "Pending:Proceed")
        self.stage.after(durations.HOOK_PROCEED, lambda: self._into_service(member, activity))

    def _into_service(self, member: Any, activity: Activity) -> None:
        if not member.lifecycle_state.startswith("Pending"):
            return
        if self.machines[member.instance_id].state == "pending":
            self.stage.after(durations.HOOK_PROCEED, lambda: self._into_service(member, activity))
            return
        self.abandoned_in_a_row, self.not_before = 0, 0.0
        self.set_state(member, "InService")
        self.activities.end(activity, "Successful")
        self.end_leaving()

    def _abandon(self, member: Any, activity: Activity, token: str) -> None:
        self.activities.end(
            activity,
            "Cancelled",
            "Instance failed to complete user's Lifecycle Action: Lifecycle Action with token "
            f"{token} was abandoned: Lifecycle Action Completed with ABANDON Result",
        )
        pause = self.stage.pace.draw(durations.LAUNCH_BACKOFF) * 2.0**self.abandoned_in_a_row
        self.abandoned_in_a_row += 1
        self.not_before = self.stage.clock.elapsed + min(pause, LONGEST_BACKOFF)
        self.abandoned.add(member.instance_id)
        self.end_leaving()

    def end_leaving(self) -> None:
        """End what was abandoned or has a successor: at once, or when Terminate is resumed (assumed)."""
        for instance_id in sorted(self.abandoned):
            self.terminate(instance_id, "an abandoned lifecycle action")
        in_service = {m.instance_id for m in self.group.instance_states if m.lifecycle_state == "InService"}
        for instance_id in sorted(self.replacing) if in_service - self.replacing else ():
            self.terminate(instance_id, "its replacement being in service")

    # Terminating
    def terminate(self, instance_id: str, cause: str) -> Activity | None:
        """Take a member out through its hooks; None where it is leaving, or Terminate is suspended."""
        member = self.member(instance_id)
        if member is None or not self.runs("Terminate"):
            return None
        if member.lifecycle_state == RETAINED:
            self._end_instance(member)
            return self._leaving.get(instance_id)
        if member.lifecycle_state.startswith("Terminating"):
            return None
        self.replacing.discard(instance_id)
        self.abandoned.discard(instance_id)
        self.lifecycle.forget(instance_id)
        self.set_state(member, "Terminating")
        activity = self.activities.begin("Terminating EC2 instance", member.instance, cause)
        self._leaving[instance_id] = activity
        self.stage.after(durations.HOOK_PROCEED, lambda: self._into_terminate_hooks(member, activity))
        self.reconcile()
        return activity

    def _into_terminate_hooks(self, member: Any, activity: Activity) -> None:
        if not self._hooks(TERMINATING):
            self._proceed(member)
            return
        self.set_state(member, "Terminating:Wait")
        activity.status_code = "MidLifecycleAction"
        self.wait(member, TERMINATING, lambda result, _: self._proceed(member, result))

    def _proceed(self, member: Any, result: Result = Result.CONTINUE) -> None:
        self.set_state(member, "Terminating:Proceed")
        self.stage.after(durations.HOOK_PROCEED, lambda: self._end_instance(member, result))

    def _end_instance(self, member: Any, result: Result = Result.CONTINUE) -> None:
        if result is Result.ABANDON and retains(self.group):
            self.set_state(member, RETAINED)
        elif self.machines[member.instance_id].state == "terminated":
            self._gone(member)
        else:
            member.instance.terminate()

    def _gone(self, member: Any) -> None:
        if member not in self.group.instance_states:
            return  # it ended by itself while its group was about to end it
        self.group.instance_states.remove(member)
        self._note(member, "Terminated")
        self.activities.end(self._leaving.pop(member.instance_id), "Successful")
        self.reconcile()

    # Health
    def _machine_changed(self, machine: Machine) -> None:
        member = self.member(machine.id)
        if member is None:
            return
        if machine.state == "running" and member.lifecycle_state == "Pending" and not self._hooks(LAUNCHING):
            launch = next(activity for activity in self.activities.all if activity.instance_id == machine.id)
            self._into_service(member, launch)
        elif machine.state == "terminated" and member.lifecycle_state in {"Terminating:Proceed", RETAINED}:
            self._gone(member)

    def _health_check(self) -> None:
        self.stage.after(durations.STATUS_CHECK, self._health_check)
        self.reconcile()
        if not self.runs("HealthCheck"):
            return
        for member in list(self.group.instance_states):
            if member.lifecycle_state == "InService" and self._counts_as_broken(member.instance_id):
                self.unhealthy(member)

    def _counts_as_broken(self, instance_id: str) -> bool:
        """Not running counts at once; an impaired status check after some minutes."""
        machine = self.machines[instance_id]
        if not machine.impaired:
            self._impaired_until.pop(instance_id, None)
            return machine.state in ENDING
        if instance_id not in self._impaired_until:
            patience = self.stage.pace.draw(durations.IMPAIRED)
            self._impaired_until[instance_id] = self.stage.clock.elapsed + patience
        return self.stage.clock.elapsed >= self._impaired_until[instance_id]

    def unhealthy(self, member: Any) -> None:
        """A health check, or a person, says that a member is unhealthy."""
        if member.health_status != "Unhealthy":
            member.health_status = "Unhealthy"
            self._note(member, "Unhealthy")
        if self.runs("ReplaceUnhealthy"):
            self.replace(member, "an EC2 health check indicating it has been terminated or stopped")

    def replace(self, member: Any, cause: str) -> None:
        """Replace a member as the maintenance policy says; one that no longer runs goes at once."""
        gone = self.machines[member.instance_id].state in ENDING
        if gone or not self._launches_first():
            self.terminate(member.instance_id, cause)
        elif member.instance_id not in self.replacing:
            self.replacing.add(member.instance_id)
            self.reconcile()

    def _launches_first(self) -> bool:
        policy = getattr(self.group, "instance_maintenance_policy", None) or {}
        low, high = (policy.get(f"{bound}HealthyPercentage", -1) for bound in ("Min", "Max"))
        return bool(low >= FULL and high > FULL)

    # Events
    def _hooks(self, transition: str) -> list[Any]:
        hooks = self.group.autoscaling_backend.describe_lifecycle_hooks(self.group.name)
        return [hook for hook in hooks if hook.lifecycle_transition == transition]

    def wait(
        self, member: Any, transition: str, then: Callable[[Result, str], None], ends: Ends = ("EC2", GROUP)
    ) -> None:
        """Let a member wait in its hooks; ``ends`` are the way of a launch, and backwards of the other."""
        for action in self.lifecycle.wait(member.instance_id, self._hooks(transition), then):
            self._announce(action, ends)

    def _announce(self, action: Action, ends: Ends) -> None:
        launching = action.hook.lifecycle_transition == LAUNCHING
        detail = {
            "LifecycleActionToken": action.token,
            "AutoScalingGroupName": self.group.name,
            "LifecycleHookName": action.hook.name,
            "EC2InstanceId": action.instance_id,
            "LifecycleTransition": action.hook.lifecycle_transition,
            "Origin": ends[not launching],
            "Destination": ends[launching],
        }
        kind = f"EC2 Instance-{'launch' if launching else 'terminate'} Lifecycle Action"
        self.bus.put("aws.autoscaling", kind, detail, [self.group.arn])

    def set_state(self, member: Any, state: str) -> None:
        member.lifecycle_state = state
        self._note(member, state)

    def _note(self, member: Any, state: str) -> None:
        self.stage.journal.note("autoscaling", state, instance=member.instance_id)
