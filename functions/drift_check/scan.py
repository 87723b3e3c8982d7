"""One look at the estate: read, check, judge. Nothing is written and nothing is told here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import CheckContext, first, follow
from drift_check.compare import AssessedFinding, by_importance, judge
from drift_check.findings import UNREADABLE, Finding, FindingStatus, Healing, Severity, Waiver
from drift_check.observe.observations import Reads
from tradai_shared import clock
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from drift_check.checks.base import Check
    from drift_check.observe.observations import Call, Read
    from drift_check.observe.observer import Observer
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import Waiver as OwnWaiver


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look saw, the most important first."""

    reads: Reads
    judged: Sequence[AssessedFinding]

    @property
    def findings(self) -> list[Finding]:
        return [one.finding for one in self.judged]

    @property
    def partial(self) -> bool:
        return any(finding.status is FindingStatus.UNKNOWN for finding in self.findings)

    def check_failed(self, name: str) -> bool:
        """Whether a check could not finish: the absence of its findings says nothing."""
        return any(
            finding.status is FindingStatus.UNKNOWN and finding.resource == finding.check == name
            for finding in self.findings
        )

    def by_id(self, finding_id: str) -> AssessedFinding | None:
        return next((one for one in self.judged if one.finding.id == finding_id), None)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Looks at one environment with one set of checks."""

    config: CanonicalConfig
    checks: Sequence[Check]
    observer: Observer
    waivers: Sequence[OwnWaiver] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(check.name for check in self.checks)

    def survey(self, also: Iterable[Call] = ()) -> Scan:
        """Ask everything that the checks need, and whatever else the caller wants to know."""
        calls = (*first(self.config, self.checks), *also)
        return self.judge(self.observer.observe(calls, self._follow))

    def again(self, before: Scan, sources: Iterable[Call]) -> Scan:
        """Ask only what a finding rests on again, and judge everything by the fresh answers."""
        fresh = self.observer.observe(sources, self._follow)
        return self.judge(Reads({**before.reads.answers, **fresh.answers}))

    def judge(self, reads: Reads) -> Scan:
        now = clock.now()
        check_context = CheckContext(self.config, reads, now)
        judged = (assessed for check in self.checks for assessed in self._assess(check, check_context))
        return Scan(reads, by_importance(waived(judged, self.waivers, now)))

    def _assess(self, check: Check, ctx: CheckContext) -> Iterator[AssessedFinding]:
        """Findings of one check. An answer that it cannot read costs the rest of this check, no other."""
        try:
            for resource in check.look(ctx):
                yield from judge(self.config, check.name, resource)
        except UNREADABLE as error:
            yield failed_check(check.name, error)

    def _follow(self, call: Call, read: Read[Any]) -> list[Call]:
        """What follows from an answer; each check on its own, so that an odd answer costs only the check."""
        calls: list[Call] = []
        for check in self.checks:
            try:
                calls += follow(self.config, (check,), call, read)
            except UNREADABLE:
                continue  # what is not asked is unknown to the check
        return calls


def failed_check(check: str, error: Exception) -> AssessedFinding:
    """A finding that names the check itself: what it did not reach is unknown."""
    finding = Finding(
        check=check,
        resource=check,
        attribute="check",
        status=FindingStatus.UNKNOWN,
        desired=None,
        observed=None,
        severity=Severity.MEDIUM,
        healing=Healing.NEVER,
        provenance=Provenance.SEED,
        reason=f"the check ended early, an answer could not be read: {type(error).__name__}: {error}",
    )
    return AssessedFinding(finding, (), frozenset())


def waived(
    judged: Iterable[AssessedFinding], waivers: Sequence[OwnWaiver], now: datetime
) -> Iterator[AssessedFinding]:
    """A waiver holds through its last day (UTC); from the next on the finding counts again."""
    held = {waiver.finding: waiver for waiver in waivers if now.date() <= waiver.until}
    for one in judged:
        waiver = held.get(one.finding.id)
        if waiver and one.finding.status is not FindingStatus.UNKNOWN:
            accepted = Waiver(waiver.reason, waiver.owner, waiver.until)
            yield AssessedFinding(replace(one.finding, waiver=accepted), one.remedies, one.sources)
        else:
            yield one
