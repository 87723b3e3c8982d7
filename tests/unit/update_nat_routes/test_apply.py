"""Writing: lost races, refusals, failures. botocore's stubber checks parameters against AWS's model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from tradai_shared.errors import Status
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    DisableSourceDestCheck,
    RecordHeartbeat,
    ReplaceInstance,
    ReplaceRoute,
    ReportUnhealthy,
    RouteToFallback,
    TagGroup,
)
from update_nat_routes.apply import NOT_TRIED, Result, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECK = DisableSourceDestCheck("eni-a", "why")
ADDRESS = AssociateAddress("eipalloc-0a", "eni-a", "i-a", None, "why")
ROUTE_1 = ReplaceRoute("rtb-1", "eni-a", "eni-x", "why")
ROUTE_2 = ReplaceRoute("rtb-2", "eni-a", "eni-x", "why")
NEW_ROUTE = CreateRoute("rtb-1", "eni-a", "why")
COMPLETE = CompleteLifecycleAction("g", "h", "i-a", "CONTINUE", "why")
HEARTBEAT = RecordHeartbeat("g", "h", "i-a", "why")
REPLACE = ReplaceInstance("g", "i-a", "why")
UNHEALTHY = ReportUnhealthy("g", "i-a", "why")
FALLBACK = RouteToFallback("rtb-1", "nat-0f", "eni-x", True, "why")  # noqa: FBT003 - it replaces
NEW_FALLBACK = replace(FALLBACK, replaces=False)
HOLDER = {"AllocationId": "eipalloc-0a", "PublicIp": "203.0.113.7"}


class Aws:
    """Both clients, each with the answers that a test gives it, in order, and no others."""

    def __init__(self) -> None:
        options: dict[str, Any] = {
            "region_name": "eu-central-1",
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        self.ec2, self.autoscaling = boto3.client("ec2", **options), boto3.client("autoscaling", **options)
        self.stubs = {"ec2": Stubber(self.ec2), "autoscaling": Stubber(self.autoscaling)}
        for stub in self.stubs.values():
            stub.activate()

    def answers(self, call: str, params: dict[str, Any], reply: dict[str, Any] | None = None) -> None:
        service, operation = call.split(":")
        self.stubs[service].add_response(operation, reply or {}, params)

    def refuses(self, call: str, code: str, message: str = "") -> None:
        service, operation = call.split(":")
        self.stubs[service].add_client_error(operation, code, message)

    def apply(self, *actions: Any) -> list[Result]:  # noqa: ANN401 - actions of every kind
        return Writer(self.ec2, self.autoscaling).apply(actions)


@pytest.fixture
def aws() -> Iterator[Aws]:
    world = Aws()
    yield world
    for stub in world.stubs.values():
        stub.assert_no_pending_responses()


def route(table: str) -> dict[str, str]:
    return {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": "eni-a"}


def test_each_move_is_one_call_with_one_target(aws: Aws) -> None:
    check = {"NetworkInterfaceId": "eni-a", "SourceDestCheck": {"Value": False}}
    aws.answers("ec2:modify_network_interface_attribute", check)
    address = {"AllocationId": "eipalloc-0a", "NetworkInterfaceId": "eni-a", "AllowReassociation": False}
    aws.answers("ec2:associate_address", address)
    aws.answers("ec2:replace_route", route("rtb-1"))
    assert {outcome.status for outcome in aws.apply(CHECK, ADDRESS, ROUTE_1)} == {Status.DONE}


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


def test_one_table_that_fails_leaves_the_others_moved(aws: Aws) -> None:
    aws.refuses("ec2:replace_route", "UnauthorizedOperation", "no")
    aws.answers("ec2:replace_route", route("rtb-2"))
    first, second = aws.apply(ROUTE_1, ROUTE_2)
    assert (first.status, first.temporary) == (Status.FAILED, False)
    assert "ec2:ReplaceRoute" in first.detail
    assert second.status is Status.DONE


@pytest.mark.parametrize("failed", ["check", "address"])
def test_no_route_is_moved_in_a_pass_whose_prerequisite_failed(aws: Aws, failed: str) -> None:
    call = {"check": "modify_network_interface_attribute", "address": "associate_address"}[failed]
    aws.refuses(f"ec2:{call}", "RequestLimitExceeded")
    outcomes = aws.apply(CHECK if failed == "check" else ADDRESS, ROUTE_1)
    assert [outcome.temporary for outcome in outcomes] == [True, True]


@pytest.mark.parametrize(
    ("call", "code", "message", "action"),
    [
        (
            "ec2:replace_route",
            "InvalidParameterValue",
            "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.",
            ROUTE_1,
        ),
        ("ec2:create_route", "RouteAlreadyExists", "The route already exists.", NEW_ROUTE),
        (
            "ec2:replace_route",
            "InvalidParameterValue",
            "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.",
            FALLBACK,
        ),
        ("ec2:replace_route", "InvalidRouteTableID.NotFound", "", FALLBACK),
        ("ec2:replace_route", "InvalidRoute.NotFound", "", ROUTE_1),
        ("ec2:create_route", "RouteAlreadyExists", "The route already exists.", NEW_FALLBACK),
    ],
)
def test_a_lost_race_for_a_route_is_looked_at_again_and_not_overwritten(
    aws: Aws, call: str, code: str, message: str, action: Action
) -> None:
    aws.refuses(call, code, message)
    (outcome,) = aws.apply(action)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, True)


def test_a_route_is_created_where_there_is_none(aws: Aws) -> None:
    aws.answers("ec2:create_route", route("rtb-1"))
    assert aws.apply(NEW_ROUTE)[0].status is Status.DONE


@pytest.mark.parametrize(
    ("call", "action"),
    [("complete_lifecycle_action", COMPLETE), ("record_lifecycle_action_heartbeat", HEARTBEAT)],
)
def test_no_active_lifecycle_action_counts_as_done(aws: Aws, call: str, action: Action) -> None:
    aws.refuses(
        f"autoscaling:{call}", "ValidationError", "No active Lifecycle Action found with instance ID i-a"
    )
    assert aws.apply(action)[0].status is Status.ALREADY


@pytest.mark.parametrize(
    ("call", "action"),
    [("complete_lifecycle_action", COMPLETE), ("record_lifecycle_action_heartbeat", HEARTBEAT)],
)
def test_another_mistake_with_the_same_code_does_not(aws: Aws, call: str, action: Action) -> None:
    aws.refuses(f"autoscaling:{call}", "ValidationError", "AutoScalingGroup name not found")
    assert aws.apply(action)[0].status is Status.FAILED


def test_a_dead_member_is_terminated_in_the_group_without_decrement(aws: Aws) -> None:
    params = {"InstanceId": "i-a", "ShouldDecrementDesiredCapacity": False}
    aws.answers("autoscaling:terminate_instance_in_auto_scaling_group", params)
    assert aws.apply(REPLACE)[0].status is Status.DONE


def test_where_terminating_is_refused_it_is_marked_unhealthy(aws: Aws) -> None:
    aws.refuses("autoscaling:terminate_instance_in_auto_scaling_group", "ScalingActivityInProgress", "busy")
    params = {"InstanceId": "i-a", "HealthStatus": "Unhealthy", "ShouldRespectGracePeriod": False}
    aws.answers("autoscaling:set_instance_health", params)
    (outcome,) = aws.apply(REPLACE)
    assert outcome.status is Status.DONE
    assert "busy" in outcome.detail


@pytest.mark.parametrize(
    ("call", "action"),
    [("terminate_instance_in_auto_scaling_group", REPLACE), ("set_instance_health", UNHEALTHY)],
)
def test_one_that_the_group_no_longer_has_counts_as_done(aws: Aws, call: str, action: Action) -> None:
    message = "Instance Id not found - No managed instance found for instance ID: i-a"
    aws.refuses(f"autoscaling:{call}", "ValidationError", message)
    assert aws.apply(action)[0].status is Status.ALREADY


def test_another_refusal_to_report_one_as_unhealthy_is_told(aws: Aws) -> None:
    aws.refuses("autoscaling:set_instance_health", "ValidationError", "AutoScalingGroup name is wrong")
    assert aws.apply(UNHEALTHY)[0].status is Status.FAILED


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


@pytest.mark.parametrize(
    "code", ["IncorrectInstanceState", "InvalidNetworkInterfaceID.NotFound", "InvalidInstanceID.NotFound"]
)
def test_a_state_that_passes_is_tried_again(aws: Aws, code: str) -> None:
    aws.refuses("ec2:associate_address", code)
    (outcome,) = aws.apply(ADDRESS)
    assert (outcome.status, outcome.temporary) == (Status.FAILED, True)


TAG = {"ResourceId": "g", "ResourceType": "auto-scaling-group", "Key": "tradai:x"}


def test_a_run_remembers_in_a_tag_and_forgets_by_removing_it(aws: Aws) -> None:
    aws.answers(
        "autoscaling:create_or_update_tags", {"Tags": [{**TAG, "Value": "now", "PropagateAtLaunch": False}]}
    )
    aws.answers("autoscaling:delete_tags", {"Tags": [TAG]})
    results = aws.apply(TagGroup("g", "tradai:x", "now", "why"), TagGroup("g", "tradai:x", None, "why"))
    assert [(result.status, result.detail) for result in results] == [
        (Status.DONE, "now"),
        (Status.DONE, "removed"),
    ]


def test_no_move_is_made_where_it_cannot_be_remembered(aws: Aws) -> None:
    aws.refuses("autoscaling:create_or_update_tags", "AccessDenied")
    aws.answers(
        "autoscaling:complete_lifecycle_action",
        {
            "AutoScalingGroupName": "g",
            "LifecycleHookName": "h",
            "InstanceId": "i-a",
            "LifecycleActionResult": "CONTINUE",
        },
    )
    results = aws.apply(TagGroup("g", "tradai:x", "now", "why"), ADDRESS, ROUTE_1, COMPLETE)
    assert [result.status for result in results] == [Status.FAILED] * 3 + [Status.DONE]
    assert [result.detail for result in results[1:3]] == [NOT_TRIED] * 2


@pytest.mark.parametrize(("replaces", "call"), [(True, "replace_route"), (False, "create_route")])
def test_a_table_falls_back_to_a_nat_gateway(aws: Aws, call: str, *, replaces: bool) -> None:
    parameters = {"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0a"}
    aws.answers(f"ec2:{call}", parameters, {"Return": True} if call == "create_route" else None)
    (result,) = aws.apply(RouteToFallback("rtb-1", "nat-0a", "eni-x", replaces, "why"))
    assert result.status is Status.DONE
