"""Who gets the notifications of a group's lifecycle hooks, where these go to a topic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ops.doctor.model import Group
    from ops.doctor.observe import AccountReader


def with_subscribers(reader: AccountReader, group: Group) -> Group:
    """The group, each hook with the subscribers of the topic that it notifies."""
    if group.hooks is None:
        return group
    subscribed = [subscribers(reader, hook.notification_target) for hook in group.hooks]
    hooks = zip(group.hooks, subscribed, strict=True)
    return replace(group, hooks=tuple(replace(hook, subscribers=endpoints) for hook, endpoints in hooks))


def subscribers(reader: AccountReader, target: str | None) -> tuple[str, ...]:
    """The endpoints of a topic's subscriptions; none where the target is no topic."""
    if target is None or ":sns:" not in target:
        return ()
    listed = reader.items("sns:ListSubscriptionsByTopic", "Subscriptions", TopicArn=target)
    return tuple(subscription["Endpoint"] for subscription in listed)
