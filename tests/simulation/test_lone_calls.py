"""How many calls a run makes that moves the traffic to a lone NAT's successor, and an event's duplicate."""

from __future__ import annotations

from itertools import pairwise

import pytest

from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import READY_AT_FIRST_LOOK, healed, names, of_kind
from tests.simulation.failover_calls import ENDS, Run, in_a_new_environment, runs_that_moved

pytestmark = pytest.mark.any_python

LAUNCH = "EC2 Instance-launch Lifecycle Action"
STATE = "EC2 Instance State-change Notification"
MOST = 10  # and the message to a person
FIRST_LOOK = 5  # of a run that waits: group, tables, instances, address, hooks
# AWS still shows the address with the NAT that ended: refused, asked who holds it, read afresh after a pause.
REFUSED = 6


def most(run: Run) -> int:
    """A run that has not waited reads the address, and the hooks where no lifecycle action started it."""
    refusals = sum(two == ("AssociateAddress", "DescribeAddresses") for two in pairwise(run.move))
    once = 0 if run.waiting else 1 if run.trigger == LAUNCH else 2
    return MOST + once + REFUSED * refusals


@pytest.mark.parametrize("end", ENDS)
def test_no_run_that_moves_to_a_successor_makes_more_than_ten_calls(end: str) -> None:
    for seed, new in {2: False, 3: True}.items():
        runs = list(runs_that_moved(seed, Standby.NONE, end, new=new))
        for run in runs:
            assert len([name for name in run.move if name != "Publish"]) <= most(run), run
            assert run.of_the_first_look <= FIRST_LOOK, run
        assert any(run.waiting for run in runs)


@pytest.mark.parametrize("kind", [LAUNCH, STATE])
def test_a_duplicate_takes_four_calls_in_a_new_environment_too(kind: str) -> None:
    with World(seed=5, pace=READY_AT_FIRST_LOOK, handler=in_a_new_environment) as world:
        world.start()
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        for past in of_kind(world, kind, died):
            again = world.invoke(past.event)
            assert len(names(world.journal.calls_of(again.name))) <= 4
