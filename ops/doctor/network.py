"""What a VPC must let pass, and what the region must offer. Pure.

Source for the ports: "Custom network ACLs" of the VPC guide: an ACL is stateless, the first rule that fits
decides, answers come to ephemeral ports (a NAT Gateway and Linux use 1024 to 65535).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ops.doctor.model import Level, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TCP, UDP, ALL = "6", "17", "-1"
HTTPS = 443
PEER = 3217  # the UDP port at which two NATs ask each other, from the same port
EPHEMERAL = (1024, 32_768, 49_152, 65_535)
OUTSIDE = "198.51.100.1"  # any address of the internet; this one is kept for documentation


@dataclass(frozen=True, slots=True)
class AclRule:
    """One entry of a network ACL. Ports are those of TCP and UDP."""

    number: int
    egress: bool
    allow: bool
    protocol: str
    cidr: str
    first_port: int = 0
    last_port: int = 65_535

    def fits(self, address: str, port: int, protocol: str = TCP) -> bool:
        if self.protocol not in {protocol, ALL} or ip_address(address) not in ip_network(
            self.cidr, strict=False
        ):
            return False
        return self.protocol == ALL or self.first_port <= port <= self.last_port


@dataclass(frozen=True, slots=True)
class Acl:
    """A network ACL and those of the NAT's and the private subnets that it guards."""

    id: str
    subnets: tuple[str, ...]
    rules: tuple[AclRule, ...]

    def allows(self, *, egress: bool, address: str, port: int, protocol: str = TCP) -> bool:
        """Whether it passes: the fitting rule of the lowest number decides, and none means no."""
        ordered = sorted(self.rules, key=lambda rule: rule.number)
        fitting = (rule for rule in ordered if rule.egress is egress and rule.fits(address, port, protocol))
        return next((rule.allow for rule in fitting), False)


@dataclass(frozen=True, slots=True)
class Network:
    """What was read of the VPC around the NAT. ``cidrs`` are those of its private and NAT subnets, by id."""

    vpc_id: str
    cidrs: Mapping[str, str]
    acls: tuple[Acl, ...] = ()
    nat_subnets: frozenset[str] = frozenset()
    endpoints: frozenset[str] | None = None  # services that have one; None: not readable
    neighbours: tuple[str, ...] = ()  # interfaces in the NAT's subnets that are not the NAT's
    private_subnets: frozenset[str] = frozenset()
    vpc_cidrs: tuple[str, ...] = ()  # where the stack makes the NAT
    peers: bool = False  # two NATs in two subnets watch each other


@dataclass(frozen=True, slots=True)
class Offers:
    """What the region offers. None: not readable."""

    runtime: bool | None = None
    types_by_zone: dict[str, frozenset[str]] | None = None
    image: str | None = None  # the newest for a NAT that the stack makes


def about_network(network: Network, wanted_endpoints: Iterable[str]) -> Iterator[Line]:
    """Network ACLs that keep traffic from the NAT, and services without an endpoint."""
    for acl in network.acls:
        for problem in sorted(set(_refused(acl, network))):
            yield Line(
                Level.DO,
                acl.id,
                f"this network ACL of {', '.join(acl.subnets)} lets no {problem} pass",
                "add an allow rule with a lower number than the one that denies",
            )
    if network.endpoints is not None:
        for service in wanted_endpoints:
            if not any(endpoint.endswith(f".{service}") for endpoint in network.endpoints):
                yield Line(
                    Level.INFO,
                    "endpoint",
                    f"{network.vpc_id} has no endpoint for {service}: its calls leave by the NAT, and fail"
                    " while the NAT is down",
                    f"aws ec2 create-vpc-endpoint --vpc-id {network.vpc_id} --service-name …{service}",
                )
    if network.neighbours:
        yield Line(
            Level.INFO,
            "NAT subnets",
            f"{len(network.neighbours)} interfaces of others are in them: a fault injection that disrupts the"
            f" subnet's network meets these too: {'; '.join(network.neighbours)}",
        )


def _refused(acl: Acl, network: Network) -> Iterator[str]:
    guarded = set(acl.subnets)
    if not acl.allows(egress=True, address=OUTSIDE, port=HTTPS):
        yield "TCP 443 to the internet"
    if not all(acl.allows(egress=False, address=OUTSIDE, port=port) for port in EPHEMERAL):
        yield "answers from the internet (TCP 1024 to 65535)"
    if not guarded & network.nat_subnets:
        return
    private = [address for subnet in network.private_subnets for address in _addresses(acl, network, subnet)]
    if not all(acl.allows(egress=False, address=address, port=HTTPS) for address in private):
        yield "TCP 443 from the private subnets"
    answers = ((address, port) for address in private for port in EPHEMERAL)
    if not all(acl.allows(egress=True, address=address, port=port) for address, port in answers):
        yield "answers to the private subnets (TCP 1024 to 65535)"
    if network.peers and not all(_lets_peers_ask(acl, network, subnet) for subnet in guarded):
        yield f"UDP {PEER} between the two NATs"


def _lets_peers_ask(acl: Acl, network: Network, subnet: str) -> bool:
    """Question and answer go from port 3217 to port 3217, so that both directions name the same port."""
    if subnet not in network.nat_subnets:
        return True
    others = network.nat_subnets - {subnet}
    addresses = [address for other in others for address in _addresses(acl, network, other)]
    return all(
        acl.allows(egress=egress, address=address, port=PEER, protocol=UDP)
        for address in addresses
        for egress in (True, False)
    )


def _addresses(acl: Acl, network: Network, subnet: str) -> Iterator[str]:
    """The addresses of a subnet at which an ACL may change its mind; none where its CIDR was not read.

    AWS keeps the first four addresses and the last one of each subnet for itself.
    Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
    """
    if subnet not in network.cidrs:
        return
    block = ip_network(network.cidrs[subnet])
    yield str(block.network_address + 4)
    yield str(block.broadcast_address - 1)
    named = {ip_network(rule.cidr, strict=False).network_address for rule in acl.rules}
    yield from sorted(str(address) for address in named if address in block)


def about_offers(
    offers: Offers, types: tuple[str, ...], architecture: str, *, creates: bool
) -> Iterator[Line]:
    """Runtime and architecture of the functions, and the instance types of a NAT that the stack makes."""
    if offers.runtime is False:
        yield Line(
            Level.DO,
            "runtime",
            f"Lambda here does not know python3.13 on {architecture}",
            "deploy with Architecture=x86_64, or to another region",
        )
    elif offers.runtime:
        yield Line(Level.OK, "runtime", f"Lambda here knows python3.13 on {architecture}")
    if not creates or offers.types_by_zone is None:
        return
    for zone, offered in sorted(offers.types_by_zone.items()):
        if missing := [name for name in types if name not in offered]:
            level = Level.DO if len(missing) == len(types) else Level.INFO
            text = f"{zone} does not offer {', '.join(missing)}"
            yield Line(level, "instance types", text, "name others in NatInstanceTypes")
