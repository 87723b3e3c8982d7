"""Whether CloudWatch may send to the alerts topic: policies and keys as AWS and people write them."""

from __future__ import annotations

from typing import Any

import pytest

from ops.doctor.topic_access import allows, key_refusals, parse, policy_refusals

ACCOUNT = "123456789012"
OWNER = {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
ALARMS = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:eu-central-1:{ACCOUNT}:alarm:*"}}
SERVICE = {"Service": "cloudwatch.amazonaws.com"}


def statement(**more: Any) -> dict[str, Any]:
    base = {"Effect": "Allow", "Principal": SERVICE, "Action": "sns:Publish", "Resource": "*"}
    return {"Statement": [{**base, **more}]}


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (statement(), True),
        (statement(Action=["SNS:Publish", "SNS:Subscribe"]), True),
        (statement(Action="SNS:*"), True),
        (statement(Principal={"AWS": "*"}, Condition=OWNER), True),
        (statement(Principal="*"), True),
        (statement(Condition=ALARMS), True),
        (statement(Condition={"StringEquals": {"aws:SourceAccount": [ACCOUNT]}}), True),
        (statement(Principal={"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}), True),
        (statement(Principal={"Service": "events.amazonaws.com"}), False),
        (statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False),
        (statement(Action="sns:Subscribe"), False),
        (statement(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}), False),
        (statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}), False),
        (statement(Effect="Deny"), False),
        (
            {"Statement": [*statement()["Statement"], *statement(Effect="Deny", Principal="*")["Statement"]]},
            False,
        ),
        ({"Statement": statement()["Statement"][0]}, True),
        ({}, False),
        ({"Statement": "nonsense"}, False),
    ],
)
def test_a_topic_s_policy(policy: dict[str, Any], allowed: bool) -> None:  # noqa: FBT001 - a table's column
    assert allows(policy, "sns:publish", ACCOUNT) is allowed
    assert bool(policy_refusals(policy, ACCOUNT)) is not allowed


def test_a_denial_wins() -> None:
    denial = statement(Effect="Deny", Principal="*")["Statement"]
    assert not allows({"Statement": [*statement()["Statement"], *denial]}, "sns:publish", ACCOUNT)


def test_a_key_of_aws_s_own_lets_no_service_publish() -> None:
    assert key_refusals("", None, ACCOUNT) == ()
    assert "alias/aws/sns" in key_refusals("alias/aws/sns", None, ACCOUNT)[0]


def test_a_key_of_one_s_own_must_let_cloudwatch_make_data_keys() -> None:
    whole = statement(Action=["kms:Decrypt", "kms:GenerateDataKey*"])
    assert key_refusals("key", whole, ACCOUNT) == ()
    (refusal,) = key_refusals("key", statement(Action="kms:Decrypt"), ACCOUNT)
    assert "kms:generatedatakey" in refusal
    assert "kms:decrypt" not in refusal


@pytest.mark.parametrize("text", [None, "", "no json", "[]", "1"])
def test_a_policy_that_is_none_allows_nothing(text: str | None) -> None:
    assert parse(text) == {}
