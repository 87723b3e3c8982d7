"""A simulated month in which nothing is wrong but the internet's usual one failed request in a hundred."""

from __future__ import annotations

import random
from functools import cache

from egress_probe.planner import RULE, Round, Try, Verdict, judge
from egress_probe.reconcile import SCHEDULED_ROUNDS

MINUTES = 30 * 24 * 60
FAILING = 0.01


@cache
def _verdict(latest: tuple[tuple[bool, ...], ...]) -> Verdict:
    """The planner's own, on rounds of which it is known who answered."""
    return judge([Round(tuple(Try("", answered) for answered in answers)) for answers in latest], ())


def _month(endpoints: int, *, seed: int, dead: int = 0) -> int:
    """How many invocations of a month call an outage; the first ``dead`` endpoints never answer."""
    chance = random.Random(seed).random  # noqa: S311 - a simulation that can be repeated
    alarms = 0
    for _ in range(MINUTES):
        rounds: tuple[tuple[bool, ...], ...] = ()
        for _ in range(SCHEDULED_ROUNDS):
            answered = tuple([place >= dead and chance() >= FAILING for place in range(endpoints)])
            rounds = (*rounds[1 - RULE.of :], answered)
            if _verdict(rounds) is Verdict.DOWN:
                alarms += 1
                break
    return alarms


def test_a_month_of_usual_failures_calls_no_outage() -> None:
    assert _month(3, seed=1) == 0


def test_not_even_with_one_endpoint_dead_all_month() -> None:
    assert _month(3, seed=2, dead=1) == 0


def test_the_simulation_would_notice_an_outage() -> None:
    """A control: with no other endpoint beside it, a dead one is an outage in every minute."""
    assert _month(1, seed=3, dead=1) == MINUTES
