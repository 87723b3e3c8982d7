"""The first deploy with CreateNat: the group is made before its schedule, and nobody is paged."""

from __future__ import annotations

import pytest

from simulator.aws.alarms import data_points
from simulator.engine.durations import SCHEDULE_PHASE
from simulator.engine.read_cache import ReadCache
from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, at_rest
from tests.simulation.test_preconditions import ALARMS, fired

pytestmark = pytest.mark.any_python

A_QUARTER = 900.0


@pytest.mark.parametrize("first_tick", [0.0, 20.0, 40.0, 59.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_alarm_fires_while_the_first_nat_boots(seed: int, first_tick: float) -> None:
    """Wherever the first tick of the schedule falls after the group: test_what_sam_makes holds this order."""
    with World(seed=seed, variables=SIGNAL, pace={SCHEDULE_PHASE: first_tick}) as world:
        world.wire.remembered = ReadCache()
        world.machines.script = boot_scripts.own(world.platform.allocation)
        world.start()
        world.advance(A_QUARTER)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        assert fired(ALARMS, points, world.clock.elapsed) == {}
        assert at_rest(world)


def test_a_schedule_before_its_group_would_page() -> None:
    """What the order of the template prevents: three minutes of runs that find no group."""
    with World(seed=1, variables={**SIGNAL, "NAT_ASG_NAME": "not-yet"}) as world:
        world.wire.remembered = ReadCache()
        world.advance(240)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        assert "nat-unhealthy" in fired(ALARMS, points, world.clock.elapsed)
