"""SNS topics by name; SQS queues by the rules that hold for every queue of the platform."""

from __future__ import annotations

import json
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    common_start,
    prefix,
)
from drift_check.observe.observations import Call, Known, all_sources
from tradai_shared.config.models.base import DAY
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.observe.observations import Read
    from tradai_shared.config.models import CanonicalConfig

TOPICS, QUEUES, ATTRIBUTES = "sns:ListTopics", "sqs:ListQueues", "sqs:GetQueueAttributes"
PREFIX = f"{PROJECT}-"
FIFO = ".fifo"
# This toolkit's own: standard, since EventBridge and Lambda cannot deliver to a FIFO queue.
OWN = "ops-"  # after the prefix


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(TOPICS)
    yield Call(QUEUES, _prefix(config))


def _prefix(config: CanonicalConfig) -> str:
    """The common prefix of all queues' names; empty where they have none."""
    names = config.sqs.names
    return PREFIX if names is None else "".join(common_start(names))


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call.action == QUEUES:
        yield from [Call(ATTRIBUTES, url) for url in _ours(config, answer)]


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _ours(config: CanonicalConfig, urls: list[str]) -> list[str]:
    return sorted([url for url in urls if _is_ours(config, _name(url))])


def _is_ours(config: CanonicalConfig, name: str) -> bool:
    if config.sqs.names is not None:
        return name in config.sqs.names
    own = (f"{PREFIX}{OWN}", f"{prefix(config)}-{OWN}")
    return name.removesuffix(FIFO).endswith(f"-{config.environment}") and not name.startswith(own)


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    names = ctx.get(TOPICS).map(lambda topics: [topic["TopicArn"].rpartition(":")[2] for topic in topics])
    for key, topic in ctx.config.sns.items():
        path, name = f"sns.{key}", topic.name
        exists = names.map(methodcaller("count", name)).map(bool)
        yield ctx.tagged(path, name, f"{path}.name", exists, f"sns:{name}")
    yield from _queues(ctx)


def _queues(ctx: CheckContext) -> Iterator[ResourceState]:
    listed = ctx.get(QUEUES, _prefix(ctx.config))
    urls = listed.map(partial(_ours, ctx.config))
    if not isinstance(urls, Known):
        yield ResourceState("sqs", "queues", "sqs.fifo", urls)
        return
    queues = {
        _name(url): Known(url, urls.sources).flat_map(partial(ctx.get, ATTRIBUTES)) for url in urls.value
    }
    policies = [queue.get("RedrivePolicy").value_or(None) for queue in queues.values()]
    targets = {json.loads(policy)["deadLetterTargetArn"] for policy in policies if policy}
    absent = Known(value=False, sources=all_sources([urls, *queues.values()]))
    for name in sorted(_wanted(ctx.config, targets) - set(map(_name, listed.value_or([])))):
        yield ResourceState("sqs", name, "sqs.fifo", absent)
    for name, attributes in queues.items():
        if attributes.value_or(attributes) is not None:  # else it was deleted after it was listed
            yield _queue(ctx, name, attributes, targets)


def _wanted(config: CanonicalConfig, targets: Iterable[str]) -> set[str]:
    """The queues that are named, and those for dead letters that the list would show."""
    dead_letters = {arn.rpartition(":")[2] for arn in targets}
    listed = {name for name in dead_letters if name.startswith(_prefix(config))}
    return listed.union(config.sqs.names or ())


def _queue(
    ctx: CheckContext, name: str, attributes: Read[dict[str, str] | None], targets: set[str]
) -> ResourceState:
    facts = [AttributeState("fifo", Known(name.endswith(FIFO)))]
    is_target = attributes.get("QueueArn").value_or(None) in targets
    if is_target or "dlq" in name or "dead-letter" in name:
        days = attributes.item("MessageRetentionPeriod").map_present(lambda seconds: int(seconds) // DAY)
        facts.append(AttributeState("dead_letter_retention_days", days))
    else:
        policy = attributes.get("RedrivePolicy").map_present(json.loads)
        facts.append(AttributeState("max_receive_count", policy.item("maxReceiveCount").map_present(int)))
    return ctx.tagged("sqs", name, "sqs.fifo", PRESENT, f"sqs:{name}", *facts)


CHECK = Check("messaging", initial_reads, evaluate, dependent_reads)
