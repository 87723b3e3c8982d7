"""One order as many: the state machine's plan, one run for each segment of each table, and their summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.errors import EventError
from ttl_reaper.events import WorkAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttl_reaper.events import SegmentResult, WorkEvent
    from ttl_reaper.model import DesiredTable

CONCURRENCY = 8  # the state machine's MaxConcurrency: so many runs may share a table at one time
SEGMENTS = 4
MOST_RUNS = 200  # a state's output is limited to 256 KB, and a run's result is a little below 1 KB


def plan(event: WorkEvent, tables: Sequence[DesiredTable]) -> list[dict[str, Any]]:
    """The events of the runs. Together they delete, and consume a second, no more than the order allows.

    Raises:
        EventError: there would be too many.
    """
    total = min(event.segments.total if event.segments else SEGMENTS, event.limits.max_deletes)
    if total * len(tables) > MOST_RUNS:
        raise EventError("segments.total", f"{total * len(tables)} runs; at most {MOST_RUNS} fit into a plan")
    limits = event.limits.model_dump() | {
        "max_deletes": event.limits.max_deletes // total,
        "write_units_per_second": max(1.0, event.limits.write_units_per_second / min(total, CONCURRENCY)),
    }
    common = event.model_dump(
        mode="json", exclude_none=True, exclude={"action", "table", "tables", "segments", "checkpoint"}
    )
    return [
        common
        | {
            "action": WorkAction.REAP.value,
            "table": table.component,
            "limits": limits,
            "segments": {"total": total, "index": index},
        }
        for table in tables
        for index in range(total)
    ]


def merge_summaries(results: Sequence[SegmentResult]) -> dict[str, Any]:
    """The runs' summaries added up; what never answered has none, and is named."""
    total: dict[str, Any] = {
        "runs": len(results),
        "runs_failed": [_name(result) for result in results if not result.is_well],
    }
    for result in results:
        total = _added(total, result.summary or {})
    return total


def _name(result: SegmentResult) -> str:
    return f"{result.table} segment {result.segment}"


def _added(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    total = dict(left)
    for name, value in right.items():
        if isinstance(value, dict):
            total[name] = _added(total.get(name, {}), value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            total[name] = total.get(name, 0) + value
    return total
