"""How many calls the run makes that moves the traffic to a standby: over many deaths, the most of them."""

from __future__ import annotations

import pytest

from simulator.scenario.platform import Standby
from tests.simulation.failover_calls import ENDS, runs_that_moved

pytestmark = pytest.mark.any_python

MOST = 12  # the message to a person is one of them
FIRST_LOOK = 6  # of a run that waits: groups, tables, instances, addresses, the hooks of each group
# With 6 Auto Scaling is quicker than the function once, so that a replacement is asked for in two calls.
SEEDS = {1: True, 2: False, 6: True}  # whether each run has an execution environment of its own


@pytest.mark.parametrize("address", [Standby.SHARED, Standby.OWN])
@pytest.mark.parametrize("end", ENDS)
def test_no_run_that_moves_to_a_standby_makes_more_than_twelve_calls(address: Standby, end: str) -> None:
    for seed, new in SEEDS.items():
        for run in runs_that_moved(seed, address, end, new=new):
            assert run.of_the_move <= MOST, run
            assert run.of_the_first_look <= FIRST_LOOK, run
            assert "ModifyInstanceAttribute" not in run.move  # a standby is made ready before
