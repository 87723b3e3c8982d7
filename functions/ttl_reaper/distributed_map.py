"""Splits one request into the runs of the state machine's plan, by table and segments. Pure.

A plan's runs share one order and differ in a few fields, so that a thousand of them fit into a state's
256 kB; the state machine merges the two. A run scans several segments that lie apart (a stride), so that
the runs that are at work together load different partitions.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import EventError
from ttl_reaper.events import MOST_SEGMENTS_A_RUN, WorkAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttl_reaper.events import WorkEvent
    from ttl_reaper.model import DesiredTable

CONCURRENCY = 8  # runs at a time, where neither the rate nor the event asks for more
UNITS_A_RUN = 1_000.0  # write units a second that justify one more run at a time: a partition's limit
SEGMENTS = 4
SEGMENTS_A_RUN = 8  # as many as a run has workers; more where there would be too many runs
MOST_RUNS = 1_000  # so many fit into a state's 256 kB, with a grant for each


def plan_document(event: WorkEvent, tables: Sequence[DesiredTable], plan_id: str) -> dict[str, Any]:
    """The order that all runs share, what each run is for, how many run at a time, and the ledger.

    Together the runs delete, and consume a second, no more than the order allows. The ledger is what
    ``map_summary`` needs to judge a table by its runs' results.

    Raises:
        EventError: there would be too many runs, or a large plan does not name its limits.
    """
    total = min(event.segments.total if event.segments else SEGMENTS, event.limits.max_deletes)
    runs = runs_a_table(total, len(tables))
    _check_limits_are_named(event, total)
    at_once = concurrency(event, runs * len(tables))
    sharers = min(runs, at_once)
    limits = event.limits.model_dump()
    own_limits = limits | {
        "max_deletes": event.limits.max_deletes // runs,
        "write_units_per_second": max(1.0, event.limits.write_units_per_second / sharers),
    }
    common = event.model_dump(
        mode="json", exclude_none=True, exclude={"table", "tables", "segments", "checkpoint", "concurrency"}
    )
    return {
        "order": common
        | {
            "action": WorkAction.REAP.value,
            "allow_without_pitr": sorted(event.without_pitr),  # a run names its own table: true would do so
            "limits": own_limits,
            "plan": {"id": plan_id, "runs": runs, "at_once": at_once},
        },
        "work": [
            {"table": table.component, "segments": _segments(total, runs, index)}
            for table in tables
            for index in range(runs)
        ],
        "concurrency": at_once,
        "ledger": {"limits": limits, "id": plan_id, "passes": 1, "tables": {}},
    }


def _segments(total: int, runs: int, index: int) -> dict[str, int]:
    return {"total": total, "index": index, "stride": runs}


def runs_a_table(total: int, tables: int) -> int:
    """How many runs share a table's segments.

    Raises:
        EventError: each would have more segments than a run may have.
    """
    most = MOST_RUNS // max(1, tables)
    runs = min(total, most, max(CONCURRENCY, ceil(total / SEGMENTS_A_RUN)))
    if total > runs * MOST_SEGMENTS_A_RUN:
        raise EventError(
            "segments.total",
            f"{total}, for {tables} tables; at most {most * MOST_SEGMENTS_A_RUN} of each fit into a plan",
        )
    return runs


def _check_limits_are_named(event: WorkEvent, total: int) -> None:
    """The defaults are for small tables: a plan that deletes must name its own limits.

    Raises:
        EventError: it names the limit that is missing.
    """
    if not event.request.writes or total <= MOST_SEGMENTS_A_RUN:
        return
    for name in ("max_deletes", "max_fraction"):
        if name not in event.limits.model_fields_set:
            raise EventError(
                f"limits.{name}", f"must be given for a plan of more than {MOST_SEGMENTS_A_RUN} segments"
            )


def concurrency(event: WorkEvent, runs: int) -> int:
    """How many runs are at work at a time: the event's number, else what the rate justifies."""
    wanted = event.concurrency or max(CONCURRENCY, ceil(event.limits.write_units_per_second / UNITS_A_RUN))
    return max(1, min(wanted, runs))
