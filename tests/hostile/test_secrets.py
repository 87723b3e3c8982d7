"""No secret leaves a run: not in log lines, errors, answers, history, reports, messages or events.

AWS's answers carry secrets that nobody asked for, and AWS's errors repeat what was sent, a session's token in
the canonical string among it.
"""

from __future__ import annotations

import base64
import io
import json
import os
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore import endpoint
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParser

import drift_check.app
import ttl_reaper.app
import update_nat_routes.app
from tests.contract.estate import Live, live
from tests.hostile.test_wire import context, lines_of
from tests.unit.ttl_reaper.conftest import empty
from tests.unit.ttl_reaper.conftest import world as reaped
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AwsError, EventError, SettingsError, redacted
from tradai_shared.handler import make_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSResponse
    from botocore.model import OperationModel

    from tests.unit.ttl_reaper.conftest import World

    Way = Callable[[], AbstractContextManager[None]]

__all__ = ["empty", "reaped"]
pytestmark = pytest.mark.any_python

SECRET = "wJalrXUtnFEMI+EXAMPLE="
CANONICAL = (
    "The request signature we calculated does not match the signature you provided.\n\nThe Canonical String"
    f" for this request should have been\n'POST\n/\n\nhost:a\nx-date:b\nx-amz-security-token:{SECRET}\n\n'"
)
FORMS = [
    f"https://a.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature={SECRET}&X-Amz-Security-Token={SECRET}&x=y",
    f"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature={SECRET}",
    f"authorization: Bearer {SECRET}",
    str({"Authorization": f"Basic {SECRET}"}),
    CANONICAL,
    f"<MasterUserPassword>{SECRET}</MasterUserPassword>",
    f"DB_PASSWORD={SECRET} PATH=/bin",
    f"aws_secret_access_key = {SECRET}",
    f"Failed to connect to proxy http://user:{SECRET}@proxy:80/x",
    f"https://{SECRET}@host/x",
    *(
        form({"SecretString": f"a {quote}{SECRET}{quote} b", "LifecycleActionToken": SECRET})
        for form in (json.dumps, str)
        for quote in ("", '"', "'", "\\", "\n")
    ),
    str({"SecretBinary": f"'{SECRET}".encode()}),
]


def repeated(text: str) -> list[str]:
    """The text as it is, and as JSON, JSON in JSON and Python have it."""
    return [text, json.dumps(text), json.dumps(json.dumps(text)), repr(text)]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_taken_out_of_every_form(form: str) -> None:
    for text in repeated(form):
        assert SECRET not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tradai/prod/db-AbCdEf",
        "secretsmanager:DescribeSecret failed with ThrottlingException: Rate exceeded",
        "The security token included in the request is expired",
        "s3:PutObject failed with ExpiredToken: The provided token has expired.",
        "tradai/prod/db-password: AWS does not have it",
        "password_min_length is 8, should be 12",
        "mail to nobody@example.com or see s3://bucket/a@b",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("text", ["token", '"', "\\", "x", "://", "a.", "secret=", 'token="', " ", "token: "])
def test_a_long_text_takes_no_time(text: str) -> None:
    assert len(redacted(text * (200_000 // len(text)))) > 0
    assert len(redacted("token" + text * (200_000 // len(text)))) > 0


@pytest.mark.parametrize("form", FORMS)
def test_no_error_of_ours_repeats_a_secret(form: str) -> None:
    errors = (
        AwsError("a:B", "Code", form),
        EventError("detail", form),
        EventError(form, "is wrong"),
        SettingsError("VARIABLE", form),
    )
    for error in errors:
        assert SECRET not in f"{error} {error!r} {vars(error)}"


@pytest.mark.parametrize("form", FORMS)
def test_no_log_line_has_a_secret(form: str) -> None:
    """The traceback has botocore's own text too, as the error's cause."""
    logger = make_logger("update_nat_routes")
    with patch.object(logger.registered_handler, "stream", io.StringIO()) as stream:
        logger.info(form, extra={"detail": {"below": [form, (form,)], "SecretString": SECRET}, "x": {form}})
        try:
            with translate_errors("ec2:DescribeInstances"):
                raise ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": form}}, "Describe")
        except AwsError:
            logger.exception("run failed")
        lines = stream.getvalue().splitlines()
    assert len([json.loads(line) for line in lines]) == 2
    assert not [line for line in lines if SECRET in line or json.dumps(SECRET)[1:-1] in line]


@contextmanager
def answered(change: Callable[[Any, str], None]) -> Iterator[None]:
    """Every answer changed as it arrives; ``change`` gets the service's protocol too."""
    real = endpoint.convert_to_response_dict

    def convert(response: AWSResponse, model: OperationModel) -> Any:
        change(response, model.service_model.protocol)
        return real(response, model)

    with patch.object(endpoint, "convert_to_response_dict", convert):
        yield


@contextmanager
def parsed_with_secrets() -> Iterator[None]:
    real = ResponseParser.parse
    with patch.object(ResponseParser, "parse", lambda *given: with_secrets(real(*given))):
        yield


def with_secrets(part: Any) -> Any:
    """Secrets wherever a service keeps what its user gave it."""
    if isinstance(part, list):
        return [with_secrets(each) for each in part]
    if not isinstance(part, dict):
        return part
    more = {name: with_secrets(each) for name, each in part.items()}
    if "FunctionName" in part:
        more["Environment"] = {"Variables": {"DB_PASSWORD": SECRET}}
    if "containerDefinitions" in part:
        given = {"environment": [{"name": "DB_PASSWORD", "value": SECRET}], "command": [SECRET]}
        more["containerDefinitions"] = [{**each, **given} for each in more["containerDefinitions"]]
    if "DeletionProtectionEnabled" in part:
        more["DeletionProtectionEnabled"] = False  # a finding
    if "LaunchTemplateData" in part:
        more["LaunchTemplateData"]["UserData"] = base64.b64encode(SECRET.encode()).decode()
    return more | {"SecretString": SECRET, "MasterUserPassword": SECRET, "ClientSecret": SECRET}


def refused(response: Any, protocol: str) -> None:
    """The request refused, with its canonical string."""
    error = f"<Error><Code>SignatureDoesNotMatch</Code><Message>{CANONICAL}</Message></Error>"
    bodies = {
        "ec2": f"<Response><Errors>{error}</Errors></Response>",
        "query": f"<ErrorResponse>{error}</ErrorResponse>",
        "rest-xml": error,
    }
    body = bodies.get(protocol, json.dumps({"__type": "SignatureDoesNotMatch", "message": CANONICAL}))
    response.status_code, response._content = 403, body.encode()


def cut(response: Any, _protocol: str) -> None:
    """An answer that ends too early, with what nobody asked for."""
    response._content = f"<a>{SECRET}<b>".encode()


@pytest.fixture(scope="module")
def world() -> Iterator[Live]:
    with live() as made:
        yield made


DRIFT = {
    "DRIFT_REPORT_BUCKET": "tradai-reports-prod",
    "SNS_ALERTS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:tradai-alerts",
    "SECURITY_HUB_PRODUCT": "arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default",
}
WAYS: dict[str, Way] = {
    "secrets in answers": parsed_with_secrets,
    "refused": lambda: answered(refused),
    "cut": lambda: answered(cut),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_drift_check_lets_no_secret_out(world: Live, way: Way) -> None:
    with (
        patch.dict(os.environ, {**DRIFT, "NAT_ASG_NAME": world.config.nat.group.name}),
        patch.object(drift_check.app, "client", world.client),
        patch.object(drift_check.app, "deployed_config", lambda *_: world.config),
        way(),
    ):
        world.sent.clear()
        lines, answer = lines_of(drift_check.app, {"mode": "report"}, context())
    assert "PutObject" in {name for name, _ in world.sent}
    assert len(lines) > 2
    assert SECRET not in f"{lines} {answer} {world.sent}"
    assert base64.b64encode(SECRET.encode()).decode() not in f"{lines} {answer} {world.sent}"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_failover_lets_no_secret_out(way: Way) -> None:
    update_nat_routes.app.reader.cache_clear()
    with way():
        lines, answer = lines_of(update_nat_routes.app, {"action": "reconcile", "dry_run": False}, context())
    assert lines
    assert SECRET not in f"{lines} {answer}"


def test_the_reaper_lets_no_secret_out(reaped: World) -> None:
    reaped.put(gone=reaped.days(-30))
    event = {"table": "notifications", "mode": "report", "segments": {"total": 1}}
    for way in WAYS.values():
        with way():
            lines, answer = lines_of(ttl_reaper.app, event, reaped.context())
        assert lines
        assert SECRET not in f"{lines} {answer}"
