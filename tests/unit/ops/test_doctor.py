"""doctor, on an account where nothing has the canonical names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from ops.access import AccessError
from ops.app import app
from ops.doctor import samconfig, samconfig_edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REGION = "eu-central-1"
SAMCONFIG = r"""version = 0.1

[prod.global.parameters]
region = "eu-central-1"

[prod.deploy.parameters]
stack_name = "tradai-ops-prod"
parameter_overrides = [
    "Environment=prod",  # the environment
    "NatAsgName=\"\"",  # the group
]
tags = "Project=tradai"
"""
PATTERN = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}


class Account:
    """A platform under names of its own."""

    def __init__(self) -> None:
        self.notified: dict[str, str] = {}
        self.quota = 10
        self.notifications: list[dict[str, str]] = []
        self.activities: list[dict[str, str]] = []
        self.dead_route: dict[str, str] = {}
        self.hidden = ""  # an instance that EC2 shows no more
        self.stack_alarms: list[str] = []
        self.stack_rules: list[str] = []
        ec2, autoscaling = self.client("ec2"), self.client("autoscaling")
        self.vpc = vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        image = ec2.register_image(Name="acme")["ImageId"]
        autoscaling.create_launch_configuration(
            LaunchConfigurationName="acme", ImageId=image, InstanceType="t3.nano"
        )
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="acme-egress",
            LaunchConfigurationName="acme",
            MinSize=1,
            MaxSize=1,
            DesiredCapacity=1,
            VPCZoneIdentifier=subnet,
        )
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName="acme-egress",
            LifecycleHookName="acme-up",
            LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
            HeartbeatTimeout=300,
        )
        groups = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
        self.nat = groups[0]["Instances"][0]["InstanceId"]
        self.allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.associate_address(AllocationId=self.allocation, InstanceId=self.nat)
        self.table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=self.table, DestinationCidrBlock="0.0.0.0/0", InstanceId=self.nat)
        self.topic = self.client("sns").create_topic(Name="tradai-alerts-prod")["TopicArn"]
        self.confirmed = {self.topic: "1"}

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]  # any service


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # moto's catalogue of images costs seconds
    with mock_aws():
        world = Account()
        correct_hooks(monkeypatch, world)
        yield world


def correct_hooks(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    """moto answers one notification target for every hook and counts no subscription.

    It has no settings of an account, no notifications of a group and no scaling activities.
    """
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def corrected(client: Any, operation: str, request: Any) -> Any:
        unknown_to_moto = {
            "DescribeNotificationConfigurations": {"NotificationConfigurations": account.notifications},
            "DescribeScalingActivities": {"Activities": account.activities},
            "GetAccountSettings": {"AccountLimit": {"ConcurrentExecutions": account.quota}},
        }
        if operation in unknown_to_moto:
            return unknown_to_moto[operation]
        response = answer(client, operation, request)
        if operation == "ListStackResources":
            made = {"CloudWatch::Alarm": account.stack_alarms, "Events::Rule": account.stack_rules}
            response["StackResourceSummaries"] += [
                {"ResourceType": f"AWS::{kind}", "PhysicalResourceId": name}
                for kind, names in made.items()
                for name in names
            ]
        if operation == "GetTopicAttributes":
            response["Attributes"]["SubscriptionsConfirmed"] = account.confirmed.get(request["TopicArn"], "0")
        for hook in response.get("LifecycleHooks", []):
            hook.pop("NotificationTargetARN", None)
            if target := account.notified.get(hook["LifecycleHookName"]):
                hook["NotificationTargetARN"] = target
        forget_the_dead(account, operation, request, response)
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", corrected)


def forget_the_dead(account: Account, operation: str, request: Any, response: Any) -> None:
    """EC2 shows a terminated NAT's route as a black hole, and after an hour the instance no more."""
    if operation == "DescribeRouteTables" and account.dead_route:
        routes = [route for table in response["RouteTables"] for route in table["Routes"]]
        for route in routes:
            if route.get("InstanceId") == account.nat:
                del route["InstanceId"]
                route.update(account.dead_route, State="blackhole")
    if operation == "DescribeInstances" and request.get("InstanceIds") == [account.hidden]:
        response["Reservations"] = []


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "samconfig.toml"
    file.write_text(SAMCONFIG)
    return file


def doctor(config: Path, *options: str) -> int:
    tokens = ["doctor", "--env", "prod", "--samconfig-file", str(config), *options]
    exit_code = app(tokens, exit_on_error=False, result_action="return_value")
    assert isinstance(exit_code, int)
    return exit_code


def diagnosis(config: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    exit_code = doctor(config, "--format", "json")
    return exit_code, json.loads(capsys.readouterr().out)


def remedies(document: dict[str, Any], level: str = "do") -> dict[str, str]:
    return {line["subject"]: line["remedy"] for line in document["lines"] if line["level"] == level}


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
