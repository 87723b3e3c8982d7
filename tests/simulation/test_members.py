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


def test_one_in_standby_counts_for_nothing_and_the_successor_is_held_until_the_next_one_serves() -> None:
    with World(seed=4, launches_first=False) as world:
        world.start()
        aside = world.nat()
        world.client("autoscaling").enter_standby(
            AutoScalingGroupName=world.platform.group,
            InstanceIds=[aside],
            ShouldDecrementDesiredCapacity=False,
        )
        assert world.run_until(lambda: routes(world) != {aside}, 120)
        assert world.run_until(lambda: world.in_service() is not None, 60)
        assert world.run_until(lambda: (routes(world), holder(world)) == ({world.nat()}, world.nat()), 60)
        world.advance(30)
        old, began = world.nat(), world.refresh()
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != old, 300)
        world.advance(30)
        assert (routes(world), holder(world)) == ({world.nat()}, world.nat())
        assert max((outage.seconds for outage in world.traffic.since(began)), default=0) < 5


@pytest.mark.parametrize(
    ("heartbeat", "shortage"), [(60, 0), (30, 0), (30, 400), (60, 700)], ids=lambda value: f"{value} s"
)
def test_a_serving_nat_is_held_beyond_its_heartbeat_until_its_successor_serves(
    heartbeat: int, shortage: int
) -> None:
    with World(seed=4, launches_first=False, pace={PENDING: 100.0}) as world:
        world.start()
        autoscaling, group = world.client("autoscaling"), world.platform.group
        hooks = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
        (hook,) = [hook for hook in hooks if hook["LifecycleTransition"].endswith("TERMINATING")]
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=world.platform.group,
            LifecycleHookName=hook["LifecycleHookName"],
            HeartbeatTimeout=heartbeat,
        )
        world.group.without_capacity_until = world.clock.elapsed + shortage
        old, began = world.nat(), world.refresh()
        assert healed(world, old, 300 + shortage)
        assert sum(outage.seconds for outage in world.traffic.since(began)) < 10
