"""How a table's run ended, and what its calls counted. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tradai_shared.errors import AwsError, EventError, PermanentError
from ttl_reaper.model import LiveTable, RunStatus, Tally, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ttl_reaper.apply import BatchResult
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.model import ItemOutcome
    from ttl_reaper.observe import Page


Outcome = TypeVar("Outcome")


def isolated(work: Callable[[], Outcome]) -> Outcome | AwsError:
    """The boundary around a batch, a table's run, its storage and its start: what fails ends there alone.

    An error that nobody foresaw becomes one like AWS's, so that what was done until then is still reported.

    Raises:
        EventError: the event is at fault, not the table.
    """
    try:
        return work()
    except EventError:
        raise
    except AwsError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the isolation point of the reaper
        return PermanentError("ttl_reaper", type(error).__name__, str(error))


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
    is_late: bool = False  # the run began a week ago and has not reached the table's end
    is_begun: bool = True  # False: the time ended before anything of the table was scanned

    @property
    def ok(self) -> bool:
        """Whether nobody needs to look: an earlier invocation's failure is its own.

        Out of time is no failure for a week.
        """
        if self.end is RunStatus.OUT_OF_TIME:
            return not self.spent.failed and not self.is_late
        return self.end is RunStatus.FINISHED and not self.spent.failed


def not_begun(table: str, checkpoint: Checkpoint | None = None) -> TableResult:
    """A table for which no time was left."""
    reason = "no time was left for this table"
    return TableResult(table, RunStatus.OUT_OF_TIME, reason, checkpoint=checkpoint, is_begun=False)


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
        uncertain=sum(result.uncertain for result in results),
        write_units=sum(result.units for result in results),
        failed_codes=dict(failed),
    )
