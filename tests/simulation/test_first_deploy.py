"""The first deploy with CreateNat: the group is made before its schedule, and nobody is paged."""

from __future__ import annotations

import pytest

from simulator.aws.alarms import data_points
from simulator.engine.durations import BOOT_PACKAGED, SCHEDULE_PHASE
from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, at_rest
from tests.simulation.test_preconditions import ALARMS, fired
from update_nat_routes.planner.nat_state import READY_DEADLINE

pytestmark = pytest.mark.any_python

A_QUARTER = 900.0
TIME_OF_FIRST = READY_DEADLINE.total_seconds()


TICKS = [0.0, 20.0, 40.0, 59.0]
# With these and a boot of 60 s the alarm on egress fired while every table without a route counted as down.
SLOW = [(1, 20.0), (2, 20.0), (3, 20.0)]


@pytest.mark.parametrize(
    ("seed", "first_tick", "boot"),
    [
        *((seed, first_tick, None) for seed in (1, 2, 3) for first_tick in TICKS),
        *((seed, first_tick, 60.0) for seed, first_tick in SLOW),
    ],
)
def test_no_alarm_fires_while_the_first_nat_boots(seed: int, first_tick: float, boot: float | None) -> None:
    """Wherever the first tick of the schedule falls after the group: test_what_sam_makes holds this order."""
    pace = {SCHEDULE_PHASE: first_tick} | ({} if boot is None else {BOOT_PACKAGED: boot})
    with World(seed=seed, variables=SIGNAL, pace=pace) as world:
        world.machines.script = boot_scripts.own(world.platform.allocation)
        world.start()
        world.advance(A_QUARTER)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        assert fired(ALARMS, points, world.clock.elapsed) == {}
        assert at_rest(world)
        assert not any("FailoverSeconds" in run.metrics for run in world.function.invocations)


def test_a_first_nat_that_never_becomes_ready_pages_after_its_time() -> None:
    with World(seed=1, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.BROKEN
        world.advance(A_QUARTER)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        paged = fired(ALARMS, points, world.clock.elapsed)["nat-unhealthy"]
        assert TIME_OF_FIRST < paged[0] < TIME_OF_FIRST + 180


def test_an_outage_right_after_the_first_launch_pages() -> None:
    """The group is younger than the time of its first launch, but its NAT has served."""
    with World(seed=1, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own(world.platform.allocation)
        world.start()
        assert world.clock.elapsed < TIME_OF_FIRST
        world.machines.script = boot_scripts.BROKEN
        died = world.kill(world.nat())
        world.advance(A_QUARTER)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        paged = fired(ALARMS, points, world.clock.elapsed)["nat-unhealthy"]
        assert paged[0] < died + 180


def test_a_schedule_before_its_group_would_page() -> None:
    """What the order of the template prevents: three minutes of runs that find no group."""
    with World(seed=1, variables={**SIGNAL, "NAT_ASG_NAME": "not-yet"}) as world:
        world.advance(240)
        points = list(data_points(world.function.invocations, "TradAI/Ops"))
        assert "nat-unhealthy" in fired(ALARMS, points, world.clock.elapsed)
