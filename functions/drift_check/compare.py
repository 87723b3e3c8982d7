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
    Healing,
    Severity,
    Waiver,
    content_digest,
    severity_of,
)
from drift_check.observe.observations import Known, Unknown
from tradai_shared.config.paths import is_immutable, is_unspecified, provenance_of, value_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.actions import Remediation
    from drift_check.findings import Json
    from drift_check.observe.observations import Call, Read
    from tradai_shared.config.models import CanonicalConfig

EXISTENCE = "existence"
TAGS = "tags"
TAG_PATH = "required_tags"
PLATFORM = "the platform"


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
    if isinstance(exists, Known) and not exists.value:
        yield _missing(config, check, resource_state)
        return
    facts = [*_required_tags(config, resource_state), *resource_state.facts]
    unread: dict[Call, list[tuple[str, Unknown]]] = {}
    for name, read in ((EXISTENCE, exists), *((fact.attribute, fact.observed) for fact in facts)):
        if isinstance(read, Unknown):
            unread.setdefault(read.call, []).append((name, read))
    if isinstance(exists, Unknown):
        known = ((fact.attribute, exists) for fact in facts if isinstance(fact.observed, Known))
        unread[exists.call].extend(known)
    for call, lost in unread.items():
        yield _unknown(config, check, resource_state, call, lost)
    if isinstance(exists, Unknown):
        return
    for fact in facts:
        if isinstance(fact.observed, Known):
            observed = Known(fact.observed.value, fact.observed.sources | exists.sources)
            yield from _compare_attribute(config, check, resource_state, fact, observed)


def _compare_attribute(
    config: CanonicalConfig,
    check: str,
    resource_state: ResourceState,
    fact: AttributeState,
    observed: Known[Any],
) -> Iterator[AssessedFinding]:
    path = path_of(resource_state, fact)
    if fact.desired is CONFIGURED and is_unspecified(config, path):
        return
    desired = to_json(value_at(config, path) if fact.desired is CONFIGURED else fact.desired)
    observed_json = to_json(observed.value)
    if fact.each_unexpected:
        yield from (
            _unexpected(config, check, resource_state, fact, str(name), observed.sources)
            for name in observed.value
        )
    elif not equal(desired, observed_json):
        locked = fact.desired is CONFIGURED and is_immutable(config, path)
        finding = Finding(
            check=check,
            resource=resource_state.resource,
            attribute=fact.attribute,
            status=FindingStatus.DRIFTED,
            desired=desired,
            observed=observed_json,
            severity=Severity.CRITICAL if locked else fact.severity or severity_of(check, fact.attribute),
            healing=Healing.NEVER if locked else healing_of(fact.remediations),
            provenance=provenance_of(config, path),
            reason=_why(fact, locked=locked),
            path=path,
            waiver=Waiver(fact.accepted, PLATFORM) if fact.accepted else None,
        )
        remediations = () if locked else fact.remediations
        yield assess(_downgrade_assumed(finding), remediations, observed.sources, fact.evidence)


def path_of(resource_state: ResourceState, fact: AttributeState) -> str:
    if fact.path is not None:
        return fact.path
    if fact.desired is not CONFIGURED:
        return resource_state.name_path  # built-in rules take the provenance of the resource's name
    return f"{resource_state.path}.{fact.attribute}" if resource_state.path else fact.attribute


def _why(fact: AttributeState, *, locked: bool) -> str:
    if locked:
        return fact.reason or "immutable: it must not change without a migration plan"
    return fact.reason or "AWS differs from the canonical configuration"


def _downgrade_assumed(finding: Finding) -> Finding:
    """Findings on assumed values are downgraded to INFO."""
    if not finding.provenance.is_settled:
        return replace(finding, severity=Severity.INFO)
    return finding


def _missing(config: CanonicalConfig, check: str, resource_state: ResourceState) -> AssessedFinding:
    finding = Finding(
        check=check,
        resource=resource_state.resource,
        attribute=EXISTENCE,
        status=FindingStatus.MISSING,
        desired="present",
        observed="absent",
        severity=severity_of(check, EXISTENCE),
        provenance=provenance_of(config, resource_state.name_path),
        reason="the configuration names it and AWS does not have it",
        path=resource_state.path,
    )
    sources: frozenset[Call] = getattr(resource_state.exists, "sources", frozenset())
    return assess(finding if resource_state.vital else _downgrade_assumed(finding), (), sources)


def _unexpected(  # noqa: PLR0913, PLR0917 - what a finding is made of
    config: CanonicalConfig,
    check: str,
    resource_state: ResourceState,
    fact: AttributeState,
    name: str,
    sources: frozenset[Call],
) -> AssessedFinding:
    path = path_of(resource_state, fact)
    finding = Finding(
        check=check,
        resource=f"{resource_state.resource}/{name}",
        attribute=fact.attribute,
        status=FindingStatus.UNEXPECTED,
        observed=name,
        severity=fact.severity or severity_of(check, fact.attribute),
        provenance=provenance_of(config, path),
        reason=fact.reason,
        path=path,
    )
    return assess(_downgrade_assumed(finding), (), sources)


def _unknown(
    config: CanonicalConfig,
    check: str,
    resource_state: ResourceState,
    call: Call,
    lost: list[tuple[str, Unknown]],
) -> AssessedFinding:
    names, code = [name for name, _ in lost], lost[0][1].code
    finding = Finding(
        check=check,
        resource=resource_state.resource,
        attribute=call.action,
        status=FindingStatus.UNKNOWN,
        provenance=provenance_of(config, resource_state.name_path),
        reason=f"{call.action} failed with {code}; not judged: {', '.join(names)}",
        path=resource_state.path,
    )
    return assess(finding, (), frozenset({call}))


def _required_tags(config: CanonicalConfig, resource_state: ResourceState) -> Iterator[AttributeState]:
    """One attribute for all tags of a resource; a wrong value needs an approval, a missing tag does not."""
    if resource_state.tags is None:
        return
    accepted = config.required_tags

    def wanting(tags: Mapping[str, str]) -> dict[str, str | None]:
        return {name: tags.get(name) for name, values in accepted.items() if tags.get(name) not in values}

    observed: Read[dict[str, str | None]] = resource_state.tags.map(wanting)
    remediations: tuple[Remediation, ...] = ()
    if isinstance(observed, Known) and resource_state.arn:
        missing = tuple((name, accepted[name][0]) for name, value in observed.value.items() if value is None)
        wrong = tuple(
            (name, accepted[name][0]) for name, value in observed.value.items() if value is not None
        )
        remediations = ((AddTags(resource_state.arn, missing),) if missing else ()) + (
            (ReplaceTags(resource_state.arn, wrong),) if wrong else ()
        )
    wanted = observed.map(lambda observed: {name: list(accepted[name]) for name in observed})
    yield AttributeState(
        TAGS,
        observed,
        desired=wanted.value if isinstance(wanted, Known) else {},
        path=TAG_PATH,
        remediations=remediations,
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
