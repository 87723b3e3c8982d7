"""The platform's form of an answer, its counts, and what they cost. Pure."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from tradai_shared.errors import AnswerData
from ttl_reaper.model import RunStatus, Tally, TtlClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttl_reaper.model import LiveTable
    from ttl_reaper.results import TableResult

# On-demand list prices of us-east-1; most other regions cost more.
USD_A_WRITE_UNIT = 0.625e-6
USD_A_READ_UNIT = 0.125e-6
KILOBYTE = 1024
# a run's answer must fit into a state's 256 kB whatever fails
MOST_CHARACTERS = 300
MOST_CODES = 10
MOST_CODE_CHARACTERS = 64


class ReapData(AnswerData):
    """With where to go on: the first table that was not finished, which its checkpoint names."""

    unfinished: str  # which tables, and why; empty where there is none
    end: NotRequired[str]  # how the first table ended that was not finished; else finished
    checkpoint: NotRequired[dict[str, Any]]
    stored: NotRequired[bool]  # the checkpoint is in the bucket, and the same event goes on from it
    item_count: NotRequired[int]  # DescribeTable's of the first table, hours old
    work: NotRequired[list[dict[str, Any]]]  # a plan's runs, of this pass or the next
    order: NotRequired[dict[str, Any]]  # what they share
    concurrency: NotRequired[int]  # how many run at a time
    ledger: NotRequired[dict[str, Any]]  # a plan's limits, and what its runs of earlier passes counted
    failures: NotRequired[dict[str, Any]]  # a plan's failed runs, counted; where each is


class ReapAnswer(TypedDict):
    """The platform's own form of an answer."""

    success: bool
    data: ReapData
    environment: str


def usd(tally: Tally) -> float:
    """An estimate of what the consumed units cost, by us-east-1's list price."""
    return round(tally.read_units * USD_A_READ_UNIT + tally.write_units * USD_A_WRITE_UNIT, 6)


def estimated_units(items: int, live: LiveTable | None) -> int:
    """The write units of deleting so many items of the table's average size, at most.

    An item costs a unit for each kilobyte begun, and as much again for every index, global or local, that
    holds it whole. The average is TableSizeBytes / ItemCount, both hours old.
    """
    if live is None:
        return items
    average = live.size_bytes / live.item_count if live.item_count else 0
    return items * max(1, ceil(average / KILOBYTE)) * (1 + live.index_count + live.local_index_count)


def estimated_usd(units: float) -> float:
    """What so many write units cost, by us-east-1's list price."""
    return round(units * USD_A_WRITE_UNIT, 6)


def summary(tally: Tally) -> dict[str, Any]:
    """A tally as JSON."""
    return {
        "scanned": tally.scanned,
        "expired": {ttl_class.value: tally.expired.get(ttl_class, 0) for ttl_class in TtlClass},
        "implausible": tally.implausible,
        "planned": tally.planned,
        "deleted": tally.deleted,
        "repaired": tally.repaired,
        "renewed": tally.renewed,
        "failed": tally.failed,
        "uncertain": tally.uncertain,
        "failed_codes": {
            code[:MOST_CODE_CHARACTERS]: count
            for code, count in Counter(tally.failed_codes).most_common(MOST_CODES)
        },
        "read_units": round(tally.read_units, 1),
        "write_units": round(tally.write_units, 1),
        "estimated_usd": usd(tally),
    }


def result(table_result: TableResult) -> dict[str, object]:
    """One table's result as JSON."""
    line: dict[str, object] = {
        "table": table_result.table,
        "end": table_result.end.value,
        "reason": table_result.reason,
    }
    line |= summary(table_result.tally)
    if table_result.live:
        line |= {
            "item_count_hours_old": table_result.live.item_count,
            "indexes": table_result.live.index_count,
            "local_indexes": table_result.live.local_index_count,
            "stream": table_result.live.stream_view or "",
            "replicas": list(table_result.live.replicas),
        }
        line |= {
            "estimated_write_units": estimated_units(table_result.tally.planned, table_result.live),
        }
    if table_result.notes:
        line["notes"] = list(table_result.notes)
    return line


def answer(results: Sequence[TableResult], environment: str) -> ReapAnswer:
    """All tables' results, added up."""
    total = sum((table_result.tally for table_result in results), Tally())
    data: ReapData = {
        "summary": summary(total),
        "results": [result(table_result) for table_result in results],
        "unfinished": "; ".join(
            f"{table_result.table}: {table_result.reason}"
            for table_result in results
            if table_result.end is not RunStatus.FINISHED
        )[:MOST_CHARACTERS],
    }
    ends = [table_result.end for table_result in results]
    data["end"] = next((end for end in ends if end is not RunStatus.FINISHED), RunStatus.FINISHED).value
    data["item_count"] = next((live.item_count for live in (line.live for line in results) if live), 0)
    checkpoints = [table_result.checkpoint for table_result in results if table_result.checkpoint]
    if checkpoints:
        data["checkpoint"] = checkpoints[0].model_dump(mode="json")
    return {
        "success": all(table_result.ok for table_result in results),
        "data": data,
        "environment": environment,
    }
