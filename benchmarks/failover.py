"""How long egress is down when the NAT fails or is replaced: simulated, many times, for each kind of failure.

Writes docs/failover-budget.json (every outage), .md (the table) and .svg (the picture). The same seed gives
the same outages, whatever the number of processes, and whether in one run or in several by --more.
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
from benchmarks.failover_budget.measured import drill, merged
from benchmarks.failover_budget.picture import picture
from benchmarks.failover_budget.scenarios import PER_WORLD, Assumed, Batch, Boot, Kind, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.failover_budget.measured import Measured

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


def is_known(batch: Batch, known: Budget | None) -> bool:
    """Whether an earlier run has done it; a part of a batch is done again as a whole."""
    series = known.of(batch.kind, batch.boot) if known else None
    if series is None:
        return False
    if batch.assumed is Assumed.DRAWN:
        return batch.number + batch.runs <= len(series.outages)
    return series.least is not None and series.most is not None


def gather(done: dict[Batch, list[float]], known: Budget | None = None) -> tuple[Series, ...]:
    """Every series, in the order of its batches, after what is known of it."""
    by_series: dict[tuple[Kind, Boot, Assumed], list[Batch]] = defaultdict(list)
    for batch in sorted(done, key=lambda batch: batch.number):
        by_series[batch.kind, batch.boot, batch.assumed].append(batch)
    series = [_series(kind, boot, by_series, done, known) for kind, boot in ALL_SERIES]
    return tuple(entry for entry in series if entry.outages)


def _series(
    kind: Kind,
    boot: Boot,
    by_series: dict[tuple[Kind, Boot, Assumed], list[Batch]],
    done: dict[Batch, list[float]],
    known: Budget | None,
) -> Series:
    before = (known.of(kind, boot) if known else None) or Series(kind, boot, ())
    outages = list(before.outages)
    for batch in by_series[kind, boot, Assumed.DRAWN]:
        outages[batch.number :] = done[batch]
    least, most = (
        [outage for batch in by_series[kind, boot, assumed] for outage in done[batch]] for assumed in BRACKETS
    )
    return Series(
        kind,
        boot,
        tuple(outages),
        round(statistics.median(least), 3) if least else before.least,
        round(statistics.median(most), 3) if most else before.most,
    )


def write(budget: Budget, folder: Path, measured: Sequence[Measured] = ()) -> None:
    (folder / f"{NAME}.md").write_text(document(budget, measured), encoding="utf-8")
    (folder / f"{NAME}.svg").write_text(picture(budget), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-failover ARGS=...", description="Failovers, simulated.")
    parser.add_argument("--runs", type=int, default=200, help="of each kind and boot")
    parser.add_argument("--bracket-runs", type=int, default=20, help="with every assumed segment at its end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing after so many")
    parser.add_argument("--out", type=Path, default=DOCS, help="the folder of the three files")
    parser.add_argument("--more", action="store_true", help="go on where the figures there end")
    parser.add_argument("--draw", action="store_true", help="table and picture again, from the figures there")
    parser.add_argument("--measured", type=Path, action="append", default=[], help="a drill's file")
    options = parser.parse_args()
    figures = options.out / f"{NAME}.json"
    if not options.draw and not options.measured:
        known = from_json(figures.read_text(encoding="utf-8")) if options.more else None
        if known is not None and known.seed != options.seed:
            parser.error(f"the figures there are of seed {known.seed}")
        wished = batches(options.runs, options.bracket_runs, options.seed)
        done = run([batch for batch in wished if not is_known(batch, known)], options.jobs, options.minutes)
        today = datetime.now(UTC).date().isoformat()
        wanted = f"--runs {options.runs} --bracket-runs {options.bracket_runs} --seed {options.seed}"
        command = f'make bench-failover ARGS="{wanted}"'
        series = gather(done, known)
        figures.write_text(
            to_json(Budget(options.seed, today, command, options.bracket_runs, series)), encoding="utf-8"
        )
    budget = from_json(figures.read_text(encoding="utf-8"))
    drills = [drill(file.read_text(encoding="utf-8")) for file in options.measured]
    write(budget, options.out, merged(options.out / f"{NAME}.measured.json", drills))
    for entry in budget.series:
        percentiles = "  ".join(f"p{p} {entry.percentile(p):6.1f} s" for p in (50, 95, 99))
        print(
            f"{entry.kind:<28}{entry.boot:<18}{len(entry.outages):>4} simulated  {percentiles}"
            f"  {entry.unhealed} unhealed"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
