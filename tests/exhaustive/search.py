"""Plans every case, and keeps the first few that violate an invariant: ``make exhaust``."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from tests.exhaustive.invariants import violations
from tests.exhaustive.worlds import (
    BOUNDED,
    IMPAIRED,
    TRIED_AGAIN,
    TWO_GROUPS,
    TWO_TABLES,
    WHOLE,
    WHOLE_OWN_ADDRESSES,
    WHOLE_TWO_GROUPS,
    WHOLE_TWO_TABLES,
    Values,
    cases,
)
from tests.unit.update_nat_routes.builder import NOW
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import plan

SHOWN = 3
PARTS = 64


@dataclass(frozen=True, slots=True)
class Result:
    """How many cases were planned, and the first violations with their cases."""

    planned: int
    violated: tuple[str, ...] = ()


def search(values: Values, part: int = 0, parts: int = 1) -> Result:
    """Plan the cases of one part."""
    planned, violated = 0, []
    for case in cases(values, part, parts):
        planned += 1
        problems = violations(case, plan(case.trigger, case.given, case.world, RunState(), NOW))
        if problems:
            violated.append(f"{problems}\n  world: {case.world}\n  trigger: {case.trigger}")
            if len(violated) == SHOWN:
                break
    return Result(planned, tuple(violated))


def main() -> int:
    """Search the whole in several processes; 1 when an invariant is violated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bounded", action="store_true", help="only what the test suite plans")
    bounded = (BOUNDED, TWO_TABLES, TWO_GROUPS, IMPAIRED)
    whole = (WHOLE, TRIED_AGAIN, WHOLE_TWO_TABLES, WHOLE_TWO_GROUPS, WHOLE_OWN_ADDRESSES, IMPAIRED)
    chosen = bounded if parser.parse_args().bounded else whole
    return max([_search_whole(values) for values in chosen])


def _search_whole(values: Values) -> int:
    began = time.monotonic()
    with ProcessPoolExecutor() as pool:
        results = list(pool.map(partial(search, values, parts=PARTS), range(PARTS)))
    planned = sum(result.planned for result in results)
    violated = [text for result in results for text in result.violated]
    sys.stdout.write(f"{planned:,} worlds planned in {time.monotonic() - began:.0f} s\n")
    sys.stdout.write("\n".join(violated[:SHOWN]) + "\n" if violated else "no invariant violated\n")
    return 1 if violated else 0


if __name__ == "__main__":
    sys.exit(main())
