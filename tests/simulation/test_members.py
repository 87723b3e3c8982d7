"""Members in odd states: detached and still serving, leaving and still serving, in newer states."""

from __future__ import annotations

import pytest

from simulator.engine.durations import PENDING
from simulator.scenario.world import World
from tests.simulation.assertions import healed, holder, of_kind, routes

pytestmark = pytest.mark.any_python


def detach(world: World, instance_id: str) -> None:
    world.client("autoscaling").detach_instances(
        AutoScalingGroupName=world.platform.group,
        InstanceIds=[instance_id],
        ShouldDecrementDesiredCapacity=False,
    )


def test_address_and_routes_of_a_detached_member_stay_together_and_move_together() -> None:
    with World(seed=4) as world:
        world.start()
        detach(world, left := world.nat())
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != left, 300)
        began = world.clock.elapsed
        world.advance(150)
        assert (routes(world), holder(world)) == ({left}, left)
        assert world.traffic.up
        (tick, *_) = of_kind(world, "reconcile", began)
        assert f"{left} has it and is no member" in str(tick.result["data"]["results"])
        assert "both move or neither" in str(tick.result["data"]["results"])
        world.kill(left)
        assert healed(world, left)


def test_a_serving_nat_is_held_beyond_its_heartbeat_until_its_successor_serves() -> None:
    with World(seed=4, launches_first=False, pace={PENDING: 100.0}) as world:
        world.start()
        autoscaling, group = world.client("autoscaling"), world.platform.group
        hooks = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
        (hook,) = [hook for hook in hooks if hook["LifecycleTransition"].endswith("TERMINATING")]
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=world.platform.group,
            LifecycleHookName=hook["LifecycleHookName"],
            HeartbeatTimeout=60,
        )
        old, began = world.nat(), world.refresh()
        assert healed(world, old, 300)
        assert sum(outage.seconds for outage in world.traffic.since(began)) < 10
