"""The outages as figures, and as the file from which table and picture are drawn."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.failover_budget.scenarios import ALL_SERIES, Boot, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALL_SERIES", "Budget", "Series", "from_json", "percentile", "to_json"]


@dataclass(frozen=True, slots=True)
class Series:
    """The outages of one kind and boot in seconds; infinite where traffic never came back.

    ``least`` and ``most`` are medians of a few more, every assumed segment at its shortest, at its longest.
    """

    kind: Kind
    boot: Boot
    outages: tuple[float, ...]
    least: float | None = None
    most: float | None = None

    def percentile(self, percent: float) -> float:
        return percentile(self.outages, percent)

    @property
    def unhealed(self) -> int:
        return sum(math.isinf(outage) for outage in self.outages)


@dataclass(frozen=True, slots=True)
class Budget:
    """All series of one run of the benchmark, and how to repeat it."""

    seed: int
    date: str
    command: str
    bracket_runs: int
    series: tuple[Series, ...]

    def of(self, kind: Kind, boot: Boot) -> Series | None:
        return next((series for series in self.series if (series.kind, series.boot) == (kind, boot)), None)


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest rank: a value that occurred, never one between two.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError(values)
    rank = math.ceil(percent / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def to_json(budget: Budget) -> str:
    """Infinite outages as null; rounded to milliseconds."""
    series = [
        {
            "kind": entry.kind,
            "boot": entry.boot,
            "median_assumed_least": entry.least,
            "median_assumed_most": entry.most,
            "outage_seconds_simulated": [
                None if math.isinf(each) else round(each, 3) for each in entry.outages
            ],
        }
        for entry in budget.series
    ]
    head = {
        "what": "simulated outages, see failover-budget.md",
        "seed": budget.seed,
        "date": budget.date,
        "command": budget.command,
        "bracket_runs": budget.bracket_runs,
    }
    lines = ",\n".join(f"  {json.dumps(entry)}" for entry in series)
    return f'{json.dumps(head)[:-1]}, "series": [\n{lines}\n]}}\n'


def from_json(text: str) -> Budget:
    data: dict[str, Any] = json.loads(text)
    series = tuple(
        Series(
            Kind(entry["kind"]),
            Boot(entry["boot"]),
            tuple(math.inf if each is None else each for each in entry["outage_seconds_simulated"]),
            entry["median_assumed_least"],
            entry["median_assumed_most"],
        )
        for entry in data["series"]
    )
    return Budget(data["seed"], data["date"], data["command"], data["bracket_runs"], series)
