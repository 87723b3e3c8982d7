"""AWS refuses, for a while or for good: what passes is waited out, what is final holds up nothing else."""

from __future__ import annotations

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine.durations import ADDRESS_LAG, PENDING, SHUTTING_DOWN
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from tests.simulation.assertions import at_rest, healed, holder

pytestmark = pytest.mark.any_python


def only_one_run(world: World) -> None:
    """No tick and no notice comes to finish what the run of the launch left."""
    world.mishap(DeliveryFault(source="aws.scheduler", copies=0))
    for ended in ("Launch", "Terminate"):
        world.mishap(DeliveryFault(f"EC2 Instance {ended} Successful", copies=0))


@pytest.mark.parametrize("lag", [20.0, 35.0])
def test_an_address_that_is_late_to_leave_the_dead_is_taken_as_soon_as_it_is_free(lag: float) -> None:
    with World(seed=3, pace={ADDRESS_LAG: lag, SHUTTING_DOWN: 3.0, PENDING: 5.0}) as world:
        world.start()
        only_one_run(world)
        died = world.kill(lost := world.nat())
        assert world.run_until(lambda: world.traffic.up and world.nat() != lost, 120)
        assert world.run_until(lambda: holder(world) == world.nat(), 60)
        assert world.clock.elapsed - died < 3.0 + lag + 10
        assert healed(world, lost)


def test_a_refusal_of_the_address_that_passes_is_waited_out() -> None:
    with World(seed=5) as world:
        world.start()
        only_one_run(world)
        fault = Fault(
            Kind.REFUSED,
            "ec2:AssociateAddress",
            actor="lambda",
            code="IncorrectInstanceState",
            message="The pending-instance-creation instance is not in a valid state for this operation.",
        )
        world.fault(fault)
        world.kill(lost := world.nat())
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != lost, 120)
        fault.times = 0
        assert world.run_until(lambda: at_rest(world), 20)
