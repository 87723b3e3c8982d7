"""doctor on the alerts topic: missing, unconfirmed, closed to CloudWatch by its policy or its key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import Account, account, config, diagnosis

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["account", "config"]
CLOUDWATCH = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Resource": "*"}


def alerts(config: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = diagnosis(config, capsys)[1]["lines"]
    return [line for line in lines if line["subject"] == "alerts"]


def encrypt(account: Account, key: str) -> None:
    account.client("sns").set_topic_attributes(
        TopicArn=account.topic, AttributeName="KmsMasterKeyId", AttributeValue=key
    )


def test_the_platform_s_own_topic_is_looked_at_where_none_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = alerts(config, capsys)
    assert line["level"] == "ok"
    assert account.topic in line["text"]
    account.client("sns").delete_topic(TopicArn=account.topic)
    (line,) = alerts(config, capsys)
    assert (line["level"], "does not exist" in line["text"]) == ("do", True)


def test_a_policy_without_cloudwatch_is_said(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**CLOUDWATCH, "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish"}
    account.client("sns").set_topic_attributes(
        TopicArn=account.topic, AttributeName="Policy", AttributeValue=json.dumps({"Statement": [other]})
    )
    (line,) = alerts(config, capsys)
    assert (line["level"], "does not let cloudwatch.amazonaws.com publish" in line["text"]) == ("do", True)


def test_the_key_of_aws_is_said(account: Account, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    encrypt(account, "alias/aws/sns")
    (line,) = alerts(config, capsys)
    assert (line["level"], "alias/aws/sns" in line["text"]) == ("do", True)


@pytest.mark.parametrize("actions", [["kms:Decrypt", "kms:GenerateDataKey*"], ["kms:Decrypt"]])
def test_the_policy_of_a_key_is_read(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], actions: list[str]
) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**CLOUDWATCH, "Action": actions}]})
    key = account.client("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    account.client("kms").create_alias(AliasName="alias/alerts", TargetKeyId=key)
    encrypt(account, "alias/alerts")
    lines = {line["level"]: line["text"] for line in alerts(config, capsys)}
    assert set(lines) == {"info", "ok" if len(actions) == 2 else "do"}
    assert "encrypted with alias/alerts: the stack's roles have no permission" in lines["info"]


def test_a_topic_of_another_region_takes_nothing_from_here(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = account.topic.replace("eu-central-1", "us-east-1")
    config.write_text(samconfig_edit.changed(config.read_text(), "prod", {"AlertsTopicArn": elsewhere}))
    (line,) = alerts(config, capsys)
    assert (line["level"], line["text"]) == (
        "do",
        "AlertsTopicArn is in us-east-1: no alarm and no function of eu-central-1 can send there",
    )
    assert line["remedy"] == "name a topic of eu-central-1 in AlertsTopicArn"
