"""``tradai-ops reap``: count, estimate the cost, and delete only after a yes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.interrupt import INTERRUPTED, Interrupt
from ops.options import FLAG, Common
from ops.reap_files import FileAudit, print_resumption, read_checkpoint
from ops.screen import agreed, console, error_console, print_document, styled
from ops.session import Simulation, connect
from tradai_shared import clock
from ttl_reaper import events, observe, report, tables
from ttl_reaper.checkpoint_store import NoCheckpoints
from ttl_reaper.dependencies import WORKERS, RunDependencies, open_dependencies
from ttl_reaper.model import Mode, TtlClass
from ttl_reaper.reconcile import reap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.session import Session
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.model import DesiredTable, ReapRequest, Tally
    from ttl_reaper.results import TableResult


def reap_command(  # noqa: PLR0913 - one parameter an option
    *,
    common: Common,
    table: str,
    mode: Literal["report", "delete", "repair"] = "report",
    classes: Annotated[list[str] | None, Parameter(negative=())] = None,
    max_deletes: int = events.DEFAULT.max_deletes,
    max_fraction: float = events.DEFAULT.max_fraction,
    write_units_per_second: float = events.DEFAULT.write_units_per_second,
    grace_seconds: int = events.DEFAULT.grace_seconds,
    segments: int = events.SEGMENTS,
    allow_without_pitr: Annotated[bool, FLAG] = False,
    yes: Annotated[bool, FLAG] = False,
    audit: Path = Path("out"),
    resume: Path | None = None,
) -> int:
    """Report, delete or repair the expired items of one table.

    It always scans first and shows what it found, the units and an estimate of the cost. It changes something
    only with --yes, or when the question after the estimate is answered with yes.

    Ctrl-C ends it after the requests under way: it says what was done, writes a checkpoint beside the audit,
    and prints the command that goes on from there.

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
        Go on although point-in-time recovery is off and the configuration expects it on this table.
    yes
        Do not ask.
    audit
        The folder for the JSON lines of what was deleted, and for checkpoints.
    resume
        Go on from this checkpoint, which an interrupted or stopped run wrote; nothing is counted again.
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
            "allow_without_pitr": [table] if allow_without_pitr else [],
        }
    )
    assert isinstance(event, events.WorkEvent)  # noqa: S101 - no action was given, so it is no summary
    checkpoint = None if resume is None else read_checkpoint(resume)
    with connect(common, Simulation.ESTATE, pool=WORKERS) as session:
        [chosen] = tables.select_tables(event, tables.tables(session.config))
        with ReapSession.opened(session, chosen, audit) as reap_session:
            return reap_session.work(event.request, checkpoint, yes=yes)


@dataclass(frozen=True)
class ReapSession:
    """One table, and what is needed to work on it."""

    session: Session
    table: DesiredTable
    dependencies: RunDependencies
    audit: FileAudit
    interrupt: Interrupt

    @classmethod
    @contextmanager
    def opened(cls, session: Session, table: DesiredTable, folder: Path) -> Iterator[ReapSession]:
        """Make the clients; close them at the end."""
        audit = FileAudit(folder / f"reap-{table.name}-{clock.now():%Y%m%dT%H%M%SZ}.jsonl")
        with (
            Interrupt.caught() as interrupt,
            open_dependencies(
                lambda _: audit,
                NoCheckpoints(),
                interrupt.seconds_left,
                profile=session.common.profile,
                region=session.identity.region,
                endpoint_url=session.common.endpoint_url,
            ) as dependencies,
        ):
            yield cls(session, table, dependencies, audit, interrupt)

    def work(self, request: ReapRequest, checkpoint: Checkpoint | None, *, yes: bool) -> int:
        """Count, estimate, ask, act; a resumed run has been counted. The answer is the exit code."""
        if checkpoint is None:
            counted = self._run(replace(request, dry_run=True), "Counting")
            self.session.text.print(estimate(counted, request))
            over = self.interrupt.came or not counted.ok
            if over or request.mode is Mode.REPORT or not counted.tally.planned:
                return self._end(counted)
        with self.interrupt.asking():
            goes_on = yes or agreed(f"{request.mode} these items?")
        if not goes_on:
            self.session.text.print("Nothing was changed. --yes goes ahead.")
            return 2
        title = "Deleting" if request.mode is Mode.DELETE else "Repairing"
        result = self._run(replace(request, dry_run=False), title, checkpoint)
        if self.audit.path.exists():
            self.session.text.print(f"Every item is in {self.audit.path}")
        return self._end(result)

    def _end(self, result: TableResult) -> int:
        """The last lines, and the exit code."""
        if self.session.prints_text:
            print_result(result)
        else:
            print_document({**self.session.place, "result": report.result(result)})
        if result.checkpoint and not result.checkpoint.dry_run:
            print_resumption(result.checkpoint, self.audit.path.with_suffix(".checkpoint.json"))
        if self.interrupt.came:
            return INTERRUPTED
        return 0 if result.ok else 1

    def _run(self, request: ReapRequest, title: str, checkpoint: Checkpoint | None = None) -> TableResult:
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
            task = progress.add_task(title, total=expected or None, changed=0, rate=0)
            began = clock.now()

            def show(tally: Tally) -> None:
                seconds = max(0.001, (clock.now() - began).total_seconds())
                rate = round((tally.changed or tally.scanned) / seconds)
                progress.update(task, completed=tally.scanned, changed=tally.changed, rate=rate)

            return reap(replace(self.dependencies, on_progress=show), self.table, request, checkpoint)


def estimate(counted: TableResult, request: ReapRequest) -> str:
    """What was found, and what it would cost to write: a line each, whole at every width."""
    rows = [*_found(counted), *(_to_write(counted, request) if request.mode is not Mode.REPORT else [])]
    width = max(len(name) for name, _ in rows)
    lines = [f"  {name:<{width}}  {value}" for name, value in rows]
    return "\n".join([counted.table, *lines, *(f"  note: {note}" for note in counted.notes)])


def _found(counted: TableResult) -> Iterator[tuple[str, str]]:
    tally = counted.tally
    yield "scanned", f"{tally.scanned:,}"
    for ttl_class in TtlClass:
        yield f"expired, class {ttl_class}", f"{tally.expired.get(ttl_class, 0):,}"
    yield "implausible, never touched", f"{tally.implausible:,}"
    yield "counting cost", f"{tally.read_units:,.0f} read units, {report.usd(tally):.4f} USD"


def _to_write(counted: TableResult, request: ReapRequest) -> Iterator[tuple[str, str]]:
    units = report.estimated_units(counted.tally.planned, counted.live)
    yield f"to {request.mode}", f"{counted.tally.planned:,}"
    yield "write units, by the average item's size", f"{units:,}"
    yield "estimate", f"{report.estimated_usd(units):.4f} USD (us-east-1)"
    yield "at the allowed rate", f"{units / request.limits.write_units_per_second:,.0f} s at least"


def print_result(result: TableResult) -> None:
    """How it ended, and what was done."""
    tally = result.tally
    console.print(styled(f"{result.end}: {result.reason}", "green" if result.ok else "red"))
    console.print(
        f"deleted {tally.deleted}, repaired {tally.repaired}, renewed and kept {tally.renewed}, "
        f"failed {tally.failed}; {tally.write_units:,.0f} write units, {report.usd(tally):.4f} USD",
    )
