"""The loop of function, command line and CI: scan, plan, heal where allowed, verify, report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from drift_check import history as past
from drift_check import history_store
from drift_check.apply.healer import Healer, HealOutcome
from drift_check.apply.requests import RequestBuilder
from drift_check.events import Mode, Request
from drift_check.findings import FindingStatus
from drift_check.history import Changes, History
from drift_check.observe.observations import Call, Known
from drift_check.observe.observer import no_progress
from drift_check.planner import HealPlan, plan_heals
from drift_check.scan import make_scanner
from drift_check.settings import Allowed
from tradai_shared import clock
from tradai_shared.outcomes import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from types_boto3_dynamodb import DynamoDBClient

    from drift_check.findings import Finding
    from drift_check.scan import Scan, Scanner
    from drift_check.settings import Settings
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import Waiver as OwnWaiver


class ExitCode(IntEnum):
    """For CI."""

    IN_SYNC = 0
    DRIFT = 1
    ERROR = 2
    PARTIAL = 3


@dataclass(slots=True)
class Report:
    """What one run saw, did and left."""

    environment: str
    request: Request
    started: datetime
    findings: list[Finding] = field(default_factory=list)
    heals: list[HealOutcome] = field(default_factory=list)
    plan: HealPlan = field(default_factory=lambda: HealPlan((), ()))
    changes: Changes = field(default_factory=Changes)
    to_notify: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: int = 0  # that read, and that keep the history; what a heal writes is told with it
    seconds: float = 0.0
    blind: bool = False  # not one call was answered

    @property
    def unknown(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.status is FindingStatus.UNKNOWN]

    @property
    def open(self) -> list[Finding]:
        """Drift that somebody must look at."""
        return [finding for finding in self.findings if finding.is_actionable]

    @property
    def failed(self) -> list[HealOutcome]:
        return [heal for heal in self.heals if heal.status is Status.FAILED]

    @property
    def exit_code(self) -> ExitCode:
        """Partial says that something could not be read, whatever else was found."""
        if self.blind:
            return ExitCode.ERROR
        if self.unknown:
            return ExitCode.PARTIAL
        return ExitCode.DRIFT if self.open else ExitCode.IN_SYNC


@dataclass(slots=True)
class Reconciler:
    """One run.

    ``keeps_history`` is False where the history is neither read nor written, ``writes_history``
    where it is only read. ``notify`` delivers the report
    and returns whether the message was delivered; only then are findings marked as notified.
    """

    settings: Settings
    request: Request
    scanner: Scanner
    builder: RequestBuilder
    keeps_history: bool = True
    writes_history: bool = True
    notify: Callable[[Report], bool] | None = None

    def run(self) -> Report:
        report = Report(str(self.settings.environment), self.request, clock.now())
        scan = self.scanner.scan(self._table_calls())
        place, history = self._load(scan, report)
        after, tried = self._heal(scan, history, report)
        now = clock.now()
        report.changes = past.compare(history, scan.findings, self.scanner.names)
        report.findings = past.with_first_seen(history, after.findings, report.started)
        report.to_notify = past.to_notify(history, report.changes, report.findings, now)
        report.blind = not any(isinstance(answer, Known) for answer in scan.reads.answers.values())
        report.calls += self.scanner.observer.calls
        report.seconds = (clock.now() - report.started).total_seconds()
        delivered = self.notify(report) if self.notify else False
        if place is not None and self.writes_history and not self.request.dry_run:
            notified = report.to_notify if delivered else []
            history_after = self._remember(tried, scan, after, report, notified, now)
            if history_after != history:
                self._save(place, history_after, now, report)
        return report

    def _remember(  # noqa: PLR0913, PLR0917 - two scans and what was done between them
        self,
        tried: History,
        before: Scan,
        after: Scan,
        report: Report,
        notified: list[Finding],
        now: datetime,
    ) -> History:
        """What was mended in this run is remembered as gone, so that its return is no news."""
        remembered = past.remember(tried, report.changes, before.findings, notified, now)
        healed = past.compare(remembered, after.findings, self.scanner.names)
        return past.remember(remembered, healed, after.findings, [], now) if healed.resolved else remembered

    def _dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self.builder.client("dynamodb")
        return client

    def _table_calls(self) -> list[Call]:
        """What tells where history can be kept; the check of the tables asks the same."""
        table = self.scanner.config.dynamodb.tables.get(history_store.COMPONENT)
        if not self.keeps_history or table is None:
            return []
        return [Call(action, table.name) for action in (history_store.DESCRIBE, history_store.TTL)]

    def _load(self, scan: Scan, report: Report) -> tuple[history_store.HistoryKey | None, History]:
        table = self.scanner.config.dynamodb.tables.get(history_store.COMPONENT)
        if not self.keeps_history or table is None:
            return None, History(known=False)
        reads = scan.reads
        place = history_store.place(
            table.name,
            report.environment,
            reads.get(history_store.DESCRIBE, table.name),
            reads.get(history_store.TTL, table.name),
        )
        if isinstance(place, history_store.HistoryKey):
            report.calls += 1
        loaded = place if isinstance(place, str) else history_store.load(self._dynamodb(), place)
        if isinstance(place, str) or isinstance(loaded, str):
            report.notes.append(f"without history, {table.name} cannot serve: {loaded}")
            return None, History(known=False)
        return place, loaded

    def _save(self, place: history_store.HistoryKey, history: History, now: datetime, report: Report) -> None:
        report.calls += 1
        if problem := history_store.save(self._dynamodb(), place, history, now):
            report.notes.append(f"history is not kept: {problem}")

    def _heal(self, scan: Scan, history: History, report: Report) -> tuple[Scan, History]:
        if self.request.mode is not Mode.HEAL:
            return scan, history
        dry_run = self.request.dry_run
        if self.settings.allowed is not Allowed.HEAL and not dry_run:
            report.notes.append("nothing is mended: DRIFT_MODE does not allow it")
            return scan, history
        report.plan = plan_heals(
            scan.assessed, self.request.approve, history, self.settings.max_heals, clock.now()
        )
        healer = Healer(self.scanner, self.builder, scan, dry_run)
        for assessed_finding in report.plan.chosen:
            heal = healer.heal(assessed_finding)
            report.heals.append(heal)
            if heal.status in {Status.DONE, Status.FAILED} and not dry_run:
                failed = heal.status is Status.FAILED
                history = past.with_attempt(history, heal.finding, failed=failed, now=clock.now())
        return healer.scan, history


def make_reconciler(  # noqa: PLR0913 - the only place where the loop is put together
    settings: Settings,
    request: Request,
    config: CanonicalConfig,
    client: Callable[[str], Any],
    *,
    waivers: Sequence[OwnWaiver] = (),
    keeps_history: bool = True,
    writes_history: bool = True,
    notify: Callable[[Report], bool] | None = None,
    on_progress: Callable[[int, int], None] = no_progress,
) -> Reconciler:
    """The loop over one environment; ``client`` gives boto3's client of a service."""
    scanner = make_scanner(config, client, checks=request.checks, waivers=waivers, on_progress=on_progress)
    builder = RequestBuilder(client, config.region)
    return Reconciler(settings, request, scanner, builder, keeps_history, writes_history, notify)
