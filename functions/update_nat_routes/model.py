"""What a pass reads of AWS, as frozen data: the planner's only input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_ROUTE = "0.0.0.0/0"
READY_TAG = "tradai:nat-ready"
GROUP_TAG = "aws:autoscaling:groupName"
# What one run leaves to the next, as tags of the group: "<time> <instance that was moved from>", "<time>".
DOUBT_TAG = "tradai:nat-peer-moved"
UNSERVED_TAG = "tradai:nat-unserved-since"
# nat/watchman.py writes "<boot id> not-forwarding <since>" and takes it back.
NOT_FORWARDING = "not-forwarding"
ENDED_STATES = frozenset({"shutting-down", "terminated"})
DEAD_STATES = ENDED_STATES | {"stopping", "stopped"}
# After CONTINUE a member passes through Pending:Proceed: without it a second run would find no gateway.
ELIGIBLE_LIFECYCLES = frozenset({"InService", "Pending:Wait", "Pending:Proceed"})
# The group launches another one in place of such a member, unless its desired size was lowered with it.
# Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html
UNCOUNTED_LIFECYCLES = frozenset({"EnteringStandby", "Standby", "Detaching", "Detached"})
# While one of these is suspended, the group replaces no instance and reports nothing.
HEALING_PROCESSES = frozenset({"Launch", "Terminate", "HealthCheck", "ReplaceUnhealthy"})
# An operator who suspends one of these wants no replacement; the note SUSPENDED says so.
OPERATOR_HOLDS = frozenset({"Launch", "HealthCheck", "ReplaceUnhealthy"})


def moment(text: str | None) -> datetime | None:
    """A time with its zone; None where the text is none."""
    try:
        time = datetime.fromisoformat(text or "")
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Member:
    """An instance as its Auto Scaling group sees it."""

    instance_id: str
    lifecycle: str
    healthy: bool

    @property
    def arriving(self) -> bool:
        return self.lifecycle.startswith("Pending")

    @property
    def leaving(self) -> bool:
        return self.lifecycle.startswith("Terminating")

    @property
    def counted(self) -> bool:
        """Whether the group counts it towards its desired size."""
        return not self.leaving and self.lifecycle not in UNCOUNTED_LIFECYCLES


@dataclass(frozen=True, slots=True)
class Launches:
    """A group's launches: whether the last one was given up, and how many were in the present row of them."""

    last_abandoned: bool
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """The Auto Scaling group; ``suspended`` are its suspended processes.

    ``created_at`` is when the group was made, None where that was not read. ``tags`` are those by which a
    run remembers. ``launches`` and ``warm``, the members of its warm pool, are
    None until the planner asks.
    """

    name: str
    desired: int
    suspended: frozenset[str]
    members: tuple[Member, ...]
    has_warm_pool: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    launches: Launches | None = None
    warm: tuple[Member, ...] | None = None
    created_at: datetime | None = None

    def member(self, instance_id: str | None) -> Member | None:
        return next((member for member in self.members if member.instance_id == instance_id), None)


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as EC2 sees it.

    ``interface_id`` is the primary one, None while none is attached. ``source_dest_check`` is the
    attribute of that interface. ``elastic_address`` is its public address if that is an Elastic IP;
    ``addressed`` says whether it has a public address at all. ``ready_tag`` is the mark that the instance
    writes: see ``ready``. ``died_at`` is the time in EC2's state transition reason, where it gives one.
    ``group_name`` is the group that launched it, by its tag.
    """

    instance_id: str
    state: str
    launched_at: datetime
    interface_id: str | None
    source_dest_check: bool
    elastic_address: str | None = None
    ready_tag: str | None = None
    died_at: datetime | None = None
    vpc_id: str | None = None
    addressed: bool = True
    group_name: str | None = None

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def ready(self) -> bool:
        """Whether the tag says that it forwards. An absent tag says nothing; an empty value withdraws it."""
        return bool(self.ready_tag) and not self.not_forwarding

    @property
    def not_forwarding(self) -> bool:
        """Whether the instance's watchman has found that it does not forward and could not repair that."""
        return NOT_FORWARDING in (self.ready_tag or "").split()

    @property
    def not_forwarding_since(self) -> datetime | None:
        """By the instance's clock; None also where the tag has no time."""
        words = (self.ready_tag or "").split()
        if not self.not_forwarding:
            return None
        return moment(words[-1])


class TargetKind(StrEnum):
    """What a table's default route points at."""

    NOTHING = "nothing"
    INSTANCE = "instance"
    EXTERNAL = "foreign"  # a NAT gateway or anything else that is no instance: somebody's decision


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a default route: ``target_id`` is an interface's or a gateway's id.

    ``propagated``: a virtual private gateway or a route server announces the route, and the table has no
    static one. No call replaces such a route; a static one beside it has priority.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html; that ReplaceRoute
    refuses and CreateRoute does not: https://github.com/ansible/ansible/pull/43417
    """

    kind: TargetKind
    target_id: str = ""
    instance_id: str | None = None
    blackhole: bool = False
    propagated: bool = False

    @property
    def replaceable(self) -> bool:
        """Whether ReplaceRoute reaches the route; where it does not, CreateRoute makes the static one."""
        return self.kind is not TargetKind.NOTHING and not self.propagated


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A private route table, reduced to its default route.

    ``ipv6_target`` is what its ::/0 leads to, empty where it has none. It is reported and never written.
    """

    table_id: str
    target: Target
    vpc_id: str | None = None
    ipv6_target: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """A lifecycle hook; ``heartbeat`` in seconds. ``notifies``: it has a notification target of its own.

    ``group`` is the group that has it; None where only one group is looked after.
    """

    name: str
    transition: str
    heartbeat: int
    notifies: bool = False
    group: str | None = None


@dataclass(frozen=True, slots=True)
class DeniedRead:
    """A read that the role may not make: what it would have shown is unknown."""

    permission: str
    reason: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One pass's reading of AWS.

    ``standby`` is the second group, where one is configured and exists. ``eip_holder`` is the instance
    that is seen to carry our Elastic IP; None where no instance that was read carries it, so that it is
    free or elsewhere. ``standby_eip_holder`` is the same of the standby's own address. ``hooks``, those
    of all groups, are None until the planner asks for them. ``holder_unread`` and ``hooks_unread`` say
    why the holder and the hooks could not be read, empty where they were. ``denied`` are the reads of
    group, tables and instances that the role may not make; with any of them nothing is decided.
    ``unread`` are others, which a run does without. ``impaired`` are the members whose status checks
    fail, with the time since: None until the planner asks.
    """

    group: Group | None
    instances: Mapping[str, Instance]
    tables: tuple[RouteTable, ...]
    eip_holder: str | None
    missing_tables: tuple[str, ...] = ()
    hooks: tuple[Hook, ...] | None = None
    impaired: Mapping[str, datetime | None] | None = None
    holder_unread: str = ""
    hooks_unread: str = ""
    unread: tuple[DeniedRead, ...] = ()
    denied: tuple[DeniedRead, ...] = ()
    standby: Group | None = None
    standby_eip_holder: str | None = None

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that exist, the lone NAT's or the first of the two before the standby's."""
        return tuple(group for group in (self.group, self.standby) if group)

    def with_each_group(self, read: Callable[[Group], Group]) -> Observed:
        first, second = self.group, self.standby
        return replace(self, group=first and read(first), standby=second and read(second))
