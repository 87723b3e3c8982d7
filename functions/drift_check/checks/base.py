"""What every check is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift_check.observe.observations import Call, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from drift_check.checks.resource import ResourceState
    from drift_check.observe.observations import Read, Reads
    from tradai_shared.config.models import CanonicalConfig

TAGS = Call("tag:GetResources")


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a check judges by: the configuration, one reading of AWS, and the time."""

    config: CanonicalConfig
    reads: Reads
    now: datetime

    def get(self, action: str, subject: str = "") -> Read[Any]:
        return self.reads.get(action, subject)

    def tags(self, arn_end: str) -> Read[dict[str, str]]:
        """Of the kinds whose own description carries none; a resource that never had a tag is not listed."""

        def find(listed: list[dict[str, Any]]) -> dict[str, str]:
            for one in listed:
                if one["ResourceARN"].endswith(arn_end):
                    return {tag["Key"]: tag["Value"] for tag in one["Tags"]}
            return {}

        return self.get(*TAGS_CALL).map(find)


TAGS_CALL = (TAGS.action, TAGS.subject)


def no_dependent_reads(_config: CanonicalConfig, _call: Call, _answer: Any) -> Iterable[Call]:  # noqa: ANN401
    return ()


def no_fallback_reads(_config: CanonicalConfig, _call: Call) -> Iterable[Call]:
    return ()


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of resource.

    ``first`` are the calls it needs, ``follow`` those that an answer leads to, ``instead`` those that tell
    the same where a call failed.
    """

    name: str
    first: Callable[[CanonicalConfig], Iterable[Call]]
    look: Callable[[CheckContext], Iterator[ResourceState]]
    follow: Callable[[CanonicalConfig, Call, Any], Iterable[Call]] = no_dependent_reads
    instead: Callable[[CanonicalConfig, Call], Iterable[Call]] = no_fallback_reads


def first(config: CanonicalConfig, checks: Iterable[Check]) -> list[Call]:
    return list(dict.fromkeys(call for check in checks for call in check.first(config)))


def follow(config: CanonicalConfig, checks: Iterable[Check], call: Call, read: Read[Any]) -> Iterator[Call]:
    for check in checks:
        if isinstance(read, Known):
            yield from check.follow(config, call, read.value)
        else:
            yield from check.instead(config, call)
