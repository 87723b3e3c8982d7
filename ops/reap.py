"""``tradai-ops reap``: count first, say what it would cost, and delete only what was agreed to."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ops.options import FLAG, Common
from ops.screen import agreed, console, error_console, print_document, styled
from ops.session import Simulation, connect
from tradai_shared import clock
from tradai_shared.config import canonical_config
from ttl_reaper import events, observe, report, tables
from ttl_reaper.audit import WRITTEN
from ttl_reaper.checkpoint_store import NoCheckpoints
from ttl_reaper.model import Limits, Mode, TtlClass
from ttl_reaper.reconcile import RunDependencies, open_dependencies, reap
from ttl_reaper.table_run import WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ops.session import Session
    from ttl_reaper.model import Candidate, DesiredTable, ItemOutcome, ReapRequest, Tally
    from ttl_reaper.table_run import TableResult

A_DAY = 86_400.0  # a terminal has no end to stop before
DEFAULT = Limits()


def reap_command(  # noqa: PLR0913 - one parameter an option
    *,
    common: Common,
    table: str,
    mode: Literal["report", "delete", "repair"] = "report",
    classes: Annotated[list[str] | None, Parameter(negative=())] = None,
    max_deletes: int = DEFAULT.max_deletes,
    max_fraction: float = DEFAULT.max_fraction,
    write_units_per_second: float = DEFAULT.write_units_per_second,
    grace_seconds: int = DEFAULT.grace_seconds,
    segments: int = events.SEGMENTS,
    allow_without_pitr: Annotated[bool, FLAG] = False,
    yes: Annotated[bool, FLAG] = False,
    audit: Path = Path("out"),
) -> int:
    """Report, delete or repair the expired items of one table.

    It always scans first and shows what it found, the units and an estimate of the cost. It changes something
    only with --yes, or when the question after the estimate is answered with yes.

    Exit code: 0 done, 1 a guard or a failure ended it, 2 error, or nothing was agreed to.

    Parameters
    ----------
    table
        The table's component (notifications) or its full name, as the environment's configuration has it.
    mode
        report counts; delete deletes; repair writes the right epoch value, so that DynamoDB deletes for free.
    classes
        Which expired items: A overdue, B String, C milliseconds, D older than five years.
    max_deletes
        Stop after so many.
    max_fraction
        Stop at this part of the table.
    write_units_per_second
        Read and write units consumed a second, at most.
    grace_seconds
        What expired less long ago is left to DynamoDB.
    segments
        Into how many segments the scan is cut.
    allow_without_pitr
        Go on although point-in-time recovery is off.
    yes
        Do not ask.
    audit
        The folder for the JSON lines of what was deleted.
    """
    event = events.parse(
        {
            "table": table,
            "mode": mode,
            "classes": classes,
            "limits": {
                "max_deletes": max_deletes,
                "max_fraction": max_fraction,
                "write_units_per_second": write_units_per_second,
                "grace_seconds": grace_seconds,
            },
            "segments": {"total": segments},
            "allow_without_pitr": allow_without_pitr,
        }
    )
    assert isinstance(event, events.WorkEvent)  # noqa: S101 - no action was given, so it is no summary
    [selected] = tables.select_tables(event, tables.tables(canonical_config(common.env)))
    with (
        connect(common, Simulation.ESTATE, pool=WORKERS) as session,
        ReapSession.opened(session, selected, audit) as reap_session,
    ):
        return reap_session.work(event.order, yes=yes)


@dataclass(frozen=True)
class ReapSession:
    """One table, and what is needed to work on it."""

    session: Session
    table: DesiredTable
    dependencies: RunDependencies
    audit: FileAudit

    @classmethod
    @contextmanager
    def opened(cls, session: Session, table: DesiredTable, folder: Path) -> Iterator[ReapSession]:
        """Make the clients; close them at the end."""
        audit = FileAudit(folder / f"reap-{table.name}-{clock.now():%Y%m%dT%H%M%SZ}.jsonl")
        with open_dependencies(
            lambda: A_DAY,
            lambda _: audit,
            NoCheckpoints(),
            profile=session.common.profile,
            region=session.identity.region,
            endpoint_url=session.common.endpoint_url,
        ) as dependencies:
            yield cls(session, table, dependencies, audit)

    def work(self, order: ReapRequest, *, yes: bool) -> int:
        """Count, estimate, ask, act. The answer is the exit code."""
        counted = self._run(replace(order, dry_run=True), "Counting")
        self.session.text.print(estimate(counted, order))
        if not counted.ok or order.mode is Mode.REPORT or not counted.tally.planned:
            return self._end(counted)
        if not yes and not agreed(f"{order.mode} these items?"):
            self.session.text.print("Nothing was changed. --yes goes ahead.")
            return 2
        done = self._run(
            replace(order, dry_run=False), "Deleting" if order.mode is Mode.DELETE else "Repairing"
        )
        if self.audit.path.exists():
            self.session.text.print(f"Every item is in {self.audit.path}")
        return self._end(done)

    def _end(self, done: TableResult) -> int:
        """The last line, and the exit code."""
        if self.session.prints_text:
            return told(done)
        print_document({**self.session.place, "result": report.result(done)})
        return 0 if done.ok else 1

    def _run(self, order: ReapRequest, what: str) -> TableResult:
        expected = observe.live_table(self.dependencies.client, self.table.name).item_count
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("items read, {task.fields[changed]} written, {task.fields[rate]}/s"),
            TimeElapsedColumn(),
        )
        with Progress(
            *columns, console=error_console, transient=True, disable=self.session.common.quiet
        ) as progress:
            task = progress.add_task(what, total=expected or None, changed=0, rate=0)
            began = clock.now()

            def show(tally: Tally) -> None:
                seconds = max(0.001, (clock.now() - began).total_seconds())
                rate = round((tally.changed or tally.scanned) / seconds)
                progress.update(task, completed=tally.scanned, changed=tally.changed, rate=rate)

            return reap(replace(self.dependencies, progress=show), self.table, order)


class FileAudit:
    """JSON lines in a local file, which is made with the first item."""

    def __init__(self, path: Path) -> None:
        """Append to ``path``."""
        self.path = path

    def record_planned(self, candidates: Sequence[Candidate]) -> None:
        """What is about to be sent."""
        self._write(
            [{"verdict": "intended", "key": candidate.key, "ttl": candidate.ttl} for candidate in candidates]
        )

    def record_outcome(self, outcomes: Sequence[ItemOutcome]) -> None:
        """What was written, and what was not."""
        self._write(
            [
                {
                    "verdict": outcome.verdict.value,
                    "key": outcome.candidate.key,
                    "ttl": outcome.candidate.ttl,
                    "class": outcome.candidate.ttl_class.value,
                    **({} if outcome.verdict in WRITTEN else {"detail": outcome.detail}),
                }
                for outcome in outcomes
            ]
        )

    def _write(self, lines: Sequence[dict[str, Any]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)


def estimate(counted: TableResult, order: ReapRequest) -> Table:
    """What was found, and what it would cost to write."""
    tally, live = counted.tally, counted.live
    table = Table("", "", title=counted.table, show_header=False)
    table.add_row("scanned", f"{tally.scanned:,}")
    for ttl_class in TtlClass:
        table.add_row(f"expired, class {ttl_class}", f"{tally.expired.get(ttl_class, 0):,}")
    table.add_row("implausible, never touched", f"{tally.implausible:,}")
    table.add_row("counting cost", f"{tally.read_units:,.0f} read units, {report.usd(tally):.4f} USD")
    if order.mode is not Mode.REPORT:
        indexes = live.index_count if live else 0
        units = tally.planned * (1 + indexes)
        table.add_row(f"to {order.mode}", f"{tally.planned:,}")
        table.add_row("write units, items up to 1 KB", f"{units:,}")
        table.add_row("estimate", f"{report.estimated_usd(tally.planned, indexes):.4f} USD (us-east-1)")
        table.add_row("at the allowed rate", f"{units / order.limits.write_units_per_second:,.0f} s at least")
    for note in counted.notes:
        table.add_row("note", note)
    return table


def told(result: TableResult) -> int:
    """The last line, and the exit code."""
    tally = result.tally
    console.print(styled(f"{result.end}: {result.reason}", "green" if result.ok else "red"))
    console.print(
        f"deleted {tally.deleted}, repaired {tally.repaired}, renewed and kept {tally.renewed}, "
        f"failed {tally.failed}; {tally.write_units:,.0f} write units, {report.usd(tally):.4f} USD",
    )
    return 0 if result.ok else 1
