"""What a drill watches, and the moments that follow from two looks at it. Reads nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IN_SERVICE, RUNNING = "InService", "running"


@dataclass(frozen=True, slots=True)
class Look:
    """The NAT as AWS shows it at one time."""

    members: Mapping[str, str]  # lifecycle state by instance id, as the group shows it
    states: Mapping[str, str]  # EC2's state by instance id
    routes: Mapping[str, str | None]  # instance by route table id
    address_holder: str | None = None  # None: with nobody, or no address is watched


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that has changed, so many seconds after the order."""

    seconds: float
    name: str  # for programs: a key of the JSON
    text: str


@dataclass(frozen=True, slots=True)
class DrillReport:
    """A drill, for the terminal and for the file that keeps it."""

    environment: str
    account: str
    region: str
    instance_id: str
    started: str
    healed: bool
    simulated: bool = False
    moments: tuple[Moment, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)  # the first moment of each name

    def document(self) -> dict[str, Any]:
        return asdict(self)


def changes(before: Look, after: Look, victim: str) -> Iterator[tuple[str, str]]:
    """Names and texts of what differs, in the order of a failover."""
    if before.states.get(victim) != after.states.get(victim):
        yield "instance_ended", f"{victim} is {after.states.get(victim, 'gone')}"
    for instance in after.members.keys() - before.members.keys():
        yield "replacement_launched", f"the group launches {instance}"
    for instance, state in after.states.items():
        if instance != victim and state == RUNNING and before.states.get(instance) != RUNNING:
            yield "replacement_running", f"{instance} is running"
    if before.address_holder != after.address_holder:
        holder = after.address_holder
        yield (
            ("address_moved", f"the address is with {holder}")
            if holder
            else ("address_free", "the address is with nobody")
        )
    for table, target in after.routes.items():
        if before.routes.get(table) != target:
            yield "route_moved", f"{table} points at {target or 'nothing'}"
    for instance, state in after.members.items():
        if instance != victim and state == IN_SERVICE and before.members.get(instance) != IN_SERVICE:
            yield "replacement_in_service", f"{instance} is in service"


def is_healed(look: Look, victim: str, *, with_address: bool) -> bool:
    """Every table points at one member other than the victim, running, in service, with the address."""
    targets = set(look.routes.values())
    if len(targets) != 1 or None in targets or victim in targets:
        return False
    (target,) = targets
    return (
        look.states.get(str(target)) == RUNNING
        and look.members.get(str(target)) == IN_SERVICE
        and (not with_address or look.address_holder == target)
    )


def seconds_by_name(moments: tuple[Moment, ...]) -> dict[str, float]:
    """The first moment of each name; for routes the last, since egress is back when all have moved."""
    first: dict[str, float] = {}
    for moment in moments:
        if moment.name == "route_moved":
            first["routes_moved"] = moment.seconds
        else:
            first.setdefault(moment.name, moment.seconds)
    return first
