"""From a scan to the differences that adopt asks about. Pure, but for the listing of candidates."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from drift_check import checks
from drift_check.checks import database
from drift_check.checks.base import CONFIGURED, CheckContext
from drift_check.compare import EXISTENCE, TAG_PATH, TAGS, equal, path_of, to_json
from drift_check.findings import UNREADABLE, FindingStatus, finding_id
from drift_check.observe.observations import Known
from ops.adopt import names, resemblance, sets
from ops.adopt.model import Confirmation, Difference, DifferenceClass, Proposal, Survey
from ops.adopt.security import is_insecure, loses
from ops.adopt.special import index_proposal, taken_at, unspecified_values, value_proposal
from ops.adopt.tags import exists, tag_differences
from ops.drift_role import POOL
from tradai_shared import clock
from tradai_shared.config.paths import is_absent, is_judged, is_unspecified, provenance_of, value_at
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from drift_check.checks.base import AttributeState, ResourceState
    from drift_check.findings import Finding, Json
    from drift_check.observe.observations import Read
    from drift_check.scan import Scan
    from ops.adopt.live import Lister
    from ops.adopt.model import Candidate
    from tradai_shared.config.models import CanonicalConfig

BEHIND = {
    "network.vpc": ("network.", "nat."),
    "network.subnets.*": ("nat.subnet", "network.route_tables."),  # which are known by their subnets
    "ecs": ("ecs.", "service_environment."),
    sets.API_NAMES: ("waf.",),
    sets.QUEUE_NAMES: ("sqs.",),
}


def survey(config: CanonicalConfig, scan: Scan, lister: Lister) -> Survey:
    """Everything that differs, that is confirmed, and that nothing is compared with."""
    findings = [
        finding
        for finding in scan.findings
        if finding.status is not FindingStatus.UNKNOWN and finding.waiver is None
    ]
    states = list(_states(config, scan))
    of_tags = [finding for finding in findings if finding.attribute == TAGS]
    by_parameter = [finding for finding in findings if names.is_by_parameter(finding.path)]
    asked = [finding for finding in findings if finding not in of_tags and finding not in by_parameter]
    unread = [f"{read.call.action} failed with {read.code}" for read in scan.reads.unknown()]
    failed = [
        f"{finding.check}: {finding.reason}"
        for finding in scan.findings
        if finding.status is FindingStatus.UNKNOWN and finding.check == finding.resource
    ]
    everything = (
        *_name_differences(config, asked, lister),
        *sets.differences(config, states, lister),
        *_value_differences(config, asked, states, scan),
        *tag_differences(config, states, of_tags),
    )
    behind = behind_names(everything)
    confirmed = _confirmations(config, states, everything, of_tags)
    confirmations = (*confirmed, *unspecified_values(config, states))
    pools = (state.arn for state in states if state.arn.startswith(POOL))
    return Survey(
        differences=tuple(each for each in everything if not _is_behind(each, behind)),
        confirmations=tuple(each for each in confirmations if not each.path.startswith(behind)),
        unread=tuple(sorted({*unread, *failed, *lister.unread})),
        parameters=tuple(by_parameter),
        tags=tuple(of_tags),
        not_stated=tuple(_not_stated(config, states)),
        no_answer=not any(isinstance(read, Known) for read in scan.reads.answers.values()),
        parameter_group=_parameter_group(config, scan),
        pool_id=next(pools, "").removeprefix(POOL),
    )


def _parameter_group(config: CanonicalConfig, scan: Scan) -> str:
    read = scan.reads.get(database.INSTANCES, config.rds.identifier)
    described = read.value if isinstance(read, Known) else None
    return database.parameter_group(described[0]) if described else ""


def behind_names(differences: Iterable[Difference]) -> tuple[str, ...]:
    """What is read as nothing while a name is open: the VPC's parts without the VPC."""
    missing = {each.section for each in differences if each.kind is DifferenceClass.NAME}
    return tuple(
        part
        for name, parts in BEHIND.items()
        if any(fnmatchcase(section, name) for section in missing)
        for part in parts
    )


def _is_behind(difference: Difference, behind: tuple[str, ...]) -> bool:
    is_name = difference.kind is DifferenceClass.NAME and difference.section in BEHIND
    return not is_name and (difference.path or difference.section).startswith(behind)


def _states(config: CanonicalConfig, scan: Scan) -> Iterator[ResourceState]:
    check_context = CheckContext(config, scan.reads, clock.now())
    for check in checks.ALL:
        try:
            yield from check.evaluate(check_context)
        except UNREADABLE:
            continue  # the scan has a finding of it


def _name_differences(
    config: CanonicalConfig, findings: Sequence[Finding], lister: Lister
) -> Iterator[Difference]:
    missing = [finding for finding in findings if finding.attribute == EXISTENCE]
    slots = [(finding, names.slot(config, finding.path)) for finding in missing]
    by_kind: dict[names.Kind, list[names.Slot]] = defaultdict(list)
    for _, slot in slots:
        if slot:
            by_kind[slot.kind].append(slot)
    proposed: dict[str, tuple[Proposal, ...]] = {}
    for kind, wanted in by_kind.items():
        pairs = [(slot, names.traits(config, slot)) for slot in wanted]
        free = _not_yet_named(config, kind, lister)
        proposed |= resemblance.proposals(config.environment, pairs, free)
    for finding, slot in slots:
        path = slot.path if slot else ""
        if finding.path == sets.QUEUES:
            yield sets.without_queue(config, finding)
            continue
        yield Difference(
            id=finding.id,
            kind=DifferenceClass.NAME,
            path=path,
            section=finding.path,
            subject=f"{slot.kind if slot else finding.check} {finding.resource}",
            configured=slot.configured if slot else finding.resource,
            live=None,
            provenance=finding.provenance,
            proposals=proposed.get(path, ()),
            reason="nothing of this name exists",
            finding_ids=frozenset({finding.id}),
        )


def _not_yet_named(config: CanonicalConfig, kind: names.Kind, lister: Lister) -> list[Candidate]:
    """The candidates that no configured name means already."""
    taken = {
        str(to_json(value_at(config, f"{resource}.{field}")))
        for pattern, field, of_kind in names.NAMED
        if of_kind is kind
        for resource in _resources(config, pattern)
    }
    return [candidate for candidate in lister.candidates(kind) if candidate.name not in taken]


def _resources(config: CanonicalConfig, pattern: str) -> list[str]:
    section, _, star = pattern.rpartition(".")
    if star != "*":
        return [pattern]
    entries = to_json(value_at(config, section))
    return [f"{section}.{name}" for name in entries] if isinstance(entries, dict) else []


def _value_differences(
    config: CanonicalConfig, findings: Sequence[Finding], states: Sequence[ResourceState], scan: Scan
) -> Iterator[Difference]:
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.attribute == EXISTENCE:
            continue
        if _is_stated(config, finding):
            by_path[finding.path].append(finding)
        else:
            yield _rule_difference(config, finding, scan)
    facts = _facts_by_path(config, states)
    for path, several in by_path.items():
        yield _value_difference(path, several, facts.get(path, []))


def _is_stated(config: CanonicalConfig, finding: Finding) -> bool:
    """Whether the configuration's value at the finding's path is what it was compared with."""
    if finding.status is FindingStatus.UNEXPECTED or not finding.path:
        return False
    try:
        value = to_json(value_at(config, finding.path))
    except ConfigError:
        return False
    return equal(value, finding.desired)


def _value_difference(path: str, findings: list[Finding], facts: list[Read[object]]) -> Difference:
    """One a path. What some resources have and others have not is no value to take."""
    first = findings[0]
    live = [to_json(read.value) for read in facts if isinstance(read, Known)]
    all_agree = len(facts) == len(live) and all(equal(value, first.observed) for value in live)
    proposal = value_proposal(path, first.desired, first.observed) if all_agree else None
    several = "" if all_agree else "; the resources differ among themselves"
    return Difference(
        id=first.id if len(findings) == 1 else finding_id("adopt", path, ""),
        kind=DifferenceClass.VALUE,
        path=taken_at(path),
        section=path,
        subject=", ".join(finding.resource for finding in findings),
        configured=first.desired,
        live=first.observed,
        provenance=first.provenance,
        proposals=(proposal,) if proposal else (),
        insecure=any(
            is_insecure(path, finding.attribute, finding.observed)
            or loses(path, finding.desired, finding.observed)
            for finding in findings
        ),
        reason=first.reason + several,
        finding_ids=frozenset(finding.id for finding in findings),
    )


def _rule_difference(config: CanonicalConfig, finding: Finding, scan: Scan) -> Difference:
    """An unexpected resource, or a rule that no value states; the configuration can take an index."""
    index = index_proposal(config, finding, scan.reads)
    is_unexpected = finding.status is FindingStatus.UNEXPECTED
    return Difference(
        id=finding.id,
        kind=DifferenceClass.UNEXPECTED if is_unexpected else DifferenceClass.RULE,
        path=index[0] if index else "",
        section=finding.id,
        subject=f"{finding.resource}: {finding.attribute}",
        configured=finding.desired,
        live=finding.observed,
        provenance=finding.provenance,
        proposals=(index[1],) if index else (),
        insecure=is_insecure(finding.path, finding.attribute, finding.observed),
        reason=finding.reason,
        finding_ids=frozenset({finding.id}),
    )


def _facts_by_path(
    config: CanonicalConfig, states: Iterable[ResourceState]
) -> Mapping[str, list[Read[object]]]:
    """What AWS shows for each stated value, of every resource that exists or may exist."""
    facts: dict[str, list[Read[object]]] = defaultdict(list)
    for state in states:
        if isinstance(state.exists, Known) and not state.exists.value:
            continue
        for fact in state.facts:
            path = path_of(state, fact)
            if not fact.each_unexpected and _compares_the_value(config, path, fact):
                facts[path].append(fact.observed if isinstance(state.exists, Known) else state.exists)
    return facts


def _compares_the_value(config: CanonicalConfig, path: str, fact: AttributeState) -> bool:
    if fact.desired is CONFIGURED:
        return True
    try:
        return equal(to_json(value_at(config, path)), to_json(fact.desired))
    except ConfigError:
        return False


def _confirmations(
    config: CanonicalConfig,
    states: Sequence[ResourceState],
    differences: Sequence[Difference],
    of_tags: Sequence[Finding],
) -> Iterator[Confirmation]:
    """Values that nobody was sure of and that every resource has; nothing where a read failed."""
    differing = {difference.section for difference in differences}
    for path, facts in _facts_by_path(config, states).items():
        if path in differing or not is_judged(config, path) or provenance_of(config, path).is_settled:
            continue
        if not is_unspecified(config, path) and all(isinstance(read, Known) for read in facts):
            written = taken_at(path)
            yield Confirmation(written, to_json(value_at(config, written)))
    for state in states:
        path = state.name_path
        named = names.slot(config, state.path) if state.path else None
        exists = isinstance(state.exists, Known) and state.exists.value
        if exists and named and named.path == path and not provenance_of(config, path).is_settled:
            yield Confirmation(path, to_json(value_at(config, path)))
    tags = [state.tags for state in states if state.tags is not None]
    if tags and not of_tags and all(isinstance(read, Known) for read in tags):
        for name, values in config.required_tags.items():
            if not provenance_of(config, f"{TAG_PATH}.{name}").is_settled:
                yield Confirmation(f"{TAG_PATH}.{name}", to_json(values))


def _not_stated(config: CanonicalConfig, states: Iterable[ResourceState]) -> Iterator[tuple[str, Json]]:
    for state in states:
        for fact in state.facts:
            path = path_of(state, fact)
            is_open = fact.desired is CONFIGURED and is_unspecified(config, path)
            if is_open and not is_absent(config, path) and isinstance(fact.observed, Known) and exists(state):
                yield path, to_json(fact.observed.value)
