"""Least privilege: the function may what it calls, on what it calls it, and nothing else."""

from __future__ import annotations

import importlib.resources
import json
from functools import cache
from typing import Any

import pytest

from tests.contract.stack import ACCOUNT, ENVIRONMENTS, MADE_NAT, REGION, Stack

CALLS = {
    "autoscaling:CompleteLifecycleAction",
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:RecordLifecycleActionHeartbeat",
    "autoscaling:SetInstanceHealth",
    "autoscaling:TerminateInstanceInAutoScalingGroup",
    "ec2:AssociateAddress",
    "ec2:CreateRoute",
    "ec2:DescribeAddresses",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:GetConsoleOutput",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:ReplaceRoute",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sns:Publish",
    "sqs:SendMessage",
}
EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
ADOPTED = {"NatEipAllocationId": "eipalloc-0a", "PrivateRouteTableIds": "rtb-0a,rtb-0b"}


@cache
def actions_of_aws(service: str) -> Any:
    """AWS's own table of actions and the resources that each can be scoped to, as cfn-lint carries it."""
    text = importlib.resources.files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text()
    return json.loads(text)[service]["Actions"]


def can_be_scoped(action: str) -> bool:
    service, name = action.split(":")
    return bool(actions_of_aws(service)[name.lower()].get("Resources"))


def statements(env: str = "dev", **parameters: str) -> dict[str, Any]:
    return Stack(env, **parameters).statements("UpdateNatRoutesRole")


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_the_function_may_what_it_calls_and_nothing_else(env: str) -> None:
    allowed = [action for one in statements(env, **ADOPTED).values() for action in one["Action"]]
    assert sorted(allowed) == sorted(CALLS)


def test_without_an_address_it_may_associate_none() -> None:
    allowed = {action for one in statements().values() for action in one["Action"]}
    assert CALLS - allowed == {"ec2:AssociateAddress"}


def test_a_wildcard_stands_only_where_aws_knows_no_resource() -> None:
    for sid, one in statements(**ADOPTED).items():
        scoped = [action for action in one["Action"] if can_be_scoped(action)]
        assert scoped == ([] if "*" in one["Resource"] else one["Action"]), sid


def test_every_statement_allows_and_none_is_about_everybody() -> None:
    assert {one["Effect"] for one in statements(**ADOPTED).values()} == {"Allow"}


def test_named_route_tables_are_all_that_it_writes() -> None:
    assert statements(**ADOPTED)["MoveTheDefaultRoute"]["Resource"] == [
        "arn:aws:ec2:*:*:route-table/rtb-0a",
        "arn:aws:ec2:*:*:route-table/rtb-0b",
    ]


def test_unnamed_route_tables_are_written_by_their_tag() -> None:
    statement = statements("prod")["MoveTheDefaultRoute"]
    assert statement["Resource"] == [f"{EC2}:route-table/*"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/Name": "tradai-private-rt-prod"}}


def test_the_one_address_is_all_that_it_moves() -> None:
    resources = statements(**ADOPTED)["MoveTheAddress"]["Resource"]
    assert [one for one in resources if "elastic-ip" in one] == [f"{EC2}:elastic-ip/eipalloc-0a"]


def test_the_one_group_is_all_that_it_answers_and_replaces_in() -> None:
    (resource,) = statements(NatAsgName="theirs")["AnswerAndReplaceInTheGroup"]["Resource"]
    assert resource == (
        f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/theirs"
    )


def test_it_reads_the_console_of_members_alone() -> None:
    condition = statements("staging")["ReadTheConsoleOfAMember"]["Condition"]
    assert condition == {
        "StringEquals": {"aws:ResourceTag/aws:autoscaling:groupName": "tradai-nat-asg-staging"}
    }


def test_the_made_nat_may_tag_itself_and_take_its_address_and_nothing_else() -> None:
    made = Stack("dev", **MADE_NAT, NatEipAllocationId="eipalloc-0a").statements("NatInstanceRole")
    assert {sid: one["Action"] for sid, one in made.items()} == {
        "TagItselfAsReady": ["ec2:CreateTags"],
        "TakeItsAddress": ["ec2:AssociateAddress"],
        "OntoItself": ["ec2:AssociateAddress"],
    }
    itself = f"{EC2}:instance/${{ec2:InstanceID}}"
    assert made["TagItselfAsReady"]["Resource"] == [itself]
    assert made["TagItselfAsReady"]["Condition"]["ForAllValues:StringEquals"] == {
        "aws:TagKeys": ["tradai:nat-ready"]
    }
    assert made["TakeItsAddress"]["Resource"] == [f"{EC2}:elastic-ip/eipalloc-0a"]
    assert made["OntoItself"]["Resource"] == [itself, f"{EC2}:network-interface/*"]
    assert made["OntoItself"]["Condition"] == {"StringEquals": {"aws:ResourceTag/Name": "tradai-nat-dev"}}
