"""The handler of tradai-drift-check."""

from __future__ import annotations

import gc
import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from drift_check import checks
from drift_check.events import parse
from drift_check.observe.observer import WORKERS
from drift_check.reconcile import make_reconciler
from drift_check.report import as_json, publish
from drift_check.settings import Settings
from tradai_shared import clock
from tradai_shared.aws.clients import client_config, lean_session
from tradai_shared.config.loader import deployed_config, waivers
from tradai_shared.handler import account_of, invocation, make_logger, make_metrics

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools.utilities.typing import LambdaContext
    from botocore.session import Session

    from drift_check.model import Report
    from tradai_shared.errors import Answer

SERVICE = "drift_check"
FOR_THE_REPORT = timedelta(seconds=10)
# Objects; at Python's own threshold a twelfth of a cold run goes into traversing AWS's models.
gc.set_threshold(50_000)
logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


@cache
def session() -> Session:
    return lean_session()


@cache
def client(service: str) -> Any:  # noqa: ANN401 - any of boto3's clients, made once in an environment's life
    return session().create_client(service, config=client_config(pool=WORKERS))


def lambda_handler(event: dict[str, object], context: LambdaContext) -> Answer:
    """Run the loop once.

    Raises:
        EventError: the event cannot be understood; nothing was read or written.
        SettingsError, ConfigError: a deployment variable or the configuration is wrong.
    """
    with invocation(logger, context, metrics):
        return _handle(event, context)


def _handle(event: dict[str, object], context: LambdaContext) -> Answer:
    settings = Settings.from_env(os.environ)
    metrics.add_dimension("environment", str(settings.environment))
    request = parse(event, tuple(checks.BY_NAME))
    config = deployed_config(settings.environment, settings.parameters)

    def notify(report: Report) -> bool:
        return publish.notify(settings, report, client, logger)

    reconciler = make_reconciler(
        settings,
        request,
        config,
        client,
        waivers=waivers(settings.environment),
        notify=notify,
        deadline=_deadline(context),
        holder=f"Lambda request {context.aws_request_id}",
        account=account_of(context),
    )
    report = reconciler.run()
    publish.check_topic(settings, report, client)
    publish.log(logger, report)
    publish.measure(metrics, report)
    publish.store(settings, report, client, logger)
    publish.to_security_hub(settings, report, client, logger)
    return as_json.answer(report)


def _deadline(context: LambdaContext) -> datetime | None:
    """When the run must have ended, so that its report is still written; None without a time-out."""
    remaining: object = context.get_remaining_time_in_millis()
    if not isinstance(remaining, int):  # a local invocation's context
        return None
    return clock.now() + timedelta(milliseconds=remaining) - FOR_THE_REPORT
