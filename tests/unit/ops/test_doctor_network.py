"""doctor about ACLs, endpoints, log groups, runtime and types: one account made so for each line."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from ops.doctor import samconfig_edit
from ops.doctor.network import Acl, AclRule, Network, about_network
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis, remedies

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures
ANY = "0.0.0.0/0"
OPEN = (AclRule(100, True, True, "-1", ANY), AclRule(100, False, True, "-1", ANY))  # noqa: FBT003


def network(*rules: AclRule, nat: bool = False) -> Network:
    """The NAT's subnet, or only the private one, behind one ACL."""
    acl = Acl("acl-1", ("subnet-nat" if nat else "subnet-private",), rules)
    return Network(
        "vpc-1",
        {"subnet-nat": "10.0.0.0/24", "subnet-private": "10.0.10.0/24"},
        (acl,),
        frozenset({"subnet-nat"}),
        endpoints=frozenset(),
        private_subnets=frozenset({"subnet-private"}),
    )


def denied(*rules: AclRule, nat: bool = False) -> list[str]:
    return [line.text.split(" lets no ")[1] for line in about_network(network(*rules, nat=nat), ())]


def rule(number: int, *, egress: bool, cidr: str = ANY, ports: tuple[int, int] = (0, 65_535)) -> AclRule:
    """A rule that denies TCP."""
    return AclRule(
        number, egress, allow=False, protocol="6", cidr=cidr, first_port=ports[0], last_port=ports[1]
    )


def test_an_open_acl_says_nothing() -> None:
    assert denied(*OPEN) == denied(*OPEN, nat=True) == []


@pytest.mark.parametrize(
    ("closed", "text"),
    [
        (rule(50, egress=True, ports=(443, 443)), "TCP 443 to the internet pass"),
        (rule(50, egress=False, ports=(40_000, 60_000)), "answers from the internet"),
        (
            rule(50, egress=False, cidr="10.0.10.128/25", ports=(443, 443)),
            "TCP 443 from the private",
        ),
        (rule(50, egress=False, cidr="10.0.10.64/28", ports=(443, 443)), "TCP 443 from the private"),
        (rule(50, egress=True, cidr="10.0.10.0/28", ports=(1024, 65_535)), "answers to the private"),
    ],
)
def test_each_direction_that_a_lower_rule_denies_is_named(closed: AclRule, text: str) -> None:
    assert [line for line in denied(closed, *OPEN, nat=True) if line.startswith(text)]
    assert denied(*OPEN, AclRule(200, closed.egress, False, "6", closed.cidr)) == []  # noqa: FBT003


def test_a_rule_about_other_addresses_than_the_private_subnets_is_no_obstacle() -> None:
    others = rule(50, egress=False, cidr="10.0.0.0/24"), rule(60, egress=True, cidr="10.0.20.0/24")
    assert denied(*others, *OPEN, nat=True) == []


def test_what_no_rule_allows_does_not_pass() -> None:
    assert len(denied()) == 2
    assert len(denied(nat=True)) == 4
    udp = AclRule(1, True, True, "17", ANY)  # noqa: FBT003
    assert len(denied(udp)) == 2


def test_a_closed_acl_of_the_nat_s_subnet(account: Account, config: Any, capsys: Any) -> None:
    ec2 = account.client("ec2")
    [acl] = ec2.describe_network_acls()["NetworkAcls"][-1:]
    ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"],
        RuleNumber=10,
        Protocol="6",
        RuleAction="deny",
        Egress=True,
        CidrBlock=ANY,
        PortRange={"From": 443, "To": 443},
    )
    _, document = diagnosis(config, capsys)
    assert acl["NetworkAclId"] in remedies(document)


def test_a_missing_endpoint_is_reported_until_it_exists(account: Account, config: Any, capsys: Any) -> None:
    _, document = diagnosis(config, capsys)
    remedies = [line["remedy"] for line in document["lines"] if line["subject"] == "endpoint"]
    assert [text.rpartition("…")[2] for text in remedies] == ["s3", "dynamodb"]
    vpc = account.client("ec2").describe_route_tables(RouteTableIds=[account.table])["RouteTables"][0][
        "VpcId"
    ]
    account.client("ec2").create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-central-1.s3")
    _, document = diagnosis(config, capsys)
    remedies = [line["remedy"] for line in document["lines"] if line["subject"] == "endpoint"]
    assert [text.rpartition("…")[2] for text in remedies] == ["dynamodb"]


def test_a_log_group_that_somebody_else_made_is_a_taken_name(
    account: Account, config: Any, capsys: Any
) -> None:
    name = "/aws/lambda/tradai-drift-check-prod"
    account.client("logs").create_log_group(logGroupName=name)
    account.client("logs").create_log_group(logGroupName=f"{name}-other")
    _, document = diagnosis(config, capsys)
    assert remedies(document)[f"log group {name}"] == "delete or rename the log group first"
    assert f"log group {name}-other" not in remedies(document)


def test_a_log_group_of_the_stack_itself_is_no_obstacle(account: Account, config: Any, capsys: Any) -> None:
    tags = {"aws:cloudformation:stack-name": "tradai-ops-prod"}
    account.client("logs").create_log_group(logGroupName="/aws/lambda/tradai-drift-check-prod", tags=tags)
    _, document = diagnosis(config, capsys)
    assert not [subject for subject in remedies(document) if subject.startswith("log group")]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("code", "level"),
    [("InvalidParameterValueException", "do"), ("AccessDeniedException", "unread"), (None, "ok")],
)
def test_runtime_and_architecture(
    config: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch, code: str | None, level: str
) -> None:
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own
    asked: list[Any] = []

    def refuse(client: Any, operation: str, request: Any) -> Any:
        if operation != "ListLayers":
            return answer(client, operation, request)
        asked.append(request)
        if code is None:
            return {"Layers": []}
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    _, document = diagnosis(config, capsys)
    subjects = {line["subject"]: line["level"] for line in document["lines"]}
    assert subjects["lambda:ListLayers" if level == "unread" else "runtime"] == level
    assert asked == [{"CompatibleRuntime": "python3.13", "CompatibleArchitecture": "arm64", "MaxItems": 1}]


def test_types_that_a_zone_does_not_offer(account: Account, config: Any, capsys: Any) -> None:
    subnet = account.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    wanted = {"CreateNat": "true", "NatSubnetIds": subnet, "NatInstanceTypes": "x9.nano"}
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", wanted))
    _, document = diagnosis(config, capsys)
    assert remedies(document)["instance types"] == "name others in NatInstanceTypes"
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {**wanted, "NatInstanceTypes": "t4g.nano"}))
    _, document = diagnosis(config, capsys)
    assert "instance types" not in remedies(document)


@pytest.mark.usefixtures("account")
def test_a_launch_hook_that_abandons_says_what_follows(config: Any, capsys: Any) -> None:
    _, document = diagnosis(config, capsys)
    texts = [line["text"] for line in document["lines"] if line["subject"] == "hook acme-up"]
    assert any("is ended after 300 s unless somebody answers" in text for text in texts)


def test_a_table_of_pulumi_and_a_parameter_that_differs(account: Account, config: Any, capsys: Any) -> None:
    ec2, stacks = account.client("ec2"), account.client("cloudformation")
    ec2.create_tags(Resources=[account.table], Tags=[{"Key": "pulumi:project", "Value": "platform"}])
    template = (
        '{"Parameters": {"NatAsgName": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::SNS::Topic"}}}'
    )
    stacks.create_stack(
        StackName="tradai-ops-prod",
        TemplateBody=template,
        Parameters=[{"ParameterKey": "NatAsgName", "ParameterValue": "other"}],
    )
    _, document = diagnosis(config, capsys)
    assert 'ignoreChanges: ["routes"]' in remedies(document)[account.table]
    assert "NatAsgName" in str([line for line in document["lines"] if line["subject"] == "stack"])
