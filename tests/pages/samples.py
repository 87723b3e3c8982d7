"""A drift page with everything that it can show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from drift_check.apply import ApiRequest
from drift_check.apply.healer import HealOutcome
from drift_check.events import Request
from drift_check.findings import Healing, Severity, Waiver
from drift_check.history import Changes
from drift_check.model import Report
from drift_check.report.as_html import page
from tests.unit.drift_check.findings import finding, unknown
from tradai_shared.errors import Status

LONG = "arn:aws:iam::123456789012:role/" + "a-name-that-does-not-break" * 4


def drift() -> str:
    """A report with a finding of each severity, and every section."""
    drifted = [replace(finding(resource=f"{severity}-{LONG}"), severity=severity) for severity in Severity]
    accepted = finding(resource="accepted", waiver=Waiver("known", "platform", date(2026, 12, 1)))
    asked = finding(resource="asked", healing=Healing.ON_APPROVAL)
    write = ApiRequest("s3:PutBucketPolicy", {"Bucket": LONG, "Policy": LONG * 3})
    heals = [HealOutcome(finding(resource=str(status)), status, "why", (write,)) for status in Status]
    started = datetime(2026, 11, 27, tzinfo=UTC)
    report = Report("prod", Request(), started, "eu-central-1", account="123456789012")
    report.findings = [*drifted, unknown(), accepted, asked]
    report.heals, report.notes = heals, [f"a note about {LONG}"]
    report.changes = Changes(new=frozenset({drifted[0].id}))
    return page(report)
