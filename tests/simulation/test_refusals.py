"""AWS refuses, for a while or for good: a temporary refusal is retried, a final one holds up nothing else."""

from __future__ import annotations

import pytest

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine.durations import ADDRESS_LAG, PENDING, SHUTTING_DOWN
from simulator.engine.faults import Fault, Kind
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from simulator.storms import by_hand
from tests.simulation.assertions import SIGNAL, at_rest, healed, holder, routes, signalling
from update_nat_routes import app
from update_nat_routes.observe import PERMISSIONS

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


@pytest.mark.parametrize("lag", [10.0, 14.0])
def test_where_the_launch_event_is_lost_a_notice_waits_for_the_address_too(lag: float) -> None:
    """The pauses grow slowly, and no run ends while a move is left that AWS may still allow."""
    with World(seed=3, pace={ADDRESS_LAG: lag, SHUTTING_DOWN: 25.0, PENDING: 5.0}) as world:
        world.start()
        world.mishap(DeliveryFault(source="aws.scheduler", copies=0))
        world.mishap(DeliveryFault("EC2 Instance-launch Lifecycle Action", copies=0))
        died = world.kill(lost := world.nat())
        assert world.run_until(lambda: world.traffic.up and holder(world) != lost, 120)
        assert world.clock.elapsed - died < 25.0 + lag + 5


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


@pytest.mark.parametrize(
    ("write", "code"),
    [
        ("ec2:ReplaceRoute", "RequestLimitExceeded"),
        ("ec2:ReplaceRoute", "IncorrectInstanceState"),
        ("ec2:ReplaceRoute", "InvalidNetworkInterfaceID.NotFound"),
        ("ec2:ReplaceRoute", "InvalidRoute.NotFound"),
        ("ec2:ModifyInstanceAttribute", "IncorrectState"),
        ("ec2:ModifyInstanceAttribute", "Unavailable"),
        ("ec2:AssociateAddress", "InvalidNetworkInterfaceID.NotFound"),
        ("ec2:AssociateAddress", "IncorrectState"),
    ],
)
def test_each_write_of_a_move_is_tried_until_its_refusal_has_passed(write: str, code: str) -> None:
    with World(seed=9) as world:
        world.start()
        only_one_run(world)
        fault = Fault(Kind.REFUSED, write, actor="lambda", code=code, message="not now")
        world.fault(fault)
        world.kill(lost := world.nat())
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != lost, 120)
        world.advance(20)
        fault.times = 0
        assert world.run_until(lambda: at_rest(world), 15)


MOVES_NEED_NONE = sorted(
    {
        "autoscaling:DescribeLifecycleHooks",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeWarmPool",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeNetworkInterfaces",
    }
)


def test_of_every_read_that_the_reader_makes_the_test_below_leaves_out_what_a_move_needs() -> None:
    needed = {"autoscaling:DescribeAutoScalingGroups", "ec2:DescribeInstances", "ec2:DescribeRouteTables"}
    assert set(PERMISSIONS) - needed == set(MOVES_NEED_NONE)


@pytest.mark.parametrize("end", ["kill", "stop"])
@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.THROTTLED])
@pytest.mark.parametrize("read", MOVES_NEED_NONE)
def test_each_read_that_a_move_does_not_need_may_fail_and_the_routes_still_move(
    read: str, kind: Kind, end: str
) -> None:
    with World(seed=6) as world:
        world.start()
        app.reader.cache_clear()  # a cold environment knows no address
        world.fault(fault := Fault(kind, read, actor="lambda"))
        died = {"kill": world.kill, "stop": world.stop}[end](lost := world.nat())
        assert world.run_until(lambda: world.traffic.up and world.clock.elapsed > died + 5, 60)
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != lost, 120)
        fault.times = 0
        assert healed(world, lost, 120)


def test_a_released_allocation_costs_no_route() -> None:
    with World(seed=6) as world:
        world.start()
        app.reader.cache_clear()
        died = world.stop(lost := world.nat())
        world.client("ec2").disassociate_address(PublicIp=world.platform.address)
        world.client("ec2").release_address(AllocationId=world.platform.allocation)
        assert world.run_until(lambda: world.in_service() is not None and world.nat() != lost, 120)
        assert routes(world) == {world.nat()}
        assert world.clock.elapsed - died < 60


@pytest.mark.parametrize(("kind", "bound"), [(Kind.DENIED, 5), (Kind.THROTTLED, 10), (Kind.TIME_OUT, 30)])
def test_in_a_cold_environment_an_address_that_cannot_be_read_comes_after_the_routes(
    kind: Kind, bound: float
) -> None:
    with World(seed=6, standby=Standby.SHARED, variables=SIGNAL) as world:
        world.machines.script = signalling(world)
        world.start()
        world.advance(30)
        app.reader.cache_clear()
        world.fault(fault := Fault(kind, "ec2:DescribeAddresses", actor="lambda"))
        died = world.stop(lost := world.carrier())
        assert world.run_until(lambda: not {lost, None} & routes(world), 120)
        assert world.clock.elapsed - died < bound
        fault.times = 0
        assert world.run_until(lambda: world.traffic.up and holder(world) == world.carrier(), 200)


def test_an_address_that_another_member_takes_while_a_run_reads_is_moved_by_the_same_run() -> None:
    with World(seed=5) as world:
        world.start()
        by_hand.launch_one_more(world, world.platform.group)
        world.advance(100)
        (other,) = set(world.members(world.platform.group)) - {holder(world)}
        ec2, began = world.client("ec2"), world.clock.elapsed
        ec2.disassociate_address(PublicIp=world.platform.address)

        def take_it_once_the_group_was_read() -> None:
            read = {call.action for call in world.journal.calls if call.at > began}
            if "ec2:DescribeInstances" in read and holder(world) is None:
                ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=other)

        world.clock.after_step.append(take_it_once_the_group_was_read)
        result = world.invoke({"action": "reconcile", "dry_run": False}).result
        assert result["success"]
        assert "no member" not in str(result)
        assert holder(world) != other
