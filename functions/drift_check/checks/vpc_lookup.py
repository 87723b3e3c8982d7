"""Finds the VPC, its subnets and route tables by their roles, and compares ranges of addresses with it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from drift_check.checks.base import tag_map
from drift_check.observe.observations import both
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import Read
    from tradai_shared.config.models import CanonicalConfig


Network: TypeAlias = IPv4Network | IPv6Network
N = TypeVar("N", IPv4Network, IPv6Network)
# A VPC has at most a /16 of IPv4 and a /44 of IPv6; AWS assigns a /56.
LARGEST_VPC = {4: 1 << (32 - 16), 6: 1 << (128 - 56)}


def name_tag(described: dict[str, Any]) -> str:
    return tag_map(described.get("Tags")).get("Name", "")


def platform_vpc(
    config: CanonicalConfig, tables: list[dict[str, Any]], vpcs: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The VPC of the stated id; else of the named route tables, of its own name, or of its CIDR and tags."""
    if config.network.vpc.id:
        return next((vpc for vpc in vpcs if vpc["VpcId"] == config.network.vpc.id), None)
    homes = {
        table["VpcId"]
        for role, desired in config.network.route_tables.items()
        if desired.name or desired.ids
        for table in tables_named(config, role, tables)
    }
    own_name, env = resource_name("vpc", config.environment), config.environment
    for vpc in vpcs:
        if vpc["VpcId"] in homes:
            return vpc
    for vpc in vpcs:
        same_range = vpc["CidrBlock"] == config.network.vpc.cidr
        if name_tag(vpc) == own_name or (
            same_range and tag_map(vpc.get("Tags")).get("Environment") == str(env)
        ):
            return vpc
    return None


def tables_named(config: CanonicalConfig, role: str, tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The route tables of a role by their stated ids; else by the Name tag, stated or by the pattern."""
    desired = config.network.route_tables[role]
    if desired.ids:
        return [table for table in tables if table["RouteTableId"] in desired.ids]
    name = desired.name or resource_name(f"{role}-rt", config.environment)
    return [table for table in tables if name_tag(table) == name]


def vpc(ctx: CheckContext) -> Read[dict[str, Any] | None]:
    return both(ctx.get("ec2:DescribeRouteTables"), ctx.get("ec2:DescribeVpcs")).map(
        lambda pair: platform_vpc(ctx.config, *pair)
    )


def vpc_id(ctx: CheckContext) -> Read[str]:
    """The id of the platform's VPC; empty where there is none."""
    return vpc(ctx).map(lambda described: described["VpcId"] if described else "")


def inside(ctx: CheckContext, action: str) -> Read[list[dict[str, Any]]]:
    """What a call shows of the platform's VPC."""
    return both(vpc_id(ctx), ctx.get(action)).map(
        lambda pair: [described for described in pair[1] if described.get("VpcId") == pair[0]]
    )


def subnet_of(ctx: CheckContext, key: str, subnets: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The subnet with the Name tag, else the one with the CIDR."""
    own_name, cidr = resource_name(key, ctx.config.environment), ctx.config.network.subnets[key].cidr
    by_name = [subnet for subnet in subnets if name_tag(subnet) == own_name]
    by_range = [subnet for subnet in subnets if subnet["CidrBlock"] == cidr]
    return next(iter([*by_name, *by_range]), None)


def table_of(subnet_id: str, tables: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The table that a subnet is associated with; else the VPC's main one."""
    main = None
    for table in tables:
        for association in table.get("Associations", []):
            if association.get("SubnetId") == subnet_id:
                return table
            if association.get("Main"):
                main = table
    return main


def roles(
    ctx: CheckContext, tables: list[dict[str, Any]], subnets: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Each configured route table: by its Name tag where stated, else the one most of its subnets use."""
    tables_by_role = {}
    for role, desired in ctx.config.network.route_tables.items():
        named = tables_named(ctx.config, role, tables)
        used = _used_by(ctx, role, tables, subnets)
        if table := next(iter(named or ([] if desired.name or desired.ids else used)), None):
            tables_by_role[role] = table
    return tables_by_role


def _used_by(
    ctx: CheckContext, role: str, tables: list[dict[str, Any]], subnets: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    users = []
    for key, desired in ctx.config.network.subnets.items():
        subnet = subnet_of(ctx, key, subnets) if desired.route_table == role else None
        if subnet and (table := table_of(subnet["SubnetId"], tables)):
            users.append(table)
    return sorted(users, key=lambda item: -users.count(item))


def vpc_ranges(vpc: dict[str, Any] | None) -> tuple[str, ...]:
    """Every CIDR of a VPC, of both versions."""
    if vpc is None:
        return ()
    more = [association["CidrBlock"] for association in vpc.get("CidrBlockAssociationSet", [])]
    more += [association["Ipv6CidrBlock"] for association in vpc.get("Ipv6CidrBlockAssociationSet", [])]
    return (vpc["CidrBlock"], *more)


def wider_than(vpc_cidrs: Iterable[str], cidrs: Iterable[str]) -> list[str]:
    """Those of ``cidrs`` that, as one set of addresses, reach further than the VPC does.

    0.0.0.0/1 and 128.0.0.0/1 are as wide as 0.0.0.0/0. Text that is no CIDR, as a group's id, is left out.
    """
    home = list(parsed_all(vpc_cidrs))
    outside = {cidr: network for cidr in cidrs if (network := parsed(cidr)) and not is_inside(network, home)}
    fours = [network for network in outside.values() if isinstance(network, IPv4Network)]
    sixes = [network for network in outside.values() if isinstance(network, IPv6Network)]
    wide: list[Network] = [*_wide_parts(fours, _size(home, 4)), *_wide_parts(sixes, _size(home, 6))]
    return sorted(cidr for cidr, network in outside.items() if is_inside(network, wide))


def _size(home: list[Network], version: int) -> int:
    """How many addresses the VPC has; without any of that version, as many as one can have."""
    return (
        sum(network.num_addresses for network in home if network.version == version) or LARGEST_VPC[version]
    )


def _wide_parts(networks: list[N], limit: int) -> list[N]:
    """The parts of the union that are wider than the limit; all public parts, where together they are."""
    parts: list[N] = list(collapse_addresses(networks))
    public = sum(part.num_addresses for part in parts if not part.is_private)
    return [part for part in parts if part.num_addresses > limit or (public > limit and not part.is_private)]


def parsed_all(cidrs: Iterable[str]) -> Iterator[Network]:
    yield from (network for cidr in cidrs if (network := parsed(cidr)))


def parsed(cidr: str) -> Network | None:
    try:
        return ip_network(cidr, strict=False)
    except ValueError:
        return None


def is_inside(network: Network, others: Iterable[Network]) -> bool:
    return any(_is_part(network, other) for other in others)


def _is_part(network: Network, other: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(other, IPv4Network) and network.subnet_of(other)
    return isinstance(other, IPv6Network) and network.subnet_of(other)


def is_public(cidr: str) -> bool:
    """Whether the range has addresses of the internet."""
    network = parsed(cidr)
    return network is not None and not network.is_private
