"""``--simulate``: an account on this machine, made anew for each command. Nothing is sent to AWS.

The simulator is imported inside the functions: an installation without it has every command but this option.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from ops.access import AccessError
from ops.doctor.parse import STACK_TAG
from tradai_shared.config.loader import canonical_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from simulator.scenario.world import World
    from tradai_shared.config.naming import Environment

QUOTA = 1000  # concurrent executions: Lambda's default quota
UNPROTECTED = "workflow-state"  # without point-in-time recovery: a finding that may be healed
SETTLED = 90.0  # seconds of simulated time before the command looks: the first passes have run


@contextmanager
def simulated(env: Environment, *, whole_estate: bool) -> Iterator[Callable[[str], Any]]:
    """The clients of a simulated account.

    Args:
        env: the environment whose names it has.
        whole_estate: everything that the canonical configuration names, with some drift and expired items;
            else the NAT alone, with its group, its function, and time that passes.

    Raises:
        AccessError: the simulator is not installed.
    """
    make = _estate if whole_estate else _nat
    variables = {"AWS_DEFAULT_REGION": "eu-central-1", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
    with patch.dict(os.environ, variables):
        os.environ.pop("AWS_ENDPOINT_URL", None)  # what is simulated is in this process
        with make(env) as client:
            yield client


@contextmanager
def _nat(env: Environment) -> Iterator[Callable[[str], Any]]:
    try:
        from simulator.scenario.world import World  # noqa: PLC0415 - see above
    except ImportError as error:
        raise missing(error) from error
    with World(env=env) as world:
        world.start()
        world.advance(SETTLED)
        _furnish(world)
        overlays = {name: overlay(world) for name, overlay in OVERLAYS.items()}
        yield cache(lambda name: Overlay(world.client(name), overlays.get(name, {})))


@contextmanager
def _estate(env: Environment) -> Iterator[Callable[[str], Any]]:
    try:
        from simulator import estate  # noqa: PLC0415 - see above
        from simulator.moto_patches.dynamodb import strict  # noqa: PLC0415
        from simulator.scenario.reaper_table import fill_expired  # noqa: PLC0415
    except ImportError as error:
        raise missing(error) from error
    with estate.account() as client, strict():
        config = canonical_config(env)
        estate.build(config, client)
        client("rds").modify_db_instance(DBInstanceIdentifier=config.rds.identifier, BackupRetentionPeriod=1)
        client("dynamodb").update_continuous_backups(
            TableName=config.dynamodb.tables[UNPROTECTED].name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
        )
        fill_expired(client("dynamodb"), config.dynamodb.tables["notifications"])
        yield client


def missing(error: ImportError) -> AccessError:
    """The error where the extra with the simulator's dependencies is not installed."""
    return AccessError(f"--simulate is not installed: {error}", "Run: pipx install 'tradai-ops[simulate]'")


@dataclass(frozen=True, slots=True)
class Overlay:
    """A client with some operations answered here."""

    client: Any
    operations: Mapping[str, Callable[..., Any]]

    def __getattr__(self, name: str) -> Any:
        return self.operations.get(name) or getattr(self.client, name)

    def can_paginate(self, operation: str) -> bool:
        """An operation that is answered here has one page."""
        return operation not in self.operations and bool(self.client.can_paginate(operation))


def _furnish(world: World) -> None:
    """What the stack makes beside the function: an alarm, schedules, the queue of dead letters."""
    env = world.env
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=f"tradai-{env}-nat-unhealthy",
        Namespace="TradAI/Ops",
        MetricName="EgressDown",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=3,
        Threshold=0,
        Period=60,
        Statistic="Maximum",
        AlarmActions=[world.platform.topic],
        Tags=[{"Key": STACK_TAG, "Value": f"tradai-ops-{env}"}],
    )
    world.client("cloudwatch").set_alarm_state(
        AlarmName=f"tradai-{env}-nat-unhealthy",
        StateValue="OK" if world.traffic.up else "ALARM",
        StateReason="simulated",
    )
    for service, metric in (("drift_check", "FindingsHigh"), ("ttl_reaper", "ItemsExpired")):
        dimensions = [{"Name": "service", "Value": service}, {"Name": "environment", "Value": str(env)}]
        moment = {
            "Timestamp": world.clock.now() - timedelta(minutes=1),
            "Value": 0.0,
            "Dimensions": dimensions,
        }
        world.client("cloudwatch").put_metric_data(
            Namespace="TradAI/Ops", MetricData=[{"MetricName": metric, **moment}]
        )
    world.client("sqs").create_queue(QueueName=f"tradai-ops-dead-letters-{env}")
    world.client("scheduler").create_schedule_group(Name=f"tradai-ops-{env}")
    world.client("scheduler").create_schedule(
        Name=f"tradai-nat-reconcile-{env}",
        GroupName=f"tradai-ops-{env}",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": world.function.arn, "RoleArn": "arn:aws:iam::123456789012:role/simulated"},
    )


def _stack(world: World) -> dict[str, Callable[..., Any]]:
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in world.parameters.items()]

    def describe_stacks(StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Stacks": [{"StackName": StackName, "Parameters": parameters}]}

    def get_paginator(operation: str) -> Any:
        if operation != "list_stack_resources":
            return world.client("cloudformation").get_paginator(operation)
        alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
        return Listing([_made(alarm["AlarmName"]) for alarm in alarms])

    return {"describe_stacks": describe_stacks, "get_paginator": get_paginator}


def _made(alarm: str) -> dict[str, str]:
    return {
        "LogicalResourceId": alarm,
        "PhysicalResourceId": alarm,
        "ResourceType": "AWS::CloudWatch::Alarm",
        "ResourceStatus": "CREATE_COMPLETE",
    }


@dataclass(frozen=True, slots=True)
class Listing:
    """What ListStackResources answers of the simulated stack: its alarms, which are all that is made."""

    resources: list[dict[str, str]]

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"StackResourceSummaries": self.resources}]


def _lambda(world: World) -> dict[str, Callable[..., Any]]:
    def invoke(FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: ARG001, N803 - boto3's names
        invocation = world.invoke(json.loads(Payload))
        if invocation.error is None:
            return {"Payload": io.BytesIO(json.dumps(invocation.result).encode())}
        error = {"errorType": type(invocation.error).__name__, "errorMessage": str(invocation.error)}
        return {"Payload": io.BytesIO(json.dumps(error).encode()), "FunctionError": "Unhandled"}

    def get_function(FunctionName: str) -> dict[str, Any]:  # noqa: ARG001, N803 - boto3's name
        return {"Tags": {STACK_TAG: f"tradai-ops-{world.env}"}}

    def get_account_settings() -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": QUOTA}}

    return {"invoke": invoke, "get_function": get_function, "get_account_settings": get_account_settings}


def _events(world: World) -> dict[str, Callable[..., Any]]:
    def put_events(Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        for entry in Entries:
            world.bus.put(entry["Source"], entry["DetailType"], json.loads(entry["Detail"]), [])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "simulated"} for _ in Entries]}

    return {"put_events": put_events}


def _logs(world: World) -> dict[str, Callable[..., Any]]:
    def lines(startTime: int = 0, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        start = world.clock.now().timestamp() - world.clock.elapsed
        events: list[dict[str, Any]] = [
            {
                "eventId": f"{invocation.name}/{number}",
                "timestamp": round((start + invocation.started) * 1000),
                "message": line,
            }
            for invocation in world.function.invocations
            for number, line in enumerate(invocation.output.getvalue().splitlines())
        ]
        return {"events": [event for event in events if event["timestamp"] >= startTime]}

    return {"filter_log_events": lines, "get_paginator": lambda _: Pages(lines)}


@dataclass(frozen=True, slots=True)
class Pages:
    """A paginator with one page."""

    answer: Callable[..., dict[str, Any]]

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        return [self.answer(**request)]


def _cloudwatch(world: World) -> dict[str, Callable[..., Any]]:
    def describe_alarm_history(**_: Any) -> dict[str, Any]:
        data = {"actionState": "Succeeded", "notificationResource": world.platform.topic}
        return {"AlarmHistoryItems": [{"HistoryData": json.dumps(data)}]}

    return {"describe_alarm_history": describe_alarm_history}


OVERLAYS: dict[str, Callable[[World], dict[str, Callable[..., Any]]]] = {
    "cloudformation": _stack,
    "cloudwatch": _cloudwatch,
    "events": _events,
    "lambda": _lambda,
    "logs": _logs,
}
