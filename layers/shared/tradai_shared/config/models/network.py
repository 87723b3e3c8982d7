"""VPC, subnets, routes, security groups."""

from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated

from pydantic import Field, model_validator

from tradai_shared.config.models.base import (
    Cidr,
    Count,
    Immutable,
    Model,
    Name,
    Named,
    Port,
    Text,
    Unspecified,
)


class Tier(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    DATABASE = "database"


class DefaultRoute(StrEnum):
    """Where a route table sends 0.0.0.0/0."""

    INTERNET_GATEWAY = "internet-gateway"
    NAT = "nat"
    NONE = "none"


class Protocol(StrEnum):
    TCP = "tcp"
    UDP = "udp"
    ICMP = "icmp"
    ALL = "-1"  # as EC2 spells it


class Vpc(Model):
    id: Unspecified[Name] = None  # None: recognized by names, route tables and CIDR
    cidr: Immutable[Cidr]
    dns_hostnames: bool
    dns_support: bool
    flow_logs: bool


class Subnet(Model):
    tier: Tier
    availability_zone: Name
    cidr: Immutable[Cidr]
    route_table: Name


class RouteTable(Model):
    default_route: DefaultRoute
    name: Unspecified[Name] = None  # the Name tag
    ids: Unspecified[tuple[Name, ...]] = None  # where given, these are the tables, whatever their names


EVERY_PORT = ((0, 65535), (-1, -1))  # as EC2 spells it; the latter of ICMP
RulePort = Annotated[int, Field(ge=-1, le=65535)]  # -1 is every type or code of ICMP


class SecurityRule(Model):
    """One permission, flat: one protocol, one range of ports, one peer."""

    protocol: Protocol
    from_port: RulePort | None = None  # None: every port
    to_port: RulePort | None = None
    peer: Text  # a CIDR, the role of another group, or the id of a group or prefix list

    @model_validator(mode="before")
    @classmethod
    def as_ec2_shows_it(cls, given: object) -> object:
        """Every port, and a range, in the one spelling in which they are compared."""
        if not isinstance(given, dict):
            return given
        ports = (given.get("from_port"), given.get("to_port"))
        if given.get("protocol") == Protocol.ALL or ports in EVERY_PORT:
            given = {**given, "from_port": None, "to_port": None}
        try:
            return {**given, "peer": str(ip_network(given["peer"], strict=False))}
        except (KeyError, ValueError):
            return given


class PortGap(Model):
    """Traffic that is refused, known and accepted."""

    protocol: Protocol
    port: Port
    reason: Text


class SecurityGroup(Model):
    name: Text
    open_to_world: bool  # whether an ingress rule may name 0.0.0.0/0 or ::/0
    protocols: Unspecified[tuple[Protocol, ...]] = None  # all that its rules may allow
    ingress: Unspecified[tuple[SecurityRule, ...]] = None
    egress: Unspecified[tuple[SecurityRule, ...]] = None
    accepted_gaps: tuple[PortGap, ...] = ()


class Endpoints(Model):
    """A function inside the VPC reaches, while the NAT is down, only services that have an endpoint."""

    gateway: tuple[Name, ...]
    interface_count: Count


class NetworkAcls(Model):
    one_per_tier: bool  # the rules are not stated anywhere


class Network(Model):
    vpc: Vpc
    subnets: Named[Subnet]
    route_tables: Named[RouteTable]
    security_groups: Named[SecurityGroup]
    endpoints: Endpoints
    network_acls: NetworkAcls
