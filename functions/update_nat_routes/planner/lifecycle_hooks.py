"""The answers to lifecycle hooks: when to let an instance in, when to let one go, when to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, TypeAlias

from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat, ReplaceInstance
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import DEAD_STATES, Hook, Instance, Member, RouteTable, TargetKind
from update_nat_routes.planner.nat_state import READY_DEADLINE, NatState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from update_nat_routes.settings import Settings

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
# AWS CodeDeploy makes hooks of its own in a group that it deploys to, and answers them itself.
CODEDEPLOY_PREFIX = "CodeDeploy"
TRANSITIONS = {TriggerKind.LAUNCH_ACTION: LAUNCHING, TriggerKind.TERMINATE_ACTION: TERMINATING}
CONTINUE = "CONTINUE"
ABANDON = "ABANDON"
# A heartbeat is recorded when less than this is left of the hook; of a shorter hook, half of it.
HEARTBEAT_MARGIN = timedelta(seconds=60)
# An instance that an event names can be missing from the group's description for some seconds.
APPEARS_WITHIN = timedelta(seconds=60)


class DataRequest(Enum):
    """What the planner must know before it can answer, read only when it matters."""

    HOOKS = "the group's lifecycle hooks"
    HISTORY = "the group's scaling activities"


class WaitKind(IntEnum):
    """What a run may wait for; the lower one is told first."""

    ARRIVING = 1  # an instance in its launch hook
    APPEARING = 2  # an instance that has not reached its hook, or does not show yet
    CONFIRMING = 3  # EC2 does not show yet what its own event said
    HOLDING = 4  # an instance on its way out that still carries the traffic


@dataclass(frozen=True, slots=True)
class Wait:
    """Something will change by itself: observe again in a moment."""

    kind: WaitKind
    reason: str


HookStep: TypeAlias = CompleteLifecycleAction | RecordHeartbeat | ReplaceInstance | DataRequest | Wait


def complete_hooks(state: NatState, gateway: Instance | None, *, nothing_to_move: bool) -> Iterator[HookStep]:
    """HookStep every hook of ours that an instance waits in.

    Args:
        state: the observation and what this run knows.
        gateway: the instance that should serve.
        nothing_to_move: True when the latest observation needs no route or address change.
    """
    yield from _not_yet_visible(state)
    for member in state.group.members:
        if member.lifecycle.startswith("Warmed:") and member.lifecycle.endswith(":Wait"):
            transition = TERMINATING if "Terminating" in member.lifecycle else LAUNCHING
            yield from _complete(state, member, transition, CONTINUE, "a warm pool carries no traffic")
        elif member.lifecycle == "Pending:Wait":
            yield from _launching(state, member, gateway, nothing_to_move=nothing_to_move)
        elif member.lifecycle == "Pending":
            yield Wait(WaitKind.APPEARING, f"{member.instance_id} has not reached its launch hook yet")
        elif member.lifecycle == "Terminating:Wait":
            yield from _terminating(state, member)


def _not_yet_visible(state: NatState) -> Iterator[Wait]:
    trigger = state.trigger
    fresh = trigger.at is not None and state.now - trigger.at < APPEARS_WITHIN
    if trigger.hook and fresh and not state.group.member(trigger.instance_id):
        yield Wait(WaitKind.APPEARING, f"{trigger.instance_id} does not show in the group yet")


def _launching(
    state: NatState, member: Member, gateway: Instance | None, *, nothing_to_move: bool
) -> Iterator[HookStep]:
    instance = state.instance(member.instance_id)
    if instance is None:
        yield Wait(WaitKind.ARRIVING, f"EC2 does not show {member.instance_id} yet")
    elif instance.state in DEAD_STATES or instance.instance_id == state.trigger.terminated_instance:
        yield from _gone_while_launching(state, member, instance)
    elif state.eligible(member) and state.ready(instance):
        if nothing_to_move:
            yield from _complete(state, member, LAUNCHING, CONTINUE, _why_let_in(state, instance, gateway))
    elif state.now < instance.launched_at + READY_DEADLINE:
        yield from _be_patient(state, member, instance)
    else:
        yield from _at_the_deadline(state, member, nothing_to_move=nothing_to_move)


def _why_let_in(state: NatState, instance: Instance, gateway: Instance | None) -> str:
    if gateway is None or gateway.instance_id != instance.instance_id:
        return "it is ready; a newer one serves"
    elsewhere = [table.table_id for table in state.observed.tables if not _leads_to(table, instance)]
    if elsewhere:
        return f"it is ready, but these tables do not route to it: {', '.join(elsewhere)}"
    return "it serves, and that was read back"


def _leads_to(table: RouteTable, instance: Instance) -> bool:
    return table.target.target_id == instance.interface_id or table.target.kind is TargetKind.EXTERNAL


def _gone_while_launching(state: NatState, member: Member, instance: Instance) -> Iterator[HookStep]:
    reason = f"it is {instance.state} before it ever served"
    hooks = _hooks(state, member, LAUNCHING)
    if hooks == ():
        yield ReplaceInstance(state.group.name, member.instance_id, reason)
    else:
        yield from _complete(state, member, LAUNCHING, ABANDON, reason)


def _be_patient(state: NatState, member: Member, instance: Instance) -> Iterator[HookStep]:
    left = int((instance.launched_at + READY_DEADLINE - state.now).total_seconds())
    yield Wait(
        WaitKind.ARRIVING, f"{instance.instance_id} is {instance.state} and not ready; {left} s are left"
    )
    if state.observed.hooks is None:
        yield DataRequest.HOOKS
        return
    since = max(instance.launched_at, state.memory.heartbeats.get(instance.instance_id, instance.launched_at))
    for hook in answered_hooks(state.settings, state.observed.hooks):
        timeout = timedelta(seconds=hook.heartbeat)
        remaining = since + timeout - state.now
        if hook.transition == LAUNCHING and remaining < min(HEARTBEAT_MARGIN, timeout / 2):
            reason = f"{int(remaining.total_seconds())} s of the hook are left and it is not ready"
            yield RecordHeartbeat(state.group.name, hook.name, member.instance_id, reason)


def _at_the_deadline(state: NatState, member: Member, *, nothing_to_move: bool) -> Iterator[HookStep]:
    if state.other_has_egress(member.instance_id):
        reason = "it was not ready in time, and another one serves"
        yield from _complete(state, member, LAUNCHING, ABANDON, reason)
    elif state.observed.last_launch_abandoned is None:
        yield DataRequest.HISTORY
    elif not state.observed.last_launch_abandoned:
        yield from _complete(state, member, LAUNCHING, ABANDON, "it was not ready in time: one more try")
    elif nothing_to_move:
        reason = "a second one in a row was not ready in time: an unproven NAT is better than none"
        yield from _complete(state, member, LAUNCHING, CONTINUE, reason)


def _terminating(state: NatState, member: Member) -> Iterator[HookStep]:
    instance_id = member.instance_id
    if not state.runs(instance_id):
        yield from _complete(state, member, TERMINATING, CONTINUE, "it no longer runs")
    elif not member.healthy:
        yield from _complete(state, member, TERMINATING, CONTINUE, "it is unhealthy")
    elif not state.in_use(instance_id):
        yield from _complete(state, member, TERMINATING, CONTINUE, "it carries neither address nor routes")
    elif not state.replacement_expected(instance_id):
        yield from _complete(state, member, TERMINATING, CONTINUE, "no successor is on its way")
    else:
        yield Wait(WaitKind.HOLDING, f"{instance_id} still carries the traffic and its successor comes")


def _complete(
    state: NatState, member: Member, transition: str, result: str, reason: str
) -> Iterator[CompleteLifecycleAction | DataRequest]:
    hooks = _hooks(state, member, transition)
    if hooks is None:
        yield DataRequest.HOOKS
        return
    for hook in hooks:
        yield CompleteLifecycleAction(state.group.name, hook, member.instance_id, result, reason)


def _hooks(state: NatState, member: Member, transition: str) -> tuple[str, ...] | None:
    """Our hooks of a transition; None where they must be read first.

    The event names the hook that its own instance waits in, which saves the read.
    """
    trigger = state.trigger
    named = trigger.hook if TRANSITIONS.get(trigger.kind) == transition else None
    of_this_member = named is not None and trigger.instance_id == member.instance_id
    if of_this_member and named in state.settings.hooks:
        return (str(named),)
    if state.observed.hooks is None:
        return None
    answered = answered_hooks(state.settings, state.observed.hooks)
    names = tuple(hook.name for hook in answered if hook.transition == transition)
    return tuple(name for name in names if name == named) if of_this_member else names


def answered_hooks(settings: Settings, hooks: Sequence[Hook]) -> tuple[Hook, ...]:
    """The hooks that are ours: by their names, or the only hook of a transition.

    The latter holds only where nobody named hooks and the group has none with the default names. A hook
    with a notification target has another recipient, who answers it.
    """
    named = tuple(hook for hook in hooks if hook.name in settings.hooks)
    if named or settings.hooks_named:
        return named
    return tuple(
        hook
        for transition in (LAUNCHING, TERMINATING)
        for hook in _only_hook(hooks, transition)
        if not hook.notifies and not hook.name.startswith(CODEDEPLOY_PREFIX)
    )


def _only_hook(hooks: Sequence[Hook], transition: str) -> Sequence[Hook]:
    of_transition = [hook for hook in hooks if hook.transition == transition]
    return of_transition if len(of_transition) == 1 else ()
