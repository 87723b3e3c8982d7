"""The decision, whole and pure: from one observed moment to the writes that it needs, each with its reason.

Moves come first and hooks are answered only when a later reading leaves nothing to move. So a plan that was
applied leaves nothing to plan, and what is called done was read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CreateRoute,
    DisableSourceDestCheck,
    Move,
    Prerequisite,
    ReplaceInstance,
    ReplaceRoute,
    Route,
    key,
)
from update_nat_routes.model import DEAD_STATES, HEALING_PROCESSES, Instance, Observed, RouteTable, TargetKind
from update_nat_routes.planner.lifecycle_hooks import Ask, Wait, WaitKind, answer_hooks
from update_nat_routes.planner.nat_state import Memory, Situation
from update_nat_routes.planner.probe_failure import suspicions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from update_nat_routes.events import Trigger
    from update_nat_routes.settings import Settings


REPLACEABLE = frozenset({"InService", "Pending", "Pending:Proceed"})
# A hint that EC2 does not confirm by then was late or doubled.
CONFIRMS_WITHIN = timedelta(seconds=5)


class NoteKind(StrEnum):
    """What an operator should know and the loop does not write."""

    GROUP_MISSING = "group missing"
    NO_TABLES = "no route tables"
    TABLE_MISSING = "route table missing"
    FOREIGN_ROUTE = "route left alone"
    EIP_ELSEWHERE = "address held elsewhere"
    SUSPENDED = "processes suspended"
    MAINTENANCE = "maintenance"
    UNPROVEN = "NAT unproven"


PROBLEMS = frozenset(
    {NoteKind.GROUP_MISSING, NoteKind.NO_TABLES, NoteKind.TABLE_MISSING, NoteKind.EIP_ELSEWHERE}
)


@dataclass(frozen=True, slots=True)
class Note:
    """A fact to report, with the thing that it is about."""

    kind: NoteKind
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write now, what to read before planning again, what to wait for, what to tell."""

    actions: tuple[Action, ...] = ()
    asks: frozenset[Ask] = frozenset()
    wait: Wait | None = None
    notes: tuple[Note, ...] = ()
    gateway: Instance | None = None
    egress_down: tuple[str, ...] = ()
    unproven: bool = False

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(action for action in self.actions if isinstance(action, Move))


def plan(trigger: Trigger, settings: Settings, observed: Observed, memory: Memory, now: datetime) -> Plan:
    """Decide what this moment needs. Pure: equal arguments give equal plans."""
    if observed.group is None:
        reason = "the Auto Scaling group does not exist or cannot be seen"
        return Plan(notes=(Note(NoteKind.GROUP_MISSING, settings.group_name, reason),))
    at = Situation(trigger, settings, observed.group, observed, memory, now)
    gateway = at.gateway()
    moves = tuple(_moves(at, gateway)) if gateway else ()
    steps = (
        *_replacements(at),
        *answer_hooks(at, gateway, moved=not moves),
        *suspicions(at, gateway, moved=not moves),
        *_confirmations(at),
    )
    waits = sorted((step for step in steps if isinstance(step, Wait)), key=lambda wait: wait.kind)
    return Plan(
        actions=(*moves, *(step for step in steps if isinstance(step, Action))),
        asks=frozenset(step for step in steps if isinstance(step, Ask)),
        wait=waits[0] if waits else None,
        notes=tuple(_notes(at, gateway)),
        gateway=gateway,
        egress_down=tuple(table.table_id for table in observed.tables if not at.serves(table)),
        unproven=_unproven(at, gateway) is not None,
    )


def _moves(at: Situation, gateway: Instance) -> Iterator[Move]:
    """Check off, address, then the routes in the very next calls: the gap between them is the outage."""
    needed = tuple(_prerequisites(at, gateway))
    yield from (move for move in needed if key(move) not in at.memory.given_up)
    hopeless = any(key(move) in at.memory.given_up for move in needed)
    for table in at.observed.tables:
        route = _route(at, table, gateway)
        if route and key(route) not in at.memory.given_up and not (hopeless and at.serves(table)):
            yield route


def _prerequisites(at: Situation, gateway: Instance) -> Iterator[Prerequisite]:
    interface, allocation = str(gateway.interface_id), at.settings.allocation_id
    if gateway.check:
        yield DisableSourceDestCheck(
            interface, f"{gateway.instance_id} drops what it should forward while its check is on"
        )
    holder = at.observed.eip_holder
    if allocation is None or holder == gateway.instance_id:
        return
    if holder is None:
        reason = f"{gateway.instance_id} serves and the address is not with a member"
        yield AssociateAddress(allocation, interface, gateway.instance_id, None, reason)
    elif at.group.member(holder):
        reason = f"{gateway.instance_id} serves and {holder}, of the same group, still has the address"
        yield AssociateAddress(allocation, interface, gateway.instance_id, holder, reason)


def _route(at: Situation, table: RouteTable, gateway: Instance) -> Route | None:
    target, interface = table.target, str(gateway.interface_id)
    if target.target_id == interface:
        return None
    if target.kind is TargetKind.NOTHING:
        return CreateRoute(table.table_id, interface, "the table has no default route")
    if target.kind is TargetKind.FOREIGN and not at.settings.take_over:
        return None
    return ReplaceRoute(table.table_id, interface, target.target_id, _why_moved(at, table, gateway))


def _why_moved(at: Situation, table: RouteTable, gateway: Instance) -> str:
    target = table.target
    former = target.instance_id or target.target_id
    if target.kind is TargetKind.FOREIGN:
        return f"a setting says to take the route over from {former}"
    if at.serves(table):
        return f"{gateway.instance_id} is ready and replaces {former}, which still serves"
    instance = at.instance(target.instance_id)
    state = instance.state if instance and instance.instance_id != at.trigger.dead else "gone"
    return f"{former} is {state} and {gateway.instance_id} is running"


def _replacements(at: Situation) -> Iterator[ReplaceInstance]:
    """Members that EC2 itself says are gone; Auto Scaling would notice too, but later."""
    if at.group.desired == 0:
        return
    for member in at.group.members:
        instance = at.instance(member.instance_id)
        if instance and instance.state in DEAD_STATES and member.lifecycle in REPLACEABLE:
            reason = f"it is {instance.state}, and waiting for a health check would prolong the outage"
            yield ReplaceInstance(at.group.name, member.instance_id, reason)


def _confirmations(at: Situation) -> Iterator[Wait]:
    """EC2 can still show the earlier state right after its own event of the later one."""
    named, since = at.trigger.falling, at.trigger.at
    member, instance = at.group.member(named), at.instance(named)
    fresh = named == at.trigger.dead or (since is not None and at.now - since < CONFIRMS_WITHIN)
    if fresh and member and not member.leaving and instance and instance.state not in DEAD_STATES:
        yield Wait(WaitKind.CONFIRMING, f"EC2 still shows {instance.instance_id} as {instance.state}")


def _unproven(at: Situation, gateway: Instance | None) -> str | None:
    """The instance that traffic depends on, or is about to, though it has not shown that it forwards."""
    if gateway is not None:
        return None if at.ready(gateway) else gateway.instance_id
    carriers = (
        table.target.instance_id for table in at.observed.tables if at.unproven(table) and at.serves(table)
    )
    return next(carriers, None)


def _notes(at: Situation, gateway: Instance | None) -> Iterator[Note]:
    for process in sorted(at.group.suspended & HEALING_PROCESSES):
        yield Note(NoteKind.SUSPENDED, process, "while it is suspended the group does not heal")
    if at.group.desired == 0:
        yield Note(NoteKind.MAINTENANCE, at.group.name, "its desired size is 0, so nothing is replaced")
    if not at.observed.tables:
        wanted = ", ".join(at.settings.route_table_ids) or f"Name = {at.settings.route_table_name}"
        yield Note(NoteKind.NO_TABLES, wanted, "no private route table was found")
    for table_id in at.observed.missing_tables:
        yield Note(
            NoteKind.TABLE_MISSING, table_id, "it is named in PRIVATE_ROUTE_TABLE_IDS and does not exist"
        )
    for table in at.observed.tables:
        if table.target.kind is TargetKind.FOREIGN and not at.settings.take_over:
            reason = f"its default route goes to {table.target.target_id}, which is no instance"
            yield Note(NoteKind.FOREIGN_ROUTE, table.table_id, reason)
    holder = at.observed.eip_holder
    if holder and not at.group.member(holder):
        reason = f"{holder} has it and is no member of {at.group.name}: not taken"
        yield Note(NoteKind.EIP_ELSEWHERE, str(at.settings.allocation_id), reason)
    unproven = _unproven(at, gateway)
    if unproven:
        yield Note(NoteKind.UNPROVEN, unproven, "it has not signalled, and nothing else serves")
