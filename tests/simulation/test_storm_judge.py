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


@pytest.mark.parametrize(
    ("call", "trigger", "began", "made", "is_broken"),
    [
        ("ReplaceRoute", "reconcile", 4.0, 29.0, False),
        ("ReplaceRoute", "reconcile", 4.0, 31.0, True),
        ("ReplaceRoute", "reconcile", 6.0, 7.0, True),
        ("AssociateAddress", "reconcile", 6.0, 7.0, True),
        ("AssociateAddress", "NAT Peer Silent", 6.0, 7.0, False),
        ("ReplaceRoute", "NAT Peer Silent", 6.0, 7.0, True),
    ],
)
def test_what_a_run_could_not_know_of_a_silent_nat_is_no_violation(
    call: str, trigger: str, began: float, made: float, *, is_broken: bool
) -> None:
    """A run that began before five seconds of silence, whose call hung; an event's run and status checks."""
    with World(seed=1, standby=Standby.SHARED, variables=SIGNAL) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(300)
        judge = Judge(world, signals=True)
        silent, carrier = world.clock.elapsed + LATE + 1, world.machines[world.carrier()]
        carrier.forwarding, carrier.impaired = False, True
        judge.listen(Entry(silent, "ec2", "forwards no more", {"instance": carrier.id}))
        started = {"invocation": "lambda#9", "trigger": trigger}
        judge.listen(Entry(silent + began, "lambda", "starts", started))
        (interface,) = carrier.instance.nics.values()
        parameters = {"NetworkInterfaceId": interface.id, "RouteTableId": "rtb-0a"}
        fields = {"actor": "lambda#9", "outcome": "ok", "parameters": parameters}
        judge.listen(Entry(silent + made, "api", call, fields))
        assert any("which forwards nothing" in text for text in judge.violations) == is_broken
