"""Parses events. What is not understood is an EventError that names the field; nothing is changed."""

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
MOST_CONCURRENCY = 1_000  # Lambda's default quota of an account, in a region
DEFAULT = Limits()


class Strict(BaseModel):
    """No field that is not known, no value that is not of its type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


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
        return self

    @property
    def fit_a_run(self) -> bool:
        """Whether they are few enough for one run."""
        first, step = (0, 1) if self.index is None else (self.index, self.stride or self.total)
        return len(range(first, self.total, step)) <= MOST_SEGMENTS_A_RUN


class PlanShare(Strict):
    """The plan that a run is part of."""

    id: str = Field(pattern=r"^[A-Za-z0-9-]{1,80}$")
    runs: int = Field(ge=1)  # of this table
    at_once: int = Field(ge=1)

    def sharers(self, ended: int = 0) -> int:
        """How many runs can be at work on the table when so many have ended: never fewer than there are."""
        return max(1, min(self.at_once, self.runs - ended))


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
    allow_without_pitr: list[str] | bool = False  # the tables that may be written without recovery
    concurrency: int | None = Field(default=None, ge=1, le=MOST_CONCURRENCY)  # of a plan: runs at a time
    plan: PlanShare | None = None  # of a plan's run

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
        self._segments_make_sense()
        return self

    def _segments_make_sense(self) -> None:
        if self.action is WorkAction.PLAN:
            if self.segments and self.segments.index is not None:
                raise _wrong("segments.index", "a plan divides all segments among its runs")
        elif self.segments and not self.segments.fit_a_run:
            problem = f"a run scans at most {MOST_SEGMENTS_A_RUN} segments; give index and stride"
            raise _wrong("segments.total", problem)

    @property
    def without_pitr(self) -> frozenset[str]:
        """The tables that may be written without point-in-time recovery: those that the event names.

        ``true`` is the older spelling. It stands for the tables that the event is about, if it names them;
        with ``"tables": "all"`` it stands for none.
        """
        if isinstance(self.allow_without_pitr, list):
            return frozenset(self.allow_without_pitr)
        if not self.allow_without_pitr or self.tables == ALL:
            return frozenset()
        return frozenset([self.table] if self.table is not None else self.tables or ())

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
            allow_without_pitr=self.without_pitr,
            sharers=self.plan.sharers() if self.plan else 1,
        )


class SegmentResult(Strict):
    """What one run of the state machine came to; without a summary it never answered."""

    table: str
    segment: int
    success: bool
    reason: str = ""
    summary: dict[str, Any] | None = None
    end: str = ""
    segments: dict[str, Any] | None = None
    item_count: int = 0  # DescribeTable's, hours old

    @property
    def is_well(self) -> bool:
        """Whether nothing failed in it, in none of its invocations."""
        return self.success and not (self.summary or {}).get("failed")


class WrittenObject(BaseModel):
    """Where the Map's result writer put its manifest."""

    model_config = ConfigDict(frozen=True)

    Bucket: str
    Key: str


class WrittenResults(BaseModel):
    """The output of a Map with a result writer: what its runs came to is in S3."""

    model_config = ConfigDict(frozen=True)

    ResultWriterDetails: WrittenObject


class SummaryEvent(Strict):
    """The state machine's last step: everything that its runs came to."""

    action: Literal["summary"]
    results: list[SegmentResult] | WrittenResults
    order: dict[str, Any] | None = None  # the plan's
    ledger: dict[str, Any] | None = None


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
    except RecursionError:
        raise EventError("event", "is nested too deeply") from None


def _wrong(field: str, problem: str) -> PydanticCustomError:
    return PydanticCustomError("event", "{problem}", {"field": field, "problem": problem})


def _event_error(error: ValidationError) -> EventError:
    first = error.errors(include_url=False)[0]
    own = first.get("ctx", {}).get("field")
    # "list[str]" and "literal['all']" are pydantic's names for the halves of a union, not fields
    place = [str(part) for part in first["loc"] if not str(part).startswith(("list[", "literal["))]
    return EventError(".".join([*place, *([own] if own else [])]) or "event", str(first["msg"]))
