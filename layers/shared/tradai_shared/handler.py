"""What every Lambda handler has: logger and metrics, and around its work log keys, failures, the flush.

No tracer: it costs 100 ms at a cold start.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from tradai_shared.errors import CONFIDENTIAL_NAME, REDACTED, redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aws_lambda_powertools.utilities.typing import LambdaContext


NAMESPACE = "TradAI/Ops"
CONFIDENTIAL = re.compile(CONFIDENTIAL_NAME, re.IGNORECASE | re.VERBOSE)


def make_logger(service: str) -> Logger:
    """A logger of JSON lines in ASCII: half a surrogate pair, which UTF-8 has not, would lose the line.

    Messages are constants; what varies goes into fields. A traceback has the texts of all its causes, with
    what AWS repeated of a request in them: no line has a secret.
    """
    return Logger(service=service, utc=True, json_serializer=_to_line)


def _to_line(record: dict[str, Any]) -> str:
    return json.dumps(_redacted(record), default=lambda value: redacted(str(value)))


def _redacted(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON
    match value:
        case dict():
            return {key: _redacted(part, str(key)) for key, part in value.items()}
        case list() | tuple():
            return [_redacted(part) for part in value]
        case str():
            return REDACTED if CONFIDENTIAL.fullmatch(name) else redacted(value)
    return value


def make_metrics(service: str) -> Metrics:
    """Metrics in embedded format: written to the log, so that they need no network of the function's own."""
    return Metrics(namespace=NAMESPACE, service=service)


def count_lost_alert(environment: str) -> None:
    """Count a message that reached nobody: one metric of all functions, so that one alarm watches it."""
    with single_metric(name="AlertsFailed", unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
        metric.add_dimension("environment", environment)


def account_of(context: LambdaContext) -> str:
    """The account that the function runs in, from its own ARN: no call is needed for it."""
    return context.invoked_function_arn.split(":")[4]


@contextmanager
def invocation(
    logger: Logger, context: LambdaContext, metrics: Metrics | None = None, *, error_metric: str | None = None
) -> Iterator[None]:
    """Log a failure once with the request's id and raise it again: Lambda's retries and queues depend on it.

    Metrics are flushed also when the work failed, and never carried over to the next invocation.

    Args:
        logger: gets ``request_id`` on each line.
        context: Lambda's.
        metrics: None for a function that emits none.
        error_metric: counted once when the work raises.
    """
    logger.append_keys(request_id=context.aws_request_id)
    try:
        yield
    except Exception:
        logger.exception("run failed")
        if metrics is not None and error_metric is not None:
            metrics.add_metric(error_metric, MetricUnit.Count, 1)
        raise
    finally:
        if metrics is not None:
            if metrics.metric_set:
                metrics.flush_metrics()
            metrics.clear_metrics()
