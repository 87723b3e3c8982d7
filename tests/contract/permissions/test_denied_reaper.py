"""Each permission of the reaper's role, denied alone: a run names it, and is no success where it needs it."""

from __future__ import annotations

import io
import json
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context
from tests.contract.permissions.iam import needs
from tests.contract.permissions.policy import statements
from tests.contract.permissions.reaper import DELETE, REPAIR, REPORT, SHARE, prepare
from tests.contract.permissions.recorder import NOTHING_THERE, THROUGH
from tests.contract.permissions.roles import by_lambda, deployed
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.errors import AccessDenied
from ttl_reaper import app

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

STACK = deployed()
DENIED_IN_A_BATCH = "AccessDenied"  # BatchStatementErrorCodeEnum: it comes inside an HTTP 200
LIST = "s3:ListBucket"
SUMMARY = "results/0b1c/manifest.json"
VARIABLES = STACK.template.function("TtlReaperFunction").environment
BUCKET = VARIABLES["REAPER_AUDIT_BUCKET"]
EVENTS: tuple[dict[str, Any], ...] = (
    DELETE,
    REPAIR,
    DELETE | SHARE,
    {
        "action": "summary",
        "results": {"MapRunArn": "-", "ResultWriterDetails": {"Bucket": BUCKET, "Key": SUMMARY}},
    },
    REPORT,
)
# The work is done and its record is whole: a message is lost.
DOES_WITHOUT = {"events:PutEvents", "sns:Publish"}


def granted() -> list[str]:
    own = {need.action for need in by_lambda(STACK, "TtlReaperFunction")}
    policy = statements(STACK.statements("TtlReaperRole"))
    return sorted({action for statement in policy for action in statement.actions} - own)


@dataclass
class Denial:
    """Refuses one action as its service does, in the function's own calls."""

    action: str
    on: bool = False
    refused: list[str] = field(default_factory=list)

    def call(self, client: Any, operation: str, given: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if self.on and any(need.action == self.action for need in needs(service, operation, given)):
            return self.refuse(service, operation, given)
        try:
            return THROUGH(client, operation, given)
        except ClientError as error:
            # S3 says NoSuchKey only to those who may list the bucket
            if self.on and self.action == LIST and error.response["Error"]["Code"] == NOTHING_THERE:
                return self.refuse(service, operation, given)
            raise

    def refuse(self, service: str, operation: str, given: dict[str, Any]) -> Any:
        self.refused.append(operation)
        if operation == "BatchExecuteStatement":
            error = {"Error": {"Code": DENIED_IN_A_BATCH, "Message": "a test"}}
            answer = {"ResponseMetadata": {"HTTPStatusCode": 200}}
            return answer | {"Responses": [error for _ in given["Statements"]]}
        code = {"dynamodb": "AccessDeniedException", "sns": "AuthorizationError"}.get(service, "AccessDenied")
        # for a key that is not there S3's own message names the permission: code and call do not
        message = f"not authorized to perform: {LIST}" if self.action == LIST else "a test"
        raise ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.fixture
def hand() -> Iterator[FakeClock]:
    hand = FakeClock()
    with (
        patch.dict(os.environ, {**VARIABLES, "AWS_DEFAULT_REGION": "eu-central-1"}),
        mock_aws(),
        strict(),
        clock.use(hand),
    ):
        boto3.client("sns").create_topic(Name=VARIABLES["SNS_ALERTS_TOPIC_ARN"].rpartition(":")[2])
        prepare(BUCKET, int(hand.now().timestamp()))
        manifest = b'{"ResultFiles": {"SUCCEEDED": []}}'
        boto3.client("s3").put_object(Bucket=BUCKET, Key=SUMMARY, Body=manifest)
        yield hand


def run(denial: Denial, hand: FakeClock, event: dict[str, Any]) -> tuple[bool, str]:
    """Whether the answer calls it a success, and what is said in it; an error that ends it is a failure."""
    context: Any = Context(hand.now, hand.now() + timedelta(seconds=900))
    denial.on = True
    try:
        answer = app.lambda_handler(event, context)
    except AccessDenied as error:
        return False, str(error)
    finally:
        denial.on = False
    return bool(answer["success"]), json.dumps(answer)


@pytest.mark.parametrize("action", granted())
def test_a_denied_permission_is_named_and_no_run_that_needed_it_is_a_success(
    action: str, hand: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, denial = io.StringIO(), Denial(action)
    monkeypatch.setattr(app.logger.registered_handler, "stream", log)
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *given: denial.call(*given))  # noqa: PLW0108 - bound to the client
    said = ""
    for event in EVENTS:
        before = len(denial.refused)
        success, answer = run(denial, hand, event)
        if len(denial.refused) == before:
            continue
        said += answer
        assert action in DOES_WITHOUT or not success, (event, answer)
    assert denial.refused
    assert action in said + log.getvalue()
