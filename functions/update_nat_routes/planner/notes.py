"""What an operator should know and the loop does not write, each with what it is about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared.errors import AccessDenied
from update_nat_routes.actions import AssociateAddress
from update_nat_routes.model import HEALING_PROCESSES, TargetKind
from update_nat_routes.planner.lifecycle_hooks import LAUNCHING, TERMINATING, answered_hooks, hooks_of
from update_nat_routes.planner.nat_state import READY_DEADLINE
from update_nat_routes.planner.standby import silent_member, standby_ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from tradai_shared.errors import AwsError, Outcome
    from update_nat_routes.actions import Action
    from update_nat_routes.model import Group, Hook, RouteTable
    from update_nat_routes.planner.nat_state import NatState
    from update_nat_routes.settings import Settings

# EC2's refusal to take an Elastic IP from whoever holds it.
ALREADY_ASSOCIATED = "Resource.AlreadyAssociated"
WAITING = {LAUNCHING: "Pending:Wait", TERMINATING: "Terminating:Wait"}


class NoteKind(StrEnum):
    """The words of the answer, of the log and of the runbooks."""

    GROUP_MISSING = "group missing"
    NO_TABLES = "no route tables"
    TABLE_MISSING = "route table missing"
    FOREIGN_ROUTE = "route left alone"
    IPV6_ROUTE = "IPv6 route left alone"
    EIP_ELSEWHERE = "address held elsewhere"
    EIP_UNREAD = "address not readable"
    HOOK_NOT_OURS = "hook not ours"
    HOOK_ASSUMED = "hook assumed"
    ROLE_REFUSED = "role refused"
    SUSPENDED = "processes suspended"
    MAINTENANCE = "maintenance"
    FIRST_LAUNCH = "first launch"
    UNPROVEN = "NAT unproven"
    PEER_SILENT = "peer silent"
    NO_STANDBY = "no standby"
    FALLBACK = "fallback in use"


# The loop cannot do its job, so nobody guards the NAT: no success, and the metric Unguarded.
UNGUARDED = frozenset(
    {
        NoteKind.GROUP_MISSING,
        NoteKind.NO_TABLES,
        NoteKind.TABLE_MISSING,
        NoteKind.EIP_ELSEWHERE,
        NoteKind.EIP_UNREAD,
        NoteKind.HOOK_NOT_OURS,
        NoteKind.ROLE_REFUSED,
        NoteKind.FALLBACK,
    }
)


@dataclass(frozen=True, slots=True)
class Note:
    """A fact to report, with the resource that it is about."""

    kind: NoteKind
    subject: str
    reason: str


def wanted_tables(settings: Settings) -> str:
    """The route tables that the deployment names, or the tag that finds them."""
    return ", ".join(settings.route_table_ids) or f"Name = {settings.route_table_name}"


def notes(state: NatState, unproven: str | None) -> Iterator[Note]:
    """Every note of one observation; ``unproven`` is the instance that serves without a signal."""
    yield from denied_reads(state)
    if state.observed.denied:
        return
    yield from _group_notes(state)
    yield from _hook_notes(state)
    yield from table_notes(state)
    yield from _address_notes(state)
    yield from _standby_notes(state)
    if unproven:
        yield Note(NoteKind.UNPROVEN, unproven, "it has not signalled, and nothing else serves")


def awaits_first_nat(state: NatState, table: RouteTable) -> bool:
    """Whether a table has no route yet, and every group is new and has had no instance in service.

    The group's own age decides, so that a second attempt prolongs nothing. A NAT that ended leaves its route
    as a black hole. CreatedTime is in every answer:
    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html
    """
    no_route = table.target.kind is TargetKind.NOTHING
    return no_route and bool(state.groups) and all(_boots_first(group, state.now) for group in state.groups)


def _boots_first(group: Group, now: datetime) -> bool:
    young = group.created_at is not None and now < group.created_at + READY_DEADLINE
    return young and all(member.arriving for member in group.members)


def denied_reads(state: NatState) -> Iterator[Note]:
    """The reads that the role may not make."""
    for denied in (*state.observed.denied, *state.observed.unread):
        yield Note(NoteKind.ROLE_REFUSED, denied.permission, denied.reason)
    if state.observed.hooks_unread:
        permission = "autoscaling:DescribeLifecycleHooks"
        yield Note(NoteKind.ROLE_REFUSED, permission, state.observed.hooks_unread)


def _group_notes(state: NatState) -> Iterator[Note]:
    present = {group.name for group in state.groups}
    for name in state.settings.group_names:
        if name not in present:
            reason = "the Auto Scaling group does not exist or cannot be seen"
            yield Note(NoteKind.GROUP_MISSING, name, reason)
    for group in state.groups:
        for process in sorted(group.suspended & HEALING_PROCESSES):
            whose = f" ({group.name})" if state.settings.standby_name else ""
            yield Note(NoteKind.SUSPENDED, process, f"while it is suspended the group does not heal{whose}")
        if group.desired == 0:
            yield Note(NoteKind.MAINTENANCE, group.name, "its desired size is 0, so it replaces nothing")
    if any(awaits_first_nat(state, table) for table in state.observed.tables):
        limit = f"{READY_DEADLINE.total_seconds():.0f} s"
        reason = f"its first instance boots, so a table without a route counts as down only after {limit}"
        yield Note(NoteKind.FIRST_LAUNCH, state.groups[0].name, reason)


def _hook_notes(state: NatState) -> Iterator[Note]:
    hooks = state.observed.hooks
    if hooks is None or state.observed.hooks_unread:
        return
    for group in state.groups:
        yield from _hooks_of_group(state, group, hooks_of(group, hooks))


def _hooks_of_group(state: NatState, group: Group, hooks: tuple[Hook, ...]) -> Iterator[Note]:
    answered = answered_hooks(state.settings, hooks)
    for hook in answered:
        if hook.name not in state.settings.hooks:
            reason = "the only hook of its transition is answered as ours; NatHookNames pins it"
            yield Note(NoteKind.HOOK_ASSUMED, hook.name, reason)
    for transition in (LAUNCHING, TERMINATING):
        if transition not in {hook.transition for hook in answered}:
            yield from _unanswered(group, hooks, transition)


def _unanswered(group: Group, hooks: tuple[Hook, ...], transition: str) -> Iterator[Note]:
    """A transition without a hook of ours: who waits in it waits until the hook's time is up."""
    others = ", ".join(hook.name for hook in hooks if hook.transition == transition)
    waiting = ", ".join(
        member.instance_id for member in group.members if member.lifecycle == WAITING[transition]
    )
    if waiting:
        reason = f"{waiting} waits in it, and it is not among NatHookNames: it is not answered"
        yield Note(NoteKind.HOOK_NOT_OURS, others or f"no hook of {transition}", reason)
    elif others and transition == LAUNCHING:
        reason = "every launch will wait in it, and it is not among NatHookNames: it is not answered"
        yield Note(NoteKind.HOOK_NOT_OURS, others, reason)


def table_notes(state: NatState) -> Iterator[Note]:
    """What is wrong with the tables that the deployment names."""
    if not state.observed.tables:
        yield Note(NoteKind.NO_TABLES, wanted_tables(state.settings), "no private route table was found")
    for table_id in state.observed.missing_tables:
        reason = "it is named in PRIVATE_ROUTE_TABLE_IDS and does not exist"
        yield Note(NoteKind.TABLE_MISSING, table_id, reason)
    for table in state.observed.tables:
        if table.target.target_id == state.settings.fallback_gateway_id:
            reason = f"it leaves through {table.target.target_id}, with another public address"
            yield Note(NoteKind.FALLBACK, table.table_id, reason)
        elif table.target.kind is TargetKind.EXTERNAL and not state.settings.take_over_external_routes:
            reason = f"its default route goes to {table.target.target_id}, which is no instance"
            yield Note(NoteKind.FOREIGN_ROUTE, table.table_id, reason)
        if table.ipv6_target:
            reason = (
                f"its ::/0 goes to {table.ipv6_target}: a NAT instance carries no IPv6, so it is not written"
            )
            yield Note(NoteKind.IPV6_ROUTE, table.table_id, reason)


def _address_notes(state: NatState) -> Iterator[Note]:
    allocation, holder = str(state.settings.allocation_id), state.observed.eip_holder
    if holder and state.groups and not state.is_ours(holder):
        reason = f"{holder} has it and is no member of {' or '.join(state.settings.group_names)}: not taken"
        serves = [table.table_id for table in state.observed.tables if state.stays_with_address(table)]
        if serves:
            reason += f", and the routes of {', '.join(serves)} stay with it: both move or neither"
        yield Note(NoteKind.EIP_ELSEWHERE, allocation, reason)
    denied = {read.permission for read in state.observed.unread}  # their notes name the reason already
    if state.observed.holder_unread and "ec2:DescribeAddresses" not in denied:
        yield Note(NoteKind.EIP_UNREAD, allocation, state.observed.holder_unread)


def _standby_notes(state: NatState) -> Iterator[Note]:
    if state.settings.standby_name is None or not state.groups:
        return
    if silent := silent_member(state):
        reason = f"{state.trigger.instance_id} hears nothing of it"
        yield Note(NoteKind.PEER_SILENT, silent, reason)
    if not standby_ready(state, state.gateway()) and not state.maintenance:
        yield Note(NoteKind.NO_STANDBY, state.settings.standby_name, _why_no_standby(state))


def _why_no_standby(state: NatState) -> str:
    without = [instance.instance_id for instance in state.candidates() if state.unaddressed(instance)]
    if without:
        return f"{', '.join(without)} has no public address at the moment"
    return (
        "no second NAT is ready: the death of the one that serves is an outage until its replacement serves"
    )


def refusal_notes(error: AwsError | None, failed: Iterable[Outcome[Action]]) -> Iterator[Note]:
    """A missing permission, and an address that AWS says somebody else holds."""
    if isinstance(error, AccessDenied):
        yield Note(NoteKind.ROLE_REFUSED, error.action, str(error))
    for result in failed:
        refusal = result.error
        if isinstance(refusal, AccessDenied):
            yield Note(NoteKind.ROLE_REFUSED, refusal.action, result.detail)
        elif isinstance(result.action, AssociateAddress) and refusal and refusal.code == ALREADY_ASSOCIATED:
            yield Note(NoteKind.EIP_ELSEWHERE, result.action.allocation_id, result.detail)
