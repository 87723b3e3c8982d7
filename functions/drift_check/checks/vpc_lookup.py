"""Finds the VPC, its subnets and route tables; compares routes and rules with its addresses, as sets."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by NamedTuple
from functools import partial
from ipaddress import collapse_addresses, ip_network
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from drift_check.checks.base import having, tag_map
from drift_check.observe.observations import combined
from tradai_shared.config.models.network import DefaultRoute
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.network import SecurityRule

    Network: TypeAlias = IPv4Network | IPv6Network
    Rule: TypeAlias = dict[str, Any]  # of a security group, flat


DEFAULT = "0.0.0.0/0"
BLACKHOLE = "a blackhole"
WIDE, ELSEWHERE = "unexpected route", "unexpected route to another network"
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
# A VPC has at most a /16 of IPv4 and a /44 of IPv6; AWS assigns a /56. By version.
LARGEST_VPC = {4: 1 << (32 - 16), 6: 1 << (128 - 56)}


def name_tag(described: dict[str, Any]) -> str:
    return _tag(described, "Name")


def _tag(described: dict[str, Any], name: str) -> str:
    return tag_map(described.get("Tags")).get(name, "")


def platform_vpc(
    config: CanonicalConfig, tables: list[dict[str, Any]], vpcs: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The VPC of the stated id; else of the named route tables, of its own name, or of its CIDR and tags."""
    if config.network.vpc.id:
        return having(vpcs, key="VpcId", value=config.network.vpc.id)
    homes = {
        table["VpcId"]
        for role, desired in config.network.route_tables.items()
        if desired.name or desired.ids
        for table in tables_named(config, role, tables)
    }
    own_name, env = resource_name("vpc", config.environment), str(config.environment)
    in_homes = (vpc for vpc in vpcs if vpc["VpcId"] in homes)
    alike = (
        vpc
        for vpc in vpcs
        if (vpc["CidrBlock"] == config.network.vpc.cidr and _tag(vpc, "Environment") == env)
        or name_tag(vpc) == own_name
    )
    return next(chain(in_homes, alike), None)


def tables_named(config: CanonicalConfig, role: str, tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The route tables of a role by their stated ids; else by the Name tag, stated or by the pattern."""
    desired = config.network.route_tables[role]
    if desired.ids:
        return [table for table in tables if table["RouteTableId"] in desired.ids]
    return [table for table in tables if name_tag(table) == table_name(config, role)]


def table_name(config: CanonicalConfig, role: str) -> str:
    return config.network.route_tables[role].name or resource_name(f"{role}-rt", config.environment)


def vpc(ctx: CheckContext) -> Read[dict[str, Any] | None]:
    tables, vpcs = ctx.get("ec2:DescribeRouteTables"), ctx.get("ec2:DescribeVpcs")
    return combined(partial(platform_vpc, ctx.config), tables, vpcs)


def vpc_id(ctx: CheckContext) -> Read[str]:
    """The id of the platform's VPC; empty where there is none."""
    return vpc(ctx).map(lambda described: described["VpcId"] if described else "")


def inside(ctx: CheckContext, action: str) -> Read[list[dict[str, Any]]]:
    """What a call shows of the platform's VPC."""
    return combined(_inside, vpc_id(ctx), ctx.get(action))


def _inside(vpc_id: str, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [described for described in objects if described.get("VpcId") == vpc_id]


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
) -> dict[str, list[dict[str, Any]]]:
    """The route tables of each role: by id or Name tag where stated, else the one most of its subnets use."""
    tables_by_role = {}
    for role, desired in ctx.config.network.route_tables.items():
        used = [] if desired.name or desired.ids else _used_by(ctx, role, tables, subnets)[:1]
        if of_role := tables_named(ctx.config, role, tables) or used:
            tables_by_role[role] = of_role
    return tables_by_role


def _used_by(
    ctx: CheckContext, role: str, tables: list[dict[str, Any]], subnets: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    users = []
    for key, desired in ctx.config.network.subnets.items():
        subnet = subnet_of(ctx, key, subnets) if desired.route_table == role else None
        if subnet and (table := table_of(subnet["SubnetId"], tables)):
            users.append(table)
    return sorted(users, key=users.count, reverse=True)


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
    home = parsed_all(vpc_cidrs)
    outside = {cidr: network for cidr in cidrs if (network := parsed(cidr)) and not is_inside(network, home)}
    wide: list[Network] = []
    for version, largest in LARGEST_VPC.items():
        own = sum([network.num_addresses for network in home if network.version == version])
        networks = [network for network in outside.values() if network.version == version]
        wide += _wide_parts(networks, own or largest)
    return sorted([cidr for cidr, network in outside.items() if is_inside(network, wide)])


def _wide_parts(networks: list[Any], limit: int) -> list[Network]:
    """The parts of the union that are wider than the limit; all public parts, where together they are."""
    parts: list[Network] = list(collapse_addresses(networks))
    public = sum([part.num_addresses for part in parts if part.is_global])
    return [part for part in parts if part.num_addresses > limit or (public > limit and part.is_global)]


def parsed_all(cidrs: Iterable[str]) -> list[Network]:
    return [network for cidr in cidrs if (network := parsed(cidr))]


def parsed(cidr: str) -> Network | None:
    try:
        return ip_network(cidr, strict=False)
    except ValueError:
        return None


def is_inside(network: Network, others: Iterable[Network]) -> bool:
    return any(network[0] in other and network[-1] in other for other in others)


def is_elsewhere(cidr: str, vpc_cidrs: Iterable[str]) -> bool:
    """Whether the range is of private addresses, none of them the VPC's."""
    network = parsed(cidr)
    if network is None or network.is_global:
        return False
    return not any(map(network.overlaps, parsed_all(vpc_cidrs)))


def is_public(cidr: str) -> bool:
    """Whether the range has addresses of the internet; 100.64.0.0/10, which carriers share, has none."""
    network = parsed(cidr)
    return network is not None and network.is_global


def to_internet(table: dict[str, Any]) -> dict[str, Any] | None:
    """The default route."""
    routes = table.get("Routes", [])
    return next((route for route in routes if route.get("DestinationCidrBlock") == DEFAULT), None)


def default_route(table: dict[str, Any]) -> str:
    """The kind of target, as the configuration calls it."""
    route = to_internet(table)
    if route is None:
        return DefaultRoute.NONE
    if route.get("State") == "blackhole":
        return BLACKHOLE
    is_direct = str(route.get("GatewayId", "")).startswith("igw-")
    return DefaultRoute.INTERNET_GATEWAY if is_direct else DefaultRoute.NAT


def unstated_routes(
    default: DefaultRoute, table: dict[str, Any] | None, home: tuple[str, ...]
) -> dict[str, list[str]]:
    """Routes beside the default one and AWS's own; those to another private network on their own."""
    targets = {
        destination: _target(route)
        for route in (table or {}).get("Routes", [])
        if (destination := _destination(route)) != DEFAULT
    }
    wide = wider_than(home, targets)
    routes: dict[str, list[str]] = {WIDE: [], ELSEWHERE: []}
    for destination, target in sorted(targets.items()):
        is_apart = destination not in wide and is_elsewhere(destination, home)
        if not _is_ordinary(default, destination, target):
            routes[ELSEWHERE if is_apart else WIDE].append(f"{destination} to {target}")
    return routes


def _is_ordinary(default: DefaultRoute, destination: str, target: str) -> bool:
    """A route within the VPC, to a gateway endpoint, or where the default route leads anyway."""
    return (
        target == "local"
        or (destination.startswith("pl-") and target.startswith("vpce-"))
        or (default is DefaultRoute.INTERNET_GATEWAY and target.startswith("igw-"))
    )


def _destination(route: dict[str, Any]) -> str:
    return str(next(filter(None, map(route.get, DESTINATIONS)), DEFAULT))


def _target(route: dict[str, Any]) -> str:
    ids = [route[name] for name in route if name.endswith("Id") and not name.startswith("Destination")]
    return str(next(filter(None, ids), "nothing"))


class Home(NamedTuple):
    """The ranges of the VPC, and the addresses of the prefix lists that rules name."""

    ranges: tuple[str, ...]
    lists: Mapping[str, list[str]] = {}

    def cidrs(self, rule: Rule) -> list[str]:
        return self.lists.get(rule["peer"], [str(rule["peer"])])


def flat_rule(protocol: str, from_port: int | None, to_port: int | None, peer: str) -> Rule:
    return {"protocol": protocol, "from_port": from_port, "to_port": to_port, "peer": peer}


def rule_to_json(rule: SecurityRule) -> Rule:
    return flat_rule(str(rule.protocol), rule.from_port, rule.to_port, rule.peer)


def open_rules(stated: Iterable[SecurityRule], rules: list[Rule], home: Home) -> list[Rule]:
    """The rules that nobody stated and that let the internet in, alone or together."""
    wide = wide_rules(stated, rules, home)
    return [rule for rule in wide if any(map(is_public, home.cidrs(rule)))]


def wide_rules(stated: Iterable[SecurityRule], rules: list[Rule], home: Home) -> list[Rule]:
    """The rules that nobody stated and that reach further than the VPC, alone or together."""
    known = [rule_to_json(rule) for rule in stated]
    unstated = [rule for rule in rules if rule not in known]
    wide = set(wider_than(home.ranges, [cidr for rule in unstated for cidr in home.cidrs(rule)]))
    return [rule for rule in unstated if wide.intersection(home.cidrs(rule))]


def as_stated(stated: Iterable[SecurityRule], rules: list[Rule]) -> list[Rule]:
    """The rules; those that are stated where they admit the same addresses, spread over other ranges."""
    wanted = list(map(rule_to_json, stated))
    return wanted if _admitted(wanted) == _admitted(rules) else rules


def _admitted(rules: list[Rule]) -> dict[str, list[Any]]:
    peers: dict[str, list[Any]] = {}
    for rule in rules:
        network = parsed(rule["peer"])
        ports = str({**rule, "peer": network.version if network else rule["peer"]})
        peers.setdefault(ports, []).extend([network] if network else [])
    return {ports: [*collapse_addresses(networks)] for ports, networks in peers.items()}
