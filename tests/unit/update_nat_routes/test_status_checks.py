"""What EC2's status checks say, and what they leave unsaid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.unit.update_nat_routes.builder import (
    NOW,
    instance,
    member,
    observed,
    settings,
    tables,
    to_instance,
)
from update_nat_routes.observe import Reader
from update_nat_routes.planner.lifecycle_hooks import DataRequest

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

    from update_nat_routes.model import Observed

WORLD = observed([member("i-a")], [instance("i-a", age=900)], tables(to_instance("i-a")), eip="i-a")


def check(status: str, *, dated: bool = True) -> dict[str, Any]:
    detail: dict[str, Any] = {"Name": "reachability", "Status": "failed"}
    return {"Status": status, "Details": [{**detail, "ImpairedSince": NOW} if dated else detail]}


@pytest.fixture
def ec2() -> EC2Client:
    return boto3.client("ec2", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")


def with_status_checks(ec2: EC2Client) -> Observed:
    autoscaling = boto3.client(
        "autoscaling", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    return Reader(ec2, autoscaling, settings()).answer(WORLD, [DataRequest.STATUS])


@pytest.mark.parametrize(
    ("system", "own", "expected"),
    [
        (check("ok"), check("ok"), {}),
        (check("initializing"), check("insufficient-data"), {}),
        (check("not-applicable"), {}, {}),
        (check("impaired"), check("ok"), {"i-a": NOW}),
        (check("ok"), check("impaired"), {"i-a": NOW}),
        (check("ok"), check("impaired", dated=False), {"i-a": None}),
    ],
)
def test_impaired_alone_counts(
    ec2: EC2Client, system: dict[str, Any], own: dict[str, Any], expected: object
) -> None:
    shown = {"InstanceId": "i-a", "SystemStatus": system, "InstanceStatus": own}
    with Stubber(ec2) as stub:
        stub.add_response("describe_instance_status", {"InstanceStatuses": [shown]}, {"InstanceIds": ["i-a"]})
        assert with_status_checks(ec2).impaired == expected


@pytest.mark.parametrize(
    ("code", "denied"),
    [
        ("UnauthorizedOperation", ["ec2:DescribeInstanceStatus"]),
        ("RequestLimitExceeded", []),
        ("InvalidInstanceID.NotFound", []),
    ],
)
def test_a_read_that_fails_says_nothing(ec2: EC2Client, code: str, denied: list[str]) -> None:
    with Stubber(ec2) as stub:
        stub.add_client_error("describe_instance_status", code, "no", http_status_code=400)
        after = with_status_checks(ec2)
    assert after.impaired == {}
    assert [read.permission for read in after.unread] == denied
