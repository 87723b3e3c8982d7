"""The second NAT that the stack makes, and what else knows of a standby."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.stack import (
    ADOPTED_STANDBY,
    ENVIRONMENTS,
    MADE_NAT,
    MADE_STANDBY,
    Stack,
    graphs,
)
from toolchain.docs.cost_model import bill
from tradai_shared.config import naming

in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)
OWN = {**MADE_STANDBY, "NatStandbyAddress": "own"}
ADOPTED_OWN = {
    **ADOPTED_STANDBY,
    "NatStandbyAddress": "own",
    "VpcId": "vpc-0a",
    "NatEipAllocationId": "eipalloc-0a",
    "NatStandbyEipAllocationId": "eipalloc-0b",
}
WATCH = {"NatPeerSilentPermission", "NatPeerSilentRule", "NatStandbyMissingAlarm"}
MADE = {"NatPeerEgress", "NatPeerIngress", "NatStandbyGroup", *WATCH}
ADDRESSES = {"NatKeptStandbyEip", "NatStandbyEip"}


def variables(env: str = "prod", **parameters: str) -> dict[str, Any]:
    made: dict[str, Any] = Stack(env, **parameters)["UpdateNatRoutesFunction"]["Environment"]["Variables"]
    return made


def statements(env: str = "prod", **parameters: str) -> dict[str, Any]:
    return Stack(env, **parameters).statements("UpdateNatRoutesRole")


# ---- Where there is none ----
@in_every_environment
@pytest.mark.parametrize("parameters", [{}, MADE_NAT, {**MADE_NAT, "NatStandbyAsgName": "unused"}])
def test_a_lone_nat_has_nothing_of_a_standby(env: str, parameters: dict[str, str]) -> None:
    stack = Stack(env, **parameters)
    assert stack.made.isdisjoint(MADE | ADDRESSES)
    made = variables(env, **parameters)
    assert (made["NAT_STANDBY_ASG_NAME"], made["NAT_STANDBY_EIP_ALLOCATION_ID"]) == ("", "")
    assert "RememberInTagsOfTheGroup" not in statements(env, **parameters)
    assert len(stack["NatEventsUndeliveredAlarm"]["Metrics"]) == 4
    assert "StandbyReady" not in json.dumps(graphs(stack))


def test_a_lone_nat_spans_every_subnet() -> None:
    group = Stack("prod", **{**MADE_NAT, "NatSubnetIds": "subnet-0a,subnet-0b"})["NatGroup"]
    assert group["VPCZoneIdentifier"] == ["subnet-0a", "subnet-0b"]


# ---- The second group ----
@in_every_environment
def test_it_is_made_where_it_is_wanted_and_nowhere_else(env: str) -> None:
    assert Stack(env, **MADE_STANDBY).made - Stack(env, **MADE_NAT).made == MADE
    assert Stack(env, **ADOPTED_STANDBY).made - Stack(env).made == WATCH


@in_every_environment
def test_it_is_the_first_once_more_in_a_group_and_a_subnet_of_its_own(env: str) -> None:
    stack = Stack(env, **MADE_STANDBY)
    first, second = stack["NatGroup"], stack["NatStandbyGroup"]
    assert second["AutoScalingGroupName"] == naming.nat_standby_asg_name(env)
    assert (first["VPCZoneIdentifier"], second["VPCZoneIdentifier"]) == (["subnet-0a"], ["subnet-0b"])
    differs = {"AutoScalingGroupName", "VPCZoneIdentifier"}
    assert {name for name in first if first[name] != second[name]} == differs
    assert set(first) == set(second)
    assert stack.raw["NatStandbyGroup"]["UpdatePolicy"] == stack.raw["NatGroup"]["UpdatePolicy"]


def test_without_a_second_subnet_both_stand_in_the_first() -> None:
    for subnets in ("subnet-0a", "subnet-0a,"):
        stack = Stack("prod", **{**MADE_STANDBY, "NatSubnetIds": subnets})
        assert stack["NatGroup"]["VPCZoneIdentifier"] == ["subnet-0a"]
        assert stack["NatStandbyGroup"]["VPCZoneIdentifier"] == ["subnet-0a"]


def test_it_is_updated_after_the_first_and_only_if_that_went_well() -> None:
    raw = Stack("prod", **MADE_STANDBY).raw
    assert set(raw["NatStandbyGroup"]["DependsOn"]) == {
        "NatGroup",  # and with it, all that listens
        "NatPeerSilentRule",
        "NatPeerSilentPermission",
    }
    assert "NatStandbyGroup" not in str(raw["NatGroup"])


def test_its_name_is_a_parameter() -> None:
    stack = Stack("prod", **{**MADE_STANDBY, "NatStandbyAsgName": "ours"})
    assert stack["NatStandbyGroup"]["AutoScalingGroupName"] == "ours"
    assert stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]["NAT_STANDBY_ASG_NAME"] == "ours"


# ---- Addresses ----
@pytest.mark.parametrize(
    ("env", "address"),
    [("dev", "NatStandbyEip"), ("staging", "NatStandbyEip"), ("prod", "NatKeptStandbyEip")],
)
def test_an_own_address_is_made_and_kept_in_prod_alone(env: str, address: str) -> None:
    assert Stack(env, **MADE_STANDBY).made.isdisjoint(ADDRESSES)
    stack = Stack(env, **OWN)
    assert stack.made & ADDRESSES == {address}
    assert f"{address}/AllocationId" in variables(env, **OWN)["NAT_STANDBY_EIP_ALLOCATION_ID"]
    first = {"NatStandbyEip": "NatEip", "NatKeptStandbyEip": "NatKeptEip"}[address]
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert stack.raw[address][policy] == stack.raw[first][policy]


def test_the_probe_compares_with_the_addresses_of_both_nats() -> None:
    def compared(**parameters: str) -> str:
        given = {
            "EgressProbe": "true",
            "EgressProbeSubnetIds": "subnet-0c",
            "EgressProbeSecurityGroupIds": "sg-0a",
        }
        function = Stack("prod", **given, **parameters).template.function("EgressProbeFunction")
        return str(function.environment["NAT_EIP_ADDRESSES"])

    assert compared(**OWN) == "NatKeptEip,NatKeptStandbyEip"
    both = {"NatEipAddress": "203.0.113.10", "NatStandbyEipAddress": "203.0.113.20"}
    assert compared(**ADOPTED_OWN, **both) == "203.0.113.10,203.0.113.20"
    assert compared(**ADOPTED_OWN, NatEipAddress="203.0.113.10") == "203.0.113.10,"
    assert compared(**MADE_STANDBY) == "NatKeptEip"
    assert compared(**ADOPTED_STANDBY, NatEipAddress="203.0.113.10") == "203.0.113.10"


def test_an_existing_address_is_used_and_none_is_made() -> None:
    given = {**OWN, "NatStandbyEipAllocationId": "eipalloc-0b"}
    assert Stack("prod", **given).made.isdisjoint(ADDRESSES)
    assert variables(**given)["NAT_STANDBY_EIP_ALLOCATION_ID"] == "eipalloc-0b"
    assert variables(**ADOPTED_OWN)["NAT_STANDBY_EIP_ALLOCATION_ID"] == "eipalloc-0b"


def test_the_function_may_move_both_addresses() -> None:
    def addresses(**parameters: str) -> list[str]:
        resources = statements(**parameters)["MoveTheAddress"]["Resource"]
        return [resource.rsplit("/", 1)[1] for resource in resources if "elastic-ip" in resource]

    assert addresses(**ADOPTED_OWN) == ["eipalloc-0a", "eipalloc-0b"]
    assert addresses(**ADOPTED_STANDBY, NatEipAllocationId="eipalloc-0a") == ["eipalloc-0a"]
    assert len(addresses(**OWN)) == 2


# ---- Rules, outputs, price ----
def refused(**parameters: str) -> list[str]:
    """The assertions that CloudFormation would refuse these parameters with."""
    stack = Stack("prod", **parameters)
    return [
        assertion["AssertDescription"]
        for rule in stack.template.document["Rules"].values()
        if stack.template.holds(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if "Fn::Contains" not in str(assertion) and not stack.template.holds(assertion["Assert"])
    ]


@pytest.mark.parametrize("parameters", [{}, MADE_NAT, MADE_STANDBY, OWN, ADOPTED_STANDBY, ADOPTED_OWN])
def test_what_belongs_together_is_accepted(parameters: dict[str, str]) -> None:
    assert refused(**parameters) == []


@pytest.mark.parametrize(
    ("parameters", "missing"),
    [
        ({"NatStandby": "true"}, "NatStandby needs CreateNat"),
        ({"NatAsgName": "one", "NatStandbyAsgName": "one"}, "another group"),
        ({"NatStandbyAddress": "own"}, "needs a standby"),
        ({**MADE_NAT, "NatStandbyAsgName": "unused", "NatStandbyAddress": "own"}, "needs a standby"),
        ({**ADOPTED_OWN, "NatStandbyEipAllocationId": ""}, "needs NatEipAllocationId and"),
        ({**ADOPTED_OWN, "NatEipAllocationId": ""}, "needs NatEipAllocationId and"),
        ({**ADOPTED_OWN, "NatStandbyEipAllocationId": "eipalloc-0a"}, "another address"),
        ({**ADOPTED_OWN, "NatStandbyAddress": "shared"}, "needs NatStandbyAddress=own"),
    ],
)
def test_what_does_not_is_refused_before_anything_is_made(parameters: dict[str, str], missing: str) -> None:
    assert [words for words in refused(**parameters) if missing in words]


def test_the_fallback_reaches_the_function() -> None:
    made = variables(NatFallbackGatewayId="nat-0a", NatFallbackAfterSeconds="120")
    assert (made["NAT_FALLBACK_GATEWAY_ID"], made["NAT_FALLBACK_AFTER_SECONDS"]) == ("nat-0a", "120")
    assert (variables()["NAT_FALLBACK_GATEWAY_ID"], variables()["NAT_FALLBACK_AFTER_SECONDS"]) == ("", "300")


def test_the_outputs_name_both_groups() -> None:
    outputs = Stack().template.document["Outputs"]
    assert outputs["NatStandbyGroupName"]["Condition"] == "HasStandby"
    stack = Stack("prod", **MADE_STANDBY)
    names = [
        stack.template.resolve(outputs[name]["Value"]) for name in ("NatGroupName", "NatStandbyGroupName")
    ]
    assert names == [naming.nat_asg_name("prod"), naming.nat_standby_asg_name("prod")]


def test_the_parameter_s_own_words_on_price_are_computed() -> None:
    said = Stack().template.document["Parameters"]["NatStandby"]["Description"]
    assert f"{bill()['second nat without monitoring']:.2f} USD" in said
