"""A handler with every utility that Powertools offers, and a client for each service at import."""

from __future__ import annotations

from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters  # noqa: F401 - imported, as such a function does
from aws_lambda_powertools.utilities.data_classes import EventBridgeEvent, event_source
from aws_lambda_powertools.utilities.feature_flags import FeatureFlags  # noqa: F401 - likewise
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
)
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.validation import validate

from benchmarks.cold_start.calls import failover

logger = Logger(service="naive")
tracer = Tracer(service="naive", disabled=True)
metrics = Metrics(namespace="naive", service="naive")
persistence = DynamoDBPersistenceLayer(table_name="idempotency")
idempotency = IdempotencyConfig(event_key_jmespath="id")
clients = {name: boto3.client(name) for name in ("ec2", "autoscaling", "sns", "cloudwatch")}


class Detail(BaseModel):
    EC2InstanceId: str
    AutoScalingGroupName: str


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@event_source(data_class=EventBridgeEvent)
def run(event: EventBridgeEvent, context: Any) -> object:  # noqa: ANN401 - Lambda's
    del context
    validate(event=event.raw_event, schema={"type": "object", "required": ["detail"]})
    detail = parse(event=event.detail, model=Detail)
    moved = failover(clients["ec2"], clients["autoscaling"])
    metrics.add_metric(name="Moved", unit=MetricUnit.Count, value=moved)
    logger.info("moved", extra={"instance": detail.EC2InstanceId})
    return {"moved": moved}
