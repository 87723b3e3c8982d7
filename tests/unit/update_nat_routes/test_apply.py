"""Writing: lost races, refusals, failures. botocore's stubber checks parameters against AWS's model."""

from __future__ import annotations

import pytest

from tests.unit.update_nat_routes.stubbed_aws import (
    ADDRESS,
    CHECK,
    COMPLETE,
    FALLBACK,
    HEARTBEAT,
    NEW_FALLBACK,
    NEW_ROUTE,
    REPLACE,
    ROUTE_1,
    ROUTE_2,
    UNHEALTHY,
    Aws,
    route,
)
from tradai_shared.errors import Status
from update_nat_routes.actions import (
    Action,
    RouteToFallback,
    TagGroup,
)
from update_nat_routes.apply import NOT_TRIED


def test_each_move_is_one_call_with_one_target(aws: Aws) -> None:
    check = {"InstanceId": "i-a", "SourceDestCheck": {"Value": False}}
    aws.answers("ec2:modify_instance_attribute", check)
    address = {"AllocationId": "eipalloc-0a", "NetworkInterfaceId": "eni-a", "AllowReassociation": False}
    aws.answers("ec2:associate_address", address)
    aws.answers("ec2:replace_route", route("rtb-1"))
    assert {outcome.status for outcome in aws.apply(CHECK, ADDRESS, ROUTE_1)} == {Status.DONE}


def test_one_table_that_fails_leaves_the_others_moved(aws: Aws) -> None:
    aws.refuses("ec2:replace_route", "UnauthorizedOperation", "no")
    aws.answers("ec2:replace_route", route("rtb-2"))
    first, second = aws.apply(ROUTE_1, ROUTE_2)
    assert (first.status, first.temporary) == (Status.FAILED, False)
    assert "ec2:ReplaceRoute" in first.detail
    assert second.status is Status.DONE


@pytest.mark.parametrize("failed", ["check", "address"])
def test_no_route_is_moved_in_a_pass_whose_prerequisite_failed(aws: Aws, failed: str) -> None:
    call = {"check": "modify_instance_attribute", "address": "associate_address"}[failed]
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
