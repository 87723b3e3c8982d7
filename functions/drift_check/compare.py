"""Compares the states of resources with the values that the configuration states, and with no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from drift_check.actions import AddTags, ReplaceTags, healing_of
from drift_check.checks.base import CONFIGURED, AttributeState, ResourceState
from drift_check.findings import (
    Finding,
    FindingStatus,
    Severity,
    Waiver,
    content_digest,
    severity_of,
)
from drift_check.observe.observations import Known, Unknown, combined
from tradai_shared.config.paths import is_immutable, is_unspecified, provenance_of, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.actions import Remediation
    from drift_check.findings import Json
    from drift_check.observe.observations import Call
    from tradai_shared.config.models import CanonicalConfig

EXISTENCE = "existence"
TAGS = "tags"
TAG_PATH = "required_tags"
EXPOSED = "open_to_world"
PLATFORM = "the platform"
IMMUTABLE = "immutable: it must not change without a migration plan"


@dataclass(frozen=True, slots=True)
class AssessedFinding:
    """A finding, the remediations that a program may carry out, and the reads on which it rests."""

    finding: Finding
    remediations: tuple[Remediation, ...]
    sources: frozenset[Call]


def assess(
    finding: Finding,
    remediations: tuple[Remediation, ...],
    sources: frozenset[Call],
    evidence: object = None,
) -> AssessedFinding:
    """The finding with the digest of its content: what differs and what would be written."""
    writes = [[type(remediation).__name__, asdict(remediation)] for remediation in remediations]
    digest = content_digest(finding.status, finding.desired, finding.observed, writes, evidence)
    return AssessedFinding(replace(finding, digest=digest), remediations, sources)


def compare(config: CanonicalConfig, check: str, resource_state: ResourceState) -> Iterator[AssessedFinding]:
    """Every difference of one resource.

    A failed call is one finding, unknown, and never drift. Where it is unknown whether the resource exists,
    nothing of it is compared: an absent resource has no tags, and no settings either.
    """
    exists = resource_state.exists
    if not exists.value_or(default=True):
        yield _missing(config, check, resource_state)
        return
    facts = [*_required_tags(config, resource_state), *resource_state.facts]
    reads = [(fact, combined(lambda observed, _: observed, fact.observed, exists)) for fact in facts]
    unread: dict[Call, tuple[str, list[str]]] = {}
    for name, read in ((EXISTENCE, exists), *[(fact.attribute, observed) for fact, observed in reads]):
        if isinstance(read, Unknown):
            unread.setdefault(read.call, (read.code, []))[1].append(name)
    for call, (code, names) in unread.items():
        reason = f"{call.action} failed with {code}; not judged: {', '.join(names)}"
        finding = new_finding(config, check, resource_state, call.action, FindingStatus.UNKNOWN, reason)
        yield assess(finding, (), frozenset({call}))
    for fact, observed in reads:
        if isinstance(observed, Known):
            yield from _compare_attribute(config, check, resource_state, fact, observed)


def new_finding(  # noqa: PLR0913, PLR0917 - what every finding has
    config: CanonicalConfig,
    check: str,
    resource_state: ResourceState,
    attribute: str,
    status: FindingStatus,
    reason: str,
    path: str | None = None,
    **details: Any,  # noqa: ANN401 - fields of a finding
) -> Finding:
    """A finding about the value at ``path``; without a path, about the resource by its name."""
    return Finding(
        check=check,
        resource=resource_state.resource,
        attribute=attribute,
        status=status,
        reason=reason,
        path=resource_state.path if path is None else path,
        provenance=provenance_of(config, resource_state.name_path if path is None else path),
        **details,
    )


def _missing(config: CanonicalConfig, check: str, resource_state: ResourceState) -> AssessedFinding:
    finding = new_finding(
        config,
        check,
        resource_state,
        EXISTENCE,
        FindingStatus.MISSING,
        "the configuration names it and AWS does not have it",
        desired="present",
        observed="absent",
        severity=severity_of(check, EXISTENCE),
    )
    sources = resource_state.exists.sources
    return assess(finding if resource_state.vital else _downgrade_assumed(finding), (), sources)


def _compare_attribute(
    config: CanonicalConfig,
    check: str,
    resource_state: ResourceState,
    fact: AttributeState,
    observed: Known[Any],
) -> Iterator[AssessedFinding]:
    path = path_of(resource_state, fact)
    is_configured = fact.desired is CONFIGURED
    if is_configured and is_unspecified(config, path):
        return
    desired = to_json(value_at(config, path) if is_configured else fact.desired)
    observed_json = to_json(observed.value)
    if equal(desired, observed_json):
        return
    severity = fact.severity or severity_of(check, fact.attribute)
    if fact.each_unexpected:
        for name in observed.value:
            extra = replace(resource_state, resource=f"{resource_state.resource}/{name}")
            finding = new_finding(
                config,
                check,
                extra,
                fact.attribute,
                FindingStatus.UNEXPECTED,
                fact.reason,
                path,
                observed=str(name),
                severity=severity,
            )
            yield assess(_downgrade_assumed(finding), (), observed.sources)
        return
    locked = is_configured and is_immutable(config, path)
    remediations = () if locked else fact.remediations
    finding = new_finding(
        config,
        check,
        resource_state,
        fact.attribute,
        FindingStatus.DRIFTED,
        fact.reason or (IMMUTABLE if locked else "AWS differs from the canonical configuration"),
        path,
        desired=desired,
        observed=observed_json,
        severity=Severity.CRITICAL if locked else severity,
        healing=healing_of(remediations),
        waiver=Waiver(fact.accepted, PLATFORM) if fact.accepted else None,
    )
    yield assess(_downgrade_assumed(finding), remediations, observed.sources, fact.evidence)


def path_of(resource_state: ResourceState, fact: AttributeState) -> str:
    if fact.path is not None:
        return fact.path
    if fact.desired is not CONFIGURED:
        return resource_state.name_path  # built-in rules take the provenance of the resource's name
    return f"{resource_state.path}.{fact.attribute}" if resource_state.path else fact.attribute


def _downgrade_assumed(finding: Finding) -> Finding:
    """Findings on assumed values are downgraded to INFO, but for a group that the internet reaches."""
    if not finding.provenance.is_settled and finding.attribute != EXPOSED:
        return replace(finding, severity=Severity.INFO)
    return finding


def _required_tags(config: CanonicalConfig, resource_state: ResourceState) -> Iterator[AttributeState]:
    """One attribute for all tags of a resource; a wrong value needs an approval, a missing tag does not."""
    if resource_state.tags is None:
        return
    accepted, arn = config.required_tags, resource_state.arn

    def wanting(tags: Mapping[str, str]) -> dict[str, str | None]:
        return {name: tags.get(name) for name, values in accepted.items() if tags.get(name) not in values}

    observed = resource_state.tags.map(wanting)
    values = observed.value_or({})
    remediations = []
    for write, is_missing in ((AddTags, True), (ReplaceTags, False)):
        tags = [(name, accepted[name][0]) for name, value in values.items() if (value is None) is is_missing]
        if tags and arn:
            remediations.append(write(arn, tuple(tags)))
    yield AttributeState(
        TAGS,
        observed,
        desired={name: list(accepted[name]) for name in values},
        path=TAG_PATH,
        remediations=tuple(remediations),
        reason="required tags are missing or have another value",
    )


def to_json(value: Any) -> Json:  # noqa: ANN401 - any value of the configuration, or of AWS
    """The value as JSON types."""
    match value:
        case BaseModel():
            return to_json(dict(value))
        case Enum():
            return to_json(value.value)
        case Mapping():
            return {str(name): to_json(below) for name, below in value.items()}
        case tuple() | list() | set() | frozenset():
            return [to_json(element) for element in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def equal(desired: Json, observed: Json) -> bool:
    """Whether two values are equal; the order of a list does not count."""
    if isinstance(desired, list) and isinstance(observed, list):
        return sorted(map(str, desired)) == sorted(map(str, observed))
    return desired == observed and type(desired) is type(observed)


def by_importance(assessed: Iterable[AssessedFinding]) -> list[AssessedFinding]:
    return sorted(
        assessed,
        key=lambda item: (
            item.finding.waiver is not None,
            item.finding.severity.rank,
            item.finding.check,
            item.finding.resource,
            item.finding.attribute,
        ),
    )
