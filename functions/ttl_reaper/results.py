"""How a table's run ended, and what its calls counted. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ttl_reaper.model import LiveTable, RunStatus, Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttl_reaper.apply import BatchResult
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.model import ItemOutcome
    from ttl_reaper.observe import Page


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
        """Whether nobody needs to look: out of time is no failure, and an earlier invocation's is its own."""
        return self.end in {RunStatus.FINISHED, RunStatus.OUT_OF_TIME} and not self.spent.failed


def read_tally(pages: Sequence[Page]) -> Tally:
    """What scanning counted."""
    return Tally(scanned=sum(page.scanned for page in pages), read_units=sum(page.units for page in pages))


def written_tally(results: Sequence[BatchResult], outcomes: Sequence[ItemOutcome]) -> Tally:
    """What writing counted."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    failed = Counter(outcome.detail for outcome in outcomes if outcome.verdict is Verdict.FAILED)
    return Tally(
        deleted=counts[Verdict.DELETED],
        repaired=counts[Verdict.REPAIRED],
        renewed=counts[Verdict.RENEWED],
        failed=counts[Verdict.FAILED],
        write_units=sum(result.units for result in results),
        failed_codes=dict(failed),
    )
