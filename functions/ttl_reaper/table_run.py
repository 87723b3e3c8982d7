"""One table's run, round by round.

A round scans one page of each unfinished segment, decides, writes down what it intends, executes every batch,
records what came of it, and only then moves the checkpoint. The next round's pages are read meanwhile. A run
that is killed goes on from its last checkpoint and finds only what is still there and still expired.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.errors import AwsError
from ttl_reaper import apply, observe, partiql, planner, results
from ttl_reaper.checkpoint import DeferredItem
from ttl_reaper.model import (
    Candidate,
    Guard,
    ItemOutcome,
    LiveTable,
    ReapRequest,
    RunStatus,
    Tally,
    Verdict,
)
from ttl_reaper.rate_limiter import TokenBucket
from ttl_reaper.results import TableResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ttl_reaper.apply import BatchResult
    from ttl_reaper.checkpoint import Checkpoint, Position
    from ttl_reaper.dependencies import RunDependencies
    from ttl_reaper.observe import Page

SAVE_SECONDS = 60
MOST_DEFERRED = 25  # items of at most 3 kB each: the checkpoint still fits into a state's 256 kB


class TableRun:
    """Runs one request on one table from a checkpoint on."""

    def __init__(  # noqa: PLR0913 - what a run is made of
        self,
        dependencies: RunDependencies,
        live: LiveTable,
        request: ReapRequest,
        checkpoint: Checkpoint,
        *,
        native_is_off: bool,
        save: Callable[[Checkpoint], None] = lambda _: None,
    ) -> None:
        """Nothing is called yet; ``native_is_off`` makes every expired item class E."""
        self.live, self.request, self.checkpoint = live, request, checkpoint
        self.spent = Tally()
        self._dependencies, self._native_is_off, self._save = dependencies, native_is_off, save
        bucket = TokenBucket(request.limits.write_units_per_second, clock.now().timestamp())
        self._rate, self._bucket = request.limits.write_units_per_second, bucket
        self._sender = apply.Sender(
            dependencies.requests, bucket, dependencies.seconds_left, dependencies.rng
        )
        self._audit = dependencies.audit(live.name)
        self._statement = partiql.statement(request.mode, live.name, checkpoint.attribute, live.key_names)
        self._page_units, self._saved_at = 1.0, clock.now()
        self._room, self._lock = 0, Lock()
        self._refused: AwsError | None = None

    def run(self) -> TableResult:
        """Go on until the table, the time or a guard's allowance is at its end.

        An error that nobody foresaw ends the run too: what was done until then is in the result.
        """
        with ThreadPoolExecutor(self._dependencies.workers) as pool:
            try:
                result = results.isolated(lambda: self._until_the_end(pool))
            finally:
                pool.shutdown(cancel_futures=True)
        if isinstance(result, AwsError):
            result = self._end(RunStatus.FAILED, str(result))
        return self._flushed(result)

    def _until_the_end(self, pool: ThreadPoolExecutor) -> TableResult:
        try:
            return self._rounds(pool)
        except apply.OutOfTime:
            return self._out_of_time()

    def _flushed(self, result: TableResult) -> TableResult:
        try:
            self._audit.flush()
        except AwsError as error:
            return self._end(RunStatus.FAILED, f"{result.reason}; the audit is not complete: {error}")
        return result

    def _rounds(self, pool: ThreadPoolExecutor) -> TableResult:
        self._share_rate()
        ahead = self._read(pool, self.checkpoint.positions)
        while ahead:
            self._check_time()
            pages = [page.result() for page in ahead]
            positions = self._after(pages)
            ahead = self._read(pool, positions)
            if ended := self._execute_pages(pool, pages):
                return ended
            self._advance(positions)
        while self.checkpoint.deferred:
            self._check_time()
            self._advance(self.checkpoint.positions)
            if ended := self._execute_deferred(pool):
                return ended
        return self._end(RunStatus.FINISHED, "every segment was read to its end")

    def _check_time(self) -> None:
        if self._dependencies.seconds_left() <= 0:
            raise apply.OutOfTime

    def _read(self, pool: ThreadPoolExecutor, positions: Sequence[Position]) -> list[Future[Page]]:
        unfinished = [position for position in positions if not position.done]
        limit = planner.page_items(self._rate, len(unfinished))
        return [pool.submit(copy_context().run, self._page, position, limit) for position in unfinished]

    def _page(self, position: Position, limit: int) -> Page:
        body = observe.scan_request(self.live, self.checkpoint, position, limit)
        reply = self._sender.read(observe.SCAN, "Scan", body, self._page_units)
        page = observe.page(position.segment, reply)
        self._page_units = max(1.0, page.units)
        return page

    def _execute_pages(self, pool: ThreadPoolExecutor, pages: Sequence[Page]) -> TableResult | None:
        """Do what the pages ask for; None where the round is complete."""
        judged = [
            planner.judge(page.items, self.live.key_names, self.checkpoint, off=self._native_is_off)
            for page in pages
        ]
        candidates = planner.interleave([page.candidates for page in judged])
        counted = sum((page.tally for page in judged), results.read_tally(pages))
        self.spent += counted
        if not self.request.writes:
            self._count(counted + Tally(planned=len(candidates)))
            return None
        ended = self._execute(pool, candidates, counted.scanned)
        if ended is None:
            self._count(counted)
        return ended

    def _execute(
        self, pool: ThreadPoolExecutor, candidates: Sequence[Candidate], scanned: int
    ) -> TableResult | None:
        """Execute what the limits allow; None where every candidate is settled or deferred."""
        before = self.checkpoint.tally
        known = before.scanned + scanned
        allowed, guard = planner.allowance(self.request, self.checkpoint.item_count, known, before.changed)
        outcomes = self._send(pool, candidates[:allowed])
        if self._refused:
            return self._end(RunStatus.FAILED, str(self._refused))
        if any(outcome.verdict is Verdict.UNSETTLED for outcome in outcomes):
            raise apply.OutOfTime
        if len(candidates) > allowed:
            return self._stopped(guard, known)
        self._defer(outcomes)
        return None

    def _execute_deferred(self, pool: ThreadPoolExecutor) -> TableResult | None:
        """Try the deferred items once more; None where the run goes on."""
        attribute = self.checkpoint.attribute
        items = [{**deferred.key, attribute: deferred.ttl} for deferred in self.checkpoint.deferred]
        judged = planner.judge(items, self.live.key_names, self.checkpoint, off=self._native_is_off)
        before, self.checkpoint = self.checkpoint, self.checkpoint.model_copy(update={"deferred": ()})
        try:
            ended = self._execute(pool, judged.candidates, 0)
        except apply.OutOfTime:
            self.checkpoint = self.checkpoint.model_copy(update={"deferred": before.deferred})
            raise
        if ended is None:
            return None
        self.checkpoint = self.checkpoint.model_copy(update={"deferred": before.deferred})
        return self._end(ended.end, ended.reason)

    def _defer(self, outcomes: Sequence[ItemOutcome]) -> None:
        deferred = tuple(
            DeferredItem(key=outcome.candidate.key, ttl=outcome.candidate.ttl)
            for outcome in outcomes
            if outcome.verdict is Verdict.DEFERRED
        )
        self.checkpoint = self.checkpoint.model_copy(
            update={"deferred": (*self.checkpoint.deferred, *deferred)}
        )

    def _may_defer(self, count: int) -> bool:
        with self._lock:
            if count > self._room:
                return False
            self._room -= count
            return True

    def _send(self, pool: ThreadPoolExecutor, items: Sequence[Candidate]) -> list[ItemOutcome]:
        if not items:
            return []
        self._room = MOST_DEFERRED - len(self.checkpoint.deferred)
        self._reserve(len(items))
        self._audit.record_planned(items)
        sent = [
            (batch, pool.submit(copy_context().run, self._execute_batch, batch))
            for batch in planner.batches(items, partiql.BATCH)
        ]
        batch_results = [_result(batch, future) for batch, future in sent]
        outcomes = [outcome for result in batch_results for outcome in result.outcomes]
        counted = results.written_tally(batch_results, outcomes)
        self.spent += counted
        self._count(counted)  # at once: a limit counts what was written, whether or not the round is complete
        self._refused = next((result.refused for result in batch_results if result.refused), None)
        self._audit.record_outcome(outcomes)
        for outcome in outcomes:
            if outcome.verdict is Verdict.FAILED:
                self._dependencies.on_failure(outcome)
        return outcomes

    def _reserve(self, count: int) -> None:
        """Store that so many items may be changed: a run that is killed in its round stretches no limit."""
        tally = self.checkpoint.tally + Tally(uncertain=count)
        self._save(self.checkpoint.model_copy(update={"tally": tally}))

    def _execute_batch(self, candidates: Sequence[Candidate]) -> BatchResult:
        if self._refused:  # what condemned one batch condemns the others
            return apply.unsettled(candidates, self._refused)
        batch = apply.Batch(self._statement, self.request.mode, candidates, self.checkpoint.window)
        result = self._sender.execute_batch(batch, self._may_defer)
        if result.refused:
            self._refused = result.refused
        return result

    def _count(self, counted: Tally) -> None:
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
        self._dependencies.on_progress(self.checkpoint.tally)
        if (clock.now() - self._saved_at).total_seconds() >= SAVE_SECONDS:
            self._saved_at = clock.now()
            self._save(self.checkpoint)
            self._share_rate()

    def _share_rate(self) -> None:
        """Take over what runs of the same plan that have ended leave of the rate."""
        if self._dependencies.sharers:
            whole = self.request.limits.write_units_per_second * self.request.sharers
            self._rate = max(1.0, whole / self._dependencies.sharers())
            self._bucket.allow(self._rate, clock.now().timestamp())

    def _out_of_time(self) -> TableResult:
        """Time is no failure, unless nothing but deferred items was left and none of them was settled."""
        stuck = self.checkpoint.deferred and not (self.spent.scanned or self.spent.settled)
        if stuck and all(position.done for position in self.checkpoint.positions):
            count = len(self.checkpoint.deferred)
            return self._end(
                RunStatus.FAILED, f"{count} items are refused again and again; all others are done"
            )
        return self._end(RunStatus.OUT_OF_TIME, "the invocation's time is used up")

    def _stopped(self, guard: Guard, scanned: int) -> TableResult:
        limits = self.request.limits
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


def _result(batch: Sequence[Candidate], future: Future[BatchResult]) -> BatchResult:
    """A batch's result; an error that nobody foresaw leaves its items unsettled, and the others' recorded."""
    result = results.isolated(future.result)
    return apply.unsettled(batch, result, sent=True) if isinstance(result, AwsError) else result
