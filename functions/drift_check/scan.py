"""Reads AWS, evaluates the checks and compares. Writes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drift_check import checks as all_checks
from drift_check.checks.base import TAGS, CheckContext, all_initial_reads
from drift_check.compare import AssessedFinding, by_importance, compare, new_finding
from drift_check.findings import UNREADABLE, Finding, FindingStatus, Waiver, severity_of
from drift_check.observe.observations import Reads, Unknown
from drift_check.observe.observer import Observer, no_progress
from tradai_shared import clock
from tradai_shared.config.paths import is_absent, is_judged
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from drift_check.checks.base import Check, ResourceState
    from drift_check.observe.observations import Call, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import Waiver as OwnWaiver


ABSENT = "absent"
ALTHOUGH_ABSENT = "the deployment's own file says that this account does not have it"
# The fields by which a resource is recognized; other states are of settings, which always exist.
RECOGNIZED_BY = frozenset({"name", "identifier", "cluster", "cidr", "function", "alarm"})


@dataclass(frozen=True, slots=True)
class Scan:
    """The answers of one scan and its findings, the most important first."""

    reads: Reads
    assessed: Sequence[AssessedFinding]
    judged: frozenset[tuple[str, str]] = frozenset()  # check and resource of what was looked at

    @property
    def findings(self) -> list[Finding]:
        return [assessed_finding.finding for assessed_finding in self.assessed]

    @property
    def unknown(self) -> set[tuple[str, str]]:
        """Check and resource of what could not be read; a check that could not finish stands for itself."""
        return {(finding.check, finding.resource) for finding in self.findings if finding.is_unknown}

    @property
    def no_answer(self) -> str:
        """Why nothing is known of the environment; empty where any read was answered."""
        unread = self.reads.unknown()
        if not unread or len(unread) < len(self.reads.answers):
            return ""
        code, count = Counter([read.code for read in unread]).most_common(1)[0]
        return f"none of {len(unread)} reads was answered: {code} ({count} times), as {unread[0].call.action}"

    def with_details(self, before: Scan, detailed: Scan) -> Scan:
        """This later scan, with the details of an earlier one where nothing has changed since ``before``."""
        earlier = {assessed.finding.id: assessed for assessed in before.assessed}
        details = {assessed.finding.id: assessed for assessed in detailed.assessed}
        assessed = [
            details[assessed.finding.id] if earlier.get(assessed.finding.id) == assessed else assessed
            for assessed in self.assessed
        ]
        return replace(self, assessed=assessed)

    def may_hide(self, finding: Finding) -> bool:
        """Whether the finding may be absent only because a call failed, or its check could not finish."""
        check = finding.check
        return not self.unknown.isdisjoint({(check, check), (check, finding.resource)})

    def by_id(self, finding_id: str) -> AssessedFinding | None:
        return next((assessed for assessed in self.assessed if assessed.finding.id == finding_id), None)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Scans one environment with one set of checks."""

    config: CanonicalConfig
    checks: Sequence[Check]
    observer: Observer
    waivers: Sequence[OwnWaiver] = ()
    place: str = ""  # of every finding

    @property
    def names(self) -> frozenset[str]:
        return frozenset({check.name for check in self.checks})

    def scan(self, also: Iterable[Call] = ()) -> Scan:
        """Read everything that the checks need, and the calls of ``also``."""
        calls = (*all_initial_reads(self.config, self.checks), *also)
        return self.evaluate(self.observer.observe(calls, self._dependent_reads))

    def rescan(self, before: Scan, sources: Iterable[Call]) -> Scan:
        """Read only ``sources`` again, and evaluate every check with the fresh answers."""
        fresh = self.observer.observe(sources, self._dependent_reads)
        return self.evaluate(Reads({**before.reads.answers, **fresh.answers}))

    def evaluate(self, reads: Reads) -> Scan:
        now = clock.now()
        check_context = CheckContext(self.config, reads, now)
        judged: set[tuple[str, str]] = set()
        assessed = [
            replace(assessed_finding, finding=replace(assessed_finding.finding, place=self.place))
            for check in self.checks
            for assessed_finding in self._assess(check, check_context, judged)
        ]
        ordered = by_importance(waived(assessed, self.waivers, now))
        return Scan(reads, ordered, frozenset(judged))

    def _assess(
        self, check: Check, ctx: CheckContext, judged: set[tuple[str, str]]
    ) -> Iterator[AssessedFinding]:
        """Findings of one check. An answer that it cannot read costs the rest of this check, no other."""
        config, name = self.config, check.name
        try:
            for resource in check.evaluate(ctx):
                judged.add((name, resource.resource))
                for assessed in compare(config, name, resource):
                    if is_in_scope(config, resource, assessed.finding):
                        yield assessed
                if is_present_although_absent(config, resource):
                    severity, sources = severity_of(name, ABSENT), resource.exists.sources
                    values = {"desired": ABSENT, "observed": "present", "severity": severity}
                    finding = new_finding(
                        config, name, resource, ABSENT, FindingStatus.UNEXPECTED, ALTHOUGH_ABSENT, **values
                    )
                    yield AssessedFinding(finding, (), sources)
        except UNREADABLE as error:
            reason = f"the check ended early, an answer could not be read: {type(error).__name__}: {error}"
            finding = Finding(
                check=name,
                resource=name,
                attribute="check",
                status=FindingStatus.UNKNOWN,
                provenance=Provenance.SEED,
                reason=reason,
            )
            yield AssessedFinding(finding, (), frozenset())

    def _dependent_reads(self, call: Call, read: Read[Any]) -> list[Call]:
        """What follows from an answer; each check on its own, so that an odd answer costs only the check."""
        calls: list[Call] = []
        if isinstance(read, Unknown) and call != TAGS:
            return calls
        for check in self.checks:
            try:  # where tags cannot be listed, what follows is asked as if there were none
                calls += check.dependent_reads(self.config, call, read.value_or([]))
            except UNREADABLE:
                continue  # what is not asked is unknown to the check
        return calls


def make_scanner(  # noqa: PLR0913 - one parameter an option
    config: CanonicalConfig,
    client: Callable[[str], Any],
    *,
    checks: Iterable[str] = (),
    waivers: Sequence[OwnWaiver] = (),
    on_progress: Callable[[int, int], None] = no_progress,
    deadline: datetime | None = None,
    account: str = "",
) -> Scanner:
    """With the named checks, all where none is named; ``client`` gives boto3's client of a service.

    No call begins after ``deadline``: what is left is unknown.
    """
    observer = Observer(client, on_progress=on_progress, deadline=deadline)
    place = f"{config.environment}/{account}/{config.region}"
    return Scanner(config, all_checks.chosen(checks), observer, waivers, place)


def waived(
    assessed: Iterable[AssessedFinding], waivers: Sequence[OwnWaiver], now: datetime
) -> Iterator[AssessedFinding]:
    """A waiver holds through its last day (UTC); from the next on the finding counts again."""
    held = {waiver.finding: waiver for waiver in waivers if now.date() <= waiver.until}
    for assessed_finding in assessed:
        finding = assessed_finding.finding
        waiver = held.get(finding.id)
        if waiver and not finding.is_unknown:
            accepted = Waiver(waiver.reason, waiver.owner, waiver.until, waiver.content)
            yield replace(assessed_finding, finding=replace(finding, waiver=accepted))
        else:
            yield assessed_finding


def is_in_scope(config: CanonicalConfig, resource: ResourceState, finding: Finding) -> bool:
    """Whether the deployment has the finding's paths compared."""
    if finding.id in config.annotations.not_judged:
        return False
    return all(is_judged(config, path) for path in (resource.path, finding.path) if path)


def is_present_although_absent(config: CanonicalConfig, resource: ResourceState) -> bool:
    """Whether the deployment says that it has no such resource, and AWS has it."""
    path, name = resource.path, resource.name_path.rpartition(".")[2]
    exists = resource.exists.value_or(default=False)
    return bool(path) and is_absent(config, path) and name in RECOGNIZED_BY and exists
