"""doctor and status about two NATs: the second group, its address, network ACLs, and switching it off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ops.doctor.diagnose_standby import about_standby
from ops.doctor.model import Account, Group, Hook, Level, Stack
from ops.doctor.network import Acl, AclRule, Network, about_network
from ops.doctor.wanted import Wanted
from ops.identity import Identity
from ops.status import StatusReader
from tests.unit.ops.doctor_account import Account as Platform
from tests.unit.ops.doctor_account import account, config, diagnosis
from tradai_shared.config.naming import Environment

__all__ = ["account", "config"]  # fixtures
HERE = Identity("123456789012", "arn:aws:iam::123456789012:user/operator", "eu-central-1")
MADE = {"CreateNat": "true", "NatStandby": "true", "NatSubnetIds": "subnet-a,subnet-b"}
LONE = {**MADE, "NatStandby": "false"}
SECOND = "tradai-nat-standby-asg-prod"
HOOK = Hook("tradai-nat-launch-prod", "autoscaling:EC2_INSTANCE_LAUNCHING", 300, "ABANDON", None)
FIRST_GROUP = Group("tradai-nat-asg-prod", 1, ("subnet-a",), (), (HOOK,), ("i-a",))
SECOND_GROUP = replace(FIRST_GROUP, name=SECOND, subnets=("subnet-b",), members=("i-b",))
CARRIED_BY_FIRST = Account(
    HERE,
    group=FIRST_GROUP,
    standby=SECOND_GROUP,
    carrier_group=FIRST_GROUP.name,
    carrier_subnet="subnet-a",
    instance_id="i-a",
    stack=Stack("tradai-ops-prod", MADE),
)
CARRIED_BY_SECOND = replace(CARRIED_BY_FIRST, carrier_group=SECOND, instance_id="i-b")


def said(account: Account, parameters: dict[str, str]) -> list[tuple[Level, str, str]]:
    wanted = Wanted(Environment.PROD, "tradai-ops-prod", parameters)
    return [(line.level, line.text, line.remedy) for line in about_standby(account, wanted)]


def to_do(account: Account, parameters: dict[str, str]) -> list[str]:
    return [f"{text}: {remedy}" for level, text, remedy in said(account, parameters) if level is Level.DO]


def test_a_lone_nat_that_stays_one_has_no_line_about_a_standby() -> None:
    alone = replace(CARRIED_BY_FIRST, standby=None, stack=Stack("tradai-ops-prod", LONE))
    assert said(alone, LONE) == said(replace(alone, stack=None), {}) == []


@pytest.mark.parametrize("deployed", [MADE, {"NatStandbyAsgName": SECOND}], ids=["made", "adopted"])
def test_the_group_whose_nat_carries_is_not_switched_off(deployed: dict[str, str]) -> None:
    lone = LONE if "CreateNat" in deployed else {}
    stack = Stack("tradai-ops-prod", deployed)
    (refusal,) = to_do(replace(CARRIED_BY_SECOND, stack=stack), lone)
    assert "whose i-b carries the traffic: move back first: aws autoscaling start-instance-refresh" in refusal
    (unknown,) = to_do(replace(CARRIED_BY_SECOND, stack=stack, carrier_group=None), lone)
    assert "no default route says which NAT carries" in unknown
    ((level, text, _),) = said(replace(CARRIED_BY_FIRST, stack=stack), lone)
    assert (level, text) == (Level.INFO, f"samconfig.toml ends {SECOND}, which carries nothing now")


def test_another_name_for_the_group_whose_nat_carries_is_refused_too() -> None:
    assert to_do(CARRIED_BY_SECOND, {**MADE, "NatStandbyAsgName": "another"})
    assert not [words for words in to_do(CARRIED_BY_SECOND, MADE) if "ends" in words]


def test_a_pair_as_it_should_be_has_nothing_to_do() -> None:
    assert to_do(CARRIED_BY_FIRST, MADE) == to_do(CARRIED_BY_SECOND, MADE) == []
    assert (Level.OK, f"{SECOND} is the second group, and carries the traffic now", "") in said(
        CARRIED_BY_SECOND, MADE
    )


def test_switching_on_where_the_nat_stands_in_the_second_subnet_names_a_safer_order() -> None:
    before = replace(
        CARRIED_BY_FIRST,
        standby=None,
        carrier_subnet="subnet-b",
        stack=Stack("tradai-ops-prod", LONE),
    )
    remedies = {remedy for _, _, remedy in said(before, MADE)}
    assert "NatSubnetIds=subnet-b,subnet-a lets it keep its subnet" in remedies
    assert not [
        words for _, words, _ in said(replace(before, carrier_subnet="subnet-a"), MADE) if "alone" in words
    ]
    assert not to_do(before, MADE)


def test_one_subnet_for_two_nats_is_reported() -> None:
    assert [
        words
        for _, words, _ in said(CARRIED_BY_FIRST, {**MADE, "NatSubnetIds": "subnet-a"})
        if "one subnet" in words
    ]


def test_what_keeps_the_second_group_from_standing_by() -> None:
    broken = replace(SECOND_GROUP, desired=0, suspended=("Launch",), hooks=())
    words = to_do(replace(CARRIED_BY_FIRST, standby=broken), MADE)
    assert len(words) == 3
    assert all(SECOND in line for line in words)
    (missing,) = to_do(replace(CARRIED_BY_FIRST, standby=None), {"NatStandbyAsgName": "theirs"})
    assert missing.startswith("theirs does not exist")
    (alike,) = to_do(CARRIED_BY_FIRST, {"NatAsgName": "one", "NatStandbyAsgName": "one"})
    assert "both groups" in alike


def test_own_addresses_say_what_allow_lists_need() -> None:
    words = [text for _, text, _ in said(CARRIED_BY_FIRST, {**MADE, "NatStandbyAddress": "own"})]
    assert [text for text in words if "need both" in text]
    assert not [text for _, text, _ in said(CARRIED_BY_FIRST, MADE) if "need both" in text]


def refused(*rules: AclRule, peers: bool) -> list[str]:
    subnets = frozenset({"subnet-a", "subnet-b"})
    acl = Acl("acl-1", ("subnet-a", "subnet-b"), rules)
    cidrs = {"subnet-a": "10.0.0.0/24", "subnet-b": "10.0.1.0/24"}
    network = Network("vpc-1", cidrs, (acl,), subnets, endpoints=frozenset(), peers=peers)
    return [line.text.split(" lets no ")[1] for line in about_network(network, ())]


@pytest.mark.parametrize("egress", [True, False])
def test_an_acl_between_the_zones_that_keeps_the_two_from_asking_each_other(egress: bool) -> None:  # noqa: FBT001
    tcp = [AclRule(100, way, allow=True, protocol="6", cidr="0.0.0.0/0") for way in (True, False)]
    udp = [
        AclRule(101, way, True, "17", "10.0.0.0/16", 3217, 3217)  # noqa: FBT003 - a rule that allows
        for way in (True, False)
    ]
    assert refused(*tcp, *udp, peers=True) == refused(*tcp, peers=False) == []
    one_zone = [replace(rule, cidr="10.0.0.0/24") for rule in udp]
    assert refused(*tcp, *one_zone, peers=True) == ["UDP 3217 between the two NATs pass"]
    closed = [rule for rule in udp if rule.egress is not egress]
    assert refused(*tcp, *closed, peers=True) == ["UDP 3217 between the two NATs pass"]


def test_after_a_failover_the_first_group_is_still_the_first(
    account: Platform, config: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The route leads to the second group's NAT: it is not proposed as NatAsgName, nor a stranger."""
    autoscaling = account.client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="acme-first",
        LaunchConfigurationName="acme",
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        AvailabilityZones=["eu-central-1a"],
    )
    text = config.read_text().replace(
        'NatAsgName=\\"\\"', 'NatAsgName=acme-first",\n    "NatStandbyAsgName=acme-egress'
    )
    config.write_text(text)
    _, document = diagnosis(config, capsys)
    assert document["parameters"]["NatAsgName"] == "acme-first"
    texts = [line["text"] for line in document["lines"]]
    assert "acme-egress is the second group, and carries the traffic now" in texts


class AutoScaling:
    """Answers with the members of a group."""

    @staticmethod
    def can_paginate(_: str) -> bool:
        return False

    def describe_auto_scaling_groups(self, AutoScalingGroupNames: list[str]) -> Any:  # noqa: N803 - AWS's own
        ids = {FIRST_GROUP.name: "i-a", SECOND: "i-b"}
        member = {"LifecycleState": "InService", "HealthStatus": "Healthy", "AvailabilityZone": "zone-a"}
        return {
            "AutoScalingGroups": [
                {"Instances": [{**member, "InstanceId": ids[name]}]} for name in AutoScalingGroupNames
            ]
        }


def members(account: Account, parameters: dict[str, str]) -> list[str]:
    reader = StatusReader(lambda _: AutoScaling(), Wanted(Environment.PROD, "tradai-ops-prod", parameters))
    return [fact.text for fact in reader._members(account)]


def test_status_shows_both_groups_and_which_nat_carries() -> None:
    assert members(CARRIED_BY_SECOND, MADE) == [
        f"i-a InService, Healthy, zone-a, {FIRST_GROUP.name}, stands by",
        f"i-b InService, Healthy, zone-a, {SECOND}, carries",
    ]
    assert members(CARRIED_BY_FIRST, LONE) == ["i-a InService, Healthy, zone-a"]
    assert members(replace(CARRIED_BY_FIRST, standby=None), MADE)[1] == f"the group {SECOND} was not found"
