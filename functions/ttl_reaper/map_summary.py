"""What a plan's runs came to, table by table, and whether some go on with what others left. Pure.

A limit of the order is the table's. Each run begins with its share; a run that its share stopped goes on, in
the plan's next pass, with what the other runs did not need. So a table whose expired items lie in one
segment does not stop early, and all runs together go no further than the limit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ttl_reaper.distributed_map import CONCURRENCY
from ttl_reaper.model import Guard, RunStatus
from ttl_reaper.planner import table_allowance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ttl_reaper.events import SegmentResult

MOST_EXAMPLES = 20
MOST_CODES = 10
MOST_PASSES = 50
OTHER = "other"


def merge_summaries(results: Sequence[SegmentResult]) -> dict[str, Any]:
    """The runs' summaries added up; of those that never answered, or failed, the first are named."""
    failed = [run_name(result) for result in results if not result.is_well]
    total: dict[str, Any] = {"runs": len(results), "runs_failed": failed[:MOST_EXAMPLES]}
    for result in results:
        total = added(total, result.summary or {})
    return with_fewer_codes(total)


def run_name(result: SegmentResult) -> str:
    """A run as an operator calls it."""
    return f"{result.table} segment {result.segment}"


def added(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Two summaries' numbers added up."""
    total = dict(left)
    for name, value in right.items():
        if isinstance(value, dict):
            total[name] = added(total.get(name, {}), value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            total[name] = total.get(name, 0) + value
    return total


def with_fewer_codes(summary: dict[str, Any]) -> dict[str, Any]:
    """The most frequent codes; the others are counted together."""
    counts = Counter(summary.get("failed_codes", {}))
    if len(counts) <= MOST_CODES:
        return summary
    most = dict(counts.most_common(MOST_CODES))
    return {**summary, "failed_codes": {**most, OTHER: counts.total() - sum(most.values())}}


def failures(failed: Sequence[SegmentResult]) -> dict[str, Any]:
    """The failed runs counted by their end or error; the first of them whole."""
    counts = Counter(result.end or result.reason[:64] for result in failed)
    most = dict(counts.most_common(MOST_CODES))
    remaining = counts.total() - sum(most.values())
    return {"count": len(failed), "by_end": most | ({OTHER: remaining} if remaining else {})}


@dataclass(frozen=True, slots=True)
class MapPass:
    """One pass of a plan: what its runs came to, the order that they shared, and the plan's ledger."""

    results: Sequence[SegmentResult]
    order: dict[str, Any] = field(default_factory=dict)
    ledger: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TableCount:
    """What all runs of a table have counted."""

    scanned: int
    changed: int
    item_count: int


def _count(results: Iterable[SegmentResult], earlier: dict[str, int]) -> TableCount:
    summaries = [(result.summary or {}, result.item_count) for result in results]
    return TableCount(
        scanned=earlier.get("scanned", 0) + sum(summary.get("scanned", 0) for summary, _ in summaries),
        changed=earlier.get("changed", 0) + sum(_changed(summary) for summary, _ in summaries),
        item_count=max([earlier.get("item_count", 0), *(items for _, items in summaries)]),
    )


def _changed(summary: dict[str, Any]) -> int:
    changed: int = sum(summary.get(name, 0) for name in ("deleted", "repaired", "uncertain"))
    return changed


def next_pass(ended: MapPass) -> dict[str, Any] | None:
    """The plan of the next pass, for the runs that only their share of a limit stopped; None: there is none.

    What every other run counted moves into the ledger.
    """
    if not ended.ledger or not ended.order or ended.ledger["passes"] >= MOST_PASSES:
        return None
    ledger, work = ended.ledger, []
    tables, summary = dict(ledger["tables"]), dict(ledger.get("summary", {}))
    for table in dict.fromkeys(result.table for result in ended.results):
        results = [result for result in ended.results if result.table == table]
        stopped = [result for result in results if result.end == RunStatus.GUARD]
        grants = _grants(ended, stopped, _count(results, tables.get(table, {})))
        work += [_item(ended, result, grant) for result, grant in grants]
        granted = {result.segment for result, _ in grants}
        done = [result for result in results if result.segment not in granted]
        count = _count(done, tables.get(table, {}))
        tables[table] = {"scanned": count.scanned, "changed": count.changed, "item_count": count.item_count}
        summary = _with_done(summary, done)
    return _next_plan(ended, work, tables, summary) if work else None


def _grants(
    ended: MapPass, stopped: Sequence[SegmentResult], count: TableCount
) -> list[tuple[SegmentResult, int]]:
    """What each stopped run may change in all, now that the table's other runs are known."""
    limits = ended.ledger["limits"]
    remaining, _ = table_allowance(
        limits["max_deletes"], limits["max_fraction"], max(count.item_count, count.scanned), count.changed
    )
    chosen = stopped[:remaining]
    if not chosen:
        return []
    share, over = divmod(remaining, len(chosen))
    return [
        (result, _changed(result.summary or {}) + share + (number < over))
        for number, result in enumerate(chosen)
    ]


def _item(ended: MapPass, result: SegmentResult, grant: int) -> dict[str, Any]:
    limits = ended.order["limits"] | {"max_deletes": grant, "max_fraction": 1.0}
    return {"table": result.table, "segments": result.segments, "limits": limits}


def _with_done(summary: dict[str, Any], done: Sequence[SegmentResult]) -> dict[str, Any]:
    """The ledger's summary, with the runs that have ended for good."""
    merged = merge_summaries(done)
    failed = [*summary.get("runs_failed", []), *merged["runs_failed"]][:MOST_EXAMPLES]
    count = summary.get("count_failed", 0) + sum(not result.is_well for result in done)
    return added(summary, merged) | {"runs_failed": failed, "count_failed": count}


def _next_plan(
    ended: MapPass, work: list[dict[str, Any]], tables: dict[str, Any], summary: dict[str, Any]
) -> dict[str, Any]:
    passes = ended.ledger["passes"] + 1
    most = max(Counter(item["table"] for item in work).values())
    at_once = min(ended.order.get("plan", {}).get("at_once", CONCURRENCY), len(work))
    ledger = ended.ledger | {"passes": passes, "tables": tables, "summary": summary}
    rate = max(1.0, ledger["limits"]["write_units_per_second"] / min(most, at_once))
    for item in work:
        item["limits"] |= {"write_units_per_second": rate}
    plan = {"id": f"{ledger['id']}-{passes}", "runs": most, "at_once": at_once}
    order = ended.order | {"restart": False, "plan": plan}
    return {"order": order, "work": work, "concurrency": at_once, "ledger": ledger}


def whole_summary(ended: MapPass) -> tuple[dict[str, Any], int]:
    """All passes' summaries added up, and how many runs failed."""
    earlier = dict(ended.ledger.get("summary", {}))
    count = earlier.pop("count_failed", 0) + sum(not result.is_well for result in ended.results)
    merged = merge_summaries(ended.results)
    failed = [*earlier.pop("runs_failed", []), *merged["runs_failed"]][:MOST_EXAMPLES]
    return with_fewer_codes(added(earlier, merged) | {"runs_failed": failed}), count


def guard_reasons(ended: MapPass) -> list[str]:
    """Of each table that its own limit stopped: which one, and by what figures."""
    if not ended.ledger:
        return []
    limits, reasons = ended.ledger["limits"], []
    for table in dict.fromkeys(result.table for result in ended.results if result.end == RunStatus.GUARD):
        results = [result for result in ended.results if result.table == table]
        count = _count(results, ended.ledger["tables"].get(table, {}))
        known = max(count.item_count, count.scanned)
        left, guard = table_allowance(limits["max_deletes"], limits["max_fraction"], known, count.changed)
        reached = limits["max_deletes"] if guard is Guard.MAX_DELETES else limits["max_fraction"]
        reasons.append(
            f"{table}: {guard.value} of {reached:g} left {left} of {known} items, changed {count.changed}"
        )
    return reasons
