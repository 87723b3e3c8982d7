"""Play storms: ``make simulate SEEDS=1000``; one again with ``make simulate ARGS="--seed 17"``.

``--standby shared`` and ``--standby own`` play them over two NATs, ``--standby drawn`` over any of the three.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from os import cpu_count
from time import perf_counter

from simulator.scenario.platform import Standby
from simulator.storms.disturbance import draw
from simulator.storms.storm import Result, play, shorten

SLOWEST = 5
DRAWN = "drawn"


def main() -> int:
    """Exit code 1 if any storm broke an invariant."""
    options = _options()
    seeds = (
        [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    )
    began, results = perf_counter(), []
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, result in enumerate(pool.map(partial(_play, options.standby), seeds, chunksize=4), 1):
            results.append(result)
            if result.violations:
                _print_failure(result)
            if number % 100 == 0:
                print(f"{number} storms, {perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    _print_summary(results, perf_counter() - began)
    return int(any(result.violations for result in results))


def _play(standby: str, seed: int) -> Result:
    return play(draw(seed, None if standby == DRAWN else Standby(standby)))


def _print_failure(result: Result) -> None:
    storm = shorten(result.storm)
    behind = ", a NAT gateway behind" if storm.fallback else ""
    print(f"seed {storm.seed}: {storm.tables} tables, {'signals' if storm.signals else 'no signal'}", end="")
    print(f", standby {storm.standby}{behind}")
    for disturbance in storm.disturbances:
        print(f"  {disturbance.line}")
    for violation in play(storm).violations:
        print(f"  VIOLATED {violation}")
    print(f'  again: make simulate ARGS="--seed {storm.seed} --standby {storm.standby}"', flush=True)


def _print_summary(results: list[Result], seconds: float) -> None:
    faults = sum((result.faults for result in results), Counter[str]())
    print(f"{len(results)} storms in {seconds:.0f} s; all times simulated")
    for kind, count in sorted(faults.items()):
        print(f"  {count:6}  {kind}")
    slowest = sorted(results, key=lambda result: -(result.recovery or 0))[:SLOWEST]
    print("slowest recoveries, seconds after calm:")
    for result in slowest:
        if result.recovery is not None:
            print(f"  {result.recovery:7.1f}  seed {result.storm.seed}, standby {result.storm.standby}")
    print(f"{sum(bool(result.violations) for result in results)} storms broke an invariant")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make simulate", description="Storms of faults over the simulated NAT."
    )
    parser.add_argument("--seeds", type=int, default=100, help="how many storms")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument(
        "--standby", choices=[*Standby, DRAWN], default=Standby.NONE, help="the kind of world"
    )
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
