"""Invocation as Lambda does it: time-out, retries, age, concurrency, destination, context."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from simulator.engine import durations
from simulator.scenario.world import World
from tradai_shared import clock
from tradai_shared.aws import clients

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from types_boto3_ec2 import EC2Client

EVENT = {"action": "reconcile"}
MINIMAL = """
    Resources:
      UpdateNatRoutesFunction:
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: small
          Handler: update_nat_routes.app.lambda_handler
          Timeout: 30
"""


def client() -> EC2Client:
    return boto3.client("ec2", config=clients.client_config())


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., World]:
    """A world whose function has no rules, and settings of the test's own."""

    def make(handler: Callable[[Any, Any], object], settings: str = "", **options: Any) -> World:  # noqa: ANN401 - World's
        path = tmp_path / "template.yaml"
        path.write_text(textwrap.dedent(MINIMAL) + textwrap.indent(textwrap.dedent(settings), "      "))
        return World(handler=handler, template=path, pace={durations.COLD_START: 1.0}, **options)

    return make


def test_the_context_counts_down_on_the_virtual_clock(small: Callable[..., World]) -> None:
    left = []

    def handler(_event: object, context: Any) -> str:  # noqa: ANN401 - Lambda's
        left.append(context.get_remaining_time_in_millis())
        clock.sleep(10)
        left.append(context.get_remaining_time_in_millis())
        return str(context.function_name)

    with small(handler) as world:
        assert world.invoke(EVENT).result == "small"
    assert left == [30000, 20000]


def test_a_function_that_sleeps_past_its_time_is_killed_and_calls_nothing_more(
    small: Callable[..., World],
) -> None:
    def handler(_event: object, _context: object) -> None:
        try:
            clock.sleep(31)
        finally:
            client().describe_addresses()

    with small(handler) as world:
        invocation = world.invoke(EVENT)
        assert invocation.timed_out
        assert invocation.ended == pytest.approx(1 + 30)
        assert [call.outcome for call in world.journal.calls_of(invocation.name)] == ["not sent"]


def failing(_event: object, _context: object) -> None:
    raise LookupError("nothing there")


def test_a_function_that_fails_is_tried_twice_more_after_one_and_two_minutes(
    small: Callable[..., World],
) -> None:
    with small(failing) as world:
        world.function.invoke_async(EVENT)
        world.advance(600)
        starts = [round(invocation.started) for invocation in world.function.invocations]
        assert starts == [0, 61, 181]
        assert len({invocation.request_id for invocation in world.function.invocations}) == 1
        assert len(world.function.lost) == 1  # this function has no destination


def test_without_retries_the_destination_gets_the_event_and_the_error_at_once(
    small: Callable[..., World],
) -> None:
    settings = """
        EventInvokeConfig:
          MaximumRetryAttempts: 0
          DestinationConfig: {OnFailure: {Type: SQS, Destination: anywhere}}
    """
    with small(failing, settings) as world:
        world.function.invoke_async(EVENT)
        world.advance(600)
        (record,) = world.function.failures
        assert record["requestPayload"] == EVENT
        assert record["requestContext"]["condition"] == "RetriesExhausted"
        assert record["responsePayload"] == {"errorMessage": "nothing there", "errorType": "LookupError"}


def test_reserved_concurrency_makes_events_wait_and_then_run(small: Callable[..., World]) -> None:
    def handler(_event: object, _context: object) -> None:
        clock.sleep(5)

    with small(handler, "ReservedConcurrentExecutions: 1") as world:
        world.function.invoke_async(EVENT)
        world.function.invoke_async(EVENT)
        world.advance(60)
        first, second = world.function.invocations
        assert first.ended is not None
        assert second.started >= first.ended


def test_an_event_that_waits_too_long_is_given_up_unseen(small: Callable[..., World]) -> None:
    def handler(_event: object, _context: object) -> None:
        clock.sleep(29)

    settings = """
        ReservedConcurrentExecutions: 1
        EventInvokeConfig: {MaximumEventAgeInSeconds: 20, DestinationConfig: {OnFailure: {}}}
    """
    with small(handler, settings) as world:
        world.function.invoke_async(EVENT)
        world.function.invoke_async({"late": True})
        world.advance(120)
        assert len(world.function.invocations) == 1
        (record,) = world.function.failures
        assert record["requestContext"]["condition"] == "EventAgeExceeded"
        assert record["requestPayload"] == {"late": True}


def test_the_first_start_is_cold_and_the_next_is_warm(small: Callable[..., World]) -> None:
    begun: list[float] = []
    world: World
    with small(lambda *_: begun.append(world.clock.elapsed)) as world:
        world.invoke(EVENT)
        world.invoke(EVENT)
        world.advance(3600)
        world.invoke(EVENT)
    assert begun == [1.0, 1.0, 3602.0]


def test_each_invocation_keeps_its_own_output(small: Callable[..., World], capsys: Any) -> None:  # noqa: ANN401 - pytest's
    def handler(event: dict[str, str], _context: object) -> None:
        for _ in range(3):
            print('{"who": "' + event["who"] + '"}')  # noqa: T201 - what a function does
            clock.sleep(1)

    with small(handler) as world:
        world.function.invoke_async({"who": "first"})
        world.function.invoke_async({"who": "second"})
        world.advance(10)
        speakers = [{line["who"] for line in invocation.lines} for invocation in world.function.invocations]
        assert speakers == [{"first"}, {"second"}]
    assert "first" not in capsys.readouterr().out


def test_two_invocations_at_once_do_not_mix_their_metrics(small: Callable[..., World]) -> None:
    from aws_lambda_powertools import Metrics  # noqa: PLC0415 - as a function has it

    metrics = Metrics(namespace="Test", service="test")

    def handler(event: dict[str, int], _context: object) -> None:
        metrics.add_metric("Seen", "Count", event["value"])
        clock.sleep(1)
        metrics.flush_metrics()

    with small(handler) as world:
        world.function.invoke_async({"value": 1})
        world.function.invoke_async({"value": 2})
        world.advance(10)
        assert [invocation.metrics for invocation in world.function.invocations] == [{"Seen": 1}, {"Seen": 2}]
