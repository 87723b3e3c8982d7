"""One table's run, round by round.

A round scans one page of each unfinished segment, decides, writes down what it intends, settles every batch,
writes down what was done, and only then moves the checkpoint. The next round's pages are read meanwhile. A run
that is killed repeats at most one round, of which only what is still there and still expired is found again.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.errors import AwsError
from ttl_reaper import apply, observe, planner, statements
from ttl_reaper.model import (
    Candidate,
    DesiredTable,
    End,
    Guard,
    ItemOutcome,
    LiveTable,
    Order,
    Tally,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ttl_reaper.apply import Settled, Tools
    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint import Checkpoint, Position
    from ttl_reaper.observe import Page

WORKERS = 8
SAVE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told on the way."""

    audit: Audit
    save: Callable[[Checkpoint], None]
    failed: Callable[[ItemOutcome], None] = lambda _: None
    progress: Callable[[Tally], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class TableResult:
    """How a table's run ended; ``checkpoint`` is where to go on, None where there is nothing left."""

    table: str
    end: End
    reason: str
    tally: Tally = field(default_factory=Tally)
    checkpoint: Checkpoint | None = None
    live: LiveTable | None = None

    @property
    def ok(self) -> bool:
        """Whether nobody needs to look: out of time is no failure, the next schedule goes on."""
        return self.end in {End.FINISHED, End.OUT_OF_TIME} and not self.tally.failed


class TableRun:
    """Runs one order on one table from a checkpoint on."""

    def __init__(  # noqa: PLR0913 - what a run is made of; the caller names each
        self,
        *,
        desired: DesiredTable,
        live: LiveTable,
        order: Order,
        checkpoint: Checkpoint,
        tools: Tools,
        hooks: Hooks,
        workers: int = WORKERS,
    ) -> None:
        """Nothing is called yet."""
        self.live, self.order, self.tools, self.hooks = live, order, tools, hooks
        self.checkpoint = checkpoint
        self.tally = Tally()
        self._off = planner.native_is_off(desired, live) is not None
        self._text = statements.statement(order.mode, live.name, checkpoint.attribute, live.key_names)
        self._workers = workers
        self._units_a_page = 1.0
        self._saved_at = clock.now()

    def run(self) -> TableResult:
        """Go on until the table, the time or a guard's allowance is at its end."""
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                return self._rounds(pool)
            except apply.OutOfTime:
                return self._end(End.OUT_OF_TIME, "the invocation's time is used up")
            except AwsError as error:
                return self._end(End.FAILED, str(error))
            finally:
                pool.shutdown(cancel_futures=True)

    def _rounds(self, pool: ThreadPoolExecutor) -> TableResult:
        ahead = self._read(pool, self.checkpoint.positions)
        while ahead:
            if self.tools.seconds_left() <= 0:
                raise apply.OutOfTime
            pages = [page.result() for page in ahead]
            positions = self._after(pages)
            ahead = self._read(pool, positions)
            ended = self._settle(pool, pages)
            if ended:
                return ended
            self._advance(pages, positions)
        return self._end(End.FINISHED, "every segment was read to its end")

    def _read(self, pool: ThreadPoolExecutor, positions: Sequence[Position]) -> list[Future[Page]]:
        limit = planner.page_items(self.order)
        return [
            pool.submit(copy_context().run, self._page, position, limit)
            for position in positions
            if not position.done
        ]

    def _page(self, position: Position, limit: int) -> Page:
        body = observe.scan_request(self.live, self.checkpoint, position, limit)
        reply = apply.read(self.tools, observe.SCAN, "Scan", body, self._units_a_page)
        page = observe.page(position.segment, reply)
        self._units_a_page = max(1.0, page.units)
        return page

    def _settle(self, pool: ThreadPoolExecutor, pages: Sequence[Page]) -> TableResult | None:
        """Do what the pages ask for; None where the round is complete."""
        found = planner.interleave([self._judge(page) for page in pages])
        if not self.order.writes:
            self.tally.planned += len(found)
            return None
        scanned = self.checkpoint.scanned + sum(page.scanned for page in pages)
        allowed, guard = planner.allowance(self.order, self.live, scanned, self.checkpoint.changed)
        refused, settled = self._send(pool, found[:allowed])
        if refused:
            return self._end(End.FAILED, str(refused))
        if not settled:
            raise apply.OutOfTime
        return self._stopped(guard) if len(found) > allowed else None

    def _judge(self, page: Page) -> list[Candidate]:
        self.tally.scanned += page.scanned
        self.tally.read_units += page.units
        return planner.candidates(page.items, self.live, self.checkpoint, self.tally, off=self._off)

    def _send(self, pool: ThreadPoolExecutor, items: Sequence[Candidate]) -> tuple[AwsError | None, bool]:
        """Settle a round's items; the answer is what refused it, and whether each item has its verdict."""
        if not items:
            return None, True
        self.hooks.audit.intend(items)
        window = self.checkpoint.window
        sent = [
            pool.submit(
                copy_context().run, apply.settle, self.tools, self._text, self.order.mode, batch, window
            )
            for batch in planner.batches(items, statements.BATCH)
        ]
        results = [one.result() for one in sent]
        outcomes = [outcome for one in results for outcome in one.outcomes]
        self._count(results, outcomes)
        self.hooks.audit.done(outcomes)
        refused = next((one.refused for one in results if one.refused), None)
        return refused, all(one.verdict is not Verdict.UNSETTLED for one in outcomes)

    def _count(self, results: Sequence[Settled], outcomes: Sequence[ItemOutcome]) -> None:
        before = self.tally.changed
        self.tally.write_units += sum(one.units for one in results)
        for outcome in outcomes:
            match outcome.verdict:
                case Verdict.DELETED:
                    self.tally.deleted += 1
                case Verdict.REPAIRED:
                    self.tally.repaired += 1
                case Verdict.RENEWED:
                    self.tally.renewed += 1
                case Verdict.FAILED:
                    self.tally.failed += 1
                    self.hooks.failed(outcome)
                case Verdict.UNSETTLED:
                    pass
        changed = self.checkpoint.changed + self.tally.changed - before
        self.checkpoint = self.checkpoint.model_copy(update={"changed": changed})

    def _after(self, pages: Sequence[Page]) -> tuple[Position, ...]:
        seen = {page.segment: page for page in pages}
        return tuple(
            position.model_copy(
                update={
                    "after": seen[position.segment].after,
                    "done": seen[position.segment].after is None,
                }
            )
            if position.segment in seen
            else position
            for position in self.checkpoint.positions
        )

    def _advance(self, pages: Sequence[Page], positions: tuple[Position, ...]) -> None:
        scanned = self.checkpoint.scanned + sum(page.scanned for page in pages)
        self.checkpoint = self.checkpoint.model_copy(update={"positions": positions, "scanned": scanned})
        self.hooks.progress(self.tally)
        if (clock.now() - self._saved_at).total_seconds() >= SAVE_SECONDS:
            self._saved_at = clock.now()
            self.hooks.save(self.checkpoint)

    def _stopped(self, guard: Guard) -> TableResult:
        limits = self.order.limits
        reached = limits.max_deletes if guard is Guard.MAX_DELETES else limits.max_fraction
        known = f"ItemCount {self.live.item_count} (hours old), scanned {self.tally.scanned}"
        return self._end(End.GUARD, f"{guard.value} of {reached:g} is reached: {known}")

    def _end(self, end: End, reason: str) -> TableResult:
        kept = None if end is End.FINISHED else self.checkpoint
        return TableResult(self.live.name, end, reason, self.tally, kept, self.live)
