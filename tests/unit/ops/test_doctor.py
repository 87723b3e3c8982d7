"""doctor, on an account where nothing has the canonical names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.access import AccessError
from ops.doctor import samconfig, samconfig_edit
from tests.unit.ops.doctor_account import (
    PATTERN,
    REGION,
    SAMCONFIG,
    Account,
    account,
    config,
    diagnosis,
    doctor,
    remedies,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["account", "config"]  # fixtures


def test_everything_is_found_from_the_default_route(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, document = diagnosis(config, capsys)
    assert exit_code == 1
    assert document["parameters"] == {
        "PrivateRouteTableIds": account.table,
        "VpcId": account.vpc,
        "NatAsgName": "acme-egress",
        "NatHookNames": "acme-up",
        "NatEipAllocationId": account.allocation,
    }
    assert remedies(document)["group"] == "deploy with NatAsgName=acme-egress"
    assert remedies(document)["hooks"] == "deploy with NatHookNames=acme-up"


def test_with_what_it_has_written_the_account_is_ready(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(config, "--write", "--yes") == 1
    assert samconfig.parameters(config.read_text(), "prod")["NatEipAllocationId"] == account.allocation
    assert "# the environment" in config.read_text()
    capsys.readouterr()
    exit_code, document = diagnosis(config, capsys)
    assert (exit_code, remedies(document)) == (0, {})


@pytest.mark.usefixtures("account")
def test_another_vpc_than_the_tables_would_end_the_permissions(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"VpcId": "vpc-0123456789abcdef0"}))
    assert "VPC" in remedies(diagnosis(config, capsys)[1])


def test_it_writes_nothing_unless_asked(account: Account, config: Path) -> None:
    assert account.nat
    doctor(config)
    assert config.read_text() == SAMCONFIG


def test_whoever_answers_the_group_s_hooks_today_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = account.client("events")
    events.put_rule(Name="acme-old-failover", EventPattern=json.dumps(PATTERN))
    arn = "arn:aws:lambda:eu-central-1:123456789012:function:old"
    events.put_targets(Rule="acme-old-failover", Targets=[{"Id": "1", "Arn": arn}])
    events.put_rule(Name="unrelated", EventPattern='{"source": ["aws.s3"]}')
    _, document = diagnosis(config, capsys)
    assert "aws events disable-rule --name acme-old-failover" in remedies(document)["rule acme-old-failover"]
    assert not any("unrelated" in line["subject"] for line in document["lines"])


def test_a_rule_that_is_disabled_is_no_obstacle(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("events").put_rule(Name="old", EventPattern=json.dumps(PATTERN), State="DISABLED")
    assert "rule old" not in remedies(diagnosis(config, capsys)[1])


def test_a_hook_that_notifies_somebody_else_is_left_alone(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.notified["acme-up"] = "arn:aws:sqs:eu-central-1:123456789012:old"
    _, document = diagnosis(config, capsys)
    assert "NatHookNames" not in document["parameters"]
    assert remedies(document, "info")["hook acme-up"] == "it is left alone"
    assert "has no launch hook that this stack can answer" in str(document["lines"])


def test_a_suspended_process_and_its_remedy(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="acme-egress", ScalingProcesses=["Launch", "AZRebalance"]
    )
    _, document = diagnosis(config, capsys)
    assert any("Launch suspended" in line["text"] for line in document["lines"])


def test_a_reservation_that_the_account_s_quota_refuses(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"ReservedConcurrency": "5"}))
    assert "concurrency" in remedies(diagnosis(config, capsys)[1])
    account.quota = 1000
    assert "concurrency" not in remedies(diagnosis(config, capsys)[1])


def test_a_topic_that_does_not_exist_reaches_nobody(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = f"arn:aws:sns:{REGION}:123456789012:no-such-topic"
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"AlertsTopicArn": arn}))
    assert remedies(diagnosis(config, capsys)[1])["alerts"] == "correct AlertsTopicArn"
    real = account.client("sns").create_topic(Name="alerts")["TopicArn"]
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"AlertsTopicArn": real}))
    assert remedies(diagnosis(config, capsys)[1])["alerts"] == "subscribe to it and confirm"


def test_an_alarm_that_the_platform_owns_is_a_taken_name(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="tradai-prod-nat-unhealthy",
        MetricName="m",
        Namespace="n",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Threshold=1,
        Statistic="Sum",
    )
    _, document = diagnosis(config, capsys)
    assert document["parameters"]["NatAlarmName"] == "tradai-prod-nat-unhealthy-ops"


def test_what_cannot_be_read_is_said_and_never_fine(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor(config, "--write", "--yes")
    capsys.readouterr()
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def refuse(client: Any, operation: str, request: Any) -> Any:
        if operation == "ListRules":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)
        return answer(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    exit_code, document = diagnosis(config, capsys)
    assert account.nat
    assert exit_code == 3
    assert list(remedies(document, "unread")) == ["events:ListRules"]


def test_nobody_s_account_is_an_error_before_anything_else(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(AccessError, match=r"NoCredentialsError.*Log in first"):
        doctor(config)


def test_an_empty_account_says_where_to_begin(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        exit_code, document = diagnosis(config, capsys)
    assert exit_code == 1
    assert "PrivateRouteTableIds" in remedies(document)["route tables"]
    assert "CreateNat=true" in remedies(document)["group"]
