"""What is told: the house's form of an answer, its counts, and what they cost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from tradai_shared.outcomes import AnswerData
from ttl_reaper.model import RunStatus, Tally, TtlClass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ttl_reaper.table_run import TableResult

# On-demand list prices of us-east-1; most other regions cost more.
USD_A_WRITE_UNIT = 0.625e-6
USD_A_READ_UNIT = 0.125e-6


class ReapData(AnswerData):
    """With where to go on: the first table that was not finished, which its checkpoint names."""

    unfinished: str  # which tables, and why; empty where there is none
    checkpoint: NotRequired[dict[str, Any]]
    work: NotRequired[list[dict[str, Any]]]  # a plan's runs


class ReapAnswer(TypedDict):
    """The house's form."""

    success: bool
    data: ReapData
    environment: str


def usd(tally: Tally) -> float:
    """An estimate of what the consumed units cost, by us-east-1's list price."""
    return round(tally.read_units * USD_A_READ_UNIT + tally.write_units * USD_A_WRITE_UNIT, 6)


def estimated_usd(items: int, index_count: int) -> float:
    """What deleting so many items of up to 1 KB will cost at most: each index costs one more unit."""
    return round(items * (1 + index_count) * USD_A_WRITE_UNIT, 6)


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
        }
    if table_result.notes:
        line["notes"] = list(table_result.notes)
    return line


def answer(results: Sequence[TableResult], environment: str) -> ReapAnswer:
    """All tables' results, added up."""
    total = sum((table.tally for table in results), Tally())
    data: ReapData = {
        "summary": summary(total),
        "results": [result(table) for table in results],
        "unfinished": "; ".join(
            f"{table.table}: {table.reason}" for table in results if table.end is not RunStatus.FINISHED
        ),
    }
    checkpoints = [table.checkpoint for table in results if table.checkpoint]
    if checkpoints:
        data["checkpoint"] = checkpoints[0].model_dump(mode="json")
    return {"success": all(table.ok for table in results), "data": data, "environment": environment}
