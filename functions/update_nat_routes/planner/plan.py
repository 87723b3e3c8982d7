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
from update_nat_routes.planner.lifecycle_hooks import DataRequest, Wait, WaitKind, complete_hooks
from update_nat_routes.planner.nat_state import NatState, RunState
from update_nat_routes.planner.probe_failure import handle_probe_failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from update_nat_routes.events import Trigger
    from update_nat_routes.settings import Settings


REPLACEABLE = frozenset({"InService", "Pending", "Pending:Proceed"})
# Stop waiting for EC2 to confirm an event after 5 s; it was late or a duplicate.
CONFIRMS_WITHIN = timedelta(seconds=5)


# An operator who suspends one of these wants no replacement; the note SUSPENDED says so.
OPERATOR_HOLDS = frozenset({"Launch", "HealthCheck", "ReplaceUnhealthy"})


class NoteKind(StrEnum):
    """What an operator should know and the loop does not write."""

    GROUP_MISSING = "group missing"
    NO_TABLES = "no route tables"
    TABLE_MISSING = "route table missing"
    FOREIGN_ROUTE = "route left alone"
    EIP_ELSEWHERE = "address held elsewhere"
    EIP_UNREAD = "address not readable"
    SUSPENDED = "processes suspended"
    MAINTENANCE = "maintenance"
    UNPROVEN = "NAT unproven"


PROBLEMS = frozenset(
    {
        NoteKind.GROUP_MISSING,
        NoteKind.NO_TABLES,
        NoteKind.TABLE_MISSING,
        NoteKind.EIP_ELSEWHERE,
        NoteKind.EIP_UNREAD,
    }
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
    data_requests: frozenset[DataRequest] = frozenset()
    wait: Wait | None = None
    notes: tuple[Note, ...] = ()
    gateway: Instance | None = None
    egress_down: tuple[str, ...] = ()
    unproven: bool = False

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(action for action in self.actions if isinstance(action, Move))


def plan(trigger: Trigger, settings: Settings, observed: Observed, memory: RunState, now: datetime) -> Plan:
    """Decide what this moment needs. Pure: equal arguments give equal plans."""
    if observed.group is None:
        reason = "the Auto Scaling group does not exist or cannot be seen"
        down = tuple(table.table_id for table in observed.tables) or (settings.group_name,)
        return Plan(notes=(Note(NoteKind.GROUP_MISSING, settings.group_name, reason),), egress_down=down)
    state = NatState(trigger, settings, observed.group, observed, memory, now)
    gateway = state.gateway()
    moves = tuple(_moves(state, gateway)) if gateway else ()
    settled = all(key(move) in memory.overdue for move in moves)  # no hook may run out for a late address
    steps = (
        *_replacements(state),
        *complete_hooks(state, gateway, nothing_to_move=settled),
        *handle_probe_failure(state, gateway, nothing_to_move=not moves),
        *_confirmations(state),
    )
    waits = sorted((step for step in steps if isinstance(step, Wait)), key=lambda wait: wait.kind)
    return Plan(
        actions=(*moves, *(step for step in steps if isinstance(step, Action))),
        data_requests=frozenset(step for step in steps if isinstance(step, DataRequest)),
        wait=waits[0] if waits else None,
        notes=tuple(_notes(state, gateway)),
        gateway=gateway,
        egress_down=tuple(_egress_down(state)),
        unproven=_unproven(state, gateway) is not None,
    )


def _egress_down(state: NatState) -> Iterator[str]:
    """The tables without a way out. Without a table nobody is guarded; desired 0 is maintenance."""
    if state.group.desired == 0:
        return
    if not state.observed.tables:
        yield _wanted_tables(state)
    yield from (table.table_id for table in state.observed.tables if not state.has_egress(table))


def _wanted_tables(state: NatState) -> str:
    return ", ".join(state.settings.route_table_ids) or f"Name = {state.settings.route_table_name}"


def _moves(state: NatState, gateway: Instance) -> Iterator[Move]:
    """Check off, address, then the routes in the very next calls: the gap between them is the outage."""
    memory = state.memory
    needed = [move for move in _prerequisites(state, gateway) if key(move) not in memory.abandoned]
    alone = any(key(move) in memory.abandoned | memory.overdue for move in _prerequisites(state, gateway))
    yield from (move for move in needed if key(move) not in memory.overdue)
    for table in state.observed.tables:
        route = _route(state, table, gateway)
        if route and key(route) not in memory.abandoned and not (alone and state.has_egress(table)):
            yield route
    yield from (move for move in needed if key(move) in memory.overdue)


def _prerequisites(state: NatState, gateway: Instance) -> Iterator[Prerequisite]:
    interface, allocation = str(gateway.interface_id), state.settings.allocation_id
    if gateway.source_dest_check:
        yield DisableSourceDestCheck(
            interface, f"{gateway.instance_id} drops what it should forward while its check is on"
        )
    holder = state.observed.eip_holder
    if allocation is None or holder == gateway.instance_id:
        return
    if holder is None:
        unread = "who holds the address could not be read"
        known = "the address is not with a member"
        reason = f"{gateway.instance_id} serves and {unread if state.observed.holder_unread else known}"
        yield AssociateAddress(allocation, interface, gateway.instance_id, None, reason)
    elif state.group.member(holder):
        reason = f"{gateway.instance_id} serves and {holder}, of the same group, still has the address"
        yield AssociateAddress(allocation, interface, gateway.instance_id, holder, reason)


def _route(state: NatState, table: RouteTable, gateway: Instance) -> Route | None:
    target, interface = table.target, str(gateway.interface_id)
    if target.target_id == interface:
        return None
    if target.kind is TargetKind.NOTHING:
        return CreateRoute(table.table_id, interface, "the table has no default route")
    if target.kind is TargetKind.EXTERNAL and not state.settings.take_over_external_routes:
        return None
    return ReplaceRoute(table.table_id, interface, target.target_id, _why_moved(state, table, gateway))


def _why_moved(state: NatState, table: RouteTable, gateway: Instance) -> str:
    target = table.target
    former = target.instance_id or target.target_id
    if target.kind is TargetKind.EXTERNAL:
        return f"a setting says to take the route over from {former}"
    if state.has_egress(table):
        return f"{gateway.instance_id} is ready and replaces {former}, which still serves"
    instance = state.instance(target.instance_id)
    shown = (
        instance.state if instance and instance.instance_id != state.trigger.terminated_instance else "gone"
    )
    return f"{former} is {shown} and {gateway.instance_id} is running"


def _replacements(state: NatState) -> Iterator[ReplaceInstance]:
    """Members that EC2 itself says are gone; Auto Scaling would notice too, but later."""
    if state.group.desired == 0 or state.group.suspended & OPERATOR_HOLDS:
        return
    for member in state.group.members:
        instance = state.instance(member.instance_id)
        if instance and instance.state in DEAD_STATES and member.lifecycle in REPLACEABLE:
            reason = f"it is {instance.state}, and waiting for a health check would prolong the outage"
            yield ReplaceInstance(state.group.name, member.instance_id, reason)


def _confirmations(state: NatState) -> Iterator[Wait]:
    """EC2 can still show the earlier state right after its own event of the later one."""
    named, since = state.trigger.stopping_instance, state.trigger.at
    member, instance = state.group.member(named), state.instance(named)
    fresh = named == state.trigger.terminated_instance or (
        since is not None and state.now - since < CONFIRMS_WITHIN
    )
    if fresh and member and not member.leaving and instance and instance.state not in DEAD_STATES:
        yield Wait(WaitKind.CONFIRMING, f"EC2 still shows {instance.instance_id} as {instance.state}")


def _unproven(state: NatState, gateway: Instance | None) -> str | None:
    """The instance that traffic depends on, or is about to, though it has not shown that it forwards."""
    if gateway is not None:
        return None if state.ready(gateway) else gateway.instance_id
    carriers = (
        table.target.instance_id
        for table in state.observed.tables
        if state.not_ready(table) and state.has_egress(table)
    )
    return next(carriers, None)


def _notes(state: NatState, gateway: Instance | None) -> Iterator[Note]:
    for process in sorted(state.group.suspended & HEALING_PROCESSES):
        yield Note(NoteKind.SUSPENDED, process, "while it is suspended the group does not heal")
    if state.group.desired == 0:
        yield Note(NoteKind.MAINTENANCE, state.group.name, "its desired size is 0, so nothing is replaced")
    if not state.observed.tables:
        yield Note(NoteKind.NO_TABLES, _wanted_tables(state), "no private route table was found")
    for table_id in state.observed.missing_tables:
        yield Note(
            NoteKind.TABLE_MISSING, table_id, "it is named in PRIVATE_ROUTE_TABLE_IDS and does not exist"
        )
    for table in state.observed.tables:
        if table.target.kind is TargetKind.EXTERNAL and not state.settings.take_over_external_routes:
            reason = f"its default route goes to {table.target.target_id}, which is no instance"
            yield Note(NoteKind.FOREIGN_ROUTE, table.table_id, reason)
    holder = state.observed.eip_holder
    if holder and not state.group.member(holder):
        reason = f"{holder} has it and is no member of {state.group.name}: not taken"
        yield Note(NoteKind.EIP_ELSEWHERE, str(state.settings.allocation_id), reason)
    if state.observed.holder_unread:
        yield Note(NoteKind.EIP_UNREAD, str(state.settings.allocation_id), state.observed.holder_unread)
    unproven = _unproven(state, gateway)
    if unproven:
        yield Note(NoteKind.UNPROVEN, unproven, "it has not signalled, and nothing else serves")
