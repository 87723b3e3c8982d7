"""The answers to lifecycle hooks: when to let an instance in, when to let one go, when to wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, TypeAlias

from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat, ReplaceInstance
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import DEAD_STATES, Instance, Member
from update_nat_routes.planner.nat_state import READY_DEADLINE, Situation

if TYPE_CHECKING:
    from collections.abc import Iterator

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
TRANSITIONS = {TriggerKind.LAUNCH_ACTION: LAUNCHING, TriggerKind.TERMINATE_ACTION: TERMINATING}
CONTINUE = "CONTINUE"
ABANDON = "ABANDON"
# A heartbeat is recorded when less than this is left of the hook; of a shorter hook, half of it.
HEARTBEAT_MARGIN = timedelta(seconds=60)
# An instance that an event names can be missing from the group's description for some seconds.
APPEARS_WITHIN = timedelta(seconds=60)


class Ask(Enum):
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


Answer: TypeAlias = CompleteLifecycleAction | RecordHeartbeat | ReplaceInstance | Ask | Wait


def answer_hooks(at: Situation, gateway: Instance | None, *, moved: bool) -> Iterator[Answer]:
    """Answer every hook of ours that an instance waits in.

    Args:
        at: the moment.
        gateway: the instance that should serve.
        moved: nothing is left to move, by a reading and not by hope.
    """
    yield from _not_yet_visible(at)
    for member in at.group.members:
        if member.lifecycle.startswith("Warmed:") and member.lifecycle.endswith(":Wait"):
            transition = TERMINATING if "Terminating" in member.lifecycle else LAUNCHING
            yield from _complete(at, member, transition, CONTINUE, "a warm pool carries no traffic")
        elif member.lifecycle == "Pending:Wait":
            yield from _launching(at, member, gateway, moved=moved)
        elif member.lifecycle == "Pending":
            yield Wait(WaitKind.APPEARING, f"{member.instance_id} has not reached its launch hook yet")
        elif member.lifecycle == "Terminating:Wait":
            yield from _terminating(at, member)


def _not_yet_visible(at: Situation) -> Iterator[Wait]:
    trigger = at.trigger
    fresh = trigger.at is not None and at.now - trigger.at < APPEARS_WITHIN
    if trigger.hook and fresh and not at.group.member(trigger.instance_id):
        yield Wait(WaitKind.APPEARING, f"{trigger.instance_id} does not show in the group yet")


def _launching(at: Situation, member: Member, gateway: Instance | None, *, moved: bool) -> Iterator[Answer]:
    instance = at.instance(member.instance_id)
    if instance is None:
        yield Wait(WaitKind.ARRIVING, f"EC2 does not show {member.instance_id} yet")
    elif instance.state in DEAD_STATES or instance.instance_id == at.trigger.dead:
        yield from _gone_while_launching(at, member, instance)
    elif at.eligible(member) and at.ready(instance):
        if moved:
            serves = gateway is not None and gateway.instance_id == instance.instance_id
            reason = "it serves, and that was read back" if serves else "it is ready; a newer one serves"
            yield from _complete(at, member, LAUNCHING, CONTINUE, reason)
    elif at.now < instance.launched_at + READY_DEADLINE:
        yield from _be_patient(at, member, instance)
    else:
        yield from _at_the_deadline(at, member, moved=moved)


def _gone_while_launching(at: Situation, member: Member, instance: Instance) -> Iterator[Answer]:
    reason = f"it is {instance.state} before it ever served"
    hooks = _hooks(at, member, LAUNCHING)
    if hooks == ():
        yield ReplaceInstance(at.group.name, member.instance_id, reason)
    else:
        yield from _complete(at, member, LAUNCHING, ABANDON, reason)


def _be_patient(at: Situation, member: Member, instance: Instance) -> Iterator[Answer]:
    left = int((instance.launched_at + READY_DEADLINE - at.now).total_seconds())
    yield Wait(
        WaitKind.ARRIVING, f"{instance.instance_id} is {instance.state} and not ready; {left} s are left"
    )
    if at.observed.hooks is None:
        yield Ask.HOOKS
        return
    since = max(instance.launched_at, at.memory.heartbeats.get(instance.instance_id, instance.launched_at))
    for hook in at.observed.hooks:
        timeout = timedelta(seconds=hook.heartbeat)
        remaining = since + timeout - at.now
        own = hook.transition == LAUNCHING and hook.name in at.settings.hooks
        if own and remaining < min(HEARTBEAT_MARGIN, timeout / 2):
            reason = f"{int(remaining.total_seconds())} s of the hook are left and it is not ready"
            yield RecordHeartbeat(at.group.name, hook.name, member.instance_id, reason)


def _at_the_deadline(at: Situation, member: Member, *, moved: bool) -> Iterator[Answer]:
    if at.another_serves(member.instance_id):
        reason = "it was not ready in time, and another one serves"
        yield from _complete(at, member, LAUNCHING, ABANDON, reason)
    elif at.observed.last_launch_abandoned is None:
        yield Ask.HISTORY
    elif not at.observed.last_launch_abandoned:
        yield from _complete(at, member, LAUNCHING, ABANDON, "it was not ready in time: one more try")
    elif moved:
        reason = "a second one in a row was not ready in time: an unproven NAT is better than none"
        yield from _complete(at, member, LAUNCHING, CONTINUE, reason)


def _terminating(at: Situation, member: Member) -> Iterator[Answer]:
    instance_id = member.instance_id
    if not at.runs(instance_id):
        yield from _complete(at, member, TERMINATING, CONTINUE, "it no longer runs")
    elif not member.healthy:
        yield from _complete(at, member, TERMINATING, CONTINUE, "it is unhealthy")
    elif not at.carries(instance_id):
        yield from _complete(at, member, TERMINATING, CONTINUE, "it carries neither address nor routes")
    elif not at.successor_coming(instance_id):
        yield from _complete(at, member, TERMINATING, CONTINUE, "no successor is on its way")
    else:
        yield Wait(WaitKind.HOLDING, f"{instance_id} still carries the traffic and its successor comes")


def _complete(
    at: Situation, member: Member, transition: str, result: str, reason: str
) -> Iterator[CompleteLifecycleAction | Ask]:
    hooks = _hooks(at, member, transition)
    if hooks is None:
        yield Ask.HOOKS
        return
    for hook in hooks:
        yield CompleteLifecycleAction(at.group.name, hook, member.instance_id, result, reason)


def _hooks(at: Situation, member: Member, transition: str) -> tuple[str, ...] | None:
    """Our hooks of a transition; None where they must be read first.

    The event names the hook that its own instance waits in, which saves the read.
    """
    trigger = at.trigger
    named = trigger.hook if TRANSITIONS.get(trigger.kind) == transition else None
    if named and trigger.instance_id == member.instance_id:
        return (named,) if named in at.settings.hooks else ()
    if at.observed.hooks is None:
        return None
    return tuple(
        hook.name
        for hook in at.observed.hooks
        if hook.transition == transition and hook.name in at.settings.hooks
    )
