from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ttl_reaper.rate_limiter import TokenBucket


def test_a_second_s_burst_is_free_and_the_rest_waits() -> None:
    pace = TokenBucket(100, now=0)
    assert pace.reserve(100, now=0) == 0
    assert pace.reserve(50, now=0) == 0.5
    assert pace.reserve(50, now=0.5) == 0.5


def test_what_was_consumed_counts_not_what_was_reserved() -> None:
    pace = TokenBucket(100, now=0)
    pace.reserve(1, now=0)
    pace.reconcile(reserved=1, consumed=300)
    assert pace.reserve(0, now=0) == 2
    pace.reconcile(reserved=200, consumed=0)
    assert pace.reserve(0, now=0) == 0


def test_workers_throttled_together_are_one_throttle() -> None:
    pace = TokenBucket(100, now=0)
    for _ in range(8):
        pace.throttled(now=0)
    assert pace.rate == 50
    pace.throttled(now=1)
    assert 25 <= pace.rate < 30


def test_the_rate_comes_back_and_never_passes_the_limit() -> None:
    pace = TokenBucket(100, now=0)
    pace.throttled(now=0)
    pace.reserve(0, now=5)
    assert pace.rate == 75
    pace.reserve(0, now=60)
    assert pace.rate == 100


def test_the_rate_never_falls_to_nothing() -> None:
    pace = TokenBucket(100, now=0)
    for second in range(200):
        pace.throttled(now=float(second))
    assert pace.rate >= 1


def test_a_clock_that_jumps_back_gives_nothing_away() -> None:
    pace = TokenBucket(100, now=1000)
    pace.reserve(100, now=1000)
    assert pace.reserve(100, now=0) == 1
    assert pace.reserve(0, now=1000) == 1


@given(st.lists(st.tuples(st.floats(0, 200), st.floats(0, 3)), min_size=1, max_size=60))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_over_any_time_no_more_is_used_than_the_rate_and_one_burst(steps: list[tuple[float, float]]) -> None:
    pace = TokenBucket(100, now=0)
    now = used = 0.0
    for units, idle in steps:
        now += idle
        now += pace.reserve(units, now)
        used += units
        assert used <= 100 * now + 100 + 1e-6
