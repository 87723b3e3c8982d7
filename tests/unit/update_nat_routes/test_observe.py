"""Reading: what the routes do not need may be refused; which of two default routes counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from botocore.stub import Stubber

from tests.unit.update_nat_routes.builder import RUNNING, member
from tests.unit.update_nat_routes.builder import observed as empty_world
from update_nat_routes.descriptions import described_instance
from update_nat_routes.model import Launches, TargetKind
from update_nat_routes.observe import Reader
from update_nat_routes.planner.lifecycle_hooks import DataRequest

STATIC = {"DestinationCidrBlock": "0.0.0.0/0", "InstanceId": "i-0a", "NetworkInterfaceId": "eni-0a"}
PROPAGATED = {
    "DestinationCidrBlock": "0.0.0.0/0",
    "GatewayId": "vgw-0a",
    "Origin": "EnableVgwRoutePropagation",
}
APPLIANCE = {**STATIC, "InstanceId": "i-0b", "NetworkInterfaceId": "eni-0b"}
BY_A_ROUTE_SERVER = {**APPLIANCE, "Origin": "Advertisement"}
DEAD_GATEWAY = {**PROPAGATED, "GatewayId": "vgw-0b", "State": "blackhole"}
PREFIX_LIST = {"DestinationPrefixListId": "pl-0a", "GatewayId": "vpce-0a"}
INTERFACE = {
    "NetworkInterfaceId": "eni-0a",
    "SourceDestCheck": False,
    "Attachment": {"DeviceIndex": 0},
    "Association": {"PublicIp": "203.0.113.7", "IpOwnerId": "123456789012"},
}
NAT = {
    "InstanceId": "i-0a",
    "State": {"Name": "running"},
    "LaunchTime": datetime(2026, 3, 28, 12, tzinfo=UTC),
    "NetworkInterfaces": [INTERFACE],
}


def read_tables(ec2: Stubber, routes: list[dict[str, str]]) -> None:
    origin = {"Origin": "CreateRoute"}
    table = {"RouteTableId": "rtb-1", "Routes": [{**origin, **route} for route in routes]}
    ec2.add_response("describe_route_tables", {"RouteTables": [table]})


@pytest.mark.parametrize(
    "routes",
    [
        [PROPAGATED, STATIC],
        [STATIC, PROPAGATED],
        [BY_A_ROUTE_SERVER, STATIC],
        [PROPAGATED, {**STATIC, "State": "blackhole"}],
        [PREFIX_LIST, DEAD_GATEWAY, PROPAGATED, STATIC],
    ],
)
def test_a_static_default_route_has_priority_over_a_propagated_one(
    clients: dict[str, Any], routes: list[dict[str, str]]
) -> None:
    with Stubber(clients["ec2"]) as ec2:
        read_tables(ec2, routes)
        (table,) = Reader(clients["ec2"], clients["autoscaling"], RUNNING).tables()
    assert table.target.instance_id == "i-0a"
    assert table.target.replaceable


@pytest.mark.parametrize("route", [PROPAGATED, BY_A_ROUTE_SERVER, {**BY_A_ROUTE_SERVER, "State": "filtered"}])
def test_a_propagated_default_route_alone_is_known_as_one_that_no_call_replaces(
    clients: dict[str, Any], route: dict[str, str]
) -> None:
    with Stubber(clients["ec2"]) as ec2:
        read_tables(ec2, [route])
        (table,) = Reader(clients["ec2"], clients["autoscaling"], RUNNING).tables()
    assert table.target.propagated
    assert not table.target.replaceable
    assert table.target.blackhole is ("State" in route)


@pytest.mark.parametrize("routes", [[DEAD_GATEWAY, PROPAGATED], [PROPAGATED, DEAD_GATEWAY]])
def test_of_two_propagated_routes_the_one_that_works_counts(
    clients: dict[str, Any], routes: list[dict[str, str]]
) -> None:
    with Stubber(clients["ec2"]) as ec2:
        read_tables(ec2, routes)
        (table,) = Reader(clients["ec2"], clients["autoscaling"], RUNNING).tables()
    assert (table.target.target_id, table.target.blackhole) == ("vgw-0a", False)


def test_prefix_lists_make_no_default_route(clients: dict[str, Any]) -> None:
    with Stubber(clients["ec2"]) as ec2:
        read_tables(ec2, [PREFIX_LIST])
        (table,) = Reader(clients["ec2"], clients["autoscaling"], RUNNING).tables()
    assert table.target.kind is TargetKind.NOTHING


@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "ResourceContention", "ValidationError"])
def test_a_warm_pool_that_cannot_be_read_holds_up_nothing(clients: dict[str, Any], code: str) -> None:
    world = replace(empty_world([], [], ()), hooks=None)
    with Stubber(clients["autoscaling"]) as groups:
        groups.add_client_error("describe_warm_pool", code)
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        after = reader.answer(world, [DataRequest.WARM_POOL])
    assert after.group is not None
    assert after.group.warm == ()
    assert [read.permission for read in after.unread] == [
        "autoscaling:DescribeWarmPool" for _ in range(code == "AccessDenied")
    ]


@pytest.mark.parametrize(
    "code", ["UnauthorizedOperation", "RequestLimitExceeded", "InvalidAllocationID.NotFound"]
)
def test_an_address_that_cannot_be_read_leaves_its_holder_unknown(clients: dict[str, Any], code: str) -> None:
    with Stubber(clients["ec2"]) as ec2, Stubber(clients["autoscaling"]) as groups:
        groups.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": []})
        read_tables(ec2, [STATIC])
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": [NAT]}]})
        ec2.add_client_error("describe_addresses", code)
        observed = Reader(clients["ec2"], clients["autoscaling"], RUNNING).observe()
    assert observed.eip_holder is None
    assert code in observed.holder_unread
    assert observed.tables[0].target.instance_id == "i-0a"


GROUP = {
    "AutoScalingGroupName": "tradai-nat-asg-prod",
    "MinSize": 1,
    "MaxSize": 1,
    "DesiredCapacity": 1,
    "DefaultCooldown": 0,
    "AvailabilityZones": ["eu-central-1a"],
    "HealthCheckType": "EC2",
    "CreatedTime": datetime(2026, 3, 28, tzinfo=UTC),
    "Instances": [
        {
            "InstanceId": "i-0a",
            "AvailabilityZone": "eu-central-1a",
            "LifecycleState": "InService",
            "HealthStatus": "Healthy",
            "ProtectedFromScaleIn": False,
        }
    ],
}


@pytest.mark.parametrize(("ids", "expected"), [((), {"rtb-1"}), (("rtb-1", "rtb-2"), {"rtb-1", "rtb-2"})])
def test_tables_found_by_their_name_are_those_of_the_groups_vpc(
    clients: dict[str, Any], ids: tuple[str, ...], expected: set[str]
) -> None:
    tables = [
        {"RouteTableId": f"rtb-{number}", "VpcId": f"vpc-{number}", "Routes": [STATIC]} for number in (1, 2)
    ]
    with Stubber(clients["ec2"]) as ec2, Stubber(clients["autoscaling"]) as groups:
        groups.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": [GROUP]})
        ec2.add_response("describe_route_tables", {"RouteTables": tables})
        member = {**NAT, "VpcId": "vpc-1", "NetworkInterfaces": []}
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": [member]}]})
        given = replace(RUNNING, route_table_ids=ids)
        observed = Reader(clients["ec2"], clients["autoscaling"], given).observe()
    assert {table.table_id for table in observed.tables} == expected


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ({"EgressOnlyInternetGatewayId": "eigw-0a"}, "eigw-0a"),
        ({"NetworkInterfaceId": "eni-0a", "InstanceId": "i-0a"}, "eni-0a"),
    ],
)
def test_an_ipv6_default_route_has_a_note_and_is_no_default_route_of_ours(
    clients: dict[str, Any], route: dict[str, str], expected: str
) -> None:
    with Stubber(clients["ec2"]) as ec2:
        read_tables(ec2, [{"DestinationIpv6CidrBlock": "::/0", **route}, STATIC])
        (table,) = Reader(clients["ec2"], clients["autoscaling"], RUNNING).tables()
    assert (table.target.instance_id, table.ipv6_target) == ("i-0a", expected)


def launched(
    number: int, time: datetime, status: str = "Successful", message: str = "done"
) -> dict[str, Any]:
    return {
        "ActivityId": str(number),
        "AutoScalingGroupName": "tradai-nat-asg-prod",
        "Cause": "a difference of capacity",
        "Description": f"Launching a new EC2 instance: i-{number:08x}",
        "StartTime": time,
        "StatusCode": status,
        "StatusMessage": message,
    }


GIVEN_UP = (
    "was abandoned: Lifecycle Action Completed with ABANDON Result",
    "was abandoned: Heartbeat Timeout",
)


@pytest.mark.parametrize("message", GIVEN_UP)
@pytest.mark.parametrize(("pause", "failed"), [(timedelta(hours=5), 2), (timedelta(hours=7), 1)])
def test_launches_given_up_are_counted_back_to_the_last_peace(
    clients: dict[str, Any], message: str, pause: timedelta, failed: int
) -> None:
    now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    activities = [
        launched(4, now),
        launched(3, now - timedelta(minutes=5), "Cancelled", message),
        launched(2, now - timedelta(minutes=5) - pause, "Cancelled", message),
    ]
    with Stubber(clients["autoscaling"]) as groups:
        groups.add_response("describe_scaling_activities", {"Activities": activities})
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        observed = reader.answer(empty_world([], [], ()), [DataRequest.HISTORY])
    assert observed.group is not None
    assert observed.group.launches == Launches(last_abandoned=False, failed=failed)


@pytest.mark.parametrize("address", ["203.0.113.7", "203.0.113.8"])
def test_one_without_a_tag_or_a_route_concerns_us_where_it_holds_our_address(
    clients: dict[str, Any], address: str
) -> None:
    with Stubber(clients["ec2"]) as ec2:
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": [NAT]}]})
        held = {"PublicIp": address, "AllocationId": "eipalloc-0a"}
        ec2.add_response("describe_addresses", {"Addresses": [held]})
        ours = address == "203.0.113.7"
        if not ours:
            ec2.add_response("describe_route_tables", {"RouteTables": []})
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        reader.known.add("i-0c")
        shown = reader.look("i-0a")
        assert reader.is_relevant("i-0a", shown.get("i-0a")) is ours


def test_one_that_a_reading_has_shown_concerns_us_without_another_call(clients: dict[str, Any]) -> None:
    with Stubber(clients["ec2"]) as ec2, Stubber(clients["autoscaling"]) as groups:
        read_tables(ec2, [STATIC])
        groups.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": []})
        ec2.add_response("describe_instances", {"Reservations": []})
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        reader.observe(frozenset({"i-0b"}))
        assert reader.is_relevant("i-0a", None)
        ec2.add_response("describe_route_tables", {"RouteTables": []})
        assert not reader.is_relevant("i-0b", None)  # an event named it, and nothing else did


@pytest.mark.parametrize(("looked", "calls"), [({"i-0a"}, 0), ({"i-0b"}, 1), (None, 1)])
def test_instances_that_were_read_a_moment_ago_are_not_read_again(
    clients: dict[str, Any], looked: set[str] | None, calls: int
) -> None:
    """``STATIC`` leads to i-0a: only a look that has it saves the call."""
    shown = {name: described_instance(cast("Any", NAT)) for name in looked} if looked else None
    with Stubber(clients["ec2"]) as ec2, Stubber(clients["autoscaling"]) as groups:
        read_tables(ec2, [STATIC])
        groups.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": []})
        for _ in range(calls):
            ec2.add_response("describe_instances", {"Reservations": []})
        observed = Reader(clients["ec2"], clients["autoscaling"], RUNNING).observe(shown=shown)
        ec2.assert_no_pending_responses()
    assert ("i-0a" in observed.instances) is (calls == 0)


def test_a_second_look_reads_the_instances_and_keeps_the_rest(clients: dict[str, Any]) -> None:
    unseen = empty_world([member("i-0b", "Pending:Wait")], [], ())
    before = replace(unseen, instances={"i-0a": described_instance(cast("Any", NAT))}, eip_holder="i-0a")
    ended = {**NAT, "State": {"Name": "terminated"}, "NetworkInterfaces": []}
    with Stubber(clients["ec2"]) as ec2:
        by = {"Filters": [{"Name": "instance-id", "Values": ["i-0a", "i-0b"]}]}
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": [ended]}]}, by)
        after = Reader(clients["ec2"], clients["autoscaling"], RUNNING).look_again(before)
    assert (after.group, after.tables) == (before.group, before.tables)
    assert after.instances["i-0a"].state == "terminated"
    assert after.eip_holder is None
