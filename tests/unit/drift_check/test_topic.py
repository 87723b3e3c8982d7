"""The hourly run says that the alerts topic is not there, before an incident does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.stub import Stubber
from moto import mock_aws

from drift_check.events import Mode, Request
from drift_check.model import Report
from drift_check.report import publish
from drift_check.settings import Allowed, Settings
from tradai_shared.alerts import Alert
from tradai_shared.clock import now
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

TOPIC = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("sns", region_name="eu-central-1")


def notes(sns: Any, topic: str | None = TOPIC) -> list[str]:
    report = Report(Environment.PROD, Request(Mode.REPORT), now())
    settings = Settings(Environment.PROD, Allowed.REPORT, topic_arn=topic)
    publish.check_topic(settings, report, lambda _: sns)
    return report.notes


def test_a_topic_that_is_there_is_no_news(sns: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sns.create_topic(Name="tradai-alerts-prod")
    assert notes(sns) == notes(sns, None) == []
    assert "AlertsFailed" not in capsys.readouterr().out


def test_a_topic_that_does_not_exist_is_a_note_and_is_counted(
    sns: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (note,) = notes(sns)
    assert note.startswith(f"no alert reaches anybody: {TOPIC} does not exist")
    assert '"AlertsFailed":[1.0]' in capsys.readouterr().out


def test_a_topic_of_another_region_is_an_invalid_parameter(
    sns: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = TOPIC.replace("eu-central-1", "us-east-1")
    monkeypatch.setenv("SNS_ALERTS_TOPIC_ARN", elsewhere)
    with Stubber(sns) as answers:
        answers.add_client_error("get_topic_attributes", "InvalidParameter")
        (note,) = notes(sns, elsewhere)
    assert "does not exist in this region (InvalidParameter)" in note
    assert "AlertsFailed" in capsys.readouterr().out


def test_a_topic_that_may_not_be_read_is_unknown_and_not_counted(
    sns: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of another account may take messages all the same."""
    with Stubber(sns) as answers:
        answers.add_client_error("get_topic_attributes", "AuthorizationError")
        (note,) = notes(sns)
    assert note == f"not verified: whether {TOPIC} takes alerts (AuthorizationError)"
    assert "AlertsFailed" not in capsys.readouterr().out


@pytest.mark.parametrize("code", ["AuthorizationError", "KMSAccessDenied"])
def test_a_message_that_the_topic_refuses_is_counted_and_sent_again(
    sns: Any, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    report = Report(Environment.PROD, Request(Mode.HEAL), now(), to_notify=[Mock()])
    settings = Settings(Environment.PROD, Allowed.HEAL, topic_arn=TOPIC)
    text = Mock(return_value=Alert("s", "m"))
    sends = patch.multiple(publish, alert=text, event_detail=Mock(), put_event=Mock())
    with Stubber(sns) as answers, sends:
        answers.add_client_error("publish", code)
        assert not publish.notify(settings, report, lambda _: sns, Logger(service="drift_check"))
    assert '"AlertsFailed":[1.0]' in capsys.readouterr().out
