"""The matcher judges as IAM documents it; a proof by a lax one would prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.permissions.iam import needs
from tests.contract.permissions.policy import Need, Statement, allowed, arn_matches

TABLE = "arn:aws:ec2:eu-central-1:123456789012:route-table/rtb-0a"
READY: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": "ready"}}
NAMED = (("aws:ResourceTag/Name", ("mine",)),)


def statement(effect: str = "Allow", resource: str = "*", **conditions: Any) -> Statement:
    return Statement("One", effect, ("ec2:ReplaceRoute",), (resource,), conditions)


def test_nothing_is_allowed_that_no_statement_allows() -> None:
    assert not allowed([], Need("ec2:ReplaceRoute", TABLE))
    assert not allowed([statement()], Need("ec2:CreateRoute", TABLE))


def test_a_denial_wins_over_every_permission() -> None:
    assert not allowed([statement(), statement("Deny")], Need("ec2:ReplaceRoute", TABLE))


@pytest.mark.parametrize(
    ("pattern", "resource", "matches"),
    [
        ("arn:aws:ec2:*:*:route-table/rtb-0a", TABLE, True),
        ("arn:aws:ec2:*:route-table/rtb-0a", TABLE, False),
        ("arn:aws:ec2:eu-central-1:123456789012:route-table/*", TABLE, True),
        ("arn:aws:ec2:eu-central-1:123456789012:route-table/rtb-0", TABLE, False),
        ("arn:aws:ec2:eu-central-1:123456789012:*", "*", False),
        ("*", TABLE, True),
        ("arn:aws:logs:*:*:log-group:/a:*", "arn:aws:logs:eu:1:log-group:/a:log-stream:b", True),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key", False),
        ("arn:aws:s3:::[b]ucket", "arn:aws:s3:::bucket", False),
    ],
)
def test_stars_reach_within_their_part_of_an_arn(pattern: str, resource: str, *, matches: bool) -> None:
    assert arn_matches(pattern, resource) is matches


@pytest.mark.parametrize(("name", "expected"), [("mine", True), ("theirs", False), ("min", False)])
def test_a_tag_must_be_the_one_that_is_asked_for(name: str, *, expected: bool) -> None:
    tagged = statement(StringEquals={"aws:ResourceTag/Name": name})
    assert allowed([tagged], Need("ec2:ReplaceRoute", TABLE, NAMED)) is expected


def test_a_key_that_the_request_lacks_holds_for_no_value_but_for_all_of_none() -> None:
    need = Need("ec2:ReplaceRoute", TABLE)
    assert not allowed([statement(StringEquals={"aws:ResourceTag/Name": "mine"})], need)
    assert allowed([statement(**READY)], need)


def test_every_value_must_be_among_those_of_for_all_values() -> None:
    limited = statement(**READY)
    assert not allowed([limited], Need("ec2:ReplaceRoute", TABLE, (("aws:TagKeys", ("ready", "Name")),)))


def test_a_variable_is_filled_from_the_request() -> None:
    filled = statement(resource="arn:aws:ec2:*:*:route-table/${ec2:Its}")
    assert allowed([filled], Need("ec2:ReplaceRoute", TABLE, (("ec2:Its", ("rtb-0a",)),)))
    assert not allowed([filled], Need("ec2:ReplaceRoute", TABLE))


def test_what_the_matcher_does_not_know_is_refused_loudly() -> None:
    with pytest.raises(NotImplementedError, match="NumericLessThan"):
        allowed([statement(NumericLessThan={"aws:MultiFactorAuthAge": "1"})], Need("ec2:ReplaceRoute", TABLE))


def test_an_operation_that_can_be_scoped_and_is_not_written_down_is_refused_loudly() -> None:
    with pytest.raises(NotImplementedError, match="ec2:DeleteRoute"):
        needs("ec2", "DeleteRoute", {"RouteTableId": "rtb-0a"})


def test_a_batch_of_statements_asks_for_each_by_its_verb() -> None:
    batch = {
        "Statements": [{"Statement": 'DELETE FROM "t" WHERE "k"=?'}, {"Statement": 'UPDATE "u" SET "a"=?'}]
    }
    assert [
        (need.action, need.resource.rsplit(":", 1)[1])
        for need in needs("dynamodb", "BatchExecuteStatement", batch)
    ] == [
        ("dynamodb:PartiQLDelete", "table/t"),
        ("dynamodb:PartiQLUpdate", "table/u"),
    ]
