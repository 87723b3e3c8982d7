"""Faults, latency and the record of every attempt, with botocore's own retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from simulator.engine import durations
from simulator.engine.faults import Fault, Kind
from simulator.engine.virtual_clock import Killed
from simulator.scenario.world import World
from tests.simulation.group import idle
from tradai_shared.aws import clients
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AccessDenied, AwsError, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_ec2 import EC2Client

    from simulator.engine.journal import Call
    from simulator.engine.virtual_clock import Process


def client() -> EC2Client:
    return boto3.client("ec2", config=clients.client_config())


def caller(world: World, work: Callable[[EC2Client], object], name: str = "caller") -> Process:
    """A process that works with a client as the toolkit makes it, run to its end."""
    process = world.clock.spawn(name, lambda: work(client()))
    world.run_until(lambda: process.done, 600)
    return process


def describe(ec2: EC2Client) -> object:
    with translate_errors("ec2:DescribeAddresses"):
        return ec2.describe_addresses()


def attempts(world: World, name: str = "caller") -> list[Call]:
    return world.journal.calls_of(name)


def test_every_attempt_takes_time_and_is_recorded() -> None:
    with World(handler=idle, pace={durations.API_CALL: 0.1}) as world:
        world.advance(1)
        process = caller(world, describe)
        (call,) = attempts(world)
        assert process.error is None
        assert (call.at, call.action, call.outcome) == (1.0, "ec2:DescribeAddresses", "ok")
        assert world.clock.elapsed == pytest.approx(1.1)


def test_throttling_that_ends_is_survived_by_botocores_own_retries(world: World) -> None:
    world.fault(Fault(Kind.THROTTLED, "ec2:DescribeAddresses", times=2))
    process = caller(world, describe)
    assert process.error is None
    assert [call.outcome for call in attempts(world)] == [
        "RequestLimitExceeded",
        "RequestLimitExceeded",
        "ok",
    ]
    assert [call.attempt for call in attempts(world)] == [1, 2, 3]
    gaps = attempts(world)[2].at - attempts(world)[1].at
    assert gaps > durations.API_CALL.low  # it backed off in virtual time


def test_throttling_that_lasts_is_a_temporary_error(world: World) -> None:
    world.fault(Fault(Kind.THROTTLED, "ec2:*"))
    process = caller(world, describe)
    assert isinstance(process.error, TemporaryError)
    assert len(attempts(world)) == clients.ATTEMPTS


def test_a_servers_fault_is_a_temporary_error(world: World) -> None:
    world.fault(Fault(Kind.SERVER_ERROR))
    assert isinstance(caller(world, describe).error, TemporaryError)


def test_a_missing_permission_is_not_tried_again(world: World) -> None:
    world.fault(Fault(Kind.DENIED, "ec2:DescribeAddresses"))
    process = caller(world, describe)
    assert isinstance(process.error, AccessDenied)
    assert len(attempts(world)) == 1


def test_a_call_that_is_refused_carries_the_code_it_is_given(world: World) -> None:
    world.fault(Fault(Kind.REFUSED, code="RouteLimitExceeded", message="too many"))
    error = caller(world, describe).error
    assert isinstance(error, PermanentError)
    assert error.code == "RouteLimitExceeded"


def allocate(ec2: EC2Client) -> object:
    with translate_errors("ec2:AllocateAddress"):
        return ec2.allocate_address(Domain="vpc")


@pytest.mark.parametrize(
    ("kind", "carried_out", "kept"),
    [
        (Kind.TIME_OUT, "time-out", 0),
        (Kind.THROTTLED, "RequestLimitExceeded", 0),
        (Kind.ANSWER_LOST, "answer lost", 3),
    ],
)
def test_a_call_is_carried_out_when_its_answer_is_lost_and_never_when_it_fails(
    world: World, kind: Kind, carried_out: str, kept: int
) -> None:
    before = len(world.client("ec2").describe_addresses()["Addresses"])
    world.fault(Fault(kind, "ec2:AllocateAddress"))
    process = caller(world, allocate)
    assert isinstance(process.error, AwsError)
    assert {call.outcome for call in attempts(world)} == {carried_out}
    assert len(world.client("ec2").describe_addresses()["Addresses"]) - before == kept


def test_a_time_out_takes_as_long_as_the_client_waits(world: World) -> None:
    world.fault(Fault(Kind.TIME_OUT, times=1))
    caller(world, describe)
    assert world.clock.elapsed >= clients.READ_SECONDS


def test_a_fault_can_be_one_resources_alone(world: World) -> None:
    bad, good = world.platform.tables

    def write(ec2: EC2Client, table: str) -> object:
        with translate_errors("ec2:CreateRoute"):
            return ec2.create_route(
                RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", GatewayId="igw-00000000"
            )

    world.fault(Fault(Kind.DENIED, "ec2:CreateRoute", {"RouteTableId": bad}))
    assert isinstance(caller(world, lambda ec2: write(ec2, bad), "first").error, AccessDenied)
    assert not isinstance(caller(world, lambda ec2: write(ec2, good), "second").error, AccessDenied)


def test_a_fault_can_be_one_callers_alone_and_a_share_of_its_calls(world: World) -> None:
    world.fault(Fault(Kind.DENIED, actor="lambda"))
    assert caller(world, describe, "i-1").error is None
    assert isinstance(caller(world, describe, "lambda#1").error, AccessDenied)
    world.wire.faults[:] = [Fault(Kind.DENIED, probability=0.5)]
    denied = [caller(world, describe, str(number)).error is not None for number in range(40)]
    assert 8 < sum(denied) < 32


def test_the_person_at_the_scenario_calls_without_latency_and_faults(world: World) -> None:
    world.fault(Fault(Kind.SERVER_ERROR))
    world.client("ec2").describe_addresses()
    assert world.clock.elapsed == 0


def test_two_callers_take_turns_within_each_call(world: World) -> None:
    first = world.clock.spawn("first", lambda: [describe(client()) for _ in range(3)])
    second = world.clock.spawn("second", lambda: [describe(client()) for _ in range(3)])
    world.run_until(lambda: first.done and second.done, 60)
    order = [call.actor for call in world.journal.calls if call.actor != "operator"]
    assert order.count("first") == order.count("second") == 3
    assert order not in (["first"] * 3 + ["second"] * 3, ["second"] * 3 + ["first"] * 3)


@pytest.mark.parametrize(("after", "outcome", "made"), [(0.02, "not sent", 0), (0.08, "answer lost", 1)])
def test_a_caller_that_is_killed_in_the_middle_of_a_call_leaves_what_was_carried_out(
    after: float, outcome: str, made: int
) -> None:
    with World(handler=idle, pace={durations.API_CALL: 0.1}) as world:
        before = len(world.client("ec2").describe_addresses()["Addresses"])
        process = world.clock.spawn("caller", lambda: allocate(client()))
        world.clock.after(after, process.kill)
        world.advance(1)
        assert isinstance(process.error, Killed)
        assert [call.outcome for call in attempts(world)] == [outcome]
        assert len(world.client("ec2").describe_addresses()["Addresses"]) - before == made
