"""The loop of function, command line and CI: scan, plan, heal where allowed, verify, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from drift_check import history as past
from drift_check import history_store
from drift_check.apply.healer import Healer
from drift_check.apply.requests import RequestBuilder
from drift_check.events import Mode, Request
from drift_check.history import History
from drift_check.history_store import HistoryTable, HistoryUse, Session
from drift_check.model import Report
from drift_check.observe.observations import Call
from drift_check.observe.observer import no_progress
from drift_check.planner import approved_ids, plan_heals
from drift_check.scan import make_scanner
from drift_check.settings import Allowed
from tradai_shared import clock
from tradai_shared.errors import AwsError, EventError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from drift_check.findings import Finding
    from drift_check.scan import Scan, Scanner
    from drift_check.settings import Settings
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import Waiver as OwnWaiver

    class Options(TypedDict, total=False):
        """Fields of ``Reconciler`` that a caller may set."""

        use: HistoryUse
        notify: Callable[[Report], bool] | None
        attended: bool
        holder: str
        is_interrupted: Callable[[], bool]


INTERRUPTED = "interrupted"
FOR_A_HEAL = timedelta(seconds=30)  # its reads, writes and the reading back
# A call may take three tries of 7 s, twice where it is throttled; after the last one the report is made.
FOR_A_CALL = timedelta(seconds=50)


@dataclass(slots=True)
class Reconciler:
    """One run.

    ``notify`` delivers the report and returns whether the message was delivered; only then are findings
    marked as notified. ``deadline`` is when the run must have ended. ``attended`` says that a person was
    just shown the calls of a dry run. ``holder`` names the run where another one waits for it.
    ``is_interrupted`` says that a person wants no further heal to begin.
    """

    settings: Settings
    request: Request
    scanner: Scanner
    builder: RequestBuilder
    use: HistoryUse = HistoryUse.ALL
    notify: Callable[[Report], bool] | None = None
    deadline: datetime | None = None
    attended: bool = False
    holder: str = "a run"
    account: str = ""
    is_interrupted: Callable[[], bool] | None = None

    def run(self) -> Report:
        """Raises EventError: an approval is unknown or stale. Nothing was written."""
        config = self.scanner.config
        report = Report(
            str(self.settings.environment), self.request, clock.now(), config.region, account=self.account
        )
        region = self.builder.client("dynamodb").meta.region_name
        if region != config.region:
            report.error = f"the calls go to {region}, and the configuration is of {config.region}"
            return report
        scan = self.scanner.scan(self._table_calls())
        report.error = scan.no_answer
        if report.error:
            report.findings = scan.findings
        else:
            session = self._open(scan, report)
            try:
                self._run(scan, session, report)
            finally:
                if session.table is not None:
                    self._close(session, report)
        report.calls += self.scanner.observer.calls
        report.seconds = (clock.now() - report.started).total_seconds()
        return report

    def _run(self, scan: Scan, session: Session, report: Report) -> None:
        before = session.history
        scan = self._honoured(scan, session)
        after = self._honoured(self._heal(scan, session, report), session)
        new = past.compare(before, scan.findings, self.scanner.names, scan.judged).new
        over = past.compare(before, after.findings, self.scanner.names, after.judged).resolved
        report.changes = past.Changes(new, over)  # what this run healed is over too
        report.findings = past.with_first_seen(before, after.findings, report.started)
        report.resolved = past.resolved(before, report.changes)
        report.to_notify = past.to_notify(before, report.changes, report.findings, clock.now())
        # then another run is at work, which also notifies
        is_second = session.table is not None and self._writes and session.fencing is None
        delivered = bool(self.notify and not is_second and self.notify(report))
        if self.use is HistoryUse.ALL:
            session.history = self._remembered(session.history, scan, after, report, delivered=delivered)

    @property
    def _writes(self) -> bool:
        return self.use in {HistoryUse.ATTEMPTS, HistoryUse.ALL} and not self.request.dry_run

    def _honoured(self, scan: Scan, session: Session) -> Scan:
        """The scan without the waivers of findings that have changed since they were accepted."""
        honoured = partial(past.honoured, session.history)
        assessed = [replace(each, finding=honoured(each.finding)) for each in scan.assessed]
        return replace(scan, assessed=assessed)

    def _remembered(
        self, history: History, before: Scan, after: Scan, report: Report, *, delivered: bool
    ) -> History:
        """What was healed in this run is remembered as resolved, so that its return is no news.

        What is over and was not delivered stays open: the next run sends it again.
        """
        now, waived = clock.now(), {waiver.finding for waiver in self.scanner.waivers}
        undelivered = frozenset(report.over) if self.notify and not delivered else frozenset()
        resolved = replace(report.changes, resolved=report.changes.resolved - undelivered)
        notified = report.to_notify if delivered else []
        updated = past.remember(history, resolved, before.findings, notified, now, waived=waived)
        changes = past.compare(updated, after.findings, self.scanner.names, after.judged)
        healed = changes.resolved - undelivered
        if not healed:
            return updated
        return past.remember(updated, past.Changes(resolved=healed), after.findings, [], now, waived=waived)

    def _table_calls(self) -> list[Call]:
        """The reads that say where history can be kept; the check of the tables makes the same."""
        table = self.scanner.config.dynamodb.tables.get(history_store.COMPONENT)
        if self.use is HistoryUse.NONE or table is None:
            return []
        return [Call(action, table.name) for action in (history_store.DESCRIBE, history_store.TTL)]

    def _open(self, scan: Scan, report: Report) -> Session:
        """The history, with the lease where this run writes."""
        unknown = History(known=False)
        table = self.scanner.config.dynamodb.tables.get(history_store.COMPONENT)
        if self.use is HistoryUse.NONE or table is None:
            return Session(unknown)
        reads = [scan.reads.get(call.action, call.subject) for call in self._table_calls()]
        location = history_store.place(table.name, report.environment, *reads)
        if isinstance(location, str):
            report.notes.append(f"without history, {table.name} cannot serve: {location}")
            return Session(unknown, may_heal=False)
        store = HistoryTable(self.builder.client("dynamodb"), location)
        try:
            if not self._writes:
                return Session(store.load().history, store, may_heal=False)
            stored = store.acquire(self.holder, clock.now())
            return Session(stored.history, store, stored.fencing)
        except history_store.LeaseHeldError as error:
            report.notes.append(f"nothing is healed, notified or kept: {error}")
            return Session(store.load().history, store, may_heal=False)
        except AwsError as error:
            report.notes.append(f"without history, {table.name} cannot serve: {error}")
            return Session(unknown, may_heal=False)

    def _close(self, session: Session, report: Report) -> None:
        try:
            session.save(release=True)
        except AwsError as error:
            report.notes.append(f"history is not kept: {error}")
        report.calls += session.table.calls if session.table else 0

    def _heal(self, scan: Scan, session: Session, report: Report) -> Scan:
        if self.request.mode is not Mode.HEAL:
            return scan
        dry_run = self.request.dry_run
        if self.settings.allowed is not Allowed.HEAL and not dry_run:
            self._approved(scan, session)
            report.notes.append("nothing is healed: DRIFT_MODE does not allow it")
            return scan
        inspected = self._inspected(scan)
        approved = self._approved(inspected, session)
        now, most = clock.now(), self.settings.max_heals
        report.plan = plan_heals(inspected.assessed, approved, session.history, most, now, self.request.only)
        if not session.may_heal and not dry_run:
            report.notes.append("nothing is healed without the history: attempts could not be kept")
            return inspected
        healer = Healer(self.scanner, self.builder, scan, dry_run, partial(self._keep_attempt, session))
        for position, planned in enumerate(report.plan.chosen):
            if reason := self._stop(session):
                left = len(report.plan.chosen) - position
                report.notes.append(
                    f"{reason}: {left} heal{'s are' if left > 1 else ' is'} left to the next run"
                )
                report.interrupted = reason == INTERRUPTED
                break
            outcome = healer.heal(planned)
            report.heals.append(outcome)
            if not dry_run:
                session.history = past.with_outcome(
                    session.history, outcome.finding, outcome.status, clock.now(), temporary=outcome.temporary
                )
        return healer.scan.with_details(scan, inspected)

    def _inspected(self, scan: Scan) -> Scan:
        """The scan with the healing class of each finding, where that takes further reads."""
        inspected = []
        for assessed in scan.assessed:
            finding = assessed.finding
            is_asked_for = not self._only or finding.id in self._only
            may_be_healed = finding.provenance.is_settled and finding.waiver is None and is_asked_for
            inspected.append(self.builder.inspected(assessed) if may_be_healed else assessed)
        return replace(scan, assessed=inspected)

    @property
    def _only(self) -> frozenset[str]:
        """The ids of the findings that may be healed; all where it is empty."""
        return frozenset({entry.partition(".")[0] for entry in self.request.only})

    def _approved(self, scan: Scan, session: Session) -> frozenset[str]:
        """Raises EventError: an approval, or an id of ``only``, is unknown or stale."""
        findings = {finding.id: finding for finding in scan.findings}
        for finding_id in self._only - set(findings):
            raise EventError("only", f"{finding_id} is no finding of this run")
        approved = approved_ids(
            self.request.approve, findings.values(), session.history, clock.now(), attended=self.attended
        )
        for finding_id in self.request.approve & approved:  # by the id alone
            session.history = past.with_approval(session.history, findings[finding_id], clock.now())
        return approved

    def _stop(self, session: Session) -> str | None:
        """Why no further heal begins."""
        if self.is_interrupted and self.is_interrupted():
            return INTERRUPTED
        if self.deadline is not None and clock.now() + FOR_A_HEAL > self.deadline:
            return "out of time"
        if session.table is not None and session.fencing is None and not self.request.dry_run:
            return "another run has taken the lease"
        return None

    def _keep_attempt(self, session: Session, finding: Finding) -> None:
        """Raises AwsError: the attempt is not kept, so nothing may be written."""
        if session.table is None:
            return
        if session.fencing is None:
            raise TemporaryError(history_store.UPDATE, history_store.LEASE_LOST, "another run is at work")
        session.history = past.with_attempt(session.history, finding, clock.now())
        session.save()


def make_reconciler(  # noqa: PLR0913 - the only place where the loop is put together
    settings: Settings,
    request: Request,
    config: CanonicalConfig,
    client: Callable[[str], Any],
    *,
    waivers: Sequence[OwnWaiver] = (),
    on_progress: Callable[[int, int], None] = no_progress,
    deadline: datetime | None = None,
    account: str = "",
    **options: Unpack[Options],
) -> Reconciler:
    """The loop over one environment; ``client`` gives boto3's client of a service."""
    scanner = make_scanner(
        config,
        client,
        checks=request.checks,
        waivers=waivers,
        on_progress=on_progress,
        deadline=deadline and deadline - FOR_A_CALL,
        account=account,
    )
    builder = RequestBuilder(client)
    return Reconciler(settings, request, scanner, builder, deadline=deadline, account=account, **options)
