"""The handler of tradai-update-nat-routes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tradai_shared.aws import clients as aws
from tradai_shared.handler import invocation, make_logger, make_metrics
from update_nat_routes import report
from update_nat_routes.apply import Writer
from update_nat_routes.events import parse
from update_nat_routes.observe import Reader
from update_nat_routes.reconcile import Reconciler
from update_nat_routes.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_ec2 import EC2Client

    from tradai_shared.errors import Answer

SERVICE = "update_nat_routes"
logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


@dataclass(frozen=True, slots=True)
class Clients:
    """The clients that every run needs; SNS is made only for a message."""

    ec2: EC2Client
    autoscaling: AutoScalingClient


@cache
def clients() -> Clients:
    """Made once in the life of an execution environment."""
    return Clients(aws.ec2(), aws.autoscaling())


@cache
def reader(settings: Settings) -> Reader:
    """Kept with the clients, since it has learned the allocation's address."""
    return Reader(clients().ec2, clients().autoscaling, settings)


@cache
def writer(settings: Settings) -> Writer:
    """One attempt a write: its answer can be lost and its effect not, so the loop reads before it repeats."""
    return Writer(aws.ec2(attempts=1), aws.autoscaling(attempts=1), settings.group_names)


def lambda_handler(event: dict[str, object], context: LambdaContext) -> Answer:
    """Run the loop once for one event.

    Raises:
        EventError: the event cannot be understood; nothing was changed and the queue keeps it.
        SettingsError: a deployment variable is missing or malformed.
    """
    with invocation(logger, context, metrics):
        return _handle(event, context)


def _handle(event: dict[str, object], context: LambdaContext) -> Answer:
    settings = Settings.from_env(os.environ)
    metrics.add_dimension("environment", str(settings.environment))
    trigger = parse(event)
    run_report = Reconciler(
        trigger=trigger,
        settings=settings,
        reader=reader(settings),
        writer=writer(settings),
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    ).run()
    report.log_outcomes(logger, run_report)
    report.emit_metrics(metrics, run_report)
    report.publish_alert(settings, run_report, clients().ec2, logger)
    return report.build_response(settings, run_report)
