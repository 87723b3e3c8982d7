"""The position of a run, as JSON in the answer, in the next event and in S3. Pure.

A checkpoint continues one run only: of the same table (its id, not its name alone), attribute, mode, classes
and segments, with the cut-off that the run began with. It carries what was counted, so that stopping and
going on does not stretch a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ttl_reaper.classify import Window
from ttl_reaper.model import Mode, Tally, TtlClass

if TYPE_CHECKING:
    from ttl_reaper.model import LiveTable, ReapRequest, Segments


# An older one has a cut-off and a count of items that are out of date.
MAX_AGE_SECONDS = 30 * 24 * 3600


class Position(BaseModel):
    """The position of one segment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segment: int = Field(ge=0)
    after: dict[str, dict[str, Any]] | None = (
        None  # the scan's LastEvaluatedKey in wire form; None: at its start
    )
    done: bool = False


class DeferredItem(BaseModel):
    """An item that was refused for the moment. Judged again before it is sent: an event may say anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: dict[str, dict[str, Any]]
    ttl: dict[str, Any]


class Checkpoint(BaseModel):
    """One table's run between two invocations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    table: str
    table_id: str
    attribute: str
    mode: Mode
    dry_run: bool
    classes: tuple[TtlClass, ...]
    started: int = Field(ge=0)
    grace_seconds: int = Field(ge=0)
    item_count: int = Field(
        ge=0
    )  # DescribeTable's when the run began: deleting must not shrink its own limit
    total_segments: int = Field(ge=1)
    positions: tuple[Position, ...]
    tally: Tally = Tally()  # of the whole run so far; what a round saw counts once the round is complete
    deferred: tuple[DeferredItem, ...] = ()  # behind the positions, and still to be settled

    @property
    def window(self) -> Window:
        """The cut-off times of the run, fixed when it began."""
        return Window(self.started, self.grace_seconds)


def begin(table: LiveTable, attribute: str, order: ReapRequest, now: int) -> Checkpoint:
    """The checkpoint of a run that has done nothing yet."""
    return Checkpoint(
        table=table.name,
        table_id=table.table_id,
        attribute=attribute,
        mode=order.mode,
        dry_run=order.dry_run,
        classes=tuple(sorted(order.classes)),
        started=now,
        grace_seconds=order.limits.grace_seconds,
        item_count=table.item_count,
        total_segments=order.segments.total,
        positions=_positions(order.segments),
    )


def _positions(segments: Segments) -> tuple[Position, ...]:
    return tuple(Position(segment=number) for number in segments.mine)


def is_too_old(checkpoint: Checkpoint, now: int) -> bool:
    """Whether its cut-off and its count of items are out of date."""
    return checkpoint.started < now - MAX_AGE_SECONDS


def with_higher_tally(checkpoint: Checkpoint, recorded: Tally | None) -> Checkpoint:
    """With what the run is recorded to have changed, where that is more: a replay stretches no limit."""
    if recorded is None or recorded.changed <= checkpoint.tally.changed:
        return checkpoint
    return checkpoint.model_copy(update={"tally": recorded})


def mismatch(checkpoint: Checkpoint, fresh: Checkpoint) -> str | None:
    """The field in which a kept checkpoint is not this order's on this table, or None where it is.

    ``fresh`` is what ``begin`` answers now. A start in the future would move the cut-off past the grace
    period, so that is a mismatch too, as is one older than MAX_AGE_SECONDS and a tally that no run can have.
    """
    fields = (
        "table",
        "table_id",
        "attribute",
        "mode",
        "dry_run",
        "classes",
        "grace_seconds",
        "total_segments",
    )
    for name in fields:
        if getattr(checkpoint, name) != getattr(fresh, name):
            return name
    if is_too_old(checkpoint, fresh.started) or checkpoint.started > fresh.started:
        return "started"
    if not checkpoint.tally.is_possible():
        return "tally"
    if [position.segment for position in checkpoint.positions] != [p.segment for p in fresh.positions]:
        return "positions"
    return None
