"""What earlier runs knew: since when a finding exists, when it was notified, how often healing it failed.

Pure: ``history_store`` reads and writes the table. A finding that comes and goes keeps its record for a
week, so that it is notified once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from drift_check.findings import Finding, FindingStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

REMEMBERED = timedelta(days=7)  # after it was gone
TIMES = ("first_seen", "notified_at", "resolved_at", "attempted_at")
# The names in the table, which records of earlier versions have.
STORED_AS = {"notified_at": "told", "resolved_at": "gone", "attempted_at": "tried"}
REMINDED = timedelta(days=7)  # of a critical finding that stays


@dataclass(frozen=True, slots=True)
class Record:
    """One finding's past. ``failures`` are the heals that failed in a row."""

    check: str
    resource: str
    first_seen: datetime
    notified_at: datetime | None = None
    resolved_at: datetime | None = None
    attempted_at: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """By the finding's id. ``known`` is False where no table could tell: then nothing counts as new."""

    records: Mapping[str, Record] = field(default_factory=dict)
    known: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """What this run adds to history: ids."""

    new: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()


def compare(history: History, findings: Iterable[Finding], checks: Container[str]) -> Changes:
    """What cannot be read, or was not looked at, is neither new nor resolved."""
    findings_by_id, unreadable = _known(findings)
    open_before = {finding_id for finding_id, record in history.records.items() if record.resolved_at is None}
    resolved = {
        finding_id
        for finding_id in open_before - set(findings_by_id)
        if history.records[finding_id].check in checks
        and (history.records[finding_id].check, history.records[finding_id].resource) not in unreadable
        and (history.records[finding_id].check, history.records[finding_id].check)
        not in unreadable  # it ended early
    }
    new = set(findings_by_id) - set(history.records) if history.known else set()
    return Changes(frozenset(new), frozenset(resolved))


def _known(findings: Iterable[Finding]) -> tuple[dict[str, Finding], set[tuple[str, str]]]:
    """Findings that are known, without those that the platform itself accepts: they are never news."""
    every = [finding for finding in findings if not (finding.waiver and finding.waiver.until is None)]
    unreadable = {
        (finding.check, finding.resource) for finding in every if finding.status is FindingStatus.UNKNOWN
    }
    return {
        finding.id: finding for finding in every if finding.status is not FindingStatus.UNKNOWN
    }, unreadable


def to_notify(
    history: History, changes: Changes, findings: Iterable[Finding], now: datetime
) -> list[Finding]:
    """Findings that nobody was notified of yet, and critical ones again after a week."""
    due_findings = []
    for finding in findings:
        if not finding.is_actionable:
            continue
        record = history.records.get(finding.id)
        critical = finding.severity is Severity.CRITICAL
        due = record is None or record.notified_at is None or now - record.notified_at >= REMINDED
        undelivered = record is not None and record.notified_at is None  # an earlier message failed
        if finding.id in changes.new or undelivered or (critical and due):
            due_findings.append(finding)
    return due_findings


def remember(
    history: History,
    changes: Changes,
    findings: Iterable[Finding],
    notified: Iterable[Finding],
    now: datetime,
) -> History:
    """The past as the next run should know it."""
    findings_by_id, _ = _known(findings)
    notified_ids = {finding.id for finding in notified}
    records = {}
    for finding_id, record in history.records.items():
        if finding_id in changes.resolved:
            records[finding_id] = replace(record, resolved_at=now)
        elif record.resolved_at is None or now - record.resolved_at < REMEMBERED:
            records[finding_id] = record
    for finding_id, finding in findings_by_id.items():
        before = records.get(finding_id) or Record(finding.check, finding.resource, first_seen=now)
        records[finding_id] = replace(
            before, resolved_at=None, notified_at=now if finding_id in notified_ids else before.notified_at
        )
    return replace(history, records=records)


def with_attempt(history: History, finding: Finding, *, failed: bool, now: datetime) -> History:
    """History after a heal was tried."""
    before = history.records.get(finding.id) or Record(finding.check, finding.resource, first_seen=now)
    after = replace(before, attempted_at=now, failures=before.failures + 1 if failed else 0)
    return replace(history, records={**history.records, finding.id: after})


def with_first_seen(history: History, findings: Iterable[Finding], now: datetime) -> list[Finding]:
    """The findings with the time at which each was first seen."""
    records = history.records
    return [
        replace(finding, first_seen=records[finding.id].first_seen if finding.id in records else now)
        for finding in findings
    ]


def to_json(history: History) -> dict[str, Any]:
    """Records as JSON keeps them."""
    return {
        finding_id: {
            STORED_AS.get(name, name): value.isoformat() if isinstance(value, datetime) else value
            for name in Record.__dataclass_fields__
            if (value := getattr(record, name)) is not None
        }
        for finding_id, record in history.records.items()
    }


def from_json(stored: Mapping[str, Any]) -> History:
    """Records from what ``to_json`` made.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: the item does not have this schema.
    """
    return History({finding_id: _record(fields) for finding_id, fields in stored.items()})


def _record(fields: Mapping[str, Any]) -> Record:
    times = {
        name: datetime.fromisoformat(fields[stored])
        for name in TIMES
        if (stored := STORED_AS.get(name, name)) in fields
    }
    return Record(fields["check"], fields["resource"], failures=fields.get("failures", 0), **times)
