"""What the handler understands. Anything else is an EventError that names the field, and touches nothing."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from tradai_shared.errors import EventError
from ttl_reaper.checkpoint import Checkpoint
from ttl_reaper.model import Limits, Mode, ReapRequest, Segments, TtlClass
from ttl_reaper.planner import ALLOWED_CLASSES, DEFAULT_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = "all"
SEGMENTS = 8
MOST_SEGMENTS = 1_000_000  # Scan's own limit
MOST_SEGMENTS_A_RUN = 64  # a round holds a page of each
DEFAULT = Limits()


class Strict(BaseModel):
    """No field that is not known, no value that is not of its type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LimitsEvent(Strict):
    """How far a run may go."""

    max_deletes: int = Field(default=DEFAULT.max_deletes, ge=1)
    max_fraction: float = Field(default=DEFAULT.max_fraction, gt=0, le=1)
    write_units_per_second: float = Field(default=DEFAULT.write_units_per_second, ge=1)
    grace_seconds: int = Field(default=DEFAULT.grace_seconds, ge=0)


class SegmentsEvent(Strict):
    """Into how many segments the scan is cut, and which is this run's."""

    total: int = Field(ge=1, le=MOST_SEGMENTS)
    index: int | None = Field(default=None, ge=0)
    stride: int | None = Field(default=None, ge=1)  # with index: it and every stride-th after it

    @model_validator(mode="after")
    def _index_is_valid(self) -> Self:
        if self.index is not None and self.index >= self.total:
            raise _wrong("index", "must be less than total")
        if self.stride is not None and self.index is None:
            raise _wrong("stride", "needs an index")
        if len(Segments(self.total, self.index, self.stride).mine) > MOST_SEGMENTS_A_RUN:
            raise _wrong(
                "total", f"a run scans at most {MOST_SEGMENTS_A_RUN} segments; give index and stride"
            )
        return self


class WorkAction(StrEnum):
    """What is asked for."""

    REAP = "reap"
    PLAN = "plan"  # for the state machine: the same order, cut into segments


class WorkEvent(Strict):
    """An order on some tables."""

    action: WorkAction = WorkAction.REAP
    table: str | None = Field(default=None, min_length=1)
    tables: list[str] | Literal["all"] | None = None
    mode: Mode = Mode.REPORT
    classes: list[TtlClass] | None = Field(default=None, min_length=1)
    dry_run: bool = True
    limits: LimitsEvent = LimitsEvent()
    segments: SegmentsEvent | None = None
    checkpoint: Checkpoint | None = None
    restart: bool = False  # leave a kept checkpoint alone and begin anew
    allow_without_pitr: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.table is None) == (self.tables is None):
            raise _wrong("table", "give either table or tables")
        if self.tables == []:
            raise _wrong("tables", "must name a table, or be 'all'")
        for unfit in sorted(set(self.classes or ()) - ALLOWED_CLASSES[self.mode]):
            raise _wrong("classes", f"class {unfit} cannot be used with mode {self.mode}")
        if self.checkpoint and (self.table is None or self.restart or self.action is WorkAction.PLAN):
            raise _wrong("checkpoint", "needs one table, action reap and no restart")
        if self.action is WorkAction.PLAN and self.segments and self.segments.index is not None:
            raise _wrong("segments.index", "a plan makes one run of every segment")
        return self

    @property
    def request(self) -> ReapRequest:
        """What is asked for, in the reaper's own words."""
        segments = self.segments or SegmentsEvent(total=SEGMENTS)
        return ReapRequest(
            mode=self.mode,
            dry_run=self.dry_run,
            classes=frozenset(self.classes) if self.classes else DEFAULT_CLASSES[self.mode],
            limits=Limits(**self.limits.model_dump()),
            segments=Segments(segments.total, segments.index, segments.stride),
            allow_without_pitr=self.allow_without_pitr,
        )


class SegmentResult(Strict):
    """What one run of the state machine came to; without a summary it never answered."""

    table: str
    segment: int
    success: bool
    reason: str = ""
    summary: dict[str, Any] | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing failed in it, in none of its invocations."""
        return self.success and not (self.summary or {}).get("failed")


class SummaryEvent(Strict):
    """The state machine's last step: everything that its runs came to."""

    action: Literal["summary"]
    results: list[SegmentResult]


def parse(event: Mapping[str, Any]) -> WorkEvent | SummaryEvent:
    """Understand an event.

    Raises:
        EventError: it names the field that is missing, unknown or wrong.
    """
    if not isinstance(event, dict):
        raise EventError("event", "must be an object")
    kind: type[WorkEvent | SummaryEvent] = SummaryEvent if event.get("action") == "summary" else WorkEvent
    try:
        return kind.model_validate_json(json.dumps(event))
    except ValidationError as error:
        raise _event_error(error) from None


def _wrong(field: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("event", "{problem}", {"field": field, "problem": problem})


def _event_error(error: ValidationError) -> EventError:
    first = error.errors(include_url=False)[0]
    own = first.get("ctx", {}).get("field")
    # "list[str]" and "literal['all']" are pydantic's names for the halves of a union, not fields
    place = [str(part) for part in first["loc"] if not str(part).startswith(("list[", "literal["))]
    return EventError(".".join([*place, *([own] if own else [])]) or "event", str(first["msg"]))
