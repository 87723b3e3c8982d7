"""How long egress is down when the NAT fails or is replaced: simulated, many times, for each kind of failure.

Writes docs/failover-budget.json (every outage), .md (the table) and .svg (the picture). The same seed gives the
same outages, whatever the number of processes.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.failover_budget.document import document
from benchmarks.failover_budget.figures import ALL_SERIES, Budget, Series, from_json, to_json
from benchmarks.failover_budget.picture import picture
from benchmarks.failover_budget.scenarios import PER_WORLD, Assumed, Batch, Boot, Kind, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DOCS = Path(__file__).parents[1] / "docs"
NAME = "failover-budget"
BRACKETS = (Assumed.LEAST, Assumed.MOST)


def batches(runs: int, bracket_runs: int, seed: int) -> Iterator[Batch]:
    """Round by round over all series: an interrupted run has some of each."""
    for number in range(0, max(runs, bracket_runs), PER_WORLD):
        for kind, boot in ALL_SERIES:
            if number < runs:
                yield Batch(kind, boot, Assumed.DRAWN, number, min(PER_WORLD, runs - number), seed)
            if number < bracket_runs:
                for assumed in BRACKETS:
                    yield Batch(kind, boot, assumed, number, min(PER_WORLD, bracket_runs - number), seed)


def run(todo: Sequence[Batch], jobs: int, minutes: float) -> dict[Batch, list[float]]:
    """Simulate in several processes; after so many minutes what has not begun is left out."""
    done: dict[Batch, list[float]] = {}
    end = time.monotonic() + minutes * 60
    with ProcessPoolExecutor(jobs) as pool:
        futures = {pool.submit(_simulate, batch, end): batch for batch in todo}
        for future in as_completed(futures):
            outages = future.result()
            if outages is not None:
                done[futures[future]] = outages
                print(f"\r{len(done)} of {len(todo)} batches", end="", file=sys.stderr)
    print(file=sys.stderr)
    return done


def _simulate(batch: Batch, end: float) -> list[float] | None:
    return None if time.monotonic() > end else simulate(batch)


def gather(done: dict[Batch, list[float]]) -> tuple[Series, ...]:
    found: dict[tuple[Kind, Boot, Assumed], list[float]] = defaultdict(list)
    for batch in sorted(done, key=lambda one: one.number):
        found[batch.kind, batch.boot, batch.assumed] += done[batch]

    def median(kind: Kind, boot: Boot, assumed: Assumed) -> float | None:
        outages = found[kind, boot, assumed]
        return round(statistics.median(outages), 3) if outages else None

    return tuple(
        Series(
            kind,
            boot,
            tuple(found[kind, boot, Assumed.DRAWN]),
            *(median(kind, boot, assumed) for assumed in BRACKETS),
        )
        for kind, boot in ALL_SERIES
        if found[kind, boot, Assumed.DRAWN]
    )


def write(budget: Budget, folder: Path) -> None:
    (folder / f"{NAME}.md").write_text(document(budget), encoding="utf-8")
    (folder / f"{NAME}.svg").write_text(picture(budget), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-failover ARGS=...", description="Failovers, simulated.")
    parser.add_argument("--runs", type=int, default=200, help="of each kind and boot")
    parser.add_argument("--bracket-runs", type=int, default=20, help="with every assumed segment at its end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after so many")
    parser.add_argument("--out", type=Path, default=DOCS, help="the folder of the three files")
    parser.add_argument("--draw", action="store_true", help="table and picture again, from the figures there")
    options = parser.parse_args()
    figures = options.out / f"{NAME}.json"
    if not options.draw:
        todo = list(batches(options.runs, options.bracket_runs, options.seed))
        done = run(todo, options.jobs, options.minutes)
        today = datetime.now(UTC).date().isoformat()
        command = f'make bench-failover ARGS="--runs {options.runs} --bracket-runs {options.bracket_runs} --seed {options.seed}"'
        series = gather(done)
        figures.write_text(
            to_json(Budget(options.seed, today, command, options.bracket_runs, series)), encoding="utf-8"
        )
    budget = from_json(figures.read_text(encoding="utf-8"))
    write(budget, options.out)
    for one in budget.series:
        told = "  ".join(f"p{p} {one.percentile(p):6.1f} s" for p in (50, 95, 99))
        print(f"{one.kind:<28}{one.boot:<18}{len(one.outages):>4} simulated  {told}  {one.unhealed} unhealed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
