"""What the reader asks for in a new environment, where no reading has shown the members yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.stub import Stubber

from tests.unit.update_nat_routes.builder import RUNNING
from tests.unit.update_nat_routes.builder import observed as empty_world
from tests.unit.update_nat_routes.test_observe import INTERFACE, NAT
from update_nat_routes.descriptions import described_instance
from update_nat_routes.observe import Reader


def tagged(name: str, interfaces: list[Any]) -> dict[str, Any]:
    return {
        **NAT,
        "InstanceId": name,
        "Tags": [{"Key": "aws:autoscaling:groupName", "Value": "tradai-nat-asg-prod"}],
        "NetworkInterfaces": interfaces,
    }


@pytest.mark.parametrize(
    ("named", "interfaces", "reads"),
    [
        ("i-0a", [INTERFACE], 1),  # a member
        ("i-0z", [INTERFACE], 1),  # a stranger, while a member carries our address
        ("i-0z", [], 2),  # it may be the stranger that does
    ],
)
def test_a_new_environment_looks_at_the_members_by_their_tag(
    clients: dict[str, Any], named: str, interfaces: list[Any], reads: int
) -> None:
    by_tag = {"Name": "tag:aws:autoscaling:groupName", "Values": ["tradai-nat-asg-prod"]}
    by_id = {"Name": "instance-id", "Values": [named]}
    with Stubber(clients["ec2"]) as ec2:
        members = [tagged(name, interfaces) for name in ("i-0a", "i-0b")]
        shown = {"Reservations": [{"Instances": members}]}
        ec2.add_response("describe_instances", shown, {"Filters": [by_tag]})
        if reads > 1:
            ec2.add_response("describe_instances", {"Reservations": []}, {"Filters": [by_id]})
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        assert set(reader.look(named)) == {"i-0a", "i-0b"}
        ec2.assert_no_pending_responses()
        both = {"Name": "instance-id", "Values": sorted({"i-0a", "i-0b", named})}
        ec2.add_response("describe_instances", shown, {"Filters": [both]})
        reader.look(named)


@pytest.mark.parametrize("missing", [(), ("eipalloc-0b",)])
def test_both_addresses_are_asked_for_in_one_call(clients: dict[str, Any], missing: tuple[str, ...]) -> None:
    given = replace(RUNNING, standby_name="tradai-nat-standby-asg-prod", standby_allocation_id="eipalloc-0b")
    first = {"PublicIp": "203.0.113.7", "AllocationId": "eipalloc-0a"}
    second = {"PublicIp": "203.0.113.8", "AllocationId": "eipalloc-0b"}
    both = {"Name": "allocation-id", "Values": ["eipalloc-0a", "eipalloc-0b"]}
    before = replace(empty_world([], [], ()), instances={"i-0a": described_instance(cast("Any", NAT))})
    with Stubber(clients["ec2"]) as ec2:
        for _ in range(2 if missing else 1):
            ec2.add_response("describe_instances", {"Reservations": [{"Instances": [NAT]}]})
            answer = {"Addresses": [first] if missing else [second, first]}
            ec2.add_response("describe_addresses", answer, {"Filters": [both]})
        ec2.add_response("describe_instances", {"Reservations": [{"Instances": [NAT]}]})
        reader = Reader(clients["ec2"], clients["autoscaling"], given)
        observed = reader.look_again(before)
        if missing:
            assert "eipalloc-0b does not exist" in observed.holder_unread
            observed = reader.look_again(before)  # asks again: it may exist by then
        else:
            assert (observed.eip_holder, observed.standby_eip_holder) == ("i-0a", None)
            reader.look_again(before)
            ec2.assert_no_pending_responses()


def test_routes_alone_are_read_back_by_their_tables_alone(clients: dict[str, Any]) -> None:
    before = replace(empty_world([], [], ()), eip_holder="i-0a")
    with Stubber(clients["ec2"]) as ec2:
        reader = Reader(clients["ec2"], clients["autoscaling"], RUNNING)
        ec2.add_response("describe_route_tables", {"RouteTables": []})
        assert reader.read_back(before, set(), routes=True) == before
        ec2.add_response("describe_network_interfaces", {"NetworkInterfaces": []})
        reader.read_back(before, {"eni-0a"}, routes=False)
