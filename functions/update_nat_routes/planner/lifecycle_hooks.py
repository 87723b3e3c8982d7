"""Lifecycle hooks: when a launch or a termination is completed, and when it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, TypeAlias

from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat, ReplaceInstance
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import DEAD_STATES, OPERATOR_HOLDS, Group, Hook, Instance, Member, TargetKind
from update_nat_routes.planner.nat_state import READY_DEADLINE, NatState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

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
# Of so short a hook the schedule's next run may come too late: this one stays.
SHORT_HOOK = timedelta(seconds=120)
# An instance that an event names can be missing from the group's description for some seconds.
APPEARS_WITHIN = timedelta(seconds=60)
# One that so many readings in a row show neither in the group nor alive in EC2 no longer exists.
ABSENT_READINGS = 5


class DataRequest(Enum):
    """What the planner must know before it can answer, read only when it matters."""

    HOOKS = "the group's lifecycle hooks"
    HISTORY = "the group's scaling activities"
    STATUS = "the status checks of the instance that serves"
    WARM_POOL = "the members of the group's warm pool"


class WaitKind(IntEnum):
    """What a run may wait for; of several the lowest is reported."""

    ARRIVING = auto()  # an instance in its launch hook
    APPEARING = auto()  # an instance that has not reached its hook, or does not show yet
    CONFIRMING = auto()  # EC2 does not show yet what its own event said
    HOLDING = auto()  # a leaving instance that still carries the traffic


@dataclass(frozen=True, slots=True)
class Wait:
    """A change is expected without a write of this run: observe again in a second."""

    kind: WaitKind
    reason: str


HookStep: TypeAlias = CompleteLifecycleAction | RecordHeartbeat | ReplaceInstance | DataRequest | Wait


def complete_hooks(state: NatState, gateway: Instance | None, *, nothing_to_move: bool) -> Iterator[HookStep]:
    """The next step of every hook of ours that an instance waits in.

    Args:
        state: the observation and what this run knows.
        gateway: the instance that should serve.
        nothing_to_move: True when the latest observation needs no route or address change.
    """
    yield from _not_yet_visible(state)
    yield from _warm_pool(state, gateway)
    for member in state.members:
        if member.lifecycle == "Pending:Wait":
            yield from _launching(state, member, gateway, nothing_to_move=nothing_to_move)
        elif member.lifecycle == "Pending":
            yield Wait(WaitKind.APPEARING, f"{member.instance_id} has not reached its launch hook yet")
        elif member.lifecycle == "Terminating:Wait":
            yield from _terminating(state, member, gateway)


def _warm_pool(state: NatState, gateway: Instance | None) -> Iterator[HookStep]:
    """Answer its hooks. It is read only where the group or the event says that there is one.

    A member that scale-in gives back to the pool still carries, and waits in a terminate hook:
    https://docs.aws.amazon.com/autoscaling/ec2/userguide/warm-pool-instance-lifecycle.html
    """
    named = state.trigger.group if state.trigger.warm_pool else None
    if any(group.warm is None and (group.has_warm_pool or group.name == named) for group in state.groups):
        yield DataRequest.WARM_POOL
    for member in (*state.members, *state.warm):
        if not (member.lifecycle.startswith("Warmed:") and member.lifecycle.endswith(":Wait")):
            continue
        if state.runs(member.instance_id) and state.in_use(member.instance_id):
            yield from _terminating(state, member, gateway)
        else:
            for transition in _pool_transitions(state, member):
                yield from _complete(state, member, transition, CONTINUE, "a warm pool carries no traffic")


def _pool_transitions(state: NatState, member: Member) -> Sequence[str]:
    own = TRANSITIONS.get(state.trigger.kind) if state.trigger.instance_id == member.instance_id else None
    if own:
        return (own,)
    return (LAUNCHING, TERMINATING) if "Pending" in member.lifecycle else (TERMINATING,)


def _not_yet_visible(state: NatState) -> Iterator[Wait]:
    trigger = state.trigger
    fresh = trigger.at is not None and state.now - trigger.at < APPEARS_WITHIN
    waits = trigger.hook and fresh and state.memory.absent < ABSENT_READINGS
    warm = {member.instance_id for member in state.warm}
    if waits and not state.member(trigger.instance_id) and trigger.instance_id not in warm:
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
        chosen = f"{gateway.instance_id} is the one to serve" if gateway else "another one serves"
        return f"it is ready; {chosen}"
    every = state.observed.tables
    ours = [table for table in every if table.target.kind is not TargetKind.EXTERNAL] or every
    elsewhere = [table.table_id for table in ours if table.target.target_id != instance.interface_id]
    if elsewhere:
        return f"it is ready, but these tables do not route to it: {', '.join(elsewhere)}"
    if not ours:
        return "it is ready; no table is there to route to it"
    allocation = state.allocation(instance.instance_id)
    if allocation and state.holder(allocation) != instance.instance_id:
        return f"its routes were read back, but {_where_the_address_is(state, instance.instance_id)}"
    return "it serves, and that was read back"


def _where_the_address_is(state: NatState, instance_id: str) -> str:
    if state.observed.holder_unread:
        return "who holds the address could not be read"
    holder = state.holder(state.allocation(instance_id))
    return f"the address is with {holder}" if holder else "the address is not with it"


def _gone_while_launching(state: NatState, member: Member, instance: Instance) -> Iterator[HookStep]:
    reason = f"it is {instance.state} before it ever served"
    hooks = _hooks(state, member, LAUNCHING)
    if hooks == () and not state.group_of(member.instance_id).suspended & OPERATOR_HOLDS:
        yield ReplaceInstance(state.group_of(member.instance_id).name, member.instance_id, reason)
    else:
        yield from _complete(state, member, LAUNCHING, ABANDON, reason)


def _be_patient(state: NatState, member: Member, instance: Instance) -> Iterator[HookStep]:
    left = int((instance.launched_at + READY_DEADLINE - state.now).total_seconds())
    not_ready = f"{instance.instance_id} is {instance.state} and not ready; {left} s are left"
    yield Wait(WaitKind.ARRIVING, not_ready)
    yield from _heartbeats(state, member, LAUNCHING, instance.launched_at)


def _heartbeats(
    state: NatState, member: Member, transition: str, entered: datetime | None
) -> Iterator[RecordHeartbeat | DataRequest | Wait]:
    """Keep a hook open while it is near its end; at once where nobody knows when it was entered."""
    if state.observed.hooks is None:
        yield DataRequest.HOOKS
        return
    since = state.memory.heartbeats.get(member.instance_id, entered)
    group = state.group_of(member.instance_id)
    for hook in answered_hooks(state.settings, hooks_of(group, state.observed.hooks)):
        timeout = timedelta(seconds=hook.heartbeat)
        remaining = since + timeout - state.now if since else timedelta(0)
        if hook.transition == transition and timeout < SHORT_HOOK:
            yield Wait(WaitKind.ARRIVING, f"{hook.name} ends after {hook.heartbeat} s without a heartbeat")
        if hook.transition == transition and remaining < min(HEARTBEAT_MARGIN, timeout / 2):
            known = f"{int(remaining.total_seconds())} s of the hook are left"
            wanted = "it is not ready" if transition == LAUNCHING else "its successor comes"
            reason = f"{known if since else 'the hook may be near its end'} and {wanted}"
            yield RecordHeartbeat(group.name, hook.name, member.instance_id, reason)


def _at_the_deadline(state: NatState, member: Member, *, nothing_to_move: bool) -> Iterator[HookStep]:
    if state.other_has_egress(member.instance_id):
        reason = "it was not ready in time, and another one serves or is ready to"
        yield from _complete(state, member, LAUNCHING, ABANDON, reason)
    elif (launches := state.group_of(member.instance_id).launches) is None:
        yield DataRequest.HISTORY
    elif not launches.last_abandoned and "Launch" not in state.group_of(member.instance_id).suspended:
        yield from _complete(state, member, LAUNCHING, ABANDON, "it was not ready in time: one more try")
    elif nothing_to_move:
        which = "a second one in a row" if launches.last_abandoned else "while Launch is suspended, this one"
        reason = f"{which} was not ready in time: an unproven NAT is better than none"
        yield from _complete(state, member, LAUNCHING, CONTINUE, reason)


def _terminating(state: NatState, member: Member, gateway: Instance | None) -> Iterator[HookStep]:
    instance_id = member.instance_id
    if not state.runs(instance_id):
        yield from _complete(state, member, TERMINATING, CONTINUE, _why_dead(state, instance_id))
    elif not member.healthy:
        yield from _complete(state, member, TERMINATING, CONTINUE, "it is unhealthy")
    elif not state.in_use(instance_id):
        address = f"no route leads to it, and {_where_the_address_is(state, instance_id)}"
        held = state.observed.holder_unread or state.holder(state.allocation(instance_id)) == instance_id
        reason = address if held else "it carries neither address nor routes"
        yield from _complete(state, member, TERMINATING, CONTINUE, reason)
    elif not state.replacement_expected(instance_id):
        yield from _complete(state, member, TERMINATING, CONTINUE, "no successor is on its way")
    else:
        yield Wait(WaitKind.HOLDING, f"{instance_id} still carries the traffic and its successor comes")
        if gateway is None:
            yield from _heartbeats(state, member, TERMINATING, _hook_entered(state, instance_id))


def _hook_entered(state: NatState, instance_id: str) -> datetime | None:
    """When a member began to wait in its terminate hook; None where no event of it says."""
    trigger = state.trigger
    own = trigger.kind is TriggerKind.TERMINATE_ACTION and trigger.instance_id == instance_id
    return trigger.at if own else None


def _why_dead(state: NatState, instance_id: str) -> str:
    instance = state.instance(instance_id)
    if instance is None:
        return "EC2 does not show it"
    return f"it is {instance.state}" if not instance.running else "its own event calls it ended"


def _complete(
    state: NatState, member: Member, transition: str, result: str, reason: str
) -> Iterator[CompleteLifecycleAction | DataRequest]:
    hooks = _hooks(state, member, transition)
    if hooks is None:
        yield DataRequest.HOOKS
        return
    for hook in hooks:
        group = state.group_of(member.instance_id).name
        yield CompleteLifecycleAction(group, hook, member.instance_id, result, reason)


def _hooks(state: NatState, member: Member, transition: str) -> tuple[str, ...] | None:
    """Our hooks of a transition; None where they must be read first.

    The event names the hook that its own instance waits in, which saves the read.
    """
    trigger = state.trigger
    named = trigger.hook if TRANSITIONS.get(trigger.kind) == transition else None
    of_this_member = named is not None and trigger.instance_id == member.instance_id
    if named is not None and of_this_member and named in state.settings.hooks:
        return (named,)
    if state.observed.hooks is None:
        return None
    hooks = hooks_of(state.group_of(member.instance_id), state.observed.hooks)
    answered = answered_hooks(state.settings, hooks)
    names = tuple(hook.name for hook in answered if hook.transition == transition)
    return tuple(name for name in names if name == named) if of_this_member else names


def hooks_of(group: Group, hooks: Sequence[Hook]) -> tuple[Hook, ...]:
    """Those of one group; a hook without a group is the only group's."""
    return tuple(hook for hook in hooks if hook.group in {None, group.name})


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
