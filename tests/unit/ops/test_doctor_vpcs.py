"""doctor where instances carry the traffic of several VPCs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ops.doctor_account import Account, account, config
from tests.unit.ops.test_doctor_lines import ANYWHERE, new_table
from tests.unit.ops.test_doctor_oddities import launch, lead_to, lines, refuse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


def a_firewall_in_another_vpc(world: Account) -> str:
    """An appliance of no group; the table that leads to it."""
    ec2 = world.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    image = ec2.register_image(Name="firewall")["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet)
    table = new_table(world, vpc)
    ec2.create_route(RouteTableId=table, **ANYWHERE, InstanceId=made["Instances"][0]["InstanceId"])
    return table


def test_an_appliance_of_another_vpc_is_a_question(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = a_firewall_in_another_vpc(account)
    said, parameters = lines(config, capsys)
    (text,) = said["do", "route tables"]
    assert "are in 2 VPCs" in text
    assert f"PrivateRouteTableIds={account.table}" in text
    assert f"PrivateRouteTableIds={other}" in text
    assert set(parameters) <= {"RunbookBaseUrl"}


def test_the_tables_of_the_group_that_is_named_are_taken(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_firewall_in_another_vpc(account)
    account.client("ec2").delete_route(RouteTableId=account.table, **ANYWHERE)
    account.client("ec2").delete_route_table(RouteTableId=account.table)
    account.table = new_table(account)  # listed after the other one
    account.client("ec2").create_route(RouteTableId=account.table, **ANYWHERE, InstanceId=account.nat)
    said, parameters = lines(config, capsys, NatAsgName="acme-egress")
    assert account.vpc in said["info", "endpoint"][0]
    assert (parameters["PrivateRouteTableIds"], parameters["VpcId"]) == (account.table, account.vpc)
    said, _ = lines(config, capsys, NatAsgName="acme-egress", PrivateRouteTableIds=account.table)
    assert ("do", "route tables") not in said


def test_the_group_of_a_nat_that_cannot_be_read_is_unknown(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_to(account, launch(account, "egress-b"))
    refuse(monkeypatch, "DescribeAutoScalingInstances")
    (text,) = lines(config, capsys)[0]["do", "route tables"]
    assert "of an unknown group" in text
    assert "of no group" not in text
