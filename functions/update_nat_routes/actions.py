"""All writes that the planner can order.

Each says why (``reason``), what it writes to (``target``), and which permission it needs (``PERMISSIONS``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    Broken: TypeAlias = tuple["Assumption", str]  # and the key of the action, or the instance


@dataclass(frozen=True, slots=True)
class DisableSourceDestCheck:
    """Switch off the source/destination check of an instance's primary interface, so that it forwards."""

    interface_id: str
    instance_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.interface_id


@dataclass(frozen=True, slots=True)
class AssociateAddress:
    """Give the Elastic IP to an interface.

    ``take_from`` is the member that was seen to carry it. Without one, the call asks AWS to refuse if anybody
    holds it. ``unread``: nobody was seen, since that could not be read; it may be a member.
    """

    allocation_id: str
    interface_id: str
    instance_id: str
    take_from: str | None
    reason: str
    unread: bool = False

    @property
    def target(self) -> str:
        return self.allocation_id


@dataclass(frozen=True, slots=True)
class ReplaceRoute:
    """Point a table's default route at an interface; ``was`` is the former target."""

    table_id: str
    interface_id: str
    was: str
    reason: str

    @property
    def target(self) -> str:
        return self.table_id


@dataclass(frozen=True, slots=True)
class CreateRoute:
    """Give a table that has no static one a default route to an interface."""

    table_id: str
    interface_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.table_id


@dataclass(frozen=True, slots=True)
class RouteToFallback:
    """Point a table's default route at the operator's NAT gateway; ``replaces``: it is a static one."""

    table_id: str
    gateway_id: str
    was: str
    replaces: bool
    reason: str

    @property
    def target(self) -> str:
        return self.table_id


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Remember something in a tag of the group; without a value the tag is removed."""

    group: str
    tag: str
    value: str | None
    reason: str

    @property
    def target(self) -> str:
        return self.tag


@dataclass(frozen=True, slots=True)
class CompleteLifecycleAction:
    """Answer a lifecycle hook with CONTINUE or ABANDON."""

    group: str
    hook: str
    instance_id: str
    result: str
    reason: str

    @property
    def target(self) -> str:
        return self.instance_id


@dataclass(frozen=True, slots=True)
class RecordHeartbeat:
    """Ask Auto Scaling to wait for one more heartbeat of the hook."""

    group: str
    hook: str
    instance_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.instance_id


@dataclass(frozen=True, slots=True)
class ReplaceInstance:
    """Have Auto Scaling replace a member that EC2 shows as stopped or terminated."""

    group: str
    instance_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.instance_id


@dataclass(frozen=True, slots=True)
class ConfirmEgress:
    """Invoke the probe at once, with the suspect in its request, so that its result names the suspect."""

    function: str
    instance_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.instance_id


@dataclass(frozen=True, slots=True)
class ReportUnhealthy:
    """Report a running member to its group as unhealthy, so that the group replaces it."""

    group: str
    instance_id: str
    reason: str

    @property
    def target(self) -> str:
        return self.instance_id


Route: TypeAlias = ReplaceRoute | CreateRoute | RouteToFallback
Prerequisite: TypeAlias = DisableSourceDestCheck | AssociateAddress
Move: TypeAlias = Prerequisite | Route
Suspicion: TypeAlias = ConfirmEgress | ReportUnhealthy
GroupAction: TypeAlias = CompleteLifecycleAction | RecordHeartbeat | ReplaceInstance | ReportUnhealthy
Action: TypeAlias = Move | TagGroup | GroupAction | ConfirmEgress

# The IAM actions that each write needs; a lost race ends in another reading, never in a blind write.
PERMISSIONS: dict[type[Action], tuple[str, ...]] = {
    DisableSourceDestCheck: ("ec2:ModifyInstanceAttribute", "ec2:ModifyNetworkInterfaceAttribute"),
    AssociateAddress: ("ec2:AssociateAddress", "ec2:DescribeAddresses", "ec2:DescribeInstances"),
    ReplaceRoute: ("ec2:ReplaceRoute",),
    CreateRoute: ("ec2:CreateRoute",),
    RouteToFallback: ("ec2:CreateRoute", "ec2:ReplaceRoute"),
    TagGroup: ("autoscaling:CreateOrUpdateTags", "autoscaling:DeleteTags"),
    CompleteLifecycleAction: ("autoscaling:CompleteLifecycleAction",),
    RecordHeartbeat: ("autoscaling:RecordLifecycleActionHeartbeat",),
    ReplaceInstance: (
        "autoscaling:TerminateInstanceInAutoScalingGroup",
        "autoscaling:SetInstanceHealth",
    ),
    ConfirmEgress: ("lambda:InvokeFunction",),
    ReportUnhealthy: ("autoscaling:SetInstanceHealth",),
}


def key(action: Action) -> str:
    """What identifies an action between passes: its kind and what it writes to."""
    return f"{type(action).__name__}:{action.target}"


def order(action: Action) -> Action:
    """The write without its reason: two with equal arguments are the same order."""
    return replace(action, reason="")


class Assumption(StrEnum):
    """What the proof assumes of AWS, and a run can see broken. docs/proof.md says what follows from each."""

    READ_BACK_SHOWS_WRITE = "an accepted write shows in the reading right after it"
    WRITE_LASTS = "what an earlier pass wrote is not wanted again in the same run"
    ACCEPTED_TAKES_EFFECT = "a write that was accepted again and again shows at last"
    FAILED_CHANGES_NOTHING = "what a failed write wanted is not done when it is looked for"
    EVENT_INSTANCE_SHOWS = "the instance of a launch shows in its group or in EC2"


def unshown(actions: Iterable[Action], accepted: Collection[Action], *, at_once: bool) -> set[Broken]:
    """The assumptions that a plan breaks by wanting what was accepted. ``at_once``: by a read-back."""
    assumption = Assumption.READ_BACK_SHOWS_WRITE if at_once else Assumption.WRITE_LASTS
    return {(assumption, key(action)) for action in actions if order(action) in accepted}
