"""Boots that fail in a row: another one is tried at growing intervals, so that a cause that passes heals."""

from __future__ import annotations

from itertools import pairwise

import pytest

from simulator.aws.instances import Script
from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, healed, names, routes, signalling, writes

pytestmark = pytest.mark.any_python


def broken(seed: int) -> World:
    return World(seed=seed, variables=SIGNAL)


def start_and_break(world: World) -> float:
    world.machines.script = signalling(world)
    world.start()
    world.machines.script = Script(forwards=False)
    return world.kill(world.nat())


def let_in(world: World, died: float) -> None:
    """Until the second one in a row is in service, unproven."""
    assert world.run_until(lambda: world.in_service() is not None and world.clock.elapsed > died + 400, 900)


def tries(world: World, after: float) -> list[float]:
    """When the function had a member replaced that runs."""
    return [call.at - after for call in writes(world, after) if call.action.endswith(":SetInstanceHealth")]


def test_each_try_waits_longer_than_the_last_and_is_reported() -> None:
    with broken(11) as world:
        died = start_and_break(world)
        world.advance(5 * 3600)
        made = tries(world, died)
        assert len(made) >= 4
        pauses = [later - earlier for earlier, later in pairwise(made)]
        assert pauses == sorted(pauses)
        assert pauses[-1] > 2 * pauses[0]
        reports = [call for call in writes(world, died) if call.action == "sns:Publish"]
        messages = [str(call.parameters["Message"]) for call in reports]
        assert sum("another one is tried" in message for message in messages) == len(made)


def test_where_the_watchman_says_so_each_try_waits_longer_too() -> None:
    with broken(11) as world:
        died = start_and_break(world)
        world.machines.script = Script(forwards=False, watchman=boot_scripts.mark_not_forwarding)
        world.advance(5 * 3600)
        made = tries(world, died)
        pauses = [later - earlier for earlier, later in pairwise(made)]
        assert len(made) >= 4
        assert pauses == sorted(pauses)
        assert pauses[-1] > 2 * pauses[0]


def test_a_cause_that_passes_heals_by_itself() -> None:
    with broken(12) as world:
        died = start_and_break(world)
        assert world.run_until(
            lambda: world.in_service() is not None and world.clock.elapsed > died + 400, 900
        )
        unproven = world.nat()
        world.machines.script = signalling(world)
        assert healed(world, unproven, 1200)
        world.advance(3600)
        assert len(tries(world, died)) == 1


def test_one_that_signals_late_is_kept() -> None:
    with broken(13) as world:
        died = start_and_break(world)
        assert world.run_until(
            lambda: world.in_service() is not None and world.clock.elapsed > died + 400, 900
        )
        machine = world.machines[world.nat()]
        machine.forwarding = True
        steps = signalling(world).steps
        assert steps is not None
        steps(machine)
        world.advance(3600)
        assert tries(world, died) == []
        assert world.nat() == machine.id


def test_a_leaving_nat_carries_while_its_successors_are_tried_until_aws_ends_its_hook() -> None:
    """A hundred heartbeats at most, 3000 s here. The successor that is given up must not cost the hold.

    Source: GlobalTimeout of https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHook.html
    """
    with broken(11) as world:
        world.machines.script = signalling(world)
        world.start()
        group, (_, hook) = world.platform.group, world.platform.hooks
        heartbeat = {"LifecycleHookName": hook, "HeartbeatTimeout": 30}
        world.client("autoscaling").put_lifecycle_hook(AutoScalingGroupName=group, **heartbeat)
        world.machines.script = Script(forwards=False)
        began, leaving = world.clock.elapsed, world.nat()
        end = {"InstanceId": leaving, "ShouldDecrementDesiredCapacity": False}
        world.client("autoscaling").terminate_instance_in_auto_scaling_group(**end)
        assert not world.run_until(lambda: not world.traffic.up, 2950)
        assert len(tries(world, began)) > 1
        assert world.run_until(lambda: not world.traffic.up, 100)
        ended = world.clock.elapsed
        world.advance(60)
        assert routes(world) == {world.nat()} != {leaving}
        made = names(writes(world, ended))
        assert "Publish" in made
        assert "RecordLifecycleActionHeartbeat" not in made
