"""Writing an address: who holds it, whether it may be taken, and what is tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.update_nat_routes.stubbed_aws import (
    ADDRESS,
    HOLDER,
    Aws,
)
from tradai_shared.errors import Status
from update_nat_routes.actions import (
    AssociateAddress,
)


def test_an_address_is_moved_only_from_the_member_that_was_seen_with_it(aws: Aws) -> None:
    address = {"AllocationId": "eipalloc-0a", "NetworkInterfaceId": "eni-a", "AllowReassociation": True}
    aws.answers("ec2:associate_address", address)
    taken = AssociateAddress("eipalloc-0a", "eni-a", "i-a", "i-old", "why")
    assert aws.apply(taken)[0].status is Status.DONE


def test_an_address_that_another_run_moved_here_counts_as_done(aws: Aws) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    ours = {"Addresses": [{**HOLDER, "NetworkInterfaceId": "eni-a", "InstanceId": "i-a"}]}
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, ours)
    assert aws.apply(ADDRESS)[0].status is Status.ALREADY


def test_an_address_that_a_stranger_holds_is_not_taken_and_the_stranger_is_named(aws: Aws) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    theirs = {"Addresses": [{**HOLDER, "NetworkInterfaceId": "eni-z", "InstanceId": "i-z"}]}
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, theirs)
    running = {"Reservations": [{"Instances": [{"InstanceId": "i-z", "State": {"Name": "stopped"}}]}]}
    aws.answers("ec2:describe_instances", {"Filters": [{"Name": "instance-id", "Values": ["i-z"]}]}, running)
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, False)
    assert "i-z" in outcome.detail


@pytest.mark.parametrize("state", ["shutting-down", "terminated", None])
def test_an_address_that_is_still_shown_with_one_that_has_ended_is_tried_again(
    aws: Aws, state: str | None
) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    late = {"Addresses": [{**HOLDER, "NetworkInterfaceId": "eni-z", "InstanceId": "i-z"}]}
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, late)
    shown_instances = [{"InstanceId": "i-z", "State": {"Name": state}}] if state else []
    aws.answers(
        "ec2:describe_instances",
        {"Filters": [{"Name": "instance-id", "Values": ["i-z"]}]},
        {"Reservations": [{"Instances": shown_instances}]},
    )
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, True)
    assert "i-z" in outcome.detail


def test_an_address_that_came_free_meanwhile_is_worth_another_look(aws: Aws) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, {"Addresses": [HOLDER]})
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, True)


@pytest.mark.parametrize("absent", ["", None])
def test_an_address_that_aws_shows_with_an_empty_holder_is_free(aws: Aws, absent: str | None) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    shown = {**HOLDER} if absent is None else {**HOLDER, "NetworkInterfaceId": absent, "InstanceId": absent}
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, {"Addresses": [shown]})
    (outcome,) = aws.apply(ADDRESS)
    assert outcome.temporary
    assert "is free now" in outcome.detail


def test_an_address_whose_holder_may_not_be_read_is_tried_again(aws: Aws) -> None:
    """It can be the group's own dead member's, as EC2 shows it for some seconds."""
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    aws.refuses("ec2:describe_addresses", "UnauthorizedOperation", "no")
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, True)
    assert "who holds it is unknown" in outcome.detail
    assert "ec2:DescribeAddresses" in outcome.detail


def test_a_holder_that_could_not_be_read_is_not_called_a_stranger(aws: Aws) -> None:
    for action, passes in ((replace(ADDRESS, unread=True), True), (ADDRESS, False)):
        aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
        held = {"Addresses": [{**HOLDER, "NetworkInterfaceId": "eni-b", "InstanceId": "i-b"}]}
        aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, held)
        running = {"Reservations": [{"Instances": [{"InstanceId": "i-b", "State": {"Name": "running"}}]}]}
        filters = [{"Name": "instance-id", "Values": ["i-b"]}]
        aws.answers("ec2:describe_instances", {"Filters": filters}, running)
        (outcome,) = aws.apply(action)
        assert (outcome.temporary, "is no member" in outcome.detail) == (passes, not passes)


@pytest.mark.parametrize("code", ["InvalidAllocationID.NotFound", "InvalidAssociationID.NotFound"])
def test_an_address_that_was_just_shown_is_not_gone_for_good(aws: Aws, code: str) -> None:
    for action, passes in ((ADDRESS, False), (replace(ADDRESS, take_from="i-b"), True)):
        aws.refuses("ec2:associate_address", code)
        assert aws.apply(action)[0].temporary is passes


@pytest.mark.parametrize(("group", "passes"), [("g", True), ("another", False)])
def test_a_member_that_took_the_address_since_the_group_was_read_is_no_stranger(
    aws: Aws, group: str, *, passes: bool
) -> None:
    aws.refuses("ec2:associate_address", "Resource.AlreadyAssociated")
    held = {"Addresses": [{**HOLDER, "NetworkInterfaceId": "eni-b", "InstanceId": "i-b"}]}
    aws.answers("ec2:describe_addresses", {"AllocationIds": ["eipalloc-0a"]}, held)
    tags = [{"Key": "Name", "Value": "g"}, {"Key": "aws:autoscaling:groupName", "Value": group}]
    running = {"InstanceId": "i-b", "State": {"Name": "running"}, "Tags": tags}
    filters = [{"Name": "instance-id", "Values": ["i-b"]}]
    aws.answers("ec2:describe_instances", {"Filters": filters}, {"Reservations": [{"Instances": [running]}]})
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.temporary, "is no member" in outcome.detail) == (passes, not passes)
