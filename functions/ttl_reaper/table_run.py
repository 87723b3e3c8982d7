"""One table's run, round by round.

A round scans one page of each unfinished segment, decides, writes down what it intends, settles every batch,
writes down what was done, and only then moves the checkpoint. The next round's pages are read meanwhile. A
run that is killed goes on from its last checkpoint and finds only what is still there and still expired.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.errors import AwsError
from ttl_reaper import apply, observe, partiql, planner
from ttl_reaper.model import (
    Candidate,
    DesiredTable,
    Guard,
    ItemOutcome,
    LiveTable,
    ReapRequest,
    RunStatus,
    Tally,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ttl_reaper.apply import BatchResult, PacedRequests
    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint import Checkpoint, Position
    from ttl_reaper.observe import Page

WORKERS = 8
SAVE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks during a run."""

    audit: Audit
    save: Callable[[Checkpoint], None]
    failed: Callable[[ItemOutcome], None] = lambda _: None
    progress: Callable[[Tally], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class TableResult:
    """How a table's run ended; ``checkpoint`` is where to go on, None where there is nothing left."""

    table: str
    end: RunStatus
    reason: str
    tally: Tally = field(default_factory=Tally)  # of the whole run, earlier invocations included
    spent: Tally = field(default_factory=Tally)  # of this invocation alone
    checkpoint: Checkpoint | None = None
    live: LiveTable | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nobody needs to look: out of time is no failure, the next schedule goes on."""
        return self.end in {RunStatus.FINISHED, RunStatus.OUT_OF_TIME} and not self.tally.failed


class TableRun:
    """Runs one order on one table from a checkpoint on."""

    def __init__(  # noqa: PLR0913 - what a run is made of; the caller names each
        self,
        *,
        desired: DesiredTable,
        live: LiveTable,
        order: ReapRequest,
        checkpoint: Checkpoint,
        requests: PacedRequests,
        callbacks: Callbacks,
        workers: int = WORKERS,
    ) -> None:
        """Nothing is called yet."""
        self.live, self.order, self.requests, self.callbacks = live, order, requests, callbacks
        self.checkpoint = checkpoint
        self.spent = Tally()
        self._off = planner.native_is_off(desired, live) is not None
        self._text = partiql.statement(order.mode, live.name, checkpoint.attribute, live.key_names)
        self._workers = workers
        self._units_a_page = 1.0
        self._saved_at = clock.now()

    def run(self) -> TableResult:
        """Go on until the table, the time or a guard's allowance is at its end."""
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                return self._rounds(pool)
            except apply.OutOfTime:
                return self._end(RunStatus.OUT_OF_TIME, "the invocation's time is used up")
            except AwsError as error:
                return self._end(RunStatus.FAILED, str(error))
            except Exception as error:  # noqa: BLE001 - what nobody foresaw loses neither tally nor checkpoint
                return self._end(RunStatus.FAILED, f"{type(error).__name__}: {error}")
            finally:
                pool.shutdown(cancel_futures=True)

    def _rounds(self, pool: ThreadPoolExecutor) -> TableResult:
        ahead = self._read(pool, self.checkpoint.positions)
        while ahead:
            if self.requests.seconds_left() <= 0:
                raise apply.OutOfTime
            pages = [page.result() for page in ahead]
            positions = self._after(pages)
            ahead = self._read(pool, positions)
            ended = self._settle(pool, pages)
            if ended:
                return ended
            self._advance(positions)
        return self._end(RunStatus.FINISHED, "every segment was read to its end")

    def _read(self, pool: ThreadPoolExecutor, positions: Sequence[Position]) -> list[Future[Page]]:
        limit = planner.page_items(self.order)
        return [
            pool.submit(copy_context().run, self._page, position, limit)
            for position in positions
            if not position.done
        ]

    def _page(self, position: Position, limit: int) -> Page:
        body = observe.scan_request(self.live, self.checkpoint, position, limit)
        reply = self.requests.read(observe.SCAN, "Scan", body, self._units_a_page)
        page = observe.page(position.segment, reply)
        self._units_a_page = max(1.0, page.units)
        return page

    def _settle(self, pool: ThreadPoolExecutor, pages: Sequence[Page]) -> TableResult | None:
        """Do what the pages ask for; None where the round is complete."""
        judged = [
            planner.judge(page.items, self.live.key_names, self.checkpoint, off=self._off) for page in pages
        ]
        candidates = planner.interleave([page.candidates for page in judged])
        scanned = sum((page.tally for page in judged), _read_tally(pages))
        self.spent += scanned
        if not self.order.writes:
            self._keep(scanned + Tally(planned=len(candidates)))
            return None
        before = self.checkpoint.tally
        allowed, guard = planner.allowance(
            self.order, self.checkpoint.item_count, before.scanned + scanned.scanned, before.changed
        )
        results = self._send(pool, candidates[:allowed])
        for result in results:
            if result.refused:
                return self._end(RunStatus.FAILED, str(result.refused))
        if any(outcome.verdict is Verdict.UNSETTLED for result in results for outcome in result.outcomes):
            raise apply.OutOfTime
        if len(candidates) > allowed:
            return self._stopped(guard, before.scanned + scanned.scanned)
        self._keep(scanned)
        return None

    def _send(self, pool: ThreadPoolExecutor, items: Sequence[Candidate]) -> list[BatchResult]:
        if not items:
            return []
        self.callbacks.audit.record_planned(items)
        mode, window = self.order.mode, self.checkpoint.window
        sent = [
            pool.submit(copy_context().run, self.requests.execute_batch, self._text, mode, batch, window)
            for batch in planner.batches(items, partiql.BATCH)
        ]
        results = [future.result() for future in sent]
        outcomes = [outcome for result in results for outcome in result.outcomes]
        counted = _written_tally(results, outcomes)
        self.spent += counted
        self._keep(counted)  # at once: a limit counts what was written, whether or not the round is complete
        self.callbacks.audit.record_outcome(outcomes)
        for outcome in outcomes:
            if outcome.verdict is Verdict.FAILED:
                self.callbacks.failed(outcome)
        return results

    def _keep(self, counted: Tally) -> None:
        self.checkpoint = self.checkpoint.model_copy(update={"tally": self.checkpoint.tally + counted})

    def _after(self, pages: Sequence[Page]) -> tuple[Position, ...]:
        by_segment = {page.segment: page for page in pages}
        return tuple(
            position.model_copy(
                update={
                    "after": by_segment[position.segment].after,
                    "done": by_segment[position.segment].after is None,
                }
            )
            if position.segment in by_segment
            else position
            for position in self.checkpoint.positions
        )

    def _advance(self, positions: tuple[Position, ...]) -> None:
        self.checkpoint = self.checkpoint.model_copy(update={"positions": positions})
        self.callbacks.progress(self.checkpoint.tally)
        if (clock.now() - self._saved_at).total_seconds() >= SAVE_SECONDS:
            self._saved_at = clock.now()
            self.callbacks.save(self.checkpoint)

    def _stopped(self, guard: Guard, scanned: int) -> TableResult:
        limits = self.order.limits
        reached = limits.max_deletes if guard is Guard.MAX_DELETES else limits.max_fraction
        known = f"ItemCount {self.checkpoint.item_count} (hours old), scanned {scanned}"
        return self._end(RunStatus.GUARD, f"{guard.value} of {reached:g} is reached: {known}")

    def _end(self, end: RunStatus, reason: str) -> TableResult:
        return TableResult(
            table=self.live.name,
            end=end,
            reason=reason,
            tally=self.checkpoint.tally,
            spent=self.spent,
            checkpoint=None if end is RunStatus.FINISHED else self.checkpoint,
            live=self.live,
        )


def _read_tally(pages: Sequence[Page]) -> Tally:
    return Tally(scanned=sum(page.scanned for page in pages), read_units=sum(page.units for page in pages))


def _written_tally(results: Sequence[BatchResult], outcomes: Sequence[ItemOutcome]) -> Tally:
    counts = Counter(outcome.verdict for outcome in outcomes)
    return Tally(
        deleted=counts[Verdict.DELETED],
        repaired=counts[Verdict.REPAIRED],
        renewed=counts[Verdict.RENEWED],
        failed=counts[Verdict.FAILED],
        write_units=sum(result.units for result in results),
    )
