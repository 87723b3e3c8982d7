"""docs/reaper-scale.md, generated: ``python -m toolchain.docs.reaper_scale [--check]``.

The arithmetic of a large reap: time, events, payload and cost, from the plan's own constants and list prices.
Nothing here was measured on AWS.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from tradai_shared.config import canonical_config
from tradai_shared.config.models.base import DAY
from ttl_reaper import distributed_map, events, map_summary, tables
from ttl_reaper.app import SPARE_SECONDS
from ttl_reaper.planner import PAGE_ITEMS, ROUND_SECONDS
from ttl_reaper.report import KILOBYTE, USD_A_READ_UNIT, USD_A_WRITE_UNIT
from ttl_reaper.settings import MAX_UNITS_PER_SECOND

FILE = Path("docs/reaper-scale.md")
ITEMS = (10**6, 10**9, 10**11)
ITEM_BYTES = 200
RATE = float(MAX_UNITS_PER_SECOND)
INVOCATION_SECONDS = 900 - SPARE_SECONDS
STATE_BYTES = 256 * 1024
MOST_EVENTS = 25_000  # of an execution's history; Step Functions' quota, which cannot be raised
HOUR = 3_600
CHECKPOINT_DAYS = 30
# List prices of us-east-1, USD.
USD_A_TRANSITION = 0.025e-3
USD_A_PUT = 0.005e-3
USD_A_GB_SECOND = 0.0000133334  # arm64
USD_A_WCU_HOUR = 0.00065
MEMORY_GB = 1.0
# A run's invocation: entered, scheduled, started, succeeded, exited; a Choice and a Pass, two each.
EVENTS_AN_INVOCATION = 9
TRANSITIONS_AN_INVOCATION = 3
PUTS_A_ROUND = 2  # the reserve in the checkpoint, and the audit
PLAN_ID = "0123abcd-0123-0123-0123-0123456789ab"


@dataclass(frozen=True, slots=True)
class Case:
    """So many expired items in each of so many tables, all of them to be deleted at RATE a table."""

    items: int
    tables: int

    @property
    def total(self) -> int:
        return self.items * self.tables

    @property
    def segments(self) -> int:
        """A segment for about a million items, within what a plan can hold."""
        most = distributed_map.MOST_RUNS // self.tables * events.MOST_SEGMENTS_A_RUN
        return min(most, max(distributed_map.SEGMENTS, ceil(self.items / 10**6)))

    @property
    def runs(self) -> int:
        return distributed_map.runs_a_table(self.segments, self.tables)

    @property
    def plan(self) -> dict[str, Any]:
        """The plan that the reaper makes of it."""
        known = tables.tables(canonical_config("prod"))
        limits = {"max_deletes": self.items, "max_fraction": 1.0, "write_units_per_second": RATE}
        event = events.parse(
            {
                "action": "plan",
                "tables": "all",
                "mode": "delete",
                "dry_run": False,
                "limits": limits,
                "segments": {"total": self.segments},
            }
        )
        assert isinstance(event, events.WorkEvent)  # noqa: S101 - a plan is asked for
        longest = max(known, key=lambda table: len(table.component))
        return distributed_map.plan_document(event, [longest] * self.tables, PLAN_ID)

    @property
    def at_once(self) -> int:
        return int(self.plan["concurrency"])

    @property
    def seconds(self) -> float:
        """One table after another at RATE; the scan's read units share the rate."""
        reads = ITEM_BYTES / (8 * KILOBYTE)
        return self.total * (1 + reads) / RATE

    @property
    def seconds_a_run(self) -> float:
        waves = max(1.0, self.runs * self.tables / self.at_once)
        return self.seconds / waves

    @property
    def invocations_a_run(self) -> int:
        return max(1, ceil(self.seconds_a_run / INVOCATION_SECONDS))

    @property
    def invocations(self) -> int:
        return self.invocations_a_run * self.runs * self.tables

    @property
    def events_a_run(self) -> int:
        return self.invocations_a_run * EVENTS_AN_INVOCATION + 4

    @property
    def rounds(self) -> int:
        share = RATE / min(self.runs, self.at_once)
        segments = ceil(self.segments / self.runs)
        a_round = min(PAGE_ITEMS * segments, share * ROUND_SECONDS)
        return ceil(self.total / a_round)

    @property
    def usd(self) -> dict[str, float]:
        runs = self.runs * self.tables
        return {
            "write units": self.total * USD_A_WRITE_UNIT,
            "read units": self.total * ITEM_BYTES / (8 * KILOBYTE) * USD_A_READ_UNIT,
            "Lambda": self.seconds * self.at_once * MEMORY_GB * USD_A_GB_SECOND,
            "Step Functions": (self.invocations * TRANSITIONS_AN_INVOCATION + 2 * runs) * USD_A_TRANSITION,
            "S3 requests": self.rounds * PUTS_A_ROUND * USD_A_PUT,
        }


def duration(seconds: float) -> str:
    if seconds < HOUR:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} days"


def row(case: Case) -> str:
    plan = case.plan
    payload = len(json.dumps(plan).encode())
    cells = (
        f"{case.items:.0e}".replace("e+0", "e").replace("e+", "e").replace("1e", "10^"),
        case.tables,
        f"{case.segments:,}",
        f"{case.runs * case.tables:,}",
        case.at_once,
        duration(case.seconds),
        f"{case.invocations:,}",
        f"{case.events_a_run:,}{' (too many)' if case.events_a_run > MOST_EVENTS else ''}",
        f"{payload / 1024:.0f} kB",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def cost(case: Case) -> str:
    usd = case.usd
    cells = [f"{value:,.2f}" for value in (*usd.values(), sum(usd.values()))]
    name = f"{case.items:.0e}".replace("e+0", "e").replace("e+", "e").replace("1e", "10^")
    return f"| {name} | {case.tables} | " + " | ".join(cells) + " |"


def provisioned() -> list[str]:
    """When provisioned write capacity is cheaper than on demand."""
    a_hour = 3600 * USD_A_WRITE_UNIT
    hours = 10**9 / RATE / 3600
    fixed = RATE * USD_A_WCU_HOUR * ceil(hours)
    return [
        f"A write unit a second that is used all the time costs {a_hour:.5f} USD an hour on demand and "
        f"{USD_A_WCU_HOUR} USD provisioned: {a_hour / USD_A_WCU_HOUR:.1f} times less. It pays where more than "
        f"{USD_A_WCU_HOUR / a_hour:.0%} of what is provisioned is used. 10^9 items at {RATE:,.0f} units a second take "
        f"{hours:.1f} h: {RATE:,.0f} units for {ceil(hours)} hours cost {fixed:,.0f} USD, the same on demand "
        f"{10**9 * USD_A_WRITE_UNIT:,.0f} USD.",
        "",
        "So for more than some 10^8 items: switch the table to provisioned for the reap, with capacity for its "
        "normal writes too; the reaper then takes no more than the table and its indexes have. Each index needs the "
        "same capacity. Switch back afterwards: a table may go from provisioned to on demand four times in 24 hours. "
        "drift_check reports the billing mode meanwhile; waive that finding until a day.",
    ]


def document() -> str:
    cases = [Case(items, count) for items in ITEMS for count in (1, 12)]
    return "\n".join(
        [
            "# A large reap: arithmetic",
            "",
            "Generated by `python -m toolchain.docs.reaper_scale`, from the plan's own constants and list prices of "
            "us-east-1. Computed, not measured: nothing here was run on AWS. How to start one is in "
            "[ttl-reaper.md](ttl-reaper.md).",
            "",
            f"All items are expired and of {ITEM_BYTES} bytes, without an index; each index adds as many write units "
            f"again. {RATE:,.0f} units a second, AWS's default quota of a table on demand. A new table on demand "
            "serves 4,000 write units a second and doubles from its peak; warm throughput raises that beforehand. The "
            "account's own quota is 80,000 provisioned units. `tables` are reaped one after the other.",
            "",
            "| expired items a table | tables | segments a table | runs | at a time | time | invocations | events of a run | plan |",
            "|---|---|---|---|---|---|---|---|---|",
            *(row(case) for case in cases),
            "",
            f"- A run's history may have {MOST_EVENTS:,} events; an invocation of at most "
            f"{INVOCATION_SECONDS:.0f} s adds {EVENTS_AN_INVOCATION}.",
            f"- A state holds {STATE_BYTES // 1024} kB. A plan has at most {distributed_map.MOST_RUNS:,} runs of at "
            f"most {events.MOST_SEGMENTS_A_RUN} segments. What runs came to is in S3, by the Map's result writer; an "
            f"answer has counts by code, at most {map_summary.MOST_EXAMPLES} examples and the manifest's address.",
            "- Where expired items lie in few segments, a pass more is needed: a run begins with its share of "
            "max_deletes and max_fraction, and goes on with what the others left.",
            f"- A checkpoint is good for {CHECKPOINT_DAYS} days. A run that begins and ends within that time is not "
            "affected; 10^11 items in twelve tables are more than one order: a table at a time.",
            "",
            "## USD",
            "",
            "| expired items a table | tables | write units | read units | Lambda | Step Functions | S3 requests | sum |",
            "|---|---|---|---|---|---|---|---|",
            *(cost(case) for case in cases),
            "",
            "Lambda is counted as if all runs were at work all the time, waiting for their rate included. With fewer "
            "runs at a time (`concurrency`) it costs less, as long as each can use its share of the rate.",
            "",
            "## Provisioned capacity",
            "",
            *provisioned(),
            "",
            "## Beside other ways",
            "",
            "| | native TTL | AWS bulk_executor (Glue) | AWS's Step Functions sample | ttl_reaper |",
            "|---|---|---|---|---|",
            "| 10^9 items of 1 kB or less, write units | 0 USD | 625 USD | 625 USD | 625 USD |",
            "| when | usually within a few days, best effort | when started | when started | when started |",
            "| a String, milliseconds, older than five years | never | by a Spark SQL condition | by its code | by class |",
            "| an item renewed after the scan | kept | deleted (BatchWriteItem) | deleted (BatchWriteItem) | kept |",
            "| rate | its own | by consumed units | items a second | by consumed units, all runs together |",
            "| resume | - | Spark's retry of a task | no | from the checkpoint |",
            "| dry run, maximum, audit | - | `--limit`, needs point-in-time recovery | no | yes |",
            "| stream records | TTL's userIdentity | a user's | a user's | a user's; after repair TTL's |",
            "| replicas of a global table | replicated deletes cost write units | as a write | as a write | as a write, refused unless safe |",
            "",
            "Native TTL is free and needs no work: reap only what it does not delete, or not soon enough. bulk_executor "
            "is the better tool for a condition on any attribute, for loads and for counts: it has Spark's SQL. It and "
            "the sample need no state of their own in S3, and less of a template. All pay the same write units, which "
            "are nearly all of the cost. What is said of the two was read in, or tried with, their code; a comparison "
            "on AWS was not made.",
            "",
        ]
    )


def main() -> int:
    text = document()
    if "--check" in sys.argv[1:]:
        if FILE.read_text(encoding="utf-8") == text:
            return 0
        print(f"{FILE} is stale: python -m toolchain.docs.reaper_scale")
        return 1
    FILE.write_text(text, encoding="utf-8")
    print(f"wrote {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
