"""The history of findings: since when each exists, when it was notified, how often healing it failed.

Pure: ``history_store`` reads and writes the table. A finding that comes and goes keeps its record for a
week, so that it is notified once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from drift_check.findings import Finding, Severity
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from collections.abc import Set as AbstractSet

REMEMBERED = timedelta(days=7)  # after it was resolved
APPROVAL_REMEMBERED = timedelta(days=90)
REMINDED = timedelta(days=7)  # of a critical finding that stays
RETURNED = timedelta(days=1)  # of one that was over: who heard that looks no more
MOST_RECORDS = 20_000  # about 6 MB
TIMES = ("first_seen", "notified_at", "resolved_at", "attempted_at", "approved_at")
# The names in the table, which records of earlier versions have.
STORED_AS = {"notified_at": "told", "resolved_at": "gone", "attempted_at": "tried"}


@dataclass(frozen=True, slots=True)
class Record:
    """One finding's past. ``failures`` are the heals that failed in a row.

    The digests are of the finding's content (``findings.content_digest``): as last reported, as last
    notified, and as accepted by a waiver that names no content. Records of earlier versions have none.
    """

    check: str
    resource: str
    first_seen: datetime
    notified_at: datetime | None = None
    resolved_at: datetime | None = None
    attempted_at: datetime | None = None
    approved_at: datetime | None = None  # by its id alone
    approved_digest: str | None = None  # the content that it had then
    failures: int = 0
    digest: str | None = None
    notified_digest: str | None = None
    accepted_digest: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """By the finding's id. ``known`` is False where no table has it: then nothing counts as new."""

    records: Mapping[str, Record] = field(default_factory=dict)
    known: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """What this run adds to history: ids."""

    new: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()


def compare(
    history: History,
    findings: Iterable[Finding],
    checks: Container[str],
    judged: AbstractSet[tuple[str, str]] | None = None,
) -> Changes:
    """What cannot be read, or was not checked, is neither new nor resolved.

    ``judged`` are the resources that this run looked at, by check. Where a call of a check failed, what is
    not among them may be behind that call, as a queue is behind the list of queues.
    """
    findings_by_id, unreadable = _known(findings)
    partly = {check for check, _ in unreadable}

    def is_gone(record: Record) -> bool:
        names = {(record.check, name) for name in (record.check, *_within(record.resource))}
        if record.check not in checks or names & unreadable:
            return False
        return judged is None or record.check not in partly or bool(names & judged)

    gone = [
        name
        for name, record in history.records.items()
        if record.resolved_at is None and name not in findings_by_id and is_gone(record)
    ]
    new = findings_by_id.keys() - history.records.keys() if history.known else ()
    return Changes(frozenset(new), frozenset(gone))


def _within(resource: str) -> list[str]:
    """The resource and the paths above it: an unexpected tables/tradai-extra-dev belongs to tables."""
    parts = resource.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def resolved(history: History, changes: Changes) -> dict[str, Record]:
    """What is resolved now, or was within the days for which it is remembered."""
    return {
        finding_id: record
        for finding_id, record in history.records.items()
        if finding_id in changes.resolved or record.resolved_at is not None
    }


def _known(findings: Iterable[Finding]) -> tuple[dict[str, Finding], set[tuple[str, str]]]:
    """Findings that are known, without those that the platform itself accepts: they are never news."""
    every = [finding for finding in findings if not (finding.waiver and finding.waiver.until is None)]
    unreadable = {(finding.check, finding.resource) for finding in every if finding.is_unknown}
    return {finding.id: finding for finding in every if not finding.is_unknown}, unreadable


def to_notify(
    history: History, changes: Changes, findings: Iterable[Finding], now: datetime
) -> list[Finding]:
    """Findings, or contents of findings, that nobody was notified of; critical ones again after a week."""
    return [
        finding
        for finding in findings
        if finding.is_actionable
        and (finding.id in changes.new or _is_due(history.records.get(finding.id), finding, now))
    ]


def _is_due(record: Record | None, finding: Finding, now: datetime) -> bool:
    critical = finding.severity is Severity.CRITICAL
    if record is None:
        return critical
    if record.notified_at is None:  # an earlier message failed
        return True
    quiet = RETURNED if record.resolved_at else REMINDED
    return _is_other(record.notified_digest, finding) or (critical and now - record.notified_at >= quiet)


def _is_other(digest: str | None, finding: Finding) -> bool:
    return digest is not None and digest != finding.digest


def remember(  # noqa: PLR0913 - two lists of findings beside what they change
    history: History,
    changes: Changes,
    findings: Iterable[Finding],
    notified: Iterable[Finding],
    now: datetime,
    *,
    waived: Container[str] = (),
) -> History:
    """The past as the next run should know it. ``waived`` are ids under a waiver, honoured or not."""
    findings_by_id, _ = _known(findings)
    notified_ids = {finding.id for finding in notified}
    records = {}
    for finding_id, record in history.records.items():
        if finding_id in changes.resolved:
            records[finding_id] = replace(record, resolved_at=now)
        elif record.resolved_at is None or now - record.resolved_at < _kept_for(record):
            records[finding_id] = record
    for finding_id, finding in findings_by_id.items():
        before = records.get(finding_id) or Record(finding.check, finding.resource, first_seen=now)
        accepted = before.accepted_digest or finding.digest if finding_id in waived else None
        record = replace(before, resolved_at=None, digest=finding.digest, accepted_digest=accepted)
        if finding_id in notified_ids:
            record = replace(record, notified_at=now, notified_digest=finding.digest)
        records[finding_id] = record
    return replace(history, records=_bounded(records))


def _kept_for(record: Record) -> timedelta:
    return APPROVAL_REMEMBERED if record.approved_at else REMEMBERED


def _bounded(records: dict[str, Record]) -> dict[str, Record]:
    """The oldest findings are kept: what is beyond the bound would be new at each run."""
    if len(records) <= MOST_RECORDS:
        return records
    oldest = sorted(records, key=lambda name: (records[name].attempted_at is None, records[name].first_seen))
    return {name: records[name] for name in oldest[:MOST_RECORDS]}


def honoured(history: History, finding: Finding) -> Finding:
    """The finding, without its waiver where its content has changed since, or was accepted elsewhere."""
    waiver = finding.waiver
    if waiver is None or waiver.until is None:
        return finding
    record = history.records.get(finding.id)
    accepted = waiver.content or (record.accepted_digest if record else None)
    if not _is_other(accepted, finding) or accepted == finding.placed_digest:
        return finding
    changed = "a waiver accepts it as it was before or in another account, and it has changed since"
    return replace(finding, waiver=None, reason=f"{finding.reason}; {changed}")


def with_attempt(history: History, finding: Finding, now: datetime) -> History:
    """The history with an attempt, recorded before the write: a crash after it delays the next attempt."""
    return _changed(history, finding, now, attempted_at=now)


def with_outcome(
    history: History, finding: Finding, status: Status, now: datetime, *, temporary: bool = False
) -> History:
    """How a heal of the finding ended; a dry run and a heal that was not needed leave no trace.

    A failed one is tried again by the next run. A failure that passes by itself does not count.
    """
    if status is Status.DONE:
        return _changed(history, finding, now, attempted_at=now, failures=0)
    if status is Status.FAILED:
        failures = _record_of(history, finding, now).failures + (not temporary)
        return _changed(history, finding, now, attempted_at=None, failures=failures)
    return history


def with_approval(history: History, finding: Finding, now: datetime) -> History:
    """The first use of an approval by the id alone, which names no content."""
    if _record_of(history, finding, now).approved_at:
        return history
    return _changed(history, finding, now, approved_at=now, approved_digest=finding.digest)


def _record_of(history: History, finding: Finding, now: datetime) -> Record:
    return history.records.get(finding.id) or Record(finding.check, finding.resource, first_seen=now)


def _changed(history: History, finding: Finding, now: datetime, **changes: Any) -> History:  # noqa: ANN401
    record = replace(_record_of(history, finding, now), **changes)
    return replace(history, records={**history.records, finding.id: record})


def with_first_seen(history: History, findings: Iterable[Finding], now: datetime) -> list[Finding]:
    """The findings with the time at which each was first seen."""
    return [replace(finding, first_seen=_record_of(history, finding, now).first_seen) for finding in findings]


def to_json(history: History) -> dict[str, Any]:
    """Records as JSON keeps them."""
    return {finding_id: _stored(record) for finding_id, record in history.records.items()}


def _stored(record: Record) -> dict[str, Any]:
    return {
        STORED_AS.get(name, name): value.isoformat() if name in TIMES else value
        for name in Record.__dataclass_fields__
        if (value := getattr(record, name)) is not None
    }


def from_json(stored: Mapping[str, Any]) -> History:
    """Records from what ``to_json`` made.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the item does not have this schema.
    """
    return History({finding_id: _record(fields) for finding_id, fields in stored.items()})


def _record(fields: Mapping[str, Any]) -> Record:
    values: dict[str, Any] = {
        name: datetime.fromisoformat(fields[stored]) if name in TIMES else fields[stored]
        for name in Record.__dataclass_fields__
        if (stored := STORED_AS.get(name, name)) in fields
    }
    if not isinstance(values["check"] + values["resource"], str):
        raise TypeError("check and resource are text")
    return Record(**{**values, "failures": int(values.get("failures", 0))})
