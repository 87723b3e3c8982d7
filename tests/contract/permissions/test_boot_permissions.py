"""The NAT that the stack makes may do what its boot script does: to itself, and with one tag."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.contract.permissions.boot import INSTANCE, Called, asked, calls
from tests.contract.permissions.policy import denied, statements
from tests.contract.permissions.roles import deployed
from tests.contract.stack import MADE_NAT, MADE_STANDBY, Stack

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.permissions.policy import Need, Statement

OTHER = "i-0fedcba9876543210"
NAME = "tradai-nat-prod"


@pytest.fixture(params=["eipalloc-0a", ""], ids=["given address", "own address"])
def stack(request: pytest.FixtureRequest) -> Stack:
    return deployed("prod", **MADE_NAT, NatEipAllocationId=request.param)


@pytest.fixture
def policy(stack: Stack) -> list[Statement]:
    return statements(stack.statements("NatInstanceRole"))


@pytest.fixture
def made(stack: Stack, tmp_path: Path) -> list[Called]:
    allocation = stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]["NAT_EIP_ALLOCATION_ID"]
    return calls(tmp_path, allocation)


@pytest.fixture
def needed(made: list[Called]) -> set[Need]:
    return asked(made, NAME)


def test_the_script_makes_two_calls(made: list[Called]) -> None:
    assert [call.operation for call in made] == ["AssociateAddress", "CreateTags"]
    assert made[0].parameters["AllowReassociation"] is False


def test_every_call_of_the_script_is_allowed(policy: list[Statement], needed: set[Need]) -> None:
    assert denied(policy, needed) == []


def test_without_any_one_of_its_statements_the_proof_fails(
    policy: list[Statement], needed: set[Need]
) -> None:
    for gone in policy:
        assert denied([statement for statement in policy if statement is not gone], needed), gone.sid


def test_it_may_do_nothing_to_another_instance(policy: list[Statement], made: list[Called]) -> None:
    refused = {need.resource for need in denied(policy, asked(made, NAME, itself=OTHER))}
    assert {need for need in refused if need.endswith(INSTANCE)}


def test_it_may_set_no_other_tag(policy: list[Statement], needed: set[Need]) -> None:
    tagging = [need for need in needed if need.action == "ec2:CreateTags"]
    other = [replace(need, keys=(*need.keys, ("aws:TagKeys", ("Name",)))) for need in tagging]
    assert denied(policy, other) == sorted(other)


def test_it_may_take_no_other_address(policy: list[Statement]) -> None:
    other = Called("AssociateAddress", {"AllocationId": "eipalloc-0other", "InstanceId": INSTANCE})
    (refused,) = denied(policy, asked([other], NAME))
    assert refused.resource.endswith("elastic-ip/eipalloc-0other")


GROUPS = "tradai-nat-asg-prod tradai-nat-standby-asg-prod"


def test_in_a_pair_it_takes_no_address_and_may_do_what_its_services_do(tmp_path: Path) -> None:
    stack = deployed("prod", **MADE_STANDBY)
    allocation = stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]["NAT_EIP_ALLOCATION_ID"]
    made = calls(tmp_path, allocation, GROUPS)
    assert [call.operation for call in made] == ["CreateTags", "DescribeInstances", "PutEvents"]
    policy, needed = statements(stack.statements("NatInstanceRole")), asked(made, NAME)
    assert denied(policy, needed) == []
    for gone in policy:
        assert denied([statement for statement in policy if statement is not gone], needed), gone.sid


def test_it_may_put_events_of_no_other_source() -> None:
    policy = statements(deployed("prod", **MADE_STANDBY).statements("NatInstanceRole"))
    other = Called("PutEvents", {"Entries": [{"Source": "tradai.drill"}]}, "events")
    assert {need.action for need in denied(policy, asked([other], NAME))} == {"events:PutEvents"}


def test_it_may_take_its_address_onto_nothing_that_is_not_a_nat(
    policy: list[Statement], made: list[Called]
) -> None:
    assert {need.action for need in denied(policy, asked(made, "tradai-api-prod"))} == {
        "ec2:AssociateAddress"
    }
