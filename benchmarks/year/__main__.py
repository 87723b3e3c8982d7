"""make year: plays a year of the toolkit in the simulator and writes docs/year.md and docs/year.svg."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks.year.document import document
from benchmarks.year.incidents import draw
from benchmarks.year.picture import picture
from benchmarks.year.play import play
from benchmarks.year.upkeep import drifts, reaps
from simulator.scenario.platform import Standby

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    """The same seed gives the same page."""
    parser = argparse.ArgumentParser(prog="make year", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    seed = parser.parse_args().seed
    years = []
    for standby in Standby:
        years.append(play(seed, standby, draw(seed, 1 if standby is Standby.NONE else 2)))
        print(
            f"standby {standby}: {years[-1].down:.1f} s without egress, {time.process_time():.0f} s of CPU",
            file=sys.stderr,
        )
    text = document(years, drifts(seed), reaps(seed), seed)
    (DOCS / "year.md").write_text(text, encoding="utf-8")
    (DOCS / "year.svg").write_text(picture(years, seed), encoding="utf-8")


if __name__ == "__main__":
    main()
