"""What AWS does with routes, addresses and interfaces, and moto does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_ec2 import EC2Client

    from simulator.scenario.world import World

ANYWHERE = "0.0.0.0/0"


@pytest.fixture
def instance(world: World, ec2: EC2Client) -> str:
    """A running instance beside the group."""
    launched = launch(world, ec2)
    world.advance(60)
    return launched


def launch(world: World, ec2: EC2Client) -> str:
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    made = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=world.platform.subnet)
    return str(made["Instances"][0]["InstanceId"])


def interface_of(ec2: EC2Client, instance_id: str) -> dict[str, Any]:
    instances = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    (interface,) = instances["NetworkInterfaces"]
    return dict(interface)


def route_of(ec2: EC2Client, table: str) -> dict[str, Any]:
    (described,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return next((dict(r) for r in described["Routes"] if r.get("DestinationCidrBlock") == ANYWHERE), {})


def code_of(call: Callable[..., object], **parameters: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def routed(world: World, ec2: EC2Client, instance: str) -> dict[str, str]:
    """A default route to the instance, as parameters of the next call."""
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    parameters = {"RouteTableId": world.platform.tables[0], "DestinationCidrBlock": ANYWHERE}
    ec2.create_route(
        RouteTableId=world.platform.tables[0], DestinationCidrBlock=ANYWHERE, NetworkInterfaceId=interface
    )
    return parameters


@pytest.mark.parametrize("by", ["instance", "interface"])
def test_a_route_shows_both_ids_whichever_it_was_made_with(
    world: World, ec2: EC2Client, instance: str, by: str
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    target = {"InstanceId": instance} if by == "instance" else {"NetworkInterfaceId": interface}
    table = world.platform.tables[0]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)
    route = route_of(ec2, table)
    assert (route["InstanceId"], route["NetworkInterfaceId"]) == (instance, interface)
    assert route["State"] == "active"


@pytest.mark.parametrize("by", ["instance", "interface"])
def test_a_table_of_another_vpc_takes_no_route_to_an_interface(
    ec2: EC2Client, instance: str, by: str
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    target = {"InstanceId": instance} if by == "instance" else {"NetworkInterfaceId": interface}
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    code = code_of(ec2.create_route, RouteTableId=table, DestinationCidrBlock=ANYWHERE, **target)
    assert (code, route_of(ec2, table)) == ("InvalidParameterValue", {})


@pytest.mark.parametrize("end", ["stop", "terminate"])
def test_a_route_is_a_blackhole_once_its_instance_is_stopped_or_terminated_and_not_before(
    world: World, ec2: EC2Client, instance: str, routed: dict[str, str], end: str
) -> None:
    getattr(ec2, f"{end}_instances")(InstanceIds=[instance])
    world.advance(2)
    assert route_of(ec2, routed["RouteTableId"])["State"] == "active"
    world.advance(60)
    assert route_of(ec2, routed["RouteTableId"])["State"] == "blackhole"


def test_a_route_to_a_stopped_instance_is_active_again_when_it_is_started(
    world: World, ec2: EC2Client, instance: str, routed: dict[str, str]
) -> None:
    ec2.stop_instances(InstanceIds=[instance])
    world.advance(60)
    ec2.start_instances(InstanceIds=[instance])
    world.advance(60)
    assert route_of(ec2, routed["RouteTableId"])["State"] == "active"


def test_a_route_to_an_unattached_interface_is_a_blackhole(world: World, ec2: EC2Client) -> None:
    made = ec2.create_network_interface(SubnetId=world.platform.subnet)["NetworkInterface"]
    table = world.platform.tables[0]
    ec2.create_route(
        RouteTableId=table, DestinationCidrBlock=ANYWHERE, NetworkInterfaceId=made["NetworkInterfaceId"]
    )
    assert route_of(ec2, table)["State"] == "blackhole"


def test_replacing_and_creating_a_route_change_nothing_in_a_dry_run(
    world: World, ec2: EC2Client, routed: dict[str, str]
) -> None:
    other = launch(world, ec2)
    world.advance(60)
    before = route_of(ec2, routed["RouteTableId"])
    target = {"NetworkInterfaceId": interface_of(ec2, other)["NetworkInterfaceId"], "DryRun": True}
    assert code_of(ec2.replace_route, **routed, **target) == "DryRunOperation"
    assert route_of(ec2, routed["RouteTableId"]) == before
    second = {**routed, "RouteTableId": world.platform.tables[1]}
    assert code_of(ec2.create_route, **second, **target) == "DryRunOperation"
    assert route_of(ec2, second["RouteTableId"]) == {}


def test_creating_a_route_that_exists_is_refused_also_by_interface(
    ec2: EC2Client, instance: str, routed: dict[str, str]
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    assert code_of(ec2.create_route, **routed, NetworkInterfaceId=interface) == "RouteAlreadyExists"


def test_replacing_a_route_that_does_not_exist_is_an_invalid_parameter_value(
    world: World, ec2: EC2Client, instance: str
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    table = world.platform.tables[1]
    parameters = {"RouteTableId": table, "DestinationCidrBlock": ANYWHERE, "NetworkInterfaceId": interface}
    with pytest.raises(ClientError, match=r"There is no route defined for '0.0.0.0/0'") as caught:
        ec2.replace_route(**parameters)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_a_route_takes_exactly_one_target(ec2: EC2Client, instance: str, routed: dict[str, str]) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    targets = {"InstanceId": instance, "NetworkInterfaceId": interface}
    assert code_of(ec2.replace_route, **routed, **targets) == "InvalidParameterCombination"
    assert code_of(ec2.replace_route, **routed) == "InvalidParameterCombination"


def test_an_instance_with_two_interfaces_is_no_target_by_its_id(
    world: World, ec2: EC2Client, instance: str, routed: dict[str, str]
) -> None:
    second = ec2.create_network_interface(SubnetId=world.platform.subnet)["NetworkInterface"]
    ec2.attach_network_interface(
        NetworkInterfaceId=second["NetworkInterfaceId"], InstanceId=instance, DeviceIndex=1
    )
    assert code_of(ec2.replace_route, **routed, InstanceId=instance) == "InvalidInstanceID"
    check = {"InstanceId": instance, "SourceDestCheck": {"Value": False}}
    assert code_of(ec2.modify_instance_attribute, **check) == "InvalidInstanceID"


@pytest.mark.parametrize("by", ["instance", "interface"])
def test_the_source_destination_check_is_the_interfaces_and_shows_everywhere(
    ec2: EC2Client, instance: str, by: str
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    if by == "instance":
        ec2.modify_instance_attribute(InstanceId=instance, SourceDestCheck={"Value": False})
    else:
        ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    (described,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    shown = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    asked = ec2.describe_instance_attribute(InstanceId=instance, Attribute="sourceDestCheck")
    assert described["SourceDestCheck"] is False
    assert shown["SourceDestCheck"] is False
    assert shown["NetworkInterfaces"][0]["SourceDestCheck"] is False
    assert asked["SourceDestCheck"]["Value"] is False


def test_one_attribute_is_changed_a_call(ec2: EC2Client, instance: str) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    parameters = {
        "NetworkInterfaceId": interface,
        "SourceDestCheck": {"Value": False},
        "Description": {"Value": "the NAT's"},
    }
    assert code_of(ec2.modify_network_interface_attribute, **parameters) == "InvalidParameterCombination"


def test_an_address_held_elsewhere_moves_unless_reassociation_is_refused(
    world: World, ec2: EC2Client, instance: str
) -> None:
    other, allocation = launch(world, ec2), world.platform.allocation
    world.advance(60)
    ec2.associate_address(AllocationId=allocation, InstanceId=other)
    refused = {"AllocationId": allocation, "InstanceId": instance, "AllowReassociation": False}
    assert code_of(ec2.associate_address, **refused) == "Resource.AlreadyAssociated"
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface)
    (address,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    assert (address["InstanceId"], address["NetworkInterfaceId"]) == (instance, interface)
    assert interface_of(ec2, instance)["Association"]["PublicIp"] == world.platform.address
    assert "PublicIp" not in interface_of(ec2, other).get("Association", {})
    world.advance(300)
    assert interface_of(ec2, other)["Association"]["IpOwnerId"] == "amazon"


def test_an_elastic_address_is_the_accounts_and_an_automatic_one_amazons(
    world: World, ec2: EC2Client, instance: str
) -> None:
    before = interface_of(ec2, instance)["Association"]
    assert before["IpOwnerId"] == "amazon"
    assert "AllocationId" not in before
    ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=instance)
    interface = interface_of(ec2, instance)
    assert interface["Association"]["IpOwnerId"] == "123456789012"
    (described,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert described["Association"]["AllocationId"] == world.platform.allocation


def test_a_pending_instance_takes_no_address(world: World, ec2: EC2Client) -> None:
    pending = launch(world, ec2)
    world.advance(1.5)
    with pytest.raises(ClientError, match=r"The pending instance .* is not in a valid state") as caught:
        ec2.associate_address(AllocationId=world.platform.allocation, InstanceId=pending)
    assert caught.value.response["Error"]["Code"] == "InvalidInstanceID"


def test_asked_by_interface_the_refusal_has_another_code(world: World, ec2: EC2Client) -> None:
    launched = launch(world, ec2)
    world.advance(1.5)
    pending = interface_of(ec2, launched)["NetworkInterfaceId"]
    with pytest.raises(
        ClientError, match=f"The pending-instance-creation instance to which '{pending}'"
    ) as caught:
        ec2.associate_address(AllocationId=world.platform.allocation, NetworkInterfaceId=pending)
    assert caught.value.response["Error"]["Code"] == "IncorrectInstanceState"


def test_termination_leaves_the_address_unassociated_and_stopping_does_not(
    world: World, ec2: EC2Client, instance: str
) -> None:
    allocation = world.platform.allocation
    ec2.associate_address(AllocationId=allocation, InstanceId=instance)
    ec2.stop_instances(InstanceIds=[instance])
    world.advance(60)
    assert ec2.describe_addresses(AllocationIds=[allocation])["Addresses"][0]["InstanceId"] == instance
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(60)
    (address,) = ec2.describe_addresses(AllocationIds=[allocation])["Addresses"]
    assert not address.get("AssociationId")
    assert not address.get("InstanceId")


def test_a_terminated_instance_has_lost_its_primary_interface(
    ec2: EC2Client, world: World, instance: str
) -> None:
    interface = interface_of(ec2, instance)["NetworkInterfaceId"]
    ec2.terminate_instances(InstanceIds=[instance])
    world.advance(60)
    (shown,) = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    assert shown["NetworkInterfaces"] == []
    missing = code_of(ec2.describe_network_interfaces, NetworkInterfaceIds=[interface])
    assert missing == "InvalidNetworkInterfaceID.NotFound"
