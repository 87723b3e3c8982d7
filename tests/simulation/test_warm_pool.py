"""A warm pool: its instances are listed apart, carry no traffic, and wait in the hooks as others do."""

from __future__ import annotations

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from simulator.storms import by_hand
from tests.simulation.assertions import at_rest, healed, holder, names, of_kind, routes

pytestmark = pytest.mark.any_python

LAUNCH = "EC2 Instance-launch Lifecycle Action"
TERMINATE = "EC2 Instance-terminate Lifecycle Action"
READ = "DescribeWarmPool"


def pool_of(world: World) -> str:
    """Give the group a warm pool with one instance."""
    world.client("autoscaling").put_warm_pool(
        AutoScalingGroupName=world.platform.group, MinSize=1, PoolState="Running"
    )
    return world.group.warm_pool.launch()


def state_of(world: World, instance_id: str) -> str | None:
    states = {one.instance_id: one.lifecycle_state for one in world.group.warm_pool.members}
    return states.get(instance_id)


def test_a_launch_into_the_pool_is_let_in_by_few_calls_and_moves_nothing() -> None:
    with World(seed=5) as world:
        world.start()
        serving, began = world.nat(), world.clock.elapsed
        warm = pool_of(world)
        shown = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]
        assert warm not in {one["InstanceId"] for one in shown["Instances"]}
        assert world.run_until(lambda: state_of(world, warm) == "Warmed:Running", 60)
        world.run_until(lambda: not world.busy(), 60)
        (launch,) = of_kind(world, LAUNCH, began)
        assert len(world.journal.calls_of(launch.name)) <= 5
        assert world.nat() == serving
        assert at_rest(world)


def test_one_that_leaves_the_pool_is_let_go() -> None:
    with World(seed=5) as world:
        world.start()
        warm = pool_of(world)
        world.advance(60)
        began = world.clock.elapsed
        world.group.warm_pool.end(warm)
        assert world.run_until(lambda: state_of(world, warm) is None, 60)
        (event,) = of_kind(world, TERMINATE, began)
        assert len(world.journal.calls_of(event.name)) <= 5


def test_the_schedule_answers_a_pool_whose_event_was_lost() -> None:
    with World(seed=5) as world:
        world.start()
        world.mishap(DeliveryFault(LAUNCH, copies=0))
        warm = pool_of(world)
        assert world.run_until(lambda: state_of(world, warm) == "Warmed:Running", 120)


def test_the_schedule_answers_one_that_goes_back_whose_event_was_lost() -> None:
    with World(seed=5) as world:
        world.start()
        pool_of(world)
        by_hand.launch_one_more(world, world.platform.group)
        world.advance(90)
        world.mishap(DeliveryFault(TERMINATE, copies=0))
        world.group.warm_pool.take_back(left := world.carrier())
        assert world.run_until(lambda: at_rest(world) and state_of(world, left) == "Warmed:Running", 120)


@pytest.mark.parametrize(("pool", "state"), [("Running", "running"), ("Stopped", "stopped")])
def test_one_that_serves_and_goes_back_to_the_pool_by_a_scale_in_leaves_nothing_behind(
    pool: str, state: str
) -> None:
    with World(seed=5) as world:
        world.start()
        world.client("autoscaling").put_warm_pool(
            AutoScalingGroupName=world.platform.group,
            MinSize=1,
            PoolState=pool,
            InstanceReusePolicy={"ReuseOnScaleIn": True},
        )
        by_hand.launch_one_more(world, world.platform.group)
        assert world.run_until(lambda: len(routes(world)) == 1 and holder(world) == world.carrier(), 120)
        world.advance(60)
        left, began = world.carrier(), world.clock.elapsed
        world.group.warm_pool.take_back(left)
        assert world.run_until(lambda: at_rest(world) and state_of(world, left) == f"Warmed:{pool}", 60)
        world.advance(60)
        assert world.machines[left].state == state
        assert holder(world) == world.nat() != left
        assert max((outage.seconds for outage in world.traffic.since(began)), default=0) < 5


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.TIME_OUT, Kind.SERVER_ERROR])
def test_a_pool_that_is_not_read_for_minutes_costs_no_successor(kind: Kind) -> None:
    with World(seed=5) as world:
        world.start()
        pool_of(world)
        world.advance(60)
        world.fault(Fault(kind, f"autoscaling:{READ}", actor="lambda"))
        world.kill(lost := world.nat())
        assert healed(world, lost)
        assert world.run_until(lambda: not world.busy(), 60)
        successor = world.nat()
        world.advance(400)  # longer than the hook lasts
        assert world.nat() == successor


def test_without_a_pool_it_is_never_read() -> None:
    with World(seed=5) as world:
        world.start()
        world.kill(lost := world.nat())
        assert healed(world, lost)
        world.advance(120)
        assert READ not in names([entry for entry in world.journal.calls if entry.actor.startswith("lambda")])


def test_a_pool_that_may_not_be_read_holds_up_no_failover() -> None:
    with World(seed=5) as world:
        world.start()
        pool_of(world)
        world.advance(60)
        world.fault(Fault(Kind.DENIED, f"autoscaling:{READ}", actor="lambda"))
        world.kill(lost := world.nat())
        assert healed(world, lost)
