"""What the storms' judge says of single calls."""

from __future__ import annotations

import pytest

from simulator.engine.journal import Entry
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from simulator.storms.judge import LATE, Judge
from tests.simulation.assertions import SIGNAL
from tests.simulation.failover_calls import ENDS

pytestmark = pytest.mark.any_python


@pytest.mark.parametrize("its_own_group_serves", [True, False])
def test_an_own_address_takes_traffic_from_its_own_group_alone(*, its_own_group_serves: bool) -> None:
    with World(seed=1, standby=Standby.OWN, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(300)
        judge = Judge(world, signals=True)
        world.advance(LATE + 1)
        before = set(world.machines.all)
        ENDS["planned" if its_own_group_serves else "terminated"](world, world.carrier())
        assert world.run_until(
            lambda: any(it.state == "running" for it in world.machines.all.values() if it.id not in before),
            120,
        )
        (successor,) = [it for it in world.machines.all.values() if it.id not in before]
        assert not successor.forwarding
        (interface,) = successor.instance.nics.values()
        parameters = {"AllocationId": "eipalloc-0a", "NetworkInterfaceId": interface.id}
        fields = {"actor": "lambda#9", "outcome": "ok", "parameters": parameters}
        judge.listen(Entry(world.clock.elapsed, "api", "AssociateAddress", fields))
        assert any("which forwards nothing" in text for text in judge.violations) == its_own_group_serves
