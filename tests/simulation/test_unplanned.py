"""A NAT dies: the shipped handler, behind the shipped rules, brings traffic back."""

from __future__ import annotations

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.aws.instances import Script
from simulator.engine.durations import HEALTH_CHECK_PHASE
from simulator.engine.faults import Fault, Kind
from simulator.scenario.world import World
from tests.simulation.assertions import (
    READY_AT_FIRST_LOOK,
    SIGNAL,
    at_rest,
    healed,
    holder,
    names,
    of_kind,
    routes,
    signalling,
    writes,
)

pytestmark = pytest.mark.any_python

LAUNCH = "EC2 Instance-launch Lifecycle Action"
STATE = "EC2 Instance State-change Notification"


def test_a_terminated_nat_is_replaced_and_its_death_is_timed() -> None:
    with World(seed=3) as world:
        world.start()
        before = world.nat()
        died = world.kill(before)
        assert healed(world, before)
        failover_seconds = [
            invocation.metrics["FailoverSeconds"]
            for invocation in world.function.invocations
            if invocation.started > died and "FailoverSeconds" in invocation.metrics
        ]
        ends = [outage.end for outage in world.traffic.since(died)]
        assert failover_seconds
        assert all(outage is not None for outage in ends)
        assert min(failover_seconds) == pytest.approx(max(end for end in ends if end) - died, abs=4)


def test_a_stopped_nat_is_replaced_at_once_and_not_by_the_next_health_check() -> None:
    with World(seed=4, pace={HEALTH_CHECK_PHASE: 40}) as world:
        world.start()
        before = world.nat()
        stopped = world.stop(before)
        assert healed(world, before)
        first = next(call for call in writes(world, stopped) if "Terminate" in call.action)
        assert first.parameters["InstanceId"] == before
        assert first.at - stopped < 5
        assert str(first.parameters["ShouldDecrementDesiredCapacity"]).lower() == "false"


def test_where_terminating_is_refused_the_dead_one_is_marked_unhealthy() -> None:
    with World(seed=4, pace={HEALTH_CHECK_PHASE: 40}) as world:
        world.start()
        refusal = Fault(
            action="autoscaling:TerminateInstanceInAutoScalingGroup",
            kind=Kind.REFUSED,
            code="ScalingActivityInProgress",
            message="busy",
        )
        world.fault(refusal)
        stopped = world.stop(lost := world.nat())
        assert healed(world, lost)
        assert "SetInstanceHealth" in names(writes(world, stopped))


def test_a_launch_that_is_ready_at_first_look_takes_ten_calls() -> None:
    with World(seed=5, pace=READY_AT_FIRST_LOOK) as world:
        world.start()
        world.mishap(DeliveryFault(detail_type=STATE, copies=0))
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        (launch,) = of_kind(world, LAUNCH, died)
        made = names(world.journal.calls_of(launch.name))
        assert made.pop() == "Publish"  # the message that it is over
        assert len(made) <= 10
        assert made[-7:] == [
            "ModifyInstanceAttribute",
            "AssociateAddress",
            "ReplaceRoute",
            "ReplaceRoute",
            "DescribeRouteTables",
            "DescribeNetworkInterfaces",
            "CompleteLifecycleAction",
        ]


def test_a_duplicate_takes_four_calls_and_writes_nothing() -> None:
    with World(seed=5, pace=READY_AT_FIRST_LOOK) as world:
        world.start()
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        (event,) = [past for past in world.bus.history if past["detail-type"] == LAUNCH][1:]
        again = world.invoke(event)
        made = world.journal.calls_of(again.name)
        assert died
        assert len(made) <= 4
        assert not [call for call in made if call.is_write]
        assert "RoutesReplaced" not in again.metrics


def test_an_instance_that_concerns_nobody_takes_two_reads() -> None:
    with World(seed=6) as world:
        world.start()
        image = world.client("ec2").describe_images(Owners=["self"])["Images"][0]["ImageId"]
        run = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": world.platform.subnet}
        stranger = world.client("ec2").run_instances(**run)["Instances"][0]["InstanceId"]
        world.advance(60)
        died = world.kill(stranger)
        world.advance(1)
        (death,) = of_kind(world, STATE, died)
        assert len(world.journal.calls_of(death.name)) <= 2
        assert death.error is None
        assert death.result["success"]


@pytest.mark.parametrize(
    "kind", ["EC2 Spot Instance Interruption Warning", "EC2 Instance Rebalance Recommendation"]
)
def test_spot_notices_run_the_loop(kind: str) -> None:
    with World(seed=6) as world:
        world.start()
        detail = {"instance-id": world.nat(), "instance-action": "terminate"}
        began = world.clock.elapsed
        world.bus.put("aws.ec2", kind, detail, [])
        world.advance(5)
        (notice,) = of_kind(world, kind, began)
        assert notice.result["data"]["summary"]["gateway"] == world.nat()


def test_the_schedule_finishes_a_launch_whose_event_was_lost() -> None:
    with World(seed=7) as world:
        world.start()
        world.mishap(DeliveryFault(detail_type=LAUNCH, copies=0))
        world.mishap(DeliveryFault(detail_type=STATE, copies=0))
        died = world.kill(lost := world.nat())
        assert healed(world, lost)
        finished = [call for call in writes(world, died) if "CompleteLifecycleAction" in call.action]
        ticks = {invocation.name for invocation in of_kind(world, "reconcile")}
        assert {
            call.actor for call in finished if call.parameters["LifecycleActionResult"] == "CONTINUE"
        } & ticks


@pytest.mark.parametrize("seed", range(4))
def test_no_order_or_multiplicity_of_events_ends_in_another_state(seed: int) -> None:
    with World(seed=seed) as world:
        world.start()
        world.mishap(DeliveryFault(copies=3, delay=40, probability=0.7))
        world.mishap(DeliveryFault(copies=0, probability=0.3))
        world.kill(world.nat())
        world.advance(420)
        assert at_rest(world)
        quiet = world.clock.elapsed
        world.advance(180)
        assert writes(world, quiet) == []


@pytest.mark.parametrize("seed", range(3))
def test_throttles_time_outs_and_lost_answers_delay_and_do_not_prevent(seed: int) -> None:
    with World(seed=seed) as world:
        world.start()
        for kind in (Kind.THROTTLED, Kind.TIME_OUT, Kind.ANSWER_LOST, Kind.SERVER_ERROR):
            world.fault(Fault(action="*", kind=kind, actor="lambda", probability=0.08))
        world.kill(lost := world.nat())
        assert healed(world, lost, 420)


def test_one_failing_table_leaves_the_other_moved_and_is_healed_when_it_can_be() -> None:
    with World(seed=8) as world:
        world.start()
        bad, good = world.platform.tables
        fault = Fault(action="ec2:ReplaceRoute", kind=Kind.DENIED, parameters={"RouteTableId": bad})
        world.fault(fault)
        died = world.kill(lost := world.nat())
        world.run_until(lambda: world.traffic.state(good) == "up" and world.clock.elapsed > died + 5, 120)
        world.advance(30)
        assert world.traffic.state(good) == "up"
        assert world.traffic.state(bad) != "up"
        assert world.in_service() is not None
        invocations = [
            invocation
            for invocation in world.function.invocations
            if invocation.started > died and invocation.metrics.get("ActionsFailed")
        ]
        assert invocations
        assert not invocations[0].result["success"]
        assert invocations[0].error is None
        fault.times = 0
        assert healed(world, lost, 120)


def test_the_address_of_a_stranger_is_not_taken_and_the_stranger_is_named() -> None:
    with World(seed=9) as world:
        world.start()
        ec2 = world.client("ec2")
        image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
        run = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "SubnetId": world.platform.subnet}
        stranger = ec2.run_instances(**run)["Instances"][0]["InstanceId"]
        world.advance(60)
        ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=stranger)
        began = world.clock.elapsed
        world.advance(120)
        assert holder(world) == stranger
        (tick, *_) = of_kind(world, "reconcile", began)
        assert not tick.result["success"]
        assert stranger in str(tick.result["data"]["results"])


def test_a_broken_boot_is_abandoned_once_and_the_next_one_serves() -> None:
    with World(seed=10, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        world.machines.script = Script(forwards=False)
        died = world.kill(lost := world.nat())
        assert world.run_until(
            lambda: "Cancelled" in {activity.status_code for activity in world.group.activities.all}, 400
        )
        world.machines.script = signalling(world)
        assert healed(world, lost, 400)
        results = [
            call.parameters["LifecycleActionResult"]
            for call in writes(world, died)
            if "CompleteLifecycleAction" in call.action
        ]
        assert results.count("ABANDON") == 1
        reasons = [
            invocation.metrics.get("NatUnproven")
            for invocation in world.function.invocations
            if invocation.started > died
        ]
        assert 1 in reasons


def test_after_two_broken_boots_an_unproven_nat_is_let_in_and_reported() -> None:
    with World(seed=10, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        world.machines.script = Script(forwards=False)
        died = world.kill(world.nat())
        assert world.run_until(
            lambda: world.in_service() is not None and world.clock.elapsed > died + 400, 900
        )
        abandoned = [
            activity for activity in world.group.activities.all if activity.status_code == "Cancelled"
        ]
        assert len(abandoned) == 1
        assert routes(world) == {world.nat()}
        published = [call for call in writes(world, died) if call.action == "sns:Publish"]
        assert any("given up" in str(call.parameters["Message"]) for call in published)


def test_an_event_that_cannot_be_understood_changes_nothing_and_is_kept() -> None:
    with World(seed=11) as world:
        world.start()
        began = world.clock.elapsed
        group = {"AutoScalingGroupName": world.platform.group}
        world.bus.put("aws.autoscaling", LAUNCH, group, [])
        world.advance(5)
        (failed,) = of_kind(world, LAUNCH, began)
        assert type(failed.error).__name__ == "EventError"
        assert world.journal.calls_of(failed.name) == []
        (failure,) = world.function.failures
        assert failure["requestPayload"]["detail"] == group
