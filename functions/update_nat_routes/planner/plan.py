"""From one observation to the writes that it needs, each with its reason. Pure.

Moves come first and hooks are answered only when a later reading leaves nothing to move. So a plan that was
applied leaves nothing to plan, and what is called done was read back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
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
    RouteToFallback,
    TagGroup,
    key,
)
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import DEAD_STATES, OPERATOR_HOLDS, Instance, Observed, RouteTable, TargetKind
from update_nat_routes.planner.lifecycle_hooks import DataRequest, Wait, WaitKind, complete_hooks
from update_nat_routes.planner.nat_state import NatState, RunState, TableState, table_state
from update_nat_routes.planner.notes import Note, awaits_first_nat, notes, wanted_tables
from update_nat_routes.planner.probe_failure import handle_probe_failure, retry_broken_boots, suspect
from update_nat_routes.planner.standby import (
    doubted,
    fall_back,
    own_addresses,
    prepare,
    remember_doubt,
    standby_ready,
    was_left,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from update_nat_routes.events import Trigger
    from update_nat_routes.settings import Settings


REPLACEABLE = frozenset({"InService", "Pending", "Pending:Proceed"})
# Stop waiting for EC2 to confirm an event after 5 s; it was late or a duplicate.
CONFIRMS_WITHIN = timedelta(seconds=5)
CONFIRM_SECONDS, SCHEDULE_SECONDS, NO_LIMIT = 10.0, 50.0, float("inf")
# How long a run of each trigger may wait, and for what: the schedule repeats, a lifecycle action does not.
PATIENCE: dict[TriggerKind, tuple[float, frozenset[WaitKind]]] = {
    TriggerKind.LAUNCH_ACTION: (NO_LIMIT, frozenset(WaitKind)),
    TriggerKind.TERMINATE_ACTION: (NO_LIMIT, frozenset(WaitKind)),
    TriggerKind.RECONCILE: (SCHEDULE_SECONDS, frozenset({WaitKind.ARRIVING, WaitKind.CONFIRMING})),
    TriggerKind.DRILL: (SCHEDULE_SECONDS, frozenset({WaitKind.ARRIVING})),
    TriggerKind.PROBE_FAILURE: (SCHEDULE_SECONDS, frozenset({WaitKind.ARRIVING})),
    TriggerKind.PEER_SILENT: (SCHEDULE_SECONDS, frozenset({WaitKind.ARRIVING})),
    TriggerKind.INSTANCE_STATE: (CONFIRM_SECONDS, frozenset({WaitKind.CONFIRMING})),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write now, what to read before planning again, what to wait for, what to report.

    ``egress_down`` names the tables that are down, or what is missing where there is no group or no table;
    it is empty during maintenance, and leaves out a table that waits for its first NAT. ``standby_ready`` is
    None where no standby is configured. ``shown_by_instances``: EC2's instances show what is waited for.
    """

    actions: tuple[Action, ...] = ()
    data_requests: frozenset[DataRequest] = frozenset()
    wait: Wait | None = None
    notes: tuple[Note, ...] = ()
    gateway: Instance | None = None
    egress_down: tuple[str, ...] = ()
    unproven: bool = False
    tables: Mapping[str, TableState] = field(default_factory=dict)
    standby_ready: bool | None = None
    shown_by_instances: bool = False

    @property
    def egress_unverified(self) -> tuple[str, ...]:
        return tuple(name for name, state in self.tables.items() if state is TableState.UNVERIFIED)

    @property
    def moves(self) -> tuple[Move, ...]:
        return tuple(action for action in self.actions if isinstance(action, Move))

    @property
    def ends_outage(self) -> bool:
        return bool(self.moves and self.egress_down)


def plan(trigger: Trigger, settings: Settings, observed: Observed, memory: RunState, now: datetime) -> Plan:
    """Decide what this moment needs. Pure: equal arguments give equal plans."""
    state = NatState(trigger, settings, observed, memory, now)
    tables = {table.table_id: table_state(state, table) for table in observed.tables}
    down = tuple(_egress_down(state, tables))
    if not state.groups or observed.denied:
        return Plan(notes=tuple(notes(state, None)), egress_down=down, tables=tables)
    gateway = state.gateway()
    fallback = tuple(fall_back(state, gateway, frozenset(down) & frozenset(tables)))
    moves = (
        *(_moves(state, gateway) if gateway else ()),
        *own_addresses(state, gateway),
        *(step for step in fallback if isinstance(step, RouteToFallback)),
        *prepare(state, gateway),
    )
    moves = tuple(move for move in moves if key(move) not in memory.abandoned)
    remembered = tuple(remember_doubt(state, moves))
    settled = all(key(move) in memory.overdue for move in moves)  # no hook may run out for a late address
    steps = (
        *_preconditions(state),
        *_replacements(state),
        *retry_broken_boots(state, nothing_to_move=settled),
        *complete_hooks(state, gateway, nothing_to_move=settled),
        *handle_probe_failure(state, gateway, nothing_to_move=not moves),
        *suspect(state, gateway, nothing_to_move=not moves),
        *_confirmations(state),
        *(step for step in fallback if isinstance(step, TagGroup)),
    )
    unproven = _unproven(state, gateway)
    waits = sorted((step for step in steps if isinstance(step, Wait)), key=lambda wait: wait.kind)
    kinds = {wait.kind for wait in waits}
    return Plan(
        actions=(*remembered, *moves, *_still_tried(steps, memory)),
        data_requests=frozenset(step for step in steps if isinstance(step, DataRequest)),
        wait=waits[0] if waits else None,
        notes=tuple(notes(state, unproven)),
        gateway=gateway,
        egress_down=down,
        unproven=unproven is not None,
        tables=tables,
        standby_ready=standby_ready(state, gateway) if settings.standby_name else None,
        shown_by_instances=bool(kinds - {WaitKind.HOLDING}) and WaitKind.APPEARING not in kinds,
    )


def _still_tried(steps: Iterable[object], memory: RunState) -> Iterator[Action]:
    return (step for step in steps if isinstance(step, Action) and key(step) not in memory.abandoned)


def _egress_down(state: NatState, tables: Mapping[str, TableState]) -> Iterator[str]:
    """What lost its egress. Without a group nobody guards any table; desired 0 is maintenance."""
    if state.maintenance:
        return
    denied = state.observed.denied
    if not tables and not denied:
        yield wanted_tables(state.settings) if state.groups else state.settings.group_name
    unguarded = not state.groups and not denied
    waiting = {table.table_id for table in state.observed.tables if awaits_first_nat(state, table)}
    down = (name for name, word in tables.items() if unguarded or word is TableState.DOWN)
    yield from (name for name in down if name not in waiting)


def _preconditions(state: NatState) -> Iterator[DataRequest]:
    """The schedule looks at the hooks before any death; an event does where it names a hook of others."""
    trigger = state.trigger
    scheduled = trigger.kind in {TriggerKind.RECONCILE, TriggerKind.DRILL}
    unknown_hook = trigger.hook is not None and trigger.hook not in state.settings.hooks
    if state.observed.hooks is None and (scheduled or unknown_hook):
        yield DataRequest.HOOKS


def _moves(state: NatState, gateway: Instance) -> Iterator[Move]:
    """Check off, address, then the routes in the very next calls: the gap between them is the outage.

    An address whose holder could not be read comes last: AWS refuses it while one that died has it.
    """
    memory = state.memory
    needed = list(_prerequisites(state, gateway))
    late = memory.overdue | {
        key(move) for move in needed if isinstance(move, AssociateAddress) and move.unread
    }
    alone = any(key(move) in memory.abandoned | late for move in needed)
    yield from (move for move in needed if key(move) not in late)
    for table in state.observed.tables:
        route = _route(state, table, gateway)
        stays = (alone and state.has_egress(table)) or state.stays_with_address(table)
        if route and not stays:
            yield route
    yield from (move for move in needed if key(move) in late)


def _prerequisites(state: NatState, gateway: Instance) -> Iterator[Prerequisite]:
    interface, allocation = str(gateway.interface_id), state.allocation(gateway.instance_id)
    if gateway.source_dest_check:
        reason = f"{gateway.instance_id} forwards nothing while its source/destination check is on"
        yield DisableSourceDestCheck(interface, gateway.instance_id, reason)
    holder = state.holder(allocation)
    if allocation is None or holder == gateway.instance_id:
        return
    if holder is None:
        unread = bool(state.observed.holder_unread)
        known = "who holds the address could not be read" if unread else "the address is not with a member"
        reason = f"{gateway.instance_id} serves and {known}"
        yield AssociateAddress(allocation, interface, gateway.instance_id, None, reason, unread)
    elif state.is_ours(holder):
        reason = f"{gateway.instance_id} serves and {holder}, also ours, still has the address"
        yield AssociateAddress(allocation, interface, gateway.instance_id, holder, reason)


def _route(state: NatState, table: RouteTable, gateway: Instance) -> Route | None:
    target, interface = table.target, str(gateway.interface_id)
    if target.target_id == interface:
        return None
    if target.kind is TargetKind.NOTHING:
        return CreateRoute(table.table_id, interface, "the table has no default route")
    if target.kind is TargetKind.EXTERNAL and not (
        state.settings.take_over_external_routes or _fell_back(state, table)
    ):
        return None
    if not target.replaceable:
        reason = f"{target.target_id} propagates the default route: a static one beside it has priority"
        return CreateRoute(table.table_id, interface, f"{_why_moved(state, table, gateway)}; {reason}")
    return ReplaceRoute(table.table_id, interface, target.target_id, _why_moved(state, table, gateway))


def _fell_back(state: NatState, table: RouteTable) -> bool:
    return table.target.target_id == state.settings.fallback_gateway_id


def _why_moved(state: NatState, table: RouteTable, gateway: Instance) -> str:
    target = table.target
    former = target.instance_id or target.target_id
    if _fell_back(state, table):
        return f"{gateway.instance_id} is ready again, and {former} carried the traffic meanwhile"
    if target.kind is TargetKind.EXTERNAL:
        return f"a setting says to take the route over from {former}"
    if state.has_egress(table):
        carrier = state.instance(target.instance_id)
        if carrier and state.settings.standby_name and state.impaired(carrier):
            return f"EC2's status checks of {former} fail, and {gateway.instance_id} is ready"
        if carrier and (doubted(state, carrier) or was_left(state, carrier)):
            return f"{former} does not answer its peer, and {gateway.instance_id} is ready"
        return f"{gateway.instance_id} is ready and replaces {former}, which still serves"
    return f"{former} {_what_is_wrong(state, table)} and {gateway.instance_id} is running"


def _what_is_wrong(state: NatState, table: RouteTable) -> str:
    """Of a target that gives no egress, as it was read."""
    name = table.target.instance_id
    instance, member = state.instance(name), state.member(name)
    if name is not None and name == state.trigger.terminated_instance:
        return "has ended, as EC2's own event says"
    if instance is None:
        return "is a black hole" if table.target.blackhole else "is not shown by EC2"
    if instance.running and member and not member.healthy:
        return "is unhealthy, as its group shows it"
    return f"is {instance.state}"


def _replacements(state: NatState) -> Iterator[ReplaceInstance]:
    """Members that EC2 itself says are gone; Auto Scaling would notice too, but later."""
    for group in state.groups:
        if group.desired == 0 or group.suspended & OPERATOR_HOLDS:
            continue
        for member in group.members:
            instance = state.instance(member.instance_id)
            if instance and instance.state in DEAD_STATES and member.lifecycle in REPLACEABLE:
                reason = f"it is {instance.state}, and waiting for a health check would prolong the outage"
                yield ReplaceInstance(group.name, member.instance_id, reason)


def _confirmations(state: NatState) -> Iterator[Wait]:
    """EC2 can still show the earlier state right after its own event of the later one."""
    named = state.trigger.stopping_instance
    member, instance = state.member(named), state.instance(named)
    fresh = named == state.trigger.terminated_instance or confirms(state.trigger, state.now)
    if fresh and member and not member.leaving and instance and instance.state not in DEAD_STATES:
        yield Wait(WaitKind.CONFIRMING, f"EC2 still shows {instance.instance_id} as {instance.state}")


def confirms(trigger: Trigger, now: datetime) -> bool:
    """Whether EC2 may still come to show what an event reports."""
    return trigger.at is not None and now - trigger.at < CONFIRMS_WITHIN


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
