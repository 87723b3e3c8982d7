"""A NAT that runs and forwards nothing: the shipped probe, its failures and the shipped loop."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from simulator.engine import durations
from simulator.scenario import boot_scripts
from simulator.scenario.egress_probe import probing
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, names, writes

OLD = 650.0


def own(world: World) -> None:
    world.machines.script = boot_scripts.own(world.platform.allocation)


def test_it_is_replaced_once_the_probe_has_failed_twice() -> None:
    with World(seed=41, variables=SIGNAL) as world, probing(world) as probe:
        own(world)
        world.start()
        world.advance(OLD)
        lost = world.nat()
        failed = world.impair(lost, status_check=False)
        assert world.run_until(lambda: world.nat() != lost and world.traffic.up, 180)
        made = names(writes(world, failed))
        assert made.index("Invoke") < made.index("SetInstanceHealth")
        requests = [record["requestPayload"] for record in probe.failures]
        assert requests[:2] == [{"action": "probe"}, {"action": "confirm", "suspect": lost}]


def test_without_watchman_and_probe_nobody_notices() -> None:
    with World(seed=41, variables=SIGNAL) as world:
        own(world)
        world.machines.script = replace(world.machines.script, watchman=None)
        world.start()
        world.advance(OLD)
        lost = world.nat()
        world.impair(lost, status_check=False)
        world.advance(900)
        assert not world.traffic.up
        assert world.nat() == lost


def test_a_young_one_is_blamed_for_nothing() -> None:
    with World(seed=42, variables=SIGNAL) as world, probing(world) as probe:
        own(world)
        world.start()
        failed = world.impair(world.nat(), status_check=False)
        world.advance(240)
        assert probe.failures
        assert names(writes(world, failed)) == []


def test_what_the_probe_is_not_asked_in_earnest_is_refused() -> None:
    with World(seed=43) as world, probing(world) as probe:
        event = json.dumps({"action": "confirm", "suspect": "i-0"})
        request = {"FunctionName": probe.function.name, "InvocationType": "RequestResponse", "Payload": event}
        with pytest.raises(NotImplementedError):
            world.client("lambda").invoke(**request)


@pytest.mark.parametrize("end", ["kill", "impair"])
def test_reads_without_motos_wire_change_nothing_but_the_time_that_a_run_takes(end: str) -> None:
    outages = []
    for fast in (True, False):
        with World(seed=44, variables=SIGNAL, fast=fast, pace={durations.BOOT_PACKAGED: 30.0}) as world:
            own(world)
            world.start()
            getattr(world, end)(world.nat())
            world.advance(500)
            outages.append(world.traffic.outages)
    assert outages[0] == outages[1]
    assert outages[0][-1].end is not None
