from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.ttl_reaper.map_events import events_of
from tradai_shared.config import canonical_config
from tradai_shared.errors import EventError
from ttl_reaper import distributed_map, events, map_summary, tables

PITR = ["notifications"]
TABLES = tables.tables(canonical_config("dev"))


def plan(**event: Any) -> list[dict[str, Any]]:
    parsed: Any = events.parse({"action": "plan", "tables": "all", **event})
    return events_of(distributed_map.plan_document(parsed, tables.select_tables(parsed, TABLES), "plan"))


def test_every_run_of_a_plan_is_an_event_that_is_understood() -> None:
    runs: Any = [events.parse(run) for run in plan(mode="delete", dry_run=False, allow_without_pitr=PITR)]
    assert {(run.table, run.segments.index) for run in runs} == {
        (table.component, index)
        for table in TABLES
        if table.may_be_reaped and table.ttl_attribute
        for index in range(distributed_map.SEGMENTS)
    }
    assert all(run.request.writes and run.request.allow_without_pitr == set(PITR) for run in runs)


@given(st.integers(1, 10**6), st.integers(1, 20), st.floats(1, 40_000))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_together_the_runs_of_a_table_go_no_further_than_the_order(
    deletes: int, total: int, rate: float
) -> None:
    limits = {"max_deletes": deletes, "write_units_per_second": rate}
    runs = plan(tables=["notifications"], limits=limits, segments={"total": total})
    assert sum(run["limits"]["max_deletes"] for run in runs) <= deletes
    at_a_time = runs[: distributed_map.CONCURRENCY]
    allowed = sum(run["limits"]["write_units_per_second"] for run in at_a_time)
    assert allowed <= max(rate, len(at_a_time)) * 1.000001
    assert [run["segments"]["index"] for run in runs] == list(range(len(runs)))


def test_a_plan_that_would_not_fit_is_refused() -> None:
    with pytest.raises(EventError) as raised:
        plan(segments={"total": 1_000_000})
    assert raised.value.field == "segments.total"


def test_summaries_are_added_up_and_the_lost_are_named() -> None:
    event: Any = events.parse(
        {
            "action": "summary",
            "results": [
                {"table": "a", "segment": 0, "success": True, "summary": {"deleted": 2, "expired": {"A": 3}}},
                {"table": "a", "segment": 1, "success": True, "summary": {"deleted": 5, "expired": {"A": 1}}},
                {"table": "a", "segment": 2, "success": False, "reason": "Lambda.Unknown"},
            ],
        }
    )
    assert map_summary.merge_summaries(event.results) == {
        "runs": 3,
        "runs_failed": ["a segment 2"],
        "deleted": 7,
        "expired": {"A": 4},
    }
