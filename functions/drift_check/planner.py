"""What may be mended now: pure. Each finding that has a remedy is chosen or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from drift_check.findings import FindingStatus, Healing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding
    from drift_check.history import History

COOL_DOWN = timedelta(hours=1)  # AWS changes a table's TTL once an hour
FAILURES = 3


@dataclass(frozen=True, slots=True)
class HealPlan:
    """What to mend, in order, and what not, each with its reason. ``blocked`` are those that keep failing."""

    chosen: tuple[AssessedFinding, ...]
    refused: tuple[tuple[Finding, str], ...]
    blocked: tuple[Finding, ...] = ()


def plan_heals(
    judged: Iterable[AssessedFinding], approved: frozenset[str], history: History, most: int, now: datetime
) -> HealPlan:
    """The most important first, at most so many."""
    chosen: list[AssessedFinding] = []
    refused: list[tuple[Finding, str]] = []
    blocked: list[Finding] = []
    for assessed_finding in judged:
        finding = assessed_finding.finding
        if finding.status is FindingStatus.UNKNOWN or not assessed_finding.remedies:
            if finding.id in approved:
                refused.append((finding, "there is nothing that a program may write"))
            continue
        reason = _refusal(finding, approved, history, now)
        if reason is None and len(chosen) >= most:
            reason = f"this run has its {most} heals; the next one goes on"
        if reason is None:
            chosen.append(assessed_finding)
            continue
        refused.append((finding, reason))
        if _keeps_failing(finding, history):
            blocked.append(finding)
    return HealPlan(tuple(chosen), tuple(refused), tuple(blocked))


def _refusal(  # noqa: PLR0911 - one return a reason
    finding: Finding, approved: frozenset[str], history: History, now: datetime
) -> str | None:
    if finding.waiver:
        return f"accepted: {finding.waiver.reason}"
    if not finding.provenance.is_settled:
        return "its desired value is only assumed: confirm it first (tradai-ops adopt)"
    if finding.healing is Healing.NEVER:
        return "never mended by a program"
    if finding.healing is Healing.ON_APPROVAL and finding.id not in approved:
        return f"needs a person's approval of {finding.id}"
    if _keeps_failing(finding, history) and finding.id not in approved:
        return f"mending it failed {FAILURES} times in a row: a person must look"
    if _cooling(finding, history, now):
        return "something was written to it within the last hour"
    return None


def _keeps_failing(finding: Finding, history: History) -> bool:
    record = history.records.get(finding.id)
    return record is not None and record.failures >= FAILURES


def _cooling(finding: Finding, history: History, now: datetime) -> bool:
    return any(
        record.attempted_at is not None
        and now - record.attempted_at < COOL_DOWN
        and (record.check, record.resource) == (finding.check, finding.resource)
        for record in history.records.values()
    )
