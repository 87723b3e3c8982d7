"""What one run read, did and left, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from drift_check.findings import Severity
from drift_check.history import Changes
from drift_check.planner import HealPlan
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from datetime import datetime

    from drift_check.apply.healer import HealOutcome
    from drift_check.events import Request
    from drift_check.findings import Finding
    from drift_check.history import Record


class ExitCode(IntEnum):
    """The exit codes of a run, for CI."""

    IN_SYNC = 0
    DRIFT = 1
    ERROR = 2
    PARTIAL = 3


@dataclass(slots=True)
class Report:
    """One run. ``error`` is why it says nothing of the environment: the findings then are not to be used."""

    environment: str
    request: Request
    started: datetime
    region: str = ""
    findings: list[Finding] = field(default_factory=list)
    heals: list[HealOutcome] = field(default_factory=list)
    plan: HealPlan = field(default_factory=HealPlan)
    changes: Changes = field(default_factory=Changes)
    to_notify: list[Finding] = field(default_factory=list)
    resolved: dict[str, Record] = field(default_factory=dict)  # within the days that history remembers, by id
    notes: list[str] = field(default_factory=list)
    calls: int = 0  # reads, and calls to the history's table; each heal lists its own writes
    seconds: float = 0.0
    error: str = ""
    account: str = ""  # empty where the caller does not know it
    interrupted: bool = False  # by a person, before the last heal

    @property
    def unknown(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_unknown]

    @property
    def open(self) -> list[Finding]:
        """Drift that needs a person."""
        return [finding for finding in self.findings if finding.is_actionable]

    @property
    def by_severity(self) -> dict[Severity, int]:
        """How much is open, of each severity that counts."""
        severities = [finding.severity for finding in self.open]
        return {
            severity: severities.count(severity) for severity in Severity if severity is not Severity.INFO
        }

    @property
    def accepted(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.waiver]

    @property
    def informative(self) -> list[Finding]:
        """What is assumed or contradicted, and what only informs."""
        known = [finding for finding in self.findings if not (finding.waiver or finding.is_unknown)]
        return [finding for finding in known if finding.severity is Severity.INFO]

    @property
    def failed(self) -> list[HealOutcome]:
        return [heal for heal in self.heals if heal.status is Status.FAILED]

    @property
    def healed(self) -> list[HealOutcome]:
        return [heal for heal in self.heals if heal.status is Status.DONE]

    @property
    def over(self) -> dict[str, Record]:
        """What somebody was notified of and this run finds resolved, by id."""
        return {
            finding_id: record
            for finding_id, record in self.resolved.items()
            if finding_id in self.changes.resolved and record.notified_at is not None
        }

    @property
    def exit_code(self) -> ExitCode:
        """Partial where something could not be read, whatever else was found."""
        if self.error:
            return ExitCode.ERROR
        if self.unknown:
            return ExitCode.PARTIAL
        return ExitCode.DRIFT if self.open else ExitCode.IN_SYNC
