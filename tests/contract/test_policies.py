"""Least privilege by the parameters: what tradai-update-nat-routes may narrows with what it is given.

That it may what it calls and nothing else is proved by its calls, in permissions/.
"""

from __future__ import annotations

from typing import Any

from tests.contract.stack import ACCOUNT, REGION, ROOT, Stack

EC2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
ADOPTED = {"NatEipAllocationId": "eipalloc-0a", "PrivateRouteTableIds": "rtb-0a,rtb-0b"}


def statements(env: str = "dev", **parameters: str) -> dict[str, Any]:
    return Stack(env, **parameters).statements("UpdateNatRoutesRole")


def test_without_an_address_it_may_associate_none() -> None:
    def allowed(**parameters: str) -> set[str]:
        return {action for statement in statements(**parameters).values() for action in statement["Action"]}

    assert allowed(**ADOPTED) - allowed() == {"ec2:AssociateAddress"}


def test_named_route_tables_are_all_that_it_writes() -> None:
    statement = statements(**ADOPTED)["MoveTheDefaultRoute"]
    assert statement["Resource"] == [f"{EC2}:route-table/*"]
    assert statement["Condition"] == {"StringEquals": {"ec2:RouteTableID": ["rtb-0a", "rtb-0b"]}}


def test_the_template_names_no_partition() -> None:
    assert "arn:aws" not in (ROOT / "template.yaml").read_text(encoding="utf-8")
    for path in (ROOT / "statemachines").glob("*.json"):
        assert "arn:aws" not in path.read_text(encoding="utf-8")


def test_unnamed_route_tables_are_written_by_their_tag() -> None:
    statement = statements("prod")["MoveTheDefaultRoute"]
    assert statement["Resource"] == [f"{EC2}:route-table/*"]
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceTag/Name": "tradai-private-rt-prod"}}


def test_the_one_address_is_all_that_it_moves() -> None:
    resources = statements(**ADOPTED)["MoveTheAddress"]["Resource"]
    assert [resource for resource in resources if "elastic-ip" in resource] == [
        f"{EC2}:elastic-ip/eipalloc-0a"
    ]


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
