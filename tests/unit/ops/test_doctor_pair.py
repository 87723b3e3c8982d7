"""doctor on a pair of NATs that exists under names of its own: found by what both groups launch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from ops.doctor import samconfig, samconfig_edit
from tests.unit.ops.doctor_account import Account, account, config, diagnosis, doctor, remedies

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

__all__ = ["account", "config"]  # fixtures
SECOND = "acme-way-out-b"


class Pair:
    """A second group beside the first of ``Account``: same launch configuration, another subnet."""

    def __init__(self, account: Account, *, launches: str = "acme", name: str = SECOND, net: int = 1) -> None:
        ec2, autoscaling = account.client("ec2"), account.client("autoscaling")
        subnet = ec2.create_subnet(VpcId=account.vpc, CidrBlock=f"10.0.{net}.0/24")["Subnet"]["SubnetId"]
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            LaunchConfigurationName=launches,
            MinSize=1,
            MaxSize=1,
            DesiredCapacity=1,
            VPCZoneIdentifier=subnet,
        )
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=name,
            LifecycleHookName="acme-up",
            LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
            HeartbeatTimeout=300,
        )
        (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
        self.account, self.nat = account, group["Instances"][0]["InstanceId"]

    def takes_over(self) -> None:
        ec2 = self.account.client("ec2")
        ec2.replace_route(
            RouteTableId=self.account.table, DestinationCidrBlock="0.0.0.0/0", InstanceId=self.nat
        )

    def gets_an_address(self) -> str:
        ec2 = self.account.client("ec2")
        allocation = str(ec2.allocate_address(Domain="vpc")["AllocationId"])
        ec2.associate_address(AllocationId=allocation, InstanceId=self.nat)
        return allocation


def found(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(diagnosis(config, capsys)[1]["parameters"])


def test_the_group_that_launches_the_same_is_proposed_and_then_nothing_is_left_to_do(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Pair(account)
    assert doctor(config, "--write", "--yes") == 1
    written = samconfig.parameters(config.read_text(), "prod")
    assert (written["NatAsgName"], written["NatStandbyAsgName"]) == ("acme-egress", SECOND)
    assert "NatStandbyAddress" not in written
    capsys.readouterr()
    exit_code, document = diagnosis(config, capsys)
    assert (exit_code, remedies(document)) == (0, {})
    texts = [line["text"] for line in document["lines"] if line["subject"] == "standby"]
    assert f"{SECOND} is the second group" in texts
    assert any("do not ask each other" in text for text in texts)


def test_a_pair_with_two_addresses_is_recognized(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = Pair(account).gets_an_address()
    parameters = found(config, capsys)
    assert parameters["NatEipAllocationId"] == account.allocation
    assert (parameters["NatStandbyAddress"], parameters["NatStandbyEipAllocationId"]) == ("own", second)


def test_whichever_carries_the_first_stays_the_one_that_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = Pair(account)
    second = pair.gets_an_address()
    pair.takes_over()
    config.write_text(samconfig_edit.changed(config.read_text(), "prod", {"NatAsgName": "acme-egress"}))
    parameters = found(config, capsys)
    assert (parameters["NatAsgName"], parameters["NatStandbyAsgName"]) == ("acme-egress", SECOND)
    assert parameters["NatEipAllocationId"] == account.allocation
    assert parameters["NatStandbyEipAllocationId"] == second


def test_of_several_that_launch_the_same_none_is_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Pair(account)
    Pair(account, name="acme-way-out-c", net=2)
    _, document = diagnosis(config, capsys)
    assert "NatStandbyAsgName" not in document["parameters"]
    assert any("acme-way-out-b, acme-way-out-c" in line["text"] for line in document["lines"])


def test_a_group_that_launches_something_else_is_no_standby(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = account.client("ec2").register_image(Name="web")["ImageId"]
    boto3.client("autoscaling", region_name="eu-central-1").create_launch_configuration(
        LaunchConfigurationName="web", ImageId=image, InstanceType="t3.nano"
    )
    Pair(account, launches="web")
    assert "NatStandbyAsgName" not in found(config, capsys)
