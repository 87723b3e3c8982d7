"""A plan's runs together: limits judged by the table, passes that go on, and sizes that fit into a state."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradai_shared.config import canonical_config
from tradai_shared.errors import EventError
from ttl_reaper import distributed_map, events, map_summary, report, tables
from ttl_reaper.checkpoint import Checkpoint, DeferredItem, Position
from ttl_reaper.events import PlanShare, SegmentResult
from ttl_reaper.model import Limits, Mode, ReapRequest, Segments, Tally, TtlClass
from ttl_reaper.planner import DEFAULT_CLASSES, allowance, table_allowance

STATE_BYTES = 256 * 1024
TABLES = tables.tables(canonical_config("dev"))
REAPED = tuple(table for table in TABLES if table.may_be_reaped and table.ttl_attribute)
# What Lambda's request id looks like.
PLAN_ID = "0123abcd-0123-0123-0123-0123456789ab"


def order(**event: Any) -> Any:
    return events.parse({"action": "plan", "tables": ["notifications"], "mode": "delete", **event})


def document(event: Any, chosen: Any = TABLES[:1]) -> dict[str, Any]:
    return distributed_map.plan_document(event, chosen, PLAN_ID)


class Runs:
    """Runs of one table as the reaper makes them: each changes what its own limits allow, then ends."""

    def __init__(self, expired: list[int], item_count: int) -> None:
        self.expired, self.item_count = expired, item_count
        self.changed = [0] * len(expired)

    def reap(self, run: dict[str, Any], plan: dict[str, Any]) -> SegmentResult:
        event: Any = events.parse(plan["order"] | run)
        index, changed = event.segments.index, self.changed[event.segments.index]
        scanned = self.item_count // len(self.expired)
        allowed, _ = allowance(event.request, self.item_count, scanned, changed)
        left = self.expired[index] - changed
        self.changed[index] += min(left, allowed)
        stopped = left > allowed
        return SegmentResult(
            table=run["table"],
            segment=index,
            segments=run["segments"],
            success=not stopped,
            end="guard" if stopped else "finished",
            item_count=self.item_count,
            summary={"deleted": self.changed[index], "scanned": scanned},
        )

    def passes(self, plan: dict[str, Any] | None) -> map_summary.MapPass:
        """Every pass of the plan; the last one's results."""
        for _ in range(map_summary.MOST_PASSES + 1):
            assert plan is not None
            results = [self.reap(run, plan) for run in plan["work"]]
            ended = map_summary.MapPass(results, plan["order"], plan["ledger"])
            following = map_summary.next_pass(ended)
            if following is None:
                return ended
            plan = following
        raise AssertionError("the passes do not end")


@given(
    st.lists(st.integers(0, 400), min_size=2, max_size=8),
    st.integers(0, 4000),
    st.floats(0.05, 1),
    st.integers(8, 2000),
)
@settings(derandomize=True, deadline=None, max_examples=200)
def test_together_runs_use_the_tables_allowance_wherever_the_expired_items_lie(
    expired: list[int], live: int, fraction: float, deletes: int
) -> None:
    items = sum(expired) + live
    limits = {"max_deletes": deletes, "max_fraction": fraction}
    plan = document(order(dry_run=False, limits=limits, segments={"total": len(expired)}))
    runs = Runs(expired, items)
    ended = runs.passes(plan)
    allowed, _ = table_allowance(deletes, fraction, items, 0)
    # of a table below the floor the fraction says nothing, and the shares of the floor come first
    assert sum(runs.changed) == min(sum(expired), allowed)
    summary, failed = map_summary.whole_summary(ended)
    assert summary["deleted"] == sum(runs.changed)
    assert bool(failed) == (sum(expired) > allowed)
    assert bool(map_summary.guard_reasons(ended)) <= (sum(expired) > allowed)


def test_a_skewed_segment_does_not_stop_early() -> None:
    plan = document(order(dry_run=False, limits={"max_fraction": 0.5}, segments={"total": 4}))
    runs = Runs([900, 0, 0, 0], 2000)
    runs.passes(plan)
    assert runs.changed == [900, 0, 0, 0]


def test_segments_together_do_not_exceed_the_fraction() -> None:
    plan = document(order(dry_run=False, limits={"max_fraction": 0.5}, segments={"total": 4}))
    runs = Runs([900, 900, 100, 0], 2000)
    ended = runs.passes(plan)
    assert sum(runs.changed) == 1000
    [reason] = map_summary.guard_reasons(ended)
    assert "max_fraction of 0.5" in reason


def test_a_new_order_lifts_the_stop() -> None:
    runs = Runs([900, 900, 100, 0], 2000)
    runs.passes(document(order(dry_run=False, limits={"max_fraction": 0.5}, segments={"total": 4})))
    runs.passes(document(order(dry_run=False, limits={"max_fraction": 0.96}, segments={"total": 4})))
    assert sum(runs.changed) == 1900


def test_a_share_is_of_item_count_or_the_floor_and_never_of_what_one_segment_holds() -> None:
    def request(index: int) -> ReapRequest:
        return ReapRequest(
            Mode.DELETE,
            dry_run=False,
            classes=DEFAULT_CLASSES[Mode.DELETE],
            limits=Limits(max_fraction=0.5),
            segments=Segments(4, index),
        )

    shares = [allowance(request(index), 1000, scanned, 0)[0] for index, scanned in enumerate([990, 4, 3, 3])]
    assert shares == [125] * 4
    assert [allowance(request(index), 0, 5000, 0)[0] for index in range(4)] == [250] * 4


@given(st.integers(1, 1000), st.integers(1, 1000), st.data())
@settings(derandomize=True, deadline=None, max_examples=100)
def test_what_ended_runs_leave_of_the_rate_is_used_and_never_more(runs: int, at_once: int, data: Any) -> None:
    share = PlanShare(id="p", runs=runs, at_once=at_once)
    ended = data.draw(st.integers(0, runs - 1))
    at_work = min(at_once, runs - ended)
    older = data.draw(st.integers(0, ended))  # a run may not know yet of the latest that have ended
    assert at_work * (100 / share.sharers(older)) <= 100.0001
    assert share.sharers(runs - 1) == 1


def test_the_plan_says_how_many_runs_are_at_work() -> None:
    segments = {"total": 640}
    limits = {"max_deletes": 10**9, "max_fraction": 0.9, "write_units_per_second": 40_000}
    assert document(order(segments=segments, limits=limits))["concurrency"] == 40
    assert document(order(segments=segments, limits=limits, concurrency=25))["concurrency"] == 25
    assert document(order(segments={"total": 2}))["concurrency"] == 2


def test_a_run_has_segments_that_lie_apart_and_each_segment_has_one_run() -> None:
    plan = document(order(segments={"total": 1000}))
    parts = [Segments(**run["segments"]).mine for run in plan["work"]]
    assert len(plan["work"]) == 125
    assert sorted(number for part in parts for number in part) == list(range(1000))
    assert all(second - first == 125 for part in parts for first, second in pairwise(part))


def test_a_large_plan_that_writes_names_its_limits() -> None:
    for missing in ("max_deletes", "max_fraction"):
        limits = {"max_deletes": 10**9, "max_fraction": 0.9}
        del limits[missing]
        with pytest.raises(EventError) as raised:
            document(order(dry_run=False, segments={"total": 1000}, limits=limits))
        assert raised.value.field == f"limits.{missing}"
    document(order(dry_run=True, segments={"total": 1000}))


def largest_order() -> Any:
    limits = {
        "max_deletes": 10**12,
        "max_fraction": 0.123456789,
        "write_units_per_second": 123456.789,
        "grace_seconds": 10**9,
    }
    return order(
        tables=[table.component for table in REAPED],
        dry_run=False,
        classes=["A", "B", "C", "D"],
        limits=limits,
        segments={"total": 64 * (distributed_map.MOST_RUNS // len(REAPED))},
        concurrency=1000,
        allow_without_pitr=[table.name for table in REAPED],
    )


def largest_result(table: str, run: dict[str, Any]) -> SegmentResult:
    """Every count as high, every text as long as a run's answer has it."""
    codes = {f"{number:064d}": 10**12 for number in range(report.MOST_CODES)}
    tally = Tally(10**12, {TtlClass.OVERDUE: 10**12}, failed=10**12, read_units=1e12, failed_codes=codes)
    return SegmentResult(
        table=table,
        segment=run["segments"]["index"],
        segments=run["segments"],
        success=False,
        end="guard",
        reason="\u20ac" * report.MOST_CHARACTERS,
        item_count=10**13,
        summary=report.summary(tally),
    )


def size(value: Any) -> int:
    return len(json.dumps(value).encode())


def test_the_largest_plan_fits_into_a_state() -> None:
    plan = document(largest_order(), REAPED)
    assert len(plan["work"]) > 0.98 * distributed_map.MOST_RUNS
    assert size(plan) < STATE_BYTES


def test_the_largest_next_pass_and_summary_fit_into_a_state() -> None:
    plan = document(largest_order(), REAPED)
    results = [largest_result(run["table"], run) for run in plan["work"]]
    ended = map_summary.MapPass(results, plan["order"], plan["ledger"])
    following = map_summary.next_pass(ended)
    assert following
    assert len(following["work"]) == len(plan["work"])
    summary, count = map_summary.whole_summary(ended)
    examples = [result.model_dump(exclude_none=True) for result in results[: map_summary.MOST_EXAMPLES]]
    failures = map_summary.failures(results)
    assert count == len(results)
    assert size({"summary": summary, "results": [], "failures": failures} | following) < STATE_BYTES
    assert size({"summary": summary, "results": examples, "failures": failures}) < STATE_BYTES


def test_the_largest_answer_of_a_run_fits_into_a_state_without_its_checkpoint() -> None:
    key = {"pk": {"S": "\u20ac" * 682}, "sk": {"S": "\u20ac" * 341}}  # 2048 and 1024 bytes: DynamoDB's limits
    checkpoint = Checkpoint(
        table="t",
        table_id="1",
        attribute="ttl",
        mode=Mode.DELETE,
        dry_run=False,
        classes=(TtlClass.OVERDUE,),
        started=1,
        grace_seconds=0,
        item_count=1,
        total_segments=64,
        positions=tuple(Position(segment=number, after=key) for number in range(64)),
        deferred=tuple(DeferredItem(key=key, ttl={"N": "1"}) for _ in range(25)),
    )
    run = document(largest_order(), REAPED)["work"][0]
    answer = largest_result("shadow-test-state", run).model_dump()
    # why a plan's run leaves its checkpoint in the bucket
    assert size(checkpoint.model_dump(mode="json")) > STATE_BYTES
    assert size(answer) < 16 * 1024


def test_failures_are_counted_by_their_end_and_what_is_rare_is_counted_together() -> None:
    results = [
        SegmentResult(table="t", segment=number, success=False, reason=f"Error{number // 2}")
        for number in range(60)
    ]
    counted = map_summary.failures(results)
    assert counted["count"] == sum(counted["by_end"].values()) == 60
    assert len(counted["by_end"]) == map_summary.MOST_CODES + 1
    many = {f"Code{number}": number + 1 for number in range(500)}
    codes = map_summary.with_fewer_codes({"failed_codes": many})["failed_codes"]
    assert sum(codes.values()) == sum(many.values())
    assert len(codes) == map_summary.MOST_CODES + 1
