"""What doctor has read of an account, and what it says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.doctor.alarms import StackAlarms
    from ops.doctor.network import Network, Offers
    from ops.identity import Identity


@dataclass(frozen=True, slots=True)
class Unread:
    """A call that failed: what it would have shown is unknown."""

    action: str  # as IAM spells it
    code: str


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table and its static default route. All targets are None where it has none."""

    id: str
    name: str
    vpc_id: str
    instance_id: str | None = None
    interface_id: str | None = None
    nat_gateway_id: str | None = None
    other_target: str | None = None
    blackhole: bool = False
    stack: str | None = None  # the CloudFormation stack that made it
    subnets: tuple[str, ...] = ()
    pulumi: bool = False  # its tags say that Pulumi manages it
    main: bool = False  # the VPC's: subnets that no table names follow it
    owner: str = ""  # the account that may change it; another one than the caller's in a shared VPC

    @property
    def leaves_by_instance(self) -> bool:
        return self.instance_id is not None or self.interface_id is not None


@dataclass(frozen=True, slots=True)
class Carrier:
    """An instance that default routes lead to, its group, and these tables."""

    instance_id: str
    group: str | None
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hook:
    """A lifecycle hook of the group."""

    name: str
    transition: str
    heartbeat_seconds: int
    default_result: str
    notification_target: str | None
    subscribers: tuple[str, ...] = ()  # endpoints of the target, where that is a topic

    @property
    def launching(self) -> bool:
        return self.transition.endswith("LAUNCHING")

    @property
    def answered_elsewhere(self) -> bool:
        """Whether SNS or SQS gets its notifications, or CodeDeploy made it: somebody else answers it."""
        return self.notification_target is not None or self.name.startswith("CodeDeploy-managed")


@dataclass(frozen=True, slots=True)
class Group:
    """The NAT's Auto Scaling group."""

    name: str
    desired: int
    subnets: tuple[str, ...]
    suspended: tuple[str, ...]
    hooks: tuple[Hook, ...] | None  # None: not readable
    members: tuple[str, ...] = ()
    stack: str | None = None
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """An EventBridge rule that matches lifecycle actions, with its targets' ARNs and who reads these."""

    name: str
    enabled: bool
    targets: tuple[str, ...]
    bus: str = "default"


@dataclass(frozen=True, slots=True)
class TakenName:
    """A resource that exists under a name which the stack wants, and the stack that owns it."""

    kind: str
    name: str
    stack: str | None


@dataclass(frozen=True, slots=True)
class Notification:
    """A topic that the group notifies, with its subscribers' endpoints."""

    group: str
    topic_arn: str
    kinds: tuple[str, ...]
    subscribers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DataTable:
    """A DynamoDB table of the configuration; ``owner`` manages it by its tags, None where none says so."""

    name: str
    exists: bool
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """The alerts topic. ``refusals`` say why CloudWatch cannot send to it."""

    arn: str
    exists: bool
    confirmed: int = 0
    pending: int = 0
    refusals: tuple[str, ...] = ()
    key: str = ""  # of a customer; the key of AWS's own is a refusal


@dataclass(frozen=True, slots=True)
class Stack:
    """The deployed stack's parameters; None where it is not deployed."""

    name: str
    parameters: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Account:
    """All that was read. None: not there, or not readable where ``unread`` names its call."""

    identity: Identity
    tables: tuple[RouteTable, ...] = ()
    group: Group | None = None
    standby: Group | None = None  # the second group, as deployed, as it is to be, or as it was found
    twins: tuple[str, ...] = ()  # groups that look like the second one, where no parameter names it
    other_allocations: tuple[str, ...] = ()  # of the found pair's NAT that carries nothing
    carrier_group: str | None = None  # of the instance that the default route leads to
    carrier_subnet: str | None = None
    primary_interface: str = ""  # of the instance that carries the traffic
    secondary_interfaces: tuple[str, ...] = ()
    carriers: tuple[Carrier, ...] = ()  # where the tables lead to several instances
    by_gateway: tuple[str, ...] = ()  # tables that leave by a NAT Gateway, where no others were found
    left_out: tuple[str, ...] = ()  # tables that lead to the NAT and that no parameter names
    candidates: tuple[str, ...] = ()  # groups that may be the NAT's where no route leads to one
    instance_id: str | None = None
    allocation_ids: tuple[str, ...] = ()
    automatic_address: bool = False
    rules: tuple[Rule, ...] = ()
    taken: tuple[TakenName, ...] = ()
    notifications: tuple[Notification, ...] = ()
    data_tables: tuple[DataTable, ...] = ()
    concurrency_quota: int | None = None
    topic: Topic | None = None
    stack: Stack | None = None
    network: Network | None = None
    offers: Offers | None = None
    alarms: StackAlarms | None = None  # None also where the stack is not deployed
    unread: tuple[Unread, ...] = ()

    @property
    def standby_carries(self) -> bool:
        """Whether the traffic goes through the second group's NAT."""
        return self.standby is not None and self.carrier_group == self.standby.name


class Level(StrEnum):
    """How much a line matters."""

    OK = "ok"
    INFO = "info"
    DO = "do"  # must be done before the first deployment
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of doctor's output."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The lines, and the parameters that this account needs."""

    lines: tuple[Line, ...]
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """0 ready, 1 something must be done first, 3 something could not be read."""
        levels = {line.level for line in self.lines}
        if Level.DO in levels:
            return 1
        return 3 if Level.UNREAD in levels else 0
