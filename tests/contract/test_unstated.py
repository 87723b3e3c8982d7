"""What nobody stated and what opens, routes or holds is a finding; what does not is none: a live estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drift_check.findings import Severity
from tests.contract.drift_scenarios import RULE
from tests.contract.estate import Live, live
from tests.contract.test_faults import face_the_internet, let_a_list_in
from tests.unit.drift_check.config_mutation import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.findings import Finding

pytestmark = pytest.mark.any_python

HALVES = [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]
IPV6 = {**RULE, "IpRanges": [], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}


@pytest.fixture
def world() -> Iterator[Live]:
    """With no rule stated of any group but those of the database and the NAT."""
    with live() as estate:
        for role in ("alb", "ecs", "lambda"):
            for rules in ("ingress", "egress", "protocols"):
                path = f"network.security_groups.{role}.{rules}"
                estate.config = changed(estate.config, path, None)
        yield estate


def new(world: Live) -> dict[str, Finding]:
    return {finding.attribute: finding for finding in world.report().findings if not finding.waiver}


def open_up(world: Live, role: str, *rules: dict[str, Any]) -> None:
    group = world.ids.get(f"group:{role}", role)
    world.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=list(rules))


def stranger(world: Live, *rules: dict[str, Any]) -> str:
    made = world.client("ec2").create_security_group(
        GroupName="a-stranger", Description="a test", VpcId=world.ids["vpc"]
    )
    open_up(world, made["GroupId"], *rules)
    return str(made["GroupId"])


@pytest.mark.parametrize("rule", [RULE, {**RULE, "IpRanges": HALVES}, IPV6], ids=["one", "halves", "IPv6"])
def test_a_group_whose_rules_nobody_stated_is_open_in_any_spelling(world: Live, rule: dict[str, Any]) -> None:
    open_up(world, "ecs", rule)
    open_to_world = new(world)["open_to_world"]
    assert open_to_world.severity is Severity.CRITICAL
    assert "tcp 22 from" in open_to_world.reason


def test_a_group_that_may_be_open_is_open_to_the_web_alone(world: Live) -> None:
    open_up(world, "alb", {**RULE, "FromPort": 80, "ToPort": 80}, {**IPV6, "FromPort": 443, "ToPort": 443})
    assert new(world) == {}
    open_up(world, "alb", {**IPV6, "FromPort": 22, "ToPort": 443})
    assert new(world)["ingress beside the web"].observed == "tcp 22-443 from ::/0"


def test_a_prefix_list_is_as_wide_as_its_addresses_and_no_program_revokes_it(world: Live) -> None:
    let_a_list_in(world)
    (result,) = [finding for finding in world.report().open if finding.attribute == "open_to_world"]
    assert "tcp 22 from pl-" in result.reason
    assert world.run(dry_run=True).heals == []


def test_a_range_that_carriers_share_is_not_the_internet(world: Live) -> None:
    open_up(world, "lambda", {**RULE, "IpRanges": [{"CidrIp": "100.64.0.0/10"}]})
    assert list(new(world)) == ["ingress wider than the VPC"]


@pytest.mark.parametrize("rule", [RULE, {**RULE, "IpRanges": HALVES}], ids=["one", "halves"])
def test_an_unknown_group_is_a_finding_where_it_opens(world: Live, rule: dict[str, Any]) -> None:
    group = stranger(world, rule)
    result = new(world)["unexpected open group"]
    assert result.severity is Severity.CRITICAL
    assert group in str(result.observed)


def test_an_unknown_group_that_opens_nothing_is_none(world: Live) -> None:
    stranger(world, {**RULE, "IpRanges": [{"CidrIp": "10.0.0.0/16"}, {"CidrIp": "203.0.113.7/32"}]})
    assert new(world) == {}


def test_a_private_range_that_is_wider_than_the_vpc_has_its_own_finding(world: Live) -> None:
    open_up(world, "lambda", {**RULE, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]})
    results = new(world)
    assert list(results) == ["ingress wider than the VPC"]
    assert results["ingress wider than the VPC"].severity is Severity.MEDIUM


def route(world: Live, table: str, *destinations: str) -> None:
    gateways = world.client("ec2").describe_internet_gateways()["InternetGateways"]
    for destination in destinations:
        world.client("ec2").create_route(
            RouteTableId=world.ids[f"table:{table}"],
            DestinationCidrBlock=destination,
            GatewayId=gateways[0]["InternetGatewayId"],
        )


@pytest.mark.parametrize("table", ["private", "database"])
def test_a_route_around_the_default_one_is_a_finding(world: Live, table: str) -> None:
    route(world, table, "0.0.0.0/1", "128.0.0.0/1")
    results = [finding for finding in world.report().open if finding.attribute == "unexpected route"]
    assert sorted(str(finding.observed).split(" to igw-")[0] for finding in results) == [
        "0.0.0.0/1",
        "128.0.0.0/1",
    ]


def test_one_more_route_to_the_same_gateway_is_none(world: Live) -> None:
    route(world, "public", "0.0.0.0/1", "9.9.9.0/24")
    assert new(world) == {}


@pytest.mark.parametrize(
    ("destination", "attribute", "severity"),
    [
        ("9.9.9.0/24", "unexpected route", Severity.HIGH),  # of the internet
        ("10.0.21.0/24", "unexpected route", Severity.HIGH),  # the database's subnet
        ("10.0.0.0/8", "unexpected route", Severity.HIGH),
        ("10.99.0.0/16", "unexpected route to another network", Severity.MEDIUM),
    ],
)
def test_a_route_that_nobody_stated_is_a_finding_however_narrow(
    world: Live, destination: str, attribute: str, severity: Severity
) -> None:
    world.client("ec2").create_route(
        RouteTableId=world.ids["table:private"],
        DestinationCidrBlock=destination,
        NetworkInterfaceId=world.ids["interface"],
    )
    results = new(world)
    assert list(results) == [attribute]
    assert results[attribute].severity is severity
    assert str(results[attribute].observed).startswith(f"{destination} to ")


def test_the_public_route_into_a_gateway_that_is_gone_is_a_blackhole(
    world: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    ec2 = world.client("ec2")
    (table,) = ec2.describe_route_tables(RouteTableIds=[world.ids["table:public"]])["RouteTables"]
    tables = ec2.describe_route_tables()["RouteTables"]
    for described in tables:
        for each in described["Routes"]:
            if described["RouteTableId"] == table["RouteTableId"] and each.get("GatewayId") != "local":
                each["State"] = "blackhole"
    paginates = ec2.can_paginate
    monkeypatch.setattr(ec2, "can_paginate", lambda name: name != "describe_route_tables" and paginates(name))
    monkeypatch.setattr(ec2, "describe_route_tables", lambda **_: {"RouteTables": tables})
    assert new(world)["default_route"].observed == "a blackhole"


def test_each_of_several_private_tables_is_judged(world: Live) -> None:
    """One a zone, named alike: a subnet of either is at home, an unexpected route of either is drift."""
    ec2, first = world.client("ec2"), world.ids["table:private"]
    (described,) = ec2.describe_route_tables(RouteTableIds=[first])["RouteTables"]
    second = ec2.create_route_table(
        VpcId=world.ids["vpc"],
        TagSpecifications=[{"ResourceType": "route-table", "Tags": described["Tags"]}],
    )["RouteTable"]["RouteTableId"]
    interface = world.ids["interface"]
    ec2.create_route(RouteTableId=second, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=interface)
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if endpoint["VpcEndpointType"] == "Gateway":
            ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], AddRouteTableIds=[second])
    for association in described["Associations"]:
        if association.get("SubnetId") == world.ids["subnet:private-2"]:
            ec2.replace_route_table_association(
                AssociationId=association["RouteTableAssociationId"], RouteTableId=second
            )
    assert new(world) == {}
    ec2.create_route(RouteTableId=second, DestinationCidrBlock="9.9.9.0/24", NetworkInterfaceId=interface)
    assert second in new(world)["unexpected route"].resource


def hold(world: Live) -> None:
    world.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName="tradai-nat-asg-prod",
        LifecycleHookName="a-stranger",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=7200,
    )


def bucket(world: Live) -> None:
    where = {"LocationConstraint": "eu-central-1"}
    own = "tradai-ops-prod-reaperbucket-1a2b3c4d5e6f"  # as CloudFormation names the stack's ReaperBucket
    for name in ("tradai-stray-prod", "tradai-stray-dev", "somebody-prod", own):
        world.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)


@pytest.mark.parametrize(
    ("spoil", "attribute", "names"),
    [
        (hold, "unexpected hook", "7200 s"),
        (bucket, "unexpected bucket", "tradai-stray-prod"),
        (face_the_internet, "unexpected listener", "stranger HTTP 80"),
    ],
)
def test_strangers_of_other_kinds(
    world: Live, spoil: Callable[[Live], None], attribute: str, names: str
) -> None:
    spoil(world)
    results = [finding for finding in world.report().findings if not finding.waiver]
    assert [result.attribute for result in results] == [attribute]
    assert names in str(results[0].observed)
    assert results[0].severity is not Severity.INFO
