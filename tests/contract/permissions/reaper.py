"""tradai-ttl-reaper: deleting, repairing, stopping in the middle and going on."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context, fill, make_table
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config.models.base import DAY
from ttl_reaper.app import SPARE_SECONDS, lambda_handler

if TYPE_CHECKING:
    from tests.contract.permissions.policy import Need
    from tests.contract.stack import Stack

TABLE = "tradai-notifications-prod"
ITEMS = 90
EVENT: dict[str, Any] = {"table": "notifications", "dry_run": False}
DELETE = EVENT | {"mode": "delete", "limits": {"max_fraction": 1.0}}
# one unit a second: it stops in the middle, so that the next invocation goes on from the bucket
SLOWLY = EVENT | {"mode": "delete", "limits": {"max_fraction": 1.0, "write_units_per_second": 1}}
REPAIR = EVENT | {"mode": "repair", "limits": {"max_fraction": 1.0}}
SHARE = {"segments": {"total": 2, "index": 0}, "plan": {"id": "p", "runs": 2, "at_once": 2}}
REPORT = {"tables": "all", "mode": "report", "dry_run": True}


@cache
def recorded() -> tuple[Stack, frozenset[Need]]:
    stack, recorder, hand = deployed(), Recorder(), FakeClock()
    variables = stack.template.function("TtlReaperFunction").environment
    with (
        patch.dict(os.environ, {**variables, "AWS_DEFAULT_REGION": "eu-central-1"}),
        mock_aws(),
        strict(),
        clock.use(hand),
        recorder.connected(),
    ):
        boto3.client("sns").create_topic(Name=variables["SNS_ALERTS_TOPIC_ARN"].rpartition(":")[2])
        invoke(recorder, hand, REPORT)  # no table yet: a message says so, and another one when it is there
        prepare(variables["REAPER_AUDIT_BUCKET"], int(hand.now().timestamp()))
        stopped = invoke(recorder, hand, SLOWLY, SPARE_SECONDS + 40)
        assert stopped["results"][0]["end"] == "out_of_time"
        assert reap(recorder, hand, DELETE) == "finished"
        assert reap(recorder, hand, DELETE | {"checkpoint": stopped["checkpoint"]}) == "finished"
        assert reap(recorder, hand, REPAIR) == "finished"
        assert reap(recorder, hand, DELETE | SHARE) == "finished"
        reap(recorder, hand, REPORT)
        summarise(recorder, hand, variables["REAPER_AUDIT_BUCKET"])
    return stack, frozenset(recorder.recorded)


def prepare(bucket: str, now: int) -> None:
    """A table with overdue items and one whose TTL is a text, which DynamoDB never deletes."""
    boto3.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    client = boto3.client("dynamodb")
    make_table(client, TABLE, keys={"notification_id": "S"})
    overdue: list[dict[str, Any]] = [
        {"notification_id": {"S": f"n{number}"}, "ttl": {"N": str(now - 10 * DAY)}} for number in range(ITEMS)
    ]
    as_text = {"notification_id": {"S": "text"}, "ttl": {"S": str(now - 10 * DAY)}}
    fill(client, TABLE, [*overdue, as_text])


def invoke(recorder: Recorder, hand: FakeClock, event: dict[str, Any], seconds: float = 900) -> Any:
    """One invocation's answer."""
    context: Any = Context(hand.now, hand.now() + timedelta(seconds=seconds))
    with recorder.acting():
        return json.loads(json.dumps(lambda_handler(event, context)))["data"]


def summarise(recorder: Recorder, hand: FakeClock, bucket: str) -> None:
    """The state machine's last step, with an empty manifest of the result writer."""
    key = "results/0b1c/manifest.json"
    boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b'{"ResultFiles": {"SUCCEEDED": []}}')
    results = {"MapRunArn": "-", "ResultWriterDetails": {"Bucket": bucket, "Key": key}}
    invoke(recorder, hand, {"action": "summary", "results": results})


def reap(recorder: Recorder, hand: FakeClock, event: dict[str, Any], seconds: float = 900) -> str:
    """One invocation; how it ended for the first table."""
    return str(invoke(recorder, hand, event, seconds)["results"][0]["end"])
