"""doctor on accounts that are built otherwise: several NATs, main tables, shared VPCs, several CIDRs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis, doctor
from tests.unit.ops.test_doctor_lines import ANYWHERE, new_table
from tests.unit.ops.test_doctor_pair import SECOND, Pair

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures
Lines = dict[tuple[str, str], list[str]]


def lines(config: Path, capsys: pytest.CaptureFixture[str], **given: str) -> tuple[Lines, dict[str, str]]:
    """Texts and remedies by level and subject, and the parameters."""
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", given))
    _, document = diagnosis(config, capsys)
    said: Lines = {}
    for line in document["lines"]:
        said.setdefault((line["level"], line["subject"]), []).append(f"{line['text']} → {line['remedy']}")
    return said, document["parameters"]


def forward(world: Account, instance: str) -> None:
    ec2 = world.client("ec2")
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    interface = described["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})


def lead_to(world: Account, instance: str, **tags: str) -> str:
    table = new_table(world, **tags)
    world.client("ec2").create_route(RouteTableId=table, **ANYWHERE, InstanceId=instance)
    return table


def launch(world: Account, name: str, *, named: str = "", net: int = 5) -> str:
    """A group of another launch configuration; its instance."""
    ec2, autoscaling = world.client("ec2"), world.client("autoscaling")
    image = ec2.register_image(Name=name)["ImageId"]
    autoscaling.create_launch_configuration(
        LaunchConfigurationName=name, ImageId=image, InstanceType="t3.nano"
    )
    subnet = ec2.create_subnet(VpcId=world.vpc, CidrBlock=f"10.0.{net}.0/24")["Subnet"]["SubnetId"]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=name,
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=subnet,
    )
    if named:
        for group in (name, "acme-egress"):
            tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
            autoscaling.create_or_update_tags(Tags=[{**tag, "Key": "Name", "Value": named}])
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return str(group["Instances"][0]["InstanceId"])


# ---- Groups ----
def test_a_group_of_the_same_name_tag_whose_instance_forwards_nothing_is_no_second_nat(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``Name=production`` on everything: a fleet of web servers would get the routes."""
    launch(account, "web", named="production")
    forward(account, account.nat)
    assert "NatStandbyAsgName" not in lines(config, capsys)[1]


def test_a_group_of_the_same_name_tag_whose_instance_forwards_is_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = launch(account, "way-out-2", named="production")
    for instance in (account.nat, second):
        forward(account, instance)
    assert lines(config, capsys)[1]["NatStandbyAsgName"] == "way-out-2"


def test_an_instance_without_the_group_s_tag_is_found_in_the_group(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tags = [{"Key": "aws:autoscaling:groupName"}]
    account.client("ec2").delete_tags(Resources=[account.nat], Tags=tags)
    said, parameters = lines(config, capsys)
    assert parameters["NatAsgName"] == "acme-egress"
    assert "leads to acme-egress" in said["do", "group"][0]


def test_a_nat_that_no_group_would_replace_is_not_taken_for_the_group_s(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The group that samconfig.toml names exists, and the route leads elsewhere."""
    ec2 = account.client("ec2")
    image = ec2.register_image(Name="by-hand")["ImageId"]
    alone = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=account.subnet)
    instance = alone["Instances"][0]["InstanceId"]
    ec2.replace_route(RouteTableId=account.table, **ANYWHERE, InstanceId=instance)
    said, _ = lines(config, capsys, NatAsgName="acme-egress")
    assert f"{instance}, which is in no Auto Scaling group" in said["do", "group"][0]


def test_whether_an_instance_is_in_a_group_may_be_unknown(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.client("ec2").delete_tags(Resources=[account.nat], Tags=[{"Key": "aws:autoscaling:groupName"}])
    refuse(monkeypatch, "DescribeAutoScalingInstances")
    said, _ = lines(config, capsys)
    assert ("unread", "autoscaling:DescribeAutoScalingInstances") in said
    assert "in no Auto Scaling group" not in str(said)


def refuse(monkeypatch: pytest.MonkeyPatch, *operations: str) -> None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - for this alone

    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def refused(client: Any, operation: str, request: Any) -> Any:
        if operation in operations:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)
        return answer(client, operation, request)

    monkeypatch.setattr(BaseClient, "_make_api_call", refused)


# ---- Route tables ----
def test_tables_of_nats_of_several_groups_are_a_question_and_nothing_is_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One NAT a zone: the stack would move all tables to one of them."""
    other = lead_to(account, launch(account, "egress-b"))
    said, parameters = lines(config, capsys)
    (text,) = [text for text in said["do", "route tables"] if "several groups" in text]
    assert f"PrivateRouteTableIds={account.table} NatAsgName=acme-egress" in text
    assert f"PrivateRouteTableIds={other} NatAsgName=egress-b" in text
    assert set(parameters) <= {"VpcId", "RunbookBaseUrl"}


def test_once_the_group_is_named_its_tables_alone_are_proposed(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instance = launch(account, "egress-b")
    other = lead_to(account, instance)
    _, parameters = lines(config, capsys, NatAsgName="egress-b")
    assert (parameters["PrivateRouteTableIds"], parameters["NatAsgName"]) == (other, "egress-b")
    assert "NatEipAllocationId" not in parameters
    said, parameters = lines(config, capsys, NatAsgName="egress-b", PrivateRouteTableIds=other)
    assert ("do", "route tables") not in said


def test_tables_of_the_two_nats_of_a_pair_that_is_named_are_no_question(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = lead_to(account, Pair(account).nat)
    said, parameters = lines(config, capsys, NatAsgName="acme-egress", NatStandbyAsgName=SECOND)
    assert parameters["PrivateRouteTableIds"] == ",".join(sorted([account.table, other]))
    assert "moves them all to one" in said["info", "route tables"][0]


def test_a_table_that_leads_to_the_nat_and_has_another_name_is_taken_in(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = lead_to(account, account.nat, Name="tradai-private-rt-prod")
    said, parameters = lines(config, capsys)
    assert parameters["PrivateRouteTableIds"] == ",".join(sorted([account.table, named]))
    said, parameters = lines(config, capsys, PrivateRouteTableIds=named)
    assert f"{account.table} lead to the NAT as well" in said["do", "route tables"][0]


def lead_the_main_table(world: Account) -> str:
    """No subnet names it: EC2 lists it with the association of the VPC alone."""
    ec2 = world.client("ec2")
    filters = [{"Name": "association.main", "Values": ["true"]}, {"Name": "vpc-id", "Values": [world.vpc]}]
    (main,) = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    ec2.delete_route_table(RouteTableId=world.table)
    ec2.create_route(RouteTableId=main["RouteTableId"], **ANYWHERE, InstanceId=world.nat)
    return str(main["RouteTableId"])


def test_subnets_follow_the_main_table_that_name_none(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2, main = account.client("ec2"), lead_the_main_table(account)
    private = ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.0.8.0/24")["Subnet"]["SubnetId"]
    public = new_table(account)
    ec2.associate_route_table(RouteTableId=public, SubnetId=account.subnet)
    said, parameters = lines(config, capsys)
    assert parameters["PrivateRouteTableIds"] == main
    assert f"main table of {account.vpc}" in said["info", main][0]
    assert private in said["info", main][0]
    assert account.subnet not in said["info", main][0]
    assert ("do", main) not in said


def test_what_a_network_acl_keeps_from_a_subnet_of_the_main_table_is_told(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = account.client("ec2")
    lead_the_main_table(account)
    private = ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.0.8.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=new_table(account), SubnetId=account.subnet)
    acl = ec2.create_network_acl(VpcId=account.vpc)["NetworkAcl"]["NetworkAclId"]
    every = ec2.describe_network_acls()["NetworkAcls"]
    (held,) = [a for entry in every for a in entry["Associations"] if a["SubnetId"] == private]
    ec2.replace_network_acl_association(AssociationId=held["NetworkAclAssociationId"], NetworkAclId=acl)
    assert "TCP 443 to the internet" in str(lines(config, capsys)[0]["do", acl])


def test_a_nat_in_a_subnet_that_follows_its_own_table_sends_to_itself(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = lead_the_main_table(account)  # the NAT's subnet names no table either
    said, _ = lines(config, capsys)
    assert f"the NAT's own subnet {account.subnet}" in said["do", main][0]


def test_a_table_of_another_account_cannot_be_moved_from_here(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A participant of a shared VPC sees the owner's tables."""
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def shared(client: Any, operation: str, request: Any) -> Any:
        response = answer(client, operation, request)
        for table in response.get("RouteTables", []):
            table["OwnerId"] = "999988887777"
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", shared)
    said, _ = lines(config, capsys)
    assert "of account 999988887777, which shares its VPC" in said["do", account.table][0]


# ---- A VPC of several CIDRs ----
def test_a_made_nat_must_forward_every_private_subnet(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ec2 = account.client("ec2")
    for block in ("10.64.0.0/16", "10.65.0.0/16"):
        ec2.associate_vpc_cidr_block(VpcId=account.vpc, CidrBlock=block)
    far = ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.64.3.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=account.table, SubnetId=far)
    near = ec2.create_subnet(VpcId=account.vpc, CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    ec2.associate_route_table(RouteTableId=account.table, SubnetId=near)
    said, parameters = lines(config, capsys, CreateNat="true")
    assert any("10.64.3.0/24 are outside" in text for text in said["do", "VPC"])
    assert parameters["VpcCidr"] == "10.0.0.0/16,10.64.0.0/16"
    said, _ = lines(config, capsys, CreateNat="true", VpcCidr="10.0.0.0/16,10.64.0.0/16")
    assert "are outside" not in str(said)
    assert "VpcCidr" not in lines(config, capsys)[1]  # an adopted NAT has its own rules


# ---- The region ----
@pytest.mark.usefixtures("account")
def test_an_account_that_was_read_elsewhere_is_not_where_it_would_be_deployed(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--region`` reads there, and ``sam deploy`` takes the file's own."""
    config.write_text(SAMCONFIG)
    doctor(config, "--region", "eu-west-3", "--format", "json")
    (line,) = [line for line in json.loads(capsys.readouterr().out)["lines"] if line["subject"] == "region"]
    assert (line["level"], line["text"]) == (
        "do",
        "samconfig.toml deploys to eu-central-1, and this is eu-west-3",
    )
    assert line["remedy"].startswith('write region = "eu-west-3" into its [prod.global.parameters]')
    assert ("do", "region") not in lines(config, capsys)[0]
    config.write_text(SAMCONFIG.replace('region = "eu-central-1"', ""))
    doctor(config, "--region", "eu-central-1", "--format", "json")
    assert '"subject": "region"' not in capsys.readouterr().out


@pytest.mark.usefixtures("account")
def test_tables_that_do_not_exist_here_are_named(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, _ = lines(config, capsys, PrivateRouteTableIds="rtb-0123456789abcdef0,rtb-0123456789abcdef1")
    (text,) = said["do", "route tables"]
    assert text.startswith("rtb-0123456789abcdef0, rtb-0123456789abcdef1 do not exist in eu-central-1")
