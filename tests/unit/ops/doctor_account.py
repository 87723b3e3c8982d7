"""An account with a NAT under names of its own, and doctor run on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from ops.app import app
from simulator.moto_patches.network import network

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
    with mock_aws(), network.applied():
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
