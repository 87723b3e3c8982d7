"""The handler of tradai-drift-check."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from drift_check import checks
from tradai_shared.aws.session import lean_session
from tradai_shared.aws.settings import settings as client_settings
from tradai_shared.config import canonical_config, waivers
from tradai_shared.drift.apply import Writer
from tradai_shared.drift.events import parse
from tradai_shared.drift.observe.reader import WORKERS, Observer
from tradai_shared.drift.run import Run
from tradai_shared.drift.settings import Settings
from tradai_shared.drift.survey import Surveyor
from tradai_shared.drift.tell import as_json, send
from tradai_shared.observability import make_logger, make_metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from botocore.session import Session

    from tradai_shared.plans import Answer

SERVICE = "drift_check"
logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


@cache
def session() -> Session:
    return lean_session()


@cache
def client(service: str) -> Any:  # noqa: ANN401 - any of boto3's clients, made once in an environment's life
    return session().create_client(service, config=client_settings(pool=WORKERS))


def lambda_handler(event: dict[str, object], context: LambdaContext) -> Answer:
    """Run the loop once.

    Raises:
        EventError: the event cannot be understood; nothing was read or written.
        SettingsError, ConfigError: a deployment variable or the configuration is wrong.
    """
    logger.append_keys(request_id=context.aws_request_id)
    try:
        return _handle(event)
    except Exception:
        logger.exception("run failed")
        raise
    finally:
        metrics.flush_metrics()


def _handle(event: dict[str, object]) -> Answer:
    settings = Settings.from_env(os.environ)
    metrics.add_dimension("environment", str(settings.environment))
    request = parse(event, tuple(checks.BY_NAME))
    config = canonical_config(settings.environment)
    surveyor = Surveyor(
        config, checks.chosen(request.checks), Observer(client), waivers(settings.environment)
    )
    report = Run(settings, request, surveyor, Writer(client, config.region)).run()
    send.log(logger, report)
    send.measure(metrics, report)
    send.publish(settings, report, client, logger)
    return as_json.answer(report)
