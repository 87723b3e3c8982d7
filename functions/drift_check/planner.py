"""What may be healed now: pure. Each finding that has a remediation is chosen, or refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from drift_check.findings import Healing
from tradai_shared.errors import EventError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding
    from drift_check.history import History, Record

COOL_DOWN = timedelta(hours=1)  # AWS changes a table's TTL once an hour
FAILURES = 3
APPROVAL_HOLDS = timedelta(hours=24)
STAMP = "%Y%m%dT%H%MZ"


@dataclass(frozen=True, slots=True)
class HealPlan:
    """What to heal, in order, and what not, each with its reason. ``blocked`` are those that keep failing."""

    chosen: tuple[AssessedFinding, ...] = ()
    refused: tuple[tuple[Finding, str], ...] = ()
    blocked: tuple[Finding, ...] = ()


def approval_code(finding: Finding, now: datetime) -> str:
    """What approves this content of the finding in its place for the next 24 hours."""
    return f"{finding.id}.{finding.placed_digest}.{now.strftime(STAMP)}"


def approved_ids(
    given: Iterable[str], findings: Iterable[Finding], history: History, now: datetime, *, attended: bool
) -> frozenset[str]:
    """The ids of the findings that the approvals are about.

    An approval is a code, or the id alone. With the id alone the content must be the one that the last report
    had, and it works for 24 hours from its first use. ``attended`` says that a person was just shown the
    calls: the id alone then needs no report before it.

    Raises:
        EventError: an approval is unknown, or stale: of another content, or older than 24 hours.
    """
    by_id = {finding.id: finding for finding in findings if not finding.is_unknown}
    ids = set()
    for approval in given:
        finding_id, _, content = approval.partition(".")
        if finding_id not in by_id:
            raise EventError(
                "approve", f"{finding_id} is no finding of this run: unknown, or resolved meanwhile"
            )
        finding = by_id[finding_id]
        problem = (
            _code_problem(content, finding, now)
            if content
            else _id_problem(history.records.get(finding_id), finding, now, attended=attended)
        )
        if problem:
            raise EventError(
                "approve", f"{finding_id}: {problem}; its code is now {approval_code(finding, now)}"
            )
        ids.add(finding_id)
    return frozenset(ids)


def _code_problem(content: str, finding: Finding, now: datetime) -> str | None:
    digest, _, stamp = content.partition(".")
    try:
        age = now - datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return "malformed, expected FINDING.CONTENT.TIME as a report shows it"
    if digest != finding.placed_digest:
        return "stale: what AWS has, or what would be written, has changed since, or it is of another account"
    if not timedelta(minutes=-5) <= age <= APPROVAL_HOLDS:
        return f"expired: it is of {stamp}, and an approval holds for 24 hours"
    return None


def _id_problem(record: Record | None, finding: Finding, now: datetime, *, attended: bool) -> str | None:
    if record and record.digest not in {None, finding.digest}:
        return "stale: it has changed since the last report"
    if attended:
        return None
    if record is None or record.digest is None:
        return "no report has shown it yet, so its id alone approves nothing"
    if record.approved_at is not None and now - record.approved_at > APPROVAL_HOLDS:
        return f"expired: its id was approved on {record.approved_at:%Y-%m-%d}, which holds for 24 hours"
    if record.approved_digest not in {None, finding.digest}:
        return "stale: its id was approved with another content"
    return None


def plan_heals(  # noqa: PLR0913, PLR0917 - what is asked for, what is known, and the limits
    assessed: Iterable[AssessedFinding],
    approved: frozenset[str],
    history: History,
    most: int,
    now: datetime,
    only: frozenset[str] = frozenset(),
) -> HealPlan:
    """The most important first, at most so many repairs; of those in ``only`` where it names any.

    An entry of ``only`` is a finding's id, or FINDING.CONTENT, which is healed with that content alone.
    """
    wanted = {finding_id: content for finding_id, _, content in [entry.partition(".") for entry in only]}
    chosen: list[AssessedFinding] = []
    refused: list[tuple[Finding, str]] = []
    blocked: list[Finding] = []
    last_writes = _last_writes(history)
    for assessed_finding in assessed:
        finding = assessed_finding.finding
        if wanted and finding.id not in wanted:
            continue
        if finding.is_unknown or not assessed_finding.remediations:
            if finding.id in approved:
                refused.append((finding, "there is nothing that a program may write"))
            continue
        reason = _refusal(finding, approved, history, last_writes, now)
        if wanted.get(finding.id, "") not in {"", finding.digest}:
            reason = "it has changed since it was shown"
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
    finding: Finding,
    approved: frozenset[str],
    history: History,
    last_writes: Mapping[tuple[str, str], datetime],
    now: datetime,
) -> str | None:
    if finding.waiver:
        return f"accepted: {finding.waiver.reason}"
    if not finding.provenance.is_settled:
        return "its desired value is only assumed or contradicted: confirm it first (tradai-ops adopt)"
    if finding.healing is Healing.NEVER:
        return "never healed by a program"
    if finding.healing is Healing.ON_APPROVAL and finding.id not in approved:
        return f"needs a person's approval: {approval_code(finding, now)}"
    if _keeps_failing(finding, history) and finding.id not in approved:
        return f"healing it failed {FAILURES} times in a row: a person must look"
    written = last_writes.get((finding.check, finding.resource))
    if written is not None and now - written < COOL_DOWN:
        return "something was written to it within the last hour"
    return None


def _keeps_failing(finding: Finding, history: History) -> bool:
    record = history.records.get(finding.id)
    return record is not None and record.failures >= FAILURES


def _last_writes(history: History) -> dict[tuple[str, str], datetime]:
    """The time of the latest write by check and resource, whatever the attribute."""
    attempts = [(record.attempted_at, record) for record in history.records.values() if record.attempted_at]
    ordered = sorted(attempts, key=itemgetter(0))
    return {(record.check, record.resource): attempted_at for attempted_at, record in ordered}
