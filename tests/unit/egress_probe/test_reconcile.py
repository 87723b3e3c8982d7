from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from egress_probe.planner import Round, Try
from egress_probe.reconcile import CONFIRMING_ROUNDS, SCHEDULED_ROUNDS, Watch
from egress_probe.settings import Settings
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config.naming import Environment
from tradai_shared.errors import EgressDownError, WrongEgressAddressError

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OURS = "203.0.113.10"
SETTINGS = Settings(Environment.DEV, ("https://a.example", "https://b.example"), (OURS,))
BUDGET = timedelta(seconds=30)


@dataclass
class World:
    """A NAT that forwards nothing from ``dies`` to ``heals``; a silent round takes its full three seconds."""

    time: FakeClock
    dies: datetime = NEVER
    heals: datetime = NEVER
    address: str = OURS
    takes: float = 0.05

    def ask(self, endpoints: Sequence[str]) -> Round:
        answered = not self.dies <= self.time.now() < self.heals
        self.time.sleep(self.takes if answered else 3)
        return Round(
            tuple(Try(endpoint, answered, self.address if answered else None) for endpoint in endpoints)
        )


def _watch(world: World, wanted: int = SCHEDULED_ROUNDS) -> Watch:
    watch = Watch(SETTINGS, world.ask)
    with clock.use(world.time):
        watch.run(wanted)
    return watch


def test_a_quiet_minute_ends_before_the_next_one_begins() -> None:
    world = World(FakeClock())
    assert len(_watch(world).rounds) == SCHEDULED_ROUNDS
    assert world.time.now() - START < MINUTE - timedelta(seconds=5)


def test_rounds_keep_their_beat_whatever_a_round_takes() -> None:
    world = World(FakeClock(), dies=START, heals=START + timedelta(seconds=9))
    watch = _watch(world)
    assert watch.silent == 2
    assert world.time.now() - START < MINUTE


def test_rounds_that_come_late_follow_each_other_at_once() -> None:
    """As after a pause of the machine."""
    world = World(FakeClock(), takes=7)
    assert len(_watch(world, 4).rounds) == 4
    assert world.time.now() - START == timedelta(seconds=4 * 7)


@pytest.mark.parametrize("phase", [tenth / 2 for tenth in range(120)])
def test_an_outage_is_reported_within_the_budget_at_whatever_moment_it_begins(phase: float) -> None:
    dies = START + timedelta(seconds=phase)
    times: list[datetime] = []
    for minute in range(2):
        world = World(FakeClock(START + minute * MINUTE), dies=dies)
        try:
            _watch(world)
        except EgressDownError:
            times.append(world.time.now())
    assert min(times) - dies <= BUDGET


def test_a_run_does_not_end_in_doubt() -> None:
    world = World(FakeClock(), dies=START + timedelta(seconds=49))
    with pytest.raises(EgressDownError, match="3 of 13 rounds"):
        _watch(world)


def test_a_doubt_that_passes_is_no_outage() -> None:
    world = World(FakeClock(), dies=START + timedelta(seconds=49), heals=START + timedelta(seconds=58))
    assert _watch(world).silent == 2


def test_the_error_of_a_wrong_address_names_both_addresses() -> None:
    with pytest.raises(WrongEgressAddressError, match=r"seen as 198\.51\.100\.99 instead of 203\.0\.113\.10"):
        _watch(World(FakeClock(), address="198.51.100.99"))


def test_a_confirmation_is_short() -> None:
    world = World(FakeClock())
    assert len(_watch(world, CONFIRMING_ROUNDS).rounds) == CONFIRMING_ROUNDS
    assert world.time.now() - START < timedelta(seconds=20)
