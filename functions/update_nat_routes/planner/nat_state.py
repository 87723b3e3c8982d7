"""One moment as the planner judges it: what is alive, ready, serving; the gateway; each table's state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from update_nat_routes.model import (
    ELIGIBLE_LIFECYCLES,
    OPERATOR_HOLDS,
    Group,
    Instance,
    Member,
    Observed,
    RouteTable,
    TargetKind,
)
from update_nat_routes.planner.standby import doubted, unheard, was_left
from update_nat_routes.settings import Readiness, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from update_nat_routes.events import Trigger

# From an instance's launch time: neither a heartbeat nor a second run extends it.
READY_DEADLINE = timedelta(seconds=240)
# 90 s after running. EC2 shows only the launch time; published figures of pending are 4.9 to 17 s.
UNPROVEN_AFTER = timedelta(seconds=90 + 17)

# A probe's failure that arrives later is out of date.
PROBE_IS_FRESH = timedelta(minutes=2)
# A gateway that AWS runs: EC2 shows a route to a deleted one as a black hole.
NAT_GATEWAY_PREFIX = "nat-"


class TableState(StrEnum):
    """The words of the answer; metrics and alarms count the same states."""

    FORWARDING = "forwarding"
    DOWN = "down"
    UNVERIFIED = "unverified"  # the target runs, and nothing has shown that it forwards


@dataclass(frozen=True, slots=True)
class RunState:
    """What one invocation has learned: heartbeats, abandoned actions, whether it changed anything.

    ``overdue`` are address moves that AWS has put off so often that routes which lead nowhere go first.
    ``absent`` counts the readings that showed the event's own instance nowhere. ``no_doubt``: what must be
    remembered of a move for a doubt could not be written, so that none is made. ``marked`` says when this
    run first saw an instance's mark say that it does not forward. ``tags`` of the first group are those that
    this run wrote: the reading right after a move does not show them.
    """

    heartbeats: Mapping[str, datetime] = field(default_factory=dict)
    abandoned: frozenset[str] = frozenset()
    overdue: frozenset[str] = frozenset()
    changed: bool = False
    absent: int = 0
    no_doubt: bool = False
    marked: Mapping[str, datetime] = field(default_factory=dict)
    tags: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)  # without slots, for the cached properties
class NatState:
    """Everything a plan depends on. Two equal situations give the same plan."""

    trigger: Trigger
    settings: Settings
    observed: Observed
    memory: RunState
    now: datetime

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        return self.observed.groups

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Of all groups: whoever can serve is judged with all others."""
        return tuple(member for group in self.groups for member in group.members)

    @cached_property
    def warm(self) -> tuple[Member, ...]:
        """Of the warm pools, where they were read."""
        return tuple(member for group in self.groups for member in group.warm or ())

    def member(self, instance_id: str | None) -> Member | None:
        return next((member for member in self.members if member.instance_id == instance_id), None)

    def group_of(self, instance_id: str) -> Group:
        """The group of a member, also of one in its warm pool."""
        return next(
            group
            for group in self.groups
            if any(member.instance_id == instance_id for member in (*group.members, *(group.warm or ())))
        )

    @property
    def maintenance(self) -> bool:
        """Every group has the desired size 0: an operator wants no NAT."""
        return bool(self.groups) and all(group.desired == 0 for group in self.groups)

    def is_ours(self, instance_id: str | None) -> bool:
        """A member, also one of a warm pool, or one of a standby that was switched off while it served."""
        instance, former = self.instance(instance_id), self.settings.former_standby
        was_standby = instance is not None and former is not None and instance.group_name == former
        ids = {member.instance_id for member in (*self.members, *self.warm)}
        return was_standby or instance_id in ids

    def allocation(self, instance_id: str) -> str | None:
        """The Elastic IP that an instance serves with: its group's own, or the one that all share."""
        own, standby = self.settings.standby_allocation_id, self.observed.standby
        return own if own and standby and standby.member(instance_id) else self.settings.allocation_id

    def holder(self, allocation_id: str | None) -> str | None:
        """The instance that is seen to carry an Elastic IP of ours."""
        own = self.settings.standby_allocation_id
        return self.observed.standby_eip_holder if own and allocation_id == own else self.observed.eip_holder

    def instance(self, instance_id: str | None) -> Instance | None:
        return self.observed.instances.get(instance_id) if instance_id else None

    def runs(self, instance_id: str | None) -> bool:
        """Whether EC2 shows it as running and the event does not call it terminated."""
        instance = self.instance(instance_id)
        return instance is not None and instance.running and instance_id != self.trigger.terminated_instance

    def eligible(self, member: Member) -> bool:
        instance = self.instance(member.instance_id)
        return (
            member.lifecycle in ELIGIBLE_LIFECYCLES
            and member.healthy
            and self.runs(member.instance_id)
            and instance is not None
            and instance.interface_id is not None
        )

    def ready(self, instance: Instance) -> bool:
        if not self.runs(instance.instance_id) or instance.not_forwarding or self.unaddressed(instance):
            return False
        if self.settings.standby_name and self.impaired(instance):
            return False  # one witness is enough for a move that can be undone
        return self.settings.readiness is Readiness.RUNNING or instance.ready

    def unaddressed(self, instance: Instance) -> bool:
        """Whether it has no public address, as for some minutes after the Elastic IP was moved away from it.

        Its mark says then what was true before. It is no fault: it is not replaced for it.
        """
        return self.settings.standby_name is not None and not instance.addressed

    def impaired(self, instance: Instance) -> bool:
        """Whether EC2's status checks fail, where this run has read them."""
        return instance.instance_id in (self.observed.impaired or {})

    def gateway(self) -> Instance | None:
        """The instance that should serve: ready first, then the newest launch, then the id.

        Of two groups the ready instance that carries stays, so that a replacement causes no second move;
        with addresses of their own, one that has its address comes before one that waits for it. Where the
        one that carries leaves, the other group's comes before its successor in the group, which is newer:
        the standby has served longer, and an operator can so move the traffic between the groups. The
        order is total and needs no memory, so that two runs agree. An instance that is not ready is taken
        only when nothing else serves and it has had its time: the routes point at nothing anyway.
        """
        best = max(self.candidates(), key=self._preference, default=None)
        return best if best and (self.ready(best) or self._usable_when_not_ready(best)) else None

    def candidates(self, members: Iterable[Member] | None = None) -> list[Instance]:
        """The eligible ones of some members, of all where none are given."""
        members = self.members if members is None else members
        instances = (self.instance(member.instance_id) for member in members if self.eligible(member))
        return [instance for instance in instances if instance]

    def _preference(self, instance: Instance) -> tuple[bool, bool, int, bool, bool, datetime, str]:
        name, own = instance.instance_id, self.settings.standby_allocation_id is not None
        stays = self.routes_to(name) if self.settings.standby_name else 0
        addressed = own and self.holder(self.allocation(name)) == name
        trusted = not any(check(self, instance) for check in (doubted, unheard, was_left))
        stood_by = bool(self.settings.standby_name) and not self._group_carries(name)
        return self.ready(instance), trusted, stays, addressed, stood_by, instance.launched_at, name

    def _group_carries(self, name: str) -> bool:
        return any(self.routes_to(member.instance_id) for member in self.group_of(name).members)

    def routes_to(self, instance_id: str) -> int:
        """How many tables route to an instance."""
        return sum(table.target.instance_id == instance_id for table in self.observed.tables)

    def _usable_when_not_ready(self, instance: Instance) -> bool:
        """Use an instance that is not ready only if no ready instance has a route; prefer the newer."""
        patient = self.now >= instance.launched_at + UNPROVEN_AFTER
        return patient and not any(
            self.has_egress(table) and not self.not_ready(table) for table in self.observed.tables
        )

    def probe_failed(self) -> bool:
        """Whether the egress probe failed within two minutes, and this run has changed nothing since."""
        at = self.trigger.at
        fresh = at is None or self.now - at <= PROBE_IS_FRESH
        return self.trigger.no_egress and fresh and not self.memory.changed

    def not_ready(self, table: RouteTable) -> bool:
        """Whether a table depends on a member that has not shown that it forwards."""
        instance = self.instance(table.target.instance_id)
        member = self.member(table.target.instance_id)
        return instance is not None and member is not None and not self.ready(instance)

    def has_egress(self, table: RouteTable) -> bool:
        """Whether a table's default route leads to something that can carry traffic."""
        target = table.target
        if target.blackhole:
            return False
        if target.kind is TargetKind.EXTERNAL:
            return True
        member = self.member(target.instance_id)
        return self.runs(target.instance_id) and (member is None or member.healthy)

    def other_has_egress(self, instance_id: str) -> bool:
        """Whether something that stays carries, or could carry, the traffic without this instance."""
        ready_member = any(
            self.ready(other) for other in self.candidates() if other.instance_id != instance_id
        )
        return ready_member or any(
            self.has_egress(table)
            and table.target.instance_id != instance_id
            and not self._leaving(table.target.instance_id)
            for table in self.observed.tables
        )

    def stays_with_address(self, table: RouteTable) -> bool:
        """Whether one that has left the group serves a table with our address: both move or neither.

        The address of an instance that is no member is never taken, so the route stays as long as it works.
        """
        holder = self.observed.eip_holder
        stranger = holder is not None and not self.is_ours(holder)
        return stranger and table.target.instance_id == holder and self.has_egress(table)

    def _leaving(self, instance_id: str | None) -> bool:
        member = self.member(instance_id)
        return member is not None and member.leaving

    def in_use(self, instance_id: str) -> bool:
        """Whether the shared Elastic IP or a named table still depends on this instance."""
        shared = self.settings.standby_allocation_id is None
        return (shared and self.observed.eip_holder == instance_id) or bool(self.routes_to(instance_id))

    def replacement_expected(self, instance_id: str) -> bool:
        """Whether another member is there or arriving, or a group owes one and may launch it."""
        return any(self._expects(group, instance_id) for group in self.groups)

    def _expects(self, group: Group, instance_id: str) -> bool:
        staying = [member for member in group.members if member.counted and member.instance_id != instance_id]
        alive = [member for member in staying if member.arriving or self.eligible(member)]
        counted = staying if group.suspended & OPERATOR_HOLDS else alive  # what cannot serve is replaced
        return bool(alive) or (len(counted) < group.desired and "Launch" not in group.suspended)


def table_state(state: NatState, table: RouteTable) -> TableState:
    """The state of one table, from what EC2 shows of its target."""
    target = table.target
    if target.kind is TargetKind.NOTHING or target.blackhole:
        return TableState.DOWN
    if target.kind is TargetKind.EXTERNAL:
        managed = target.target_id.startswith(NAT_GATEWAY_PREFIX)
        return TableState.FORWARDING if managed else TableState.UNVERIFIED
    instance = state.instance(target.instance_id)
    if instance is None and state.observed.denied:
        return TableState.UNVERIFIED
    if instance is None or not state.has_egress(table):
        return TableState.DOWN
    return _state_of_target(state, instance)


def _state_of_target(state: NatState, instance: Instance) -> TableState:
    """The state of a table whose target runs. A signal that is overdue is a boot that failed.

    The probe stands in the private subnets: its failure says more than a signal, and where it is deployed
    and reports none, something has looked.
    """
    lacks_address = not instance.addressed and (state.settings.standby_name or state.settings.allocation_id)
    if lacks_address or instance.source_dest_check or state.impaired(instance) or state.probe_failed():
        return TableState.DOWN
    if instance.ready:
        return TableState.FORWARDING
    if instance.not_forwarding:
        return TableState.DOWN
    expected = state.settings.readiness is Readiness.SIGNAL and state.member(instance.instance_id)
    if expected and state.now >= instance.launched_at + UNPROVEN_AFTER:
        return TableState.DOWN
    return TableState.FORWARDING if state.settings.probe_watches else TableState.UNVERIFIED
