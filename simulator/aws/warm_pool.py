"""A group's warm pool: instances with own lifecycle states, that only DescribeWarmPool lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import InstanceState as Member
from moto.core.responses import ActionResult

from simulator.aws.launch_template import run_instance
from simulator.aws.lifecycle_actions import LAUNCHING, TERMINATING, Result
from simulator.engine import durations

if TYPE_CHECKING:
    from simulator.aws.auto_scaling import Controller

HOME = "WarmPool"
RUNNING = "Running"


@dataclass
class WarmPool:
    """The pool of one controller's group; ``members`` are not among the group's own."""

    controller: Controller
    members: list[Any] = field(default_factory=list)

    def launch(self) -> str:
        """Launch an instance into the pool; return its id."""
        instance = run_instance(self.controller.group)
        member = Member(instance, lifecycle_state="Warmed:Pending", autoscaling_group=self.controller.group)
        self.members.append(member)
        self._later(lambda: self._into_hooks(member, LAUNCHING, "Warmed:Pending"))
        return str(instance.id)

    def end(self, instance_id: str) -> None:
        """Take an instance out of the pool through its hooks."""
        (member,) = [member for member in self.members if member.instance_id == instance_id]
        self.controller.set_state(member, "Warmed:Terminating")
        self._later(lambda: self._into_hooks(member, TERMINATING, "Warmed:Terminating"))

    def take_back(self, instance_id: str) -> None:
        """Scale-in with ReuseOnScaleIn: a member returns, and waits in its terminate hooks.

        Its state is then that of a launch into the pool, and it is no longer among the group's members:
        https://docs.aws.amazon.com/autoscaling/ec2/userguide/warm-pool-instance-lifecycle.html
        """
        group, member = self.controller.group, self.controller.member(instance_id)
        group.desired_capacity -= 1
        group.instance_states.remove(member)
        self.members.append(member)
        self.controller.set_state(member, "Warmed:Pending")
        ends = (HOME, "AutoScalingGroup")
        self._later(lambda: self._into_hooks(member, TERMINATING, "Warmed:Pending", ends))

    def described(self) -> object:
        """DescribeWarmPool."""
        group = self.controller.group
        return ActionResult({"WarmPoolConfiguration": group.warm_pool, "Instances": self.members})

    def _later(self, callback: Any) -> None:
        self.controller.stage.after(durations.HOOK_REACTION, callback)

    def _into_hooks(
        self, member: Any, transition: str, state: str, ends: tuple[str, str] = ("EC2", HOME)
    ) -> None:
        self.controller.set_state(member, f"{state}:Wait")
        self.controller.wait(member, transition, lambda result, _: self._hooked(member, state, result), ends)

    def _hooked(self, member: Any, state: str, result: Result) -> None:
        if state == "Warmed:Pending" and result is Result.CONTINUE:
            pool_state = self.controller.group.warm_pool.pool_state or "Stopped"
            if pool_state != RUNNING:
                member.instance.stop()
            self.controller.set_state(member, f"Warmed:{pool_state}")
            return
        self.members.remove(member)
        member.instance.terminate()
        self.controller.set_state(member, "Warmed:Terminated")
