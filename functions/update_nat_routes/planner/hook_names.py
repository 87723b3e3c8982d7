"""Which of the group's lifecycle hooks are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from update_nat_routes.model import Hook
    from update_nat_routes.settings import Settings

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
# AWS CodeDeploy makes hooks of its own in a group that it deploys to, and answers them itself.
CODEDEPLOY_PREFIX = "CodeDeploy"


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
