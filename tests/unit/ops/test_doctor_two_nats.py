"""doctor where two groups look alike, or a route leads elsewhere than to one interface of one group's NAT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import SAMCONFIG, account, config, diagnosis
from tests.unit.ops.test_doctor_lines import ANYWHERE, new_table
from tests.unit.ops.test_doctor_oddities import forward, launch, lead_to, lines
from tests.unit.ops.test_doctor_pair import SECOND, Pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.ops.doctor_account import Account

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


def of_one_name(world: Account) -> str:
    """Two NATs that only their Name tag makes alike."""
    second = launch(world, SECOND, named="nat")
    for instance in (world.nat, second):
        forward(world, instance)
    return second


def of_one_template(world: Account) -> str:
    return str(Pair(world).nat)


# ---- Whether the other group stands by ----
@pytest.mark.parametrize("make", [of_one_name, of_one_template])
def test_a_group_that_carries_tables_of_its_own_does_not_stand_by(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Account], str]
) -> None:
    """One NAT a zone: as a pair, the stack would send both zones through one of them."""
    other = lead_to(account, make(account))
    said, parameters = lines(config, capsys)
    (text,) = said["do", "route tables"]
    assert f"PrivateRouteTableIds={account.table} NatAsgName=acme-egress" in text
    assert f"PrivateRouteTableIds={other} NatAsgName={SECOND}" in text
    assert f"; as a pair of which one carries all: NatAsgName=acme-egress NatStandbyAsgName={SECOND}" in text
    assert set(parameters) <= {"VpcId", "RunbookBaseUrl"}
    _, parameters = lines(config, capsys, NatAsgName="acme-egress")
    assert parameters["PrivateRouteTableIds"] == account.table
    assert "NatStandbyAsgName" not in parameters


@pytest.mark.parametrize("forwards", [True, False])
def test_a_group_of_one_template_whose_instance_forwards_nothing_is_no_second_nat(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], *, forwards: bool
) -> None:
    """While the NAT's own instance forwards: a template of the whole platform launches web servers too."""
    for instance in [account.nat, of_one_template(account)][: 1 + forwards]:
        forward(account, instance)
    proposed = lines(config, capsys)[1].get("NatStandbyAsgName")
    assert proposed == (SECOND if forwards else None)


def test_a_group_of_one_name_without_an_instance_is_no_second_nat(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    launch(account, "old-blue", named="production")
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="old-blue", MinSize=0, DesiredCapacity=0
    )
    forward(account, account.nat)
    assert "NatStandbyAsgName" not in lines(config, capsys)[1]


def test_a_group_of_one_name_is_no_second_nat_while_nothing_forwards(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The NAT's own check is on: that web servers check as well makes them no NATs."""
    launch(account, "web", named="production")
    assert "NatStandbyAsgName" not in lines(config, capsys)[1]


def test_a_group_of_another_vpc_is_no_second_nat(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the same launch template, and of the same prefix: no route leads from one VPC into another."""
    nat, table = in_another_vpc(account)
    said, parameters = lines(config, capsys)
    assert parameters["NatAsgName"] == "acme-egress"
    assert "NatStandbyAsgName" not in parameters
    assert "standby" not in {subject for _, subject in said}
    account.client("ec2").create_route(RouteTableId=table, **ANYWHERE, InstanceId=nat)
    said, parameters = lines(config, capsys)
    assert "are in 2 VPCs" in said["do", "route tables"][0]
    assert set(parameters) <= {"RunbookBaseUrl"}
    for group, own in (("acme-egress", account.table), ("acme-egress-2", table)):
        _, parameters = lines(config, capsys, NatAsgName=group)
        assert (parameters["NatAsgName"], parameters["PrivateRouteTableIds"]) == (group, own)
        assert "NatStandbyAsgName" not in parameters


def in_another_vpc(world: Account) -> tuple[str, str]:
    """The NAT of a group that launches the same there, and a table without a default route."""
    ec2, autoscaling = world.client("ec2"), world.client("autoscaling")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    name = "acme-egress-2"
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName="acme",
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=subnet,
    )
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return str(group["Instances"][0]["InstanceId"]), new_table(world, vpc)


# ---- Where a default route leads ----
def test_a_route_to_a_secondary_interface_would_be_moved(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = account.client("ec2")
    (primary,) = interfaces(account, account.nat)
    second = ec2.create_network_interface(SubnetId=account.subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(DeviceIndex=1, InstanceId=account.nat, NetworkInterfaceId=second)
    ec2.replace_route(RouteTableId=account.table, **ANYWHERE, NetworkInterfaceId=second)
    said, parameters = lines(config, capsys, VpcId=account.vpc)
    (text,) = said["do", account.table]
    assert f"leads to {second}, a secondary interface of {account.nat}" in text
    assert f"--network-interface-id {primary}" in text
    assert parameters["NatAsgName"] == "acme-egress"
    ec2.replace_route(RouteTableId=account.table, **ANYWHERE, NetworkInterfaceId=primary)
    assert ("do", account.table) not in lines(config, capsys, VpcId=account.vpc)[0]


def interfaces(world: Account, instance: str) -> list[str]:
    answer = world.client("ec2").describe_instances(InstanceIds=[instance])
    described: Any = answer["Reservations"][0]["Instances"][0]["NetworkInterfaces"]
    return [interface["NetworkInterfaceId"] for interface in described]


def gateway(world: Account) -> str:
    ec2 = world.client("ec2")
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=world.subnet, AllocationId=allocation)
    return str(made["NatGateway"]["NatGatewayId"])


def test_where_all_tables_leave_by_a_gateway_they_are_named_and_nothing_is_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = account.client("ec2")
    ec2.delete_route(RouteTableId=account.table, **ANYWHERE)
    ec2.create_route(RouteTableId=account.table, **ANYWHERE, NatGatewayId=(made := gateway(account)))
    said, parameters = lines(config, capsys)
    (text,) = said["do", "route tables"]
    assert "none has a default route to an instance" in text
    assert text.endswith(f"; by a NAT Gateway leave {account.table}")
    assert "no private default route leads to a group" in said["do", "group"][0]
    assert set(parameters) <= {"RunbookBaseUrl"}
    said, parameters = lines(config, capsys, NatAsgName="acme-egress", PrivateRouteTableIds=account.table)
    assert f"leaves by the NAT Gateway {made}" in said["info", account.table][0]
    assert parameters["VpcId"] == account.vpc


def test_a_table_by_a_gateway_beside_one_by_the_nat_is_left_alone(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    beside = new_table(account)
    account.client("ec2").create_route(RouteTableId=beside, **ANYWHERE, NatGatewayId=gateway(account))
    said, parameters = lines(config, capsys)
    assert parameters["PrivateRouteTableIds"] == account.table
    assert beside not in str(said)


def test_without_any_default_route_nothing_is_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account.client("ec2").delete_route(RouteTableId=account.table, **ANYWHERE)
    said, parameters = lines(config, capsys)
    assert "by a NAT Gateway" not in said["do", "route tables"][0]
    assert "no private default route leads to a group" in said["do", "group"][0]
    assert set(parameters) <= {"RunbookBaseUrl"}
    given = {"NatAsgName": "acme-egress", "PrivateRouteTableIds": account.table}
    said, parameters = lines(config, capsys, **given)
    assert "has no default route" in said["info", account.table][0]
    assert ("do", "route tables") not in said
    assert {name: parameters[name] for name in given} == given


def test_a_table_whose_nat_is_in_no_group_is_a_question_until_the_group_is_named(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = account.client("ec2")
    image = ec2.register_image(Name="by-hand")["ImageId"]
    alone = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=account.subnet)
    other = lead_to(account, alone["Instances"][0]["InstanceId"])
    said, parameters = lines(config, capsys)
    assert f"{other} to {alone['Instances'][0]['InstanceId']} of no group" in said["do", "route tables"][0]
    assert "as a pair" not in said["do", "route tables"][0]
    assert set(parameters) <= {"VpcId", "RunbookBaseUrl"}
    _, parameters = lines(config, capsys, NatAsgName="acme-egress")
    assert (parameters["PrivateRouteTableIds"], parameters["NatAsgName"]) == (account.table, "acme-egress")


def test_what_is_a_question_ends_with_1_and_once_answered_with_0(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead_to(account, of_one_template(account))
    given = {
        "NatAsgName": "acme-egress",
        "NatHookNames": "acme-up",
        "NatEipAllocationId": account.allocation,
        "VpcId": account.vpc,
    }
    for answer, code in (
        ({}, 1),
        ({"PrivateRouteTableIds": account.table}, 0),
        ({"NatStandbyAsgName": SECOND}, 0),
    ):
        config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {**given, **answer}))
        assert diagnosis(config, capsys)[0] == code, answer
