"""Lifecycle actions: an instance that waits in its hooks, each with a token, a heartbeat and an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from moto.autoscaling.exceptions import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.engine.virtual_clock import Timer, VirtualClock

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


class Result(StrEnum):
    """The answer to a lifecycle action."""

    CONTINUE = "CONTINUE"
    ABANDON = "ABANDON"


@dataclass
class Action:
    """One hook that one instance waits in."""

    hook: Any  # moto's LifecycleHook
    instance_id: str
    token: str
    ends: float  # when even heartbeats help no more, seconds after the world's start
    timer: Timer | None = field(default=None, repr=False)


@dataclass
class _Wait:
    """An instance with all the hooks of a transition, and what comes after the last of them."""

    actions: dict[str, Action]
    then: Callable[[Result, str], None]


class Lifecycle:
    """The lifecycle actions of a group's instances.

    An action that is not answered in time ends with its hook's DefaultResult. ABANDON ends the others of the
    instance too; CONTINUE waits for them.
    """

    def __init__(self, clock: VirtualClock, token: Callable[[], str]) -> None:
        self._clock = clock
        self._token = token
        self._waits: dict[str, _Wait] = {}

    def wait(
        self, instance_id: str, hooks: list[Any], then: Callable[[Result, str], None]
    ) -> Iterator[Action]:
        """Let an instance wait in hooks; ``then`` gets the result and the token that decided it."""
        actions = {}
        for hook in hooks:
            limit = min(172800, 100 * hook.heartbeat_timeout)
            actions[hook.name] = Action(hook, instance_id, self._token(), self._clock.elapsed + limit)
        self._waits[instance_id] = _Wait(actions, then)
        for action in actions.values():
            self._restart(action)
        yield from actions.values()

    def forget(self, instance_id: str) -> None:
        """The instance is on another way now; its actions are no longer active."""
        wait = self._waits.pop(instance_id, None)
        for action in wait.actions.values() if wait else ():
            if action.timer is not None:
                action.timer.cancel()

    def complete(self, hook: str, instance_id: str | None, token: str | None, result: Result) -> None:
        """CompleteLifecycleAction."""
        self._end(self._find(hook, instance_id, token), result)

    def heartbeat(self, hook: str, instance_id: str | None, token: str | None) -> None:
        """RecordLifecycleActionHeartbeat: the time-out starts again."""
        self._restart(self._find(hook, instance_id, token))

    def _find(self, hook: str, instance_id: str | None, token: str | None) -> Action:
        for waiting in self._waits.values():
            action = waiting.actions.get(hook)
            if action and (action.token == token if token else action.instance_id == instance_id):
                return action
        named = f"token {token}" if token else f"instance ID {instance_id}"
        raise ValidationError(f"No active Lifecycle Action found with {named}")

    def _restart(self, action: Action) -> None:
        if action.timer is not None:
            action.timer.cancel()
        seconds = min(action.hook.heartbeat_timeout, action.ends - self._clock.elapsed)
        default = Result(action.hook.default_result)
        action.timer = self._clock.after(seconds, lambda: self._end(action, default))

    def _end(self, action: Action, result: Result) -> None:
        waiting = self._waits[action.instance_id]
        if action.timer is not None:
            action.timer.cancel()
        del waiting.actions[action.hook.name]
        if result is Result.ABANDON or not waiting.actions:
            self.forget(action.instance_id)
            waiting.then(result, action.token)
