"""How many calls the run makes that moves the traffic to a standby: over many deaths, the most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.any_python

MOST = 12  # the message to a person is one of them
SEEDS = range(1, 4)
FAILOVERS = 3  # of each world
SETTLED = 700.0  # each is old enough to be blamed


ENDS: dict[str, Callable[[World, str], float]] = {
    "terminated": lambda world, name: world.kill(name),
    "stopped": lambda world, name: world.stop(name),
    "not forwarding": lambda world, name: world.impair(name, status_check=False),
    "zone lost": lambda world, name: world.lose_zone(name, 100),
    "planned": lambda world, name: world.refresh(world.group_of(name)),
}


def calls_of_moves(seed: int, address: Standby, end: Callable[[World, str], float]) -> Iterator[list[str]]:
    """The calls of each run that moved routes, one failover after another."""
    with World(seed=seed, standby=address, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(700)
        for _ in range(FAILOVERS):
            at = end(world, world.carrier())
            world.advance(SETTLED)
            runs = (run for run in world.function.invocations if run.started >= at)
            made = [names(world.journal.calls_of(run.name)) for run in runs]
            moved = [calls for calls in made if "ReplaceRoute" in calls]
            assert moved
            yield from moved


@pytest.mark.parametrize("address", [Standby.SHARED, Standby.OWN])
@pytest.mark.parametrize("end", ENDS)
def test_no_run_that_moves_to_a_standby_makes_more_than_twelve_calls(address: Standby, end: str) -> None:
    for seed in SEEDS:
        for made in calls_of_moves(seed, address, ENDS[end]):
            calls = _of_the_move(made) if end == "planned" else made
            assert len(calls) <= MOST, calls
            assert "ModifyInstanceAttribute" not in calls  # a standby is made ready before


def _of_the_move(calls: list[str]) -> list[str]:
    """From the pass that moves to its read-back. Nothing is down: before it a run may wait for a boot, and
    afterwards the address of the one that leaves goes to its successor, and the hook is answered."""
    first, end = calls.index("ReplaceRoute"), calls.index("DescribeNetworkInterfaces")
    begin = max(number for number in range(first) if calls[number] == "DescribeRouteTables")
    return calls[begin : end + 1]
