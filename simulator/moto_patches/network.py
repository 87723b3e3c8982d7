"""Corrections of moto's routes, addresses and interfaces. None of them needs time."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import (
    EC2ClientError,
    MissingParameterError,
    ResourceAlreadyAssociatedError,
    RouteAlreadyExistsError,
)
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import Route
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.route_tables import RouteTables
from moto.ec2.utils import generate_dns_from_ip, random_eip_association_id

from simulator.moto_patches.patcher import MotoPatch

network = MotoPatch()

_TARGETS = (
    "GatewayId",
    "InstanceId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "CarrierGatewayId",
    "VpcEndpointId",
    "LocalGatewayId",
)
PROPAGATED = "EnableVgwRoutePropagation"
DEFAULT_ROUTE = "0.0.0.0/0"
_create_route, _replace_route = RouteTables.create_route, RouteTables.replace_route
_modify_interface = ElasticNetworkInterfaces.modify_network_interface_attribute
_modify_instance = InstanceResponse.modify_instance_attribute


# Routes
@network.of(RouteTables, "create_route")
def create_route(self: Any) -> Any:
    """DryRun changes nothing; exactly one target; a second route to a destination is RouteAlreadyExists."""
    _check_route(self)
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    destination = self._get_param("DestinationCidrBlock")
    static = [route for route in table.routes if route.origin != PROPAGATED]
    if any(destination and route.destination_cidr_block == destination for route in static):
        raise RouteAlreadyExistsError(destination)
    announced = table._routes.pop(PROPAGATED, None)  # moto would take it for the second one
    try:
        return _create_route(self)
    finally:
        table._routes = {**({PROPAGATED: announced} if announced else {}), **table._routes}


@network.of(RouteTables, "replace_route")
def replace_route(self: Any) -> Any:
    """DryRun changes nothing; exactly one target."""
    _check_route(self)
    return _replace_route(self)


# A propagated route stands beside the static one to the same destination, in no promised order, and only
# its gateway takes it away: ReplaceRoute and DeleteRoute reach static ones alone.
@network.of(RouteTables, "enable_vgw_route_propagation")
def enable_propagation(self: Any) -> Any:
    """The virtual private gateway announces a default route."""
    table = self.ec2_backend.get_route_table(self._get_param("RouteTableId"))
    gateway = self.ec2_backend.get_vpn_gateway(self._get_param("GatewayId"))
    route = Route(table, DEFAULT_ROUTE, None, None, gateway=gateway)
    route.propagated = True
    table._routes = {PROPAGATED: route, **table._routes}
    return EmptyResult()


@network.of(RouteTables, "disable_vgw_route_propagation")
def disable_propagation(self: Any) -> Any:
    """What the gateway announced is gone."""
    self.ec2_backend.get_route_table(self._get_param("RouteTableId"))._routes.pop(PROPAGATED, None)
    return EmptyResult()


@network.property_of(Route, "origin")
def route_origin(self: Any) -> str:
    """How the route came into the table."""
    if getattr(self, "propagated", False):
        return PROPAGATED
    return "CreateRouteTable" if self.local else "CreateRoute"


def _check_route(request: Any) -> None:
    if len([target for target in _TARGETS if request._get_param(target)]) != 1:
        message = "The request must contain exactly one of " + ", ".join(_TARGETS)
        raise EC2ClientError("InvalidParameterCombination", message)
    if instance_id := request._get_param("InstanceId"):
        _check_single_interface(request.ec2_backend.get_instance(instance_id))
    gateway = request._get_param("NatGatewayId")
    if gateway and gateway not in request.ec2_backend.nat_gateways:
        raise EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {gateway} was not found")
    _check_network(request)
    request.error_on_dryrun()


def _check_network(request: Any) -> None:
    """A table routes to interfaces of its own VPC alone.

    The refusal: https://github.com/saltstack/salt/issues/38791
    """
    backend, instance_id = request.ec2_backend, request._get_param("InstanceId")
    interface = backend.enis.get(request._get_param("NetworkInterfaceId"))
    if instance_id:
        interface = backend.get_instance(instance_id).nics.get(0)
    table = backend.get_route_table(request._get_param("RouteTableId"))
    if interface and interface.subnet.vpc_id != table.vpc_id:
        message = f"route table {table.id} and interface {interface.id} belong to different networks"
        raise EC2ClientError("InvalidParameterValue", message)


def _check_single_interface(instance: Any) -> None:
    if len(instance.nics) > 1:
        message = f"There are multiple interfaces attached to instance '{instance.id}'. Please specify an"
        message += " interface ID for the operation instead."
        raise EC2ClientError("InvalidInstanceID", message)


def _target(route: Any) -> tuple[Any, Any]:
    """The instance and the interface behind a route, whichever of them it was made with."""
    interface = route.interface or (route.instance.nics.get(0) if route.instance else None)
    return route.instance or (interface.instance if interface else None), interface


@network.property_of(Route, "state")
def route_state(self: Any) -> str:
    """A target that is stopped, terminated or unattached is a blackhole; one that is stopping is not yet."""
    if not self.interface and not self.instance:
        return "active"
    instance, _ = _target(self)
    return "blackhole" if instance is None or instance.state in {"stopped", "terminated"} else "active"


@network.property_of(Route, "instance_id")
def route_instance_id(self: Any) -> str | None:
    """Describe shows both ids, whichever the route was made with."""
    instance, _ = _target(self)
    return instance.id if instance else None


@network.property_of(Route, "instance_owner_id")
def route_instance_owner_id(self: Any) -> str | None:
    """The account of the instance."""
    instance, _ = _target(self)
    return instance.owner_id if instance else None


@network.property_of(Route, "network_interface_id")
def route_interface_id(self: Any) -> str | None:
    """Describe shows both ids, whichever the route was made with."""
    _, interface = _target(self)
    return interface.id if interface else None


# Addresses
@network.of(ElasticIPAddresses, "associate_address")
def associate_address(self: Any) -> Any:
    """Moves an address held elsewhere unless AllowReassociation is false; a pending instance is refused.

    One that is still shown with a terminated instance is not moved either way.
    """
    backend, interface = self.ec2_backend, _interface_to_associate(self)
    _check_state(self, interface)
    allocation, address = self._get_param("AllocationId"), self._get_param("PublicIp")
    address_by_allocation = (
        backend.address_by_allocation([allocation]) if allocation else backend.address_by_ip([address])
    )
    elastic = address_by_allocation[0]
    lagging = elastic.instance and elastic.instance.state == "terminated"
    refused = lagging or self._get_param("AllowReassociation") is False
    if elastic.eni and elastic.eni is not interface and refused:
        raise ResourceAlreadyAssociatedError(elastic.allocation_id)
    self.error_on_dryrun()
    if elastic.eni is not interface:
        release(elastic)
        elastic.eni, elastic.instance = interface, interface.instance
        elastic.association_id = random_eip_association_id()
        interface.public_ip = elastic.public_ip
    return ActionResult({"AssociationId": elastic.association_id})


def _check_state(request: Any, interface: Any) -> None:
    """The code depends on what was asked by: the instance or its interface."""
    instance = interface.instance
    if instance is None or instance.state in {"running", "stopping", "stopped"}:
        return
    if request._get_param("NetworkInterfaceId"):
        state = "pending-instance-creation" if instance.state == "pending" else instance.state
        message = f"The {state} instance to which '{interface.id}' is attached is not in a valid state"
        raise EC2ClientError("IncorrectInstanceState", f"{message} for this operation.")
    message = f"The {instance.state} instance '{instance.id}' is not in a valid state for this operation."
    raise EC2ClientError("InvalidInstanceID", message)


def _interface_to_associate(request: Any) -> Any:
    if interface_id := request._get_param("NetworkInterfaceId"):
        return request.ec2_backend.get_network_interface(interface_id)
    instance_id = request._get_param("InstanceId")
    if not instance_id:
        raise MissingParameterError("InstanceId or NetworkInterfaceId")
    instance = request.ec2_backend.get_instance(instance_id)
    _check_single_interface(instance)
    return instance.nics[0]


def release(elastic: Any) -> None:
    """Take an address from its holder, who gets one of AWS's own again where its subnet assigns them."""
    interface = elastic.eni
    elastic.eni = elastic.instance = elastic.association_id = None
    if interface is not None:
        interface.public_ip = None
        if interface.instance and interface.instance.state == "running":
            interface.check_auto_public_ip()


@network.property_of(NetworkInterface, "association")
def association(self: Any) -> dict[str, Any]:
    """An Elastic IP is the account's own and has ids; an address that AWS assigned is amazon's."""
    if not self.public_ip:
        return {}
    shown = {"PublicIp": self.public_ip, "PublicDnsName": generate_dns_from_ip(self.public_ip)}
    for elastic in self.ec2_backend.address_by_ip([self.public_ip], fail_if_not_found=False):
        ids = {"AllocationId": elastic.allocation_id, "AssociationId": elastic.association_id}
        return {**shown, **ids, "IpOwnerId": self.ec2_backend.account_id}
    return {**shown, "IpOwnerId": "amazon"}


def release_from(elastic: Any, instance: Any) -> None:
    """Take an address from an instance that has ended, unless another one has it by now."""
    if elastic.instance is instance:
        release(elastic)


# Interfaces
def _get_check(self: Any) -> bool:
    nics = getattr(self, "nics", {})
    return bool(nics[0].source_dest_check) if nics else True


def _set_check(self: Any, value: object) -> None:
    if nics := getattr(self, "nics", {}):
        nics[0].source_dest_check = _boolean(value)


# The check belongs to the primary interface; the instance shows what that has.
network.of(Instance, "source_dest_check")(property(_get_check, _set_check))


def _boolean(value: object) -> bool:
    return str(value).lower() == "true"


@network.of(InstanceResponse, "modify_instance_attribute")
def modify_instance_attribute(self: Any) -> Any:
    """One attribute a call; the check of an instance with several interfaces is refused."""
    if self._get_param("SourceDestCheck.Value") is not None:
        _check_single_interface(self.ec2_backend.get_instance(self._get_param("InstanceId")))
    _one_attribute(
        self, ("SourceDestCheck", "InstanceType", "DisableApiTermination", "EbsOptimized", "Groups")
    )
    return _modify_instance(self)


@network.of(ElasticNetworkInterfaces, "modify_network_interface_attribute")
def modify_network_interface_attribute(self: Any) -> Any:
    """One attribute a call; the check really changes, and the instance of the interface shows it."""
    _one_attribute(self, ("SourceDestCheck", "Description", "Groups", "Attachment"))
    check = self._get_param("SourceDestCheck.Value")
    if check is None:
        return _modify_interface(self)
    self.error_on_dryrun()
    interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
    interface.source_dest_check = _boolean(check)
    return EmptyResult()


def _one_attribute(request: Any, names: tuple[str, ...]) -> None:
    given = [name for name in names if request._get_param(name) is not None]
    if len(given) > 1:
        message = f"Fields for multiple attribute types specified: {', '.join(given)}"
        raise EC2ClientError("InvalidParameterCombination", message)
