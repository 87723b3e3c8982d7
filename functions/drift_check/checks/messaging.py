"""SNS topics by name; SQS queues by the rules that hold for every queue of the platform."""

from __future__ import annotations

import json
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import PRESENT, TAGS, AttributeState, Check, CheckContext, ResourceState, prefix
from drift_check.observe.observations import Call, Known, all_sources, combined
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
DAY = 86_400


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(TOPICS)
    yield Call(QUEUES, _prefix(config))


def _prefix(config: CanonicalConfig) -> str:
    """The common prefix of all queues' names; empty where they have none."""
    names = config.sqs.names
    if names is None:
        return PREFIX
    pairs = zip(min(names), max(names), strict=False) if names else ()
    return "".join(first for first, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call.action == QUEUES:
        yield from (Call(ATTRIBUTES, url) for url in _ours(config, answer))


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _ours(config: CanonicalConfig, urls: list[str]) -> list[str]:
    if config.sqs.names is not None:
        return sorted(url for url in urls if _name(url) in config.sqs.names)
    end = f"-{config.environment}"
    ours = (url for url in urls if _name(url).removesuffix(FIFO).endswith(end))
    own = (f"{PREFIX}{OWN}", f"{prefix(config)}-{OWN}")
    return sorted(url for url in ours if not _name(url).startswith(own))


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    arns = ctx.get(TOPICS).map(lambda described: [topic["TopicArn"] for topic in described])
    for key, topic in ctx.config.sns.items():
        path, arn = f"sns.{key}", f"sns:{topic.name}"
        exists = arns.map(partial(_has, name=topic.name))
        yield ResourceState(path, topic.name, f"{path}.name", exists, tags=ctx.tags(arn), arn=arn)
    yield from _queues(ctx)


def _has(arns: list[str], *, name: str) -> bool:
    return any(arn.rpartition(":")[2] == name for arn in arns)


def _queues(ctx: CheckContext) -> Iterator[ResourceState]:
    urls = ctx.get(QUEUES, _prefix(ctx.config))
    listed = urls.map(partial(_ours, ctx.config))
    if not isinstance(listed, Known):
        yield ResourceState("sqs", "queues", "sqs.fifo", listed)
        return
    all_attributes = {
        url: combined(lambda _, attributes: attributes, listed, ctx.get(ATTRIBUTES, url))
        for url in listed.value
    }
    described = [read.value_or(None) or {} for read in all_attributes.values()]
    targets = {
        json.loads(attributes["RedrivePolicy"])["deadLetterTargetArn"]
        for attributes in described
        if "RedrivePolicy" in attributes
    }
    absent = Known(value=False, sources=all_sources([listed, *all_attributes.values()]))
    for name in sorted(_wanted(ctx.config, targets) - set(map(_name, urls.value_or([])))):
        yield ResourceState("sqs", name, "sqs.fifo", absent)
    for url, attributes in all_attributes.items():
        if attributes.value_or(attributes) is not None:  # else it was deleted after it was listed
            yield _queue(ctx, url, attributes, targets)


def _wanted(config: CanonicalConfig, targets: Iterable[str]) -> set[str]:
    """The queues that are named, and those for dead letters that the list would show."""
    dead_letters = (arn.rpartition(":")[2] for arn in targets)
    return {*(config.sqs.names or ()), *(name for name in dead_letters if name.startswith(_prefix(config)))}


def _queue(
    ctx: CheckContext, url: str, attributes: Read[dict[str, str] | None], targets: set[str]
) -> ResourceState:
    name = _name(url)
    facts = [AttributeState("fifo", PRESENT.map(lambda _: name.endswith(FIFO)))]
    is_target = (attributes.value_or(None) or {}).get("QueueArn") in targets
    if is_target or "dlq" in name or "dead-letter" in name:
        retention = attributes.map(
            lambda attributes: int((attributes or {})["MessageRetentionPeriod"]) // DAY
        )
        facts.append(AttributeState("dead_letter_retention_days", retention))
    else:
        received = attributes.map(_max_receive_count)
        facts.append(AttributeState("max_receive_count", received))
    return ResourceState(
        "sqs", name, "sqs.fifo", PRESENT, tuple(facts), tags=ctx.tags(f"sqs:{name}"), arn=f"sqs:{name}"
    )


def _max_receive_count(attributes: dict[str, str] | None) -> int | None:
    policy = (attributes or {}).get("RedrivePolicy")
    return int(json.loads(policy)["maxReceiveCount"]) if policy else None


CHECK = Check("messaging", initial_reads, evaluate, dependent_reads)
