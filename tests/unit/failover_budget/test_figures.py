from __future__ import annotations

import math

import pytest

from benchmarks.failover import batches, gather, is_known
from benchmarks.failover_budget.figures import ALL_SERIES, Budget, Series, from_json, percentile, to_json
from benchmarks.failover_budget.scenarios import PER_WORLD, Assumed, Batch, Boot, Kind, downtime, pace
from simulator.engine import durations
from simulator.engine.durations import Confidence

HUNDRED = tuple(float(n) for n in range(100, 0, -1))
NEVER = math.inf


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_a_percentile_is_a_value_that_occurred(percent: float, expected: float) -> None:
    assert percentile(HUNDRED, percent) == expected


def test_of_three_the_median_is_the_second_and_all_above_are_the_last() -> None:
    assert [percentile((3.0, 1.0, 2.0), percent) for percent in (50, 95, 99)] == [2.0, 3.0, 3.0]


def test_one_that_never_healed_is_longer_than_any_other() -> None:
    series = Series(Kind.STOPPED, Boot.DNF, (*HUNDRED, NEVER, NEVER))
    assert (series.percentile(50), series.percentile(99), series.unhealed) == (51.0, NEVER, 2)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match=r"\(\)"):
        percentile((), 50)


@pytest.mark.parametrize(
    ("outages", "expected"),
    [
        ([], 0.0),
        ([(10.0, 30.0), (10.0, 31.0)], 21.0),  # two tables at once are one outage
        ([(10.0, 20.0), (40.0, 45.0)], 15.0),  # a second dip counts
        ([(10.0, 50.0), (20.0, 30.0), (45.0, 60.0)], 50.0),
        ([(10.0, None)], NEVER),
    ],
)
def test_downtime_is_when_any_table_is_down(
    outages: list[tuple[float, float | None]], expected: float
) -> None:
    assert downtime(outages) == expected


def test_figures_survive_their_file() -> None:
    series = Series(Kind.PLANNED, Boot.PACKAGED, (1.5, NEVER, 2.25), 1.0, None)
    budget = Budget(7, "2026-11-22", 'make bench-failover ARGS="--runs 3"', 20, (series,))
    assert from_json(to_json(budget)) == budget


def test_every_kind_and_boot_is_run_as_often_as_wished() -> None:
    runs = dict.fromkeys(ALL_SERIES, 0)
    for batch in batches(25, 0, seed=1):
        runs[batch.kind, batch.boot] += batch.runs
    assert set(runs.values()) == {25}


def test_no_two_worlds_have_the_same_seed() -> None:
    drawn = [batch for batch in batches(200, 0, seed=1) if batch.assumed is Assumed.DRAWN]
    assert len({batch.world_seed(attempt) for batch in drawn for attempt in (0, 1)}) == 2 * len(drawn)


def test_more_goes_on_where_the_figures_end() -> None:
    first = tuple(float(n) for n in range(PER_WORLD))
    known = Budget(1, "", "", 0, (Series(Kind.STOPPED, Boot.DNF, first, 1.0, 2.0),))
    of_series = [
        batch
        for batch in batches(2 * PER_WORLD, 10, 1)
        if (batch.kind, batch.boot) == (Kind.STOPPED, Boot.DNF)
    ]
    left = [batch for batch in of_series if not is_known(batch, known)]
    assert left == [Batch(Kind.STOPPED, Boot.DNF, Assumed.DRAWN, PER_WORLD, PER_WORLD, 1)]
    (series,) = gather({left[0]: [99.0] * PER_WORLD}, known)
    assert series == Series(Kind.STOPPED, Boot.DNF, (*first, *[99.0] * PER_WORLD), 1.0, 2.0)


def test_batches_are_gathered_in_their_order_whenever_they_end() -> None:
    later, earlier = (Batch(Kind.STOPPED, Boot.DNF, Assumed.DRAWN, n, 1, 1) for n in (1, 0))
    (series,) = gather({later: [2.0], earlier: [1.0]})
    assert series.outages == (1.0, 2.0)


def test_only_what_nobody_published_is_bracketed_and_phases_stay_chance() -> None:
    least, most = pace(Assumed.LEAST), pace(Assumed.MOST)
    assert {batch.sure for batch in least} == {Confidence.ASSUMED}
    assert durations.SCHEDULE_PHASE not in least
    assert all(least[batch] == batch.low and most[batch] == batch.high for batch in least)
    assert pace(Assumed.DRAWN) == {}
