"""Who gets what a group, a hook or a rule sends: a topic's subscribers, a queue's functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ops.doctor.model import Group
    from ops.doctor.observe import AccountReader

REACTS = (":lambda:", ":sqs:", "https://")  # endpoints behind which a program may move routes
KEEPS = (":logs:", ":firehose:")  # targets that keep an event and do nothing about it


def with_subscribers(reader: AccountReader, group: Group) -> Group:
    """The group, each hook with those whom its notification reaches."""
    if group.hooks is None:
        return group
    subscribed = [subscribers(reader, hook.notification_target) for hook in group.hooks]
    hooks = zip(group.hooks, subscribed, strict=True)
    return replace(group, hooks=tuple(replace(hook, subscribers=endpoints) for hook, endpoints in hooks))


def subscribers(reader: AccountReader, target: str | None) -> tuple[str, ...]:
    """The endpoints of a topic's subscriptions, or the functions that read a queue."""
    if target is None:
        return ()
    if ":sqs:" in target:
        return _readers(reader, target)
    if ":sns:" not in target:
        return ()
    listed = reader.items("sns:ListSubscriptionsByTopic", "Subscriptions", TopicArn=target)
    return tuple(described(reader, subscription["Endpoint"]) for subscription in listed)


def described(reader: AccountReader, target: str) -> str:
    """A target, with those who get it from there in brackets."""
    further = subscribers(reader, target)
    return f"{target} ({', '.join(further)})" if further else target


def programs(targets: Iterable[str]) -> list[str]:
    """Those that may act on an event: not what only keeps it, and no topic without a program behind it."""
    return [
        target
        for target in targets
        if not any(kind in target.partition(" ")[0] for kind in KEEPS)
        and (":sns:" not in target.partition(" ")[0] or any(word in target for word in REACTS))
    ]


def _readers(reader: AccountReader, queue: str) -> tuple[str, ...]:
    """The functions that Lambda invokes with a queue's messages; a queue of another account shows none."""
    mappings = reader.items("lambda:ListEventSourceMappings", "EventSourceMappings", EventSourceArn=queue)
    return tuple(mapping["FunctionArn"] for mapping in mappings if mapping.get("State") != "Disabled")
