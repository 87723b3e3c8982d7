"""The types and helpers that all checks share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from drift_check.observe.observations import Call, Known, first_known
from tradai_shared.config.naming import PROJECT
from tradai_shared.config.parameters import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from drift_check.actions import Remediation
    from drift_check.findings import Severity
    from drift_check.observe.observations import ApiObject, Read, Reads
    from tradai_shared.config.models import CanonicalConfig


CONFIGURED = object()  # the desired value of a fact that the configuration states at the fact's path


@dataclass(frozen=True, slots=True)
class AttributeState:
    """One attribute as AWS shows it.

    ``path`` names the value in the configuration where it is not the attribute's own; ``desired`` stands
    for rules that no value of the configuration spells out. ``remediations`` are the writes that would heal
    a difference. ``accepted`` is the platform's own reason for living with one. With
    ``each_unexpected`` every element of the observed list is a finding of its own. ``evidence`` is content
    beside the observed value to which approvals and waivers are bound.
    """

    attribute: str
    observed: Read[Any]
    desired: object = CONFIGURED
    path: str | None = None
    remediations: tuple[Remediation, ...] = ()
    reason: str = ""
    accepted: str = ""
    each_unexpected: bool = False
    evidence: object = None
    severity: Severity | None = None  # where it is not the attribute's (``findings.SEVERITIES``)


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One resource in AWS. ``name_path`` is the path of the value that names it.

    ``vital``: while it is missing the platform is down or unguarded, however sure its name is.

    ``tags`` is None where AWS keeps none or none are asked for. ``arn`` is where tags are written: the
    ARN's service and resource, as in ``dynamodb:table/tradai-idempotency-dev``.
    """

    path: str
    resource: str
    name_path: str
    exists: Read[bool]
    facts: tuple[AttributeState, ...] = ()
    tags: Read[Mapping[str, str]] | None = None
    arn: str = ""
    vital: bool = False


PRESENT: Known[bool] = Known(value=True)


def each_unexpected(attribute: str, names: Read[Any], reason: str, path: str | None = None) -> AttributeState:
    """What AWS has and the configuration does not: one finding a name."""
    return AttributeState(attribute, names, desired=[], path=path, each_unexpected=True, reason=reason)


def unexpected_resources(  # noqa: PLR0913, PLR0917 - what one finding of them all consists of
    path: str, resource: str, name_path: str, attribute: str, names: Read[Any], reason: str
) -> ResourceState:
    """Resources of a kind that the configuration does not name."""
    fact = each_unexpected(attribute, names, reason, name_path)
    return ResourceState(path, resource, name_path, PRESENT, (fact,))


def presence(described: Read[Any]) -> Read[bool]:
    """Whether the resource exists in AWS."""
    return described.map(lambda described: described is not None)


def present_in_all(*reads: Read[Any]) -> Read[bool]:
    """Whether every answer shows the resource: what one of them does not know was deleted meanwhile."""
    gone = [read for read in reads if read.value_or(read) is None]
    return presence(first_known(*gone, *reads))


def only(described: Read[list[ApiObject] | None]) -> Read[ApiObject | None]:
    """What a call by name or id shows: a list of at most one."""
    return described.map(lambda objects: objects[0] if objects else None)


def having(objects: list[ApiObject], *, key: str, value: object) -> ApiObject | None:
    """The first object with that value under a key."""
    return next(iter(having_each(objects, key=key, value=value)), None)


def having_each(objects: list[ApiObject], *, key: str, value: object) -> list[ApiObject]:
    return [each for each in objects if each[key] == value]


def sorted_values(objects: list[ApiObject], *, key: str) -> list[str]:
    """What the objects have under a key, sorted."""
    return sorted({each[key] for each in objects})


def own_tags(described: Read[ApiObject | None], key: str = "Tags") -> Read[dict[str, str]]:
    """The tags that a resource's own description carries."""
    return described.map(lambda api_object: tag_map(api_object.get(key)) if api_object else {})


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """AWS's two spellings of a list of tags, as a mapping."""
    return {
        str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", ""))) for tag in tags or ()
    }


TAGS = Call("tag:GetResources")
UNCONFIGURED = "named as the platform names, but not in the configuration"


@dataclass(frozen=True)
class CheckContext:
    """The inputs of a check: the configuration, one reading of AWS, and the time."""

    config: CanonicalConfig
    reads: Reads
    now: datetime

    @cached_property
    def listed_tags(self) -> Read[dict[str, dict[str, str]]]:
        """All listed tags by resource."""
        return self.read(TAGS).map(_by_resource)

    def get(self, action: str, subject: str = "") -> Read[Any]:
        return self.reads.get(action, subject)

    def read(self, call: Call) -> Read[Any]:
        return self.reads.get(call.action, call.subject)

    def get_or(self, default: object, action: str, subject: str) -> Read[Any]:
        """What was read of a subject; the default where there is no subject."""
        return self.get(action, subject) if subject else Known(default)

    def tags(self, short_arn: str) -> Read[dict[str, str]]:
        """The tags of a resource whose own description has none; AWS does not list one that never had a tag.

        ``short_arn`` is the service and the resource; the call lists one account's and one region's alone.
        """
        return self.listed_tags.map(lambda listed: listed.get(short_arn, {}))

    def tagged(
        self, path: str, resource: str, name_path: str, exists: Read[bool], arn: str, *facts: AttributeState
    ) -> ResourceState:
        """A resource whose own description has no tags."""
        return ResourceState(path, resource, name_path, exists, facts, self.tags(arn), arn)


def _by_resource(listed: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {
        shortened(mapping["ResourceARN"]): {tag["Key"]: tag["Value"] for tag in mapping["Tags"]}
        for mapping in listed
    }


def shortened(arn: str) -> str:
    """``dynamodb:table/tradai-idempotency-dev`` of the table's whole ARN."""
    _, _, service, _, _, resource = arn.split(":", 5)
    return f"{service}:{resource}"


def no_reads(*_: object) -> Iterable[Call]:
    return ()


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of resource.

    ``initial_reads`` are the calls that it needs, ``dependent_reads`` those that an answer leads to.
    ``evaluate`` turns the answers into the states of resources.
    """

    name: str
    initial_reads: Callable[[CanonicalConfig], Iterable[Call]]
    evaluate: Callable[[CheckContext], Iterator[ResourceState]]
    dependent_reads: Callable[[CanonicalConfig, Call, Any], Iterable[Call]] = no_reads


def all_initial_reads(config: CanonicalConfig, checks: Iterable[Check]) -> list[Call]:
    return list(dict.fromkeys([call for check in checks for call in check.initial_reads(config)]))


# Names of the platform's documents begin with tradai-, those of the stack's own with its NamePrefix.
# A deployment with other names states them: what several of a kind have in common is its naming.
SEPARATORS = re.compile(r"([-_./])")
SHORTEST_WORD = 3  # of a shorter one, such as "q" or "eu", another project's names have the same
ENOUGH_WORDS = 2  # in common: the platform's and the environment's, as in tradai-*-dev


def prefix(config: CanonicalConfig) -> str:
    """With what the names begin that the stack itself makes."""
    return config.annotations.parameters.get(PREFIX) or PROJECT


def follows_naming(config: CanonicalConfig, configured: Iterable[str]) -> Callable[[str], bool]:
    """Whether a name that nobody configured is named as ``configured``, the names of the same kind, are."""
    env = str(config.environment)
    frames = _frames(configured)

    def follows(name: str) -> bool:
        own = name.startswith((f"{PROJECT}-", f"{prefix(config)}-"))
        return (own and env in _words(name)) or any(_is_framed(name, *frame) for frame in frames)

    return follows


def _words(text: str) -> list[str]:
    return [word for word in SEPARATORS.split(text) if word and not SEPARATORS.fullmatch(word)]


def _frames(names: Iterable[str]) -> list[tuple[str, str]]:
    """The beginning and the end that names with the same first word, or with the same last one, share."""
    split = [SEPARATORS.split(name) for name in names]
    frames = set()
    for place in (0, -1):
        for word in {parts[place] for parts in split}:
            family = [parts for parts in split if parts[place] == word]
            if len(family) > 1:
                frames.add(_common(family))
    return sorted([frame for frame in frames if _says_enough(frame)])


def _common(family: Sequence[list[str]]) -> tuple[str, str]:
    start = common_start(family)
    remaining = [parts[len(start) :][::-1] for parts in family]
    return "".join(start), "".join(common_start(remaining)[::-1])


def common_start(family: Iterable[Sequence[str]]) -> list[str]:
    """What all begin with: words and separators, or letters."""
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*family, strict=False))
    return [column[0] for column in columns]


def _says_enough(frame: tuple[str, str]) -> bool:
    """Two words, of which an account's number and short ones do not count."""
    words = [word for part in frame for word in _words(part)]
    return len([word for word in words if len(word) >= SHORTEST_WORD and not word.isdigit()]) >= ENOUGH_WORDS


def _is_framed(name: str, start: str, end: str) -> bool:
    return len(name) > len(start) + len(end) and name.startswith(start) and name.endswith(end)
