"""The function that ships, by the rules that ship, when a NAT dies or is replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine import durations
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from tests.simulation.assertions import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LAUNCH = "EC2 Instance-launch Lifecycle Action"
SETTLED = 300.0  # seconds after which nothing of a failover may be left


@pytest.fixture
def living() -> Iterator[World]:
    with World(seed=5) as world:
        world.start()
        yield world


def failover(world: World) -> float:
    """Kill the NAT; the seconds until every table has egress again, by the ground truth."""
    died = world.kill(world.nat())
    assert world.run_until(lambda: not world.traffic.up, 5)
    assert world.run_until(lambda: world.traffic.up, 900), world.journal.text()
    outage = world.clock.elapsed - died
    world.advance(SETTLED)
    return outage


def assert_at_rest(world: World) -> None:
    """One healthy member in service carries everything, and nothing is left over."""
    assert world.traffic.up
    (member,) = world.group.group.instance_states
    assert (member.lifecycle_state, member.health_status) == ("InService", "Healthy")
    assert [invocation.error for invocation in world.function.invocations if invocation.error] == []
    assert world.function.failures == world.function.lost == world.bus.dead_letters == []


def test_the_first_nat_gets_the_address_and_the_routes(living: World) -> None:
    living.advance(SETTLED)
    assert_at_rest(living)


def test_a_dead_nat_is_replaced_and_traffic_returns(living: World) -> None:
    dead = living.nat()
    assert failover(living) < 60
    assert living.nat() != dead
    assert_at_rest(living)


@pytest.mark.parametrize("end", ["kill", "stop", "impair"])
def test_however_it_ends_it_is_replaced(living: World, end: str) -> None:
    ends: dict[str, Callable[[str], float]] = {
        "kill": living.kill,
        "stop": living.stop,
        "impair": living.impair,
    }
    ends[end](living.nat())
    assert living.run_until(lambda: not living.traffic.up, 5)
    assert living.run_until(lambda: living.traffic.up, 900)
    living.advance(SETTLED)
    assert_at_rest(living)


@pytest.mark.parametrize("mishap", [
    DeliveryFault(LAUNCH, copies=0),
    DeliveryFault(copies=2),
    DeliveryFault(copies=3, delay=60),
    DeliveryFault(source="aws.ec2", copies=0),
    DeliveryFault(source="aws.autoscaling", copies=0),
    DeliveryFault(source="aws.scheduler", copies=0),
    DeliveryFault(delay=90, probability=0.5),
], ids=str)  # fmt: skip
def test_lost_doubled_late_and_reordered_events_change_when_and_never_whether(
    living: World, mishap: DeliveryFault
) -> None:
    living.mishap(mishap)
    failover(living)
    living.bus.mishaps.clear()
    living.advance(SETTLED)
    assert_at_rest(living)


@pytest.mark.parametrize("fault", [
    Fault(Kind.THROTTLED, "*", probability=0.3),
    Fault(Kind.SERVER_ERROR, "ec2:*", probability=0.3),
    Fault(Kind.TIME_OUT, "*", probability=0.05),
    Fault(Kind.ANSWER_LOST, "ec2:ReplaceRoute", times=3),
    Fault(Kind.ANSWER_LOST, "autoscaling:*", probability=0.1),
    Fault(Kind.DENIED, "autoscaling:TerminateInstanceInAutoScalingGroup"),
], ids=str)  # fmt: skip
def test_a_failover_survives_what_goes_wrong_with_calls(living: World, fault: Fault) -> None:
    living.fault(fault)
    failover(living)
    living.wire.faults.clear()
    living.advance(SETTLED)
    assert living.traffic.up


def test_a_planned_replacement_costs_little_or_no_traffic(living: World) -> None:
    old, begun = living.nat(), living.refresh()
    living.advance(SETTLED)
    assert living.nat() != old
    assert_at_rest(living)
    assert sum(outage.seconds for outage in living.traffic.since(begun)) < 20


def test_the_reported_outage_is_near_the_true_one(living: World) -> None:
    before = len(living.function.invocations)
    outage = failover(living)
    invocations = living.function.invocations[before:]
    failover_seconds = [
        invocation.metrics["FailoverSeconds"]
        for invocation in invocations
        if "FailoverSeconds" in invocation.metrics
    ]
    assert failover_seconds
    assert max(failover_seconds) == pytest.approx(outage, abs=10)  # it knows nothing of propagation and boot


PROGRAM = """
import sys
from simulator.scenario.world import World
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from simulator.engine import durations
from simulator.aws.event_bridge import DeliveryFault
from simulator.engine.faults import Fault, Kind
with World(seed=int(sys.argv[1])) as world:
    world.mishap(DeliveryFault(copies=2, delay=30, probability=0.5))
    world.fault(Fault(Kind.THROTTLED, probability=0.2))
    world.start()
    world.kill(world.nat())
    world.advance(60)
    print(world.journal.text())
"""


def test_the_same_seed_gives_the_same_run_byte_for_byte_and_another_another() -> None:
    def run(seed: int, hashing: str) -> str:
        return subprocess.run(  # noqa: S603 - this interpreter, this program
            [sys.executable, "-W", "ignore", "-c", PROGRAM, str(seed)],
            env={**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    first = run(3, "1")
    assert first == run(3, "2")
    assert first.count("\n") > 100
    assert first != run(4, "1")


def test_worlds_in_one_process_do_not_touch_each_other() -> None:
    def run() -> str:
        with World(seed=9) as world:
            world.start()
            failover(world)
            return world.journal.text()

    assert run() == run()


DISTURBED = st.lists(
    st.builds(
        DeliveryFault,
        source=st.sampled_from(["*", "aws.ec2", "aws.autoscaling", "aws.scheduler"]),
        copies=st.integers(min_value=0, max_value=3),
        delay=st.sampled_from([0.0, 5.0, 60.0]),
        probability=st.sampled_from([0.3, 0.7, 1.0]),
    ),
    max_size=3,
)


# without shrinking: an example takes a second, and it names its own seed
@settings(derandomize=True, max_examples=8, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(min_value=0, max_value=10_000), mishaps=DISTURBED)
def test_no_order_or_multiplicity_of_events_ends_in_another_state(
    seed: int, mishaps: list[DeliveryFault]
) -> None:
    with World(seed=seed) as world:
        world.start()
        for mishap in mishaps:
            world.mishap(mishap)
        world.kill(world.nat())
        world.advance(240)
        world.bus.mishaps.clear()
        world.advance(SETTLED)
        assert_at_rest(world)


def test_a_launch_costs_ten_calls_and_its_duplicate_four() -> None:
    """Ready at first look, two tables and an address to move, nobody else at work; the message apart."""
    with World(seed=2, pace={durations.HOOK_REACTION: 40.0}) as world:
        world.start()
        for source in ("aws.ec2", "aws.scheduler"):
            world.mishap(DeliveryFault(source=source, copies=0))
        world.mishap(DeliveryFault(LAUNCH, copies=2, delay=20.0, times=1))
        before = len(world.function.invocations)
        failover(world)
        launches = [
            len([name for name in names(world.journal.calls_of(invocation.name)) if name != "Publish"])
            for invocation in world.function.invocations[before:]
            if invocation.event["detail-type"] == LAUNCH
        ]
        first, duplicate = launches
        assert first <= 10
        assert duplicate <= 4
