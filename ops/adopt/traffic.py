"""The live network as candidates, with what ties it to the platform: default routes, and who uses a group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.checks import vpc_lookup
from drift_check.checks.base import tag_map
from ops.adopt.model import Candidate, UnreadError
from update_nat_routes.model import DEFAULT_ROUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ops.adopt.live import Lister
    from tradai_shared.config.models import CanonicalConfig

    Read = Callable[[str], list[Any]]
    GroupsOf = Callable[[list[dict[str, Any]], Lister], set[str]]

BY_INSTANCE = "a private default route leads to an instance in it"


def _default_routes(table: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (
        route for route in table.get("Routes", []) if route.get("DestinationCidrBlock") == DEFAULT_ROUTE
    )


def _by_instance(route: dict[str, Any]) -> bool:
    return bool(route.get("InstanceId") or route.get("NetworkInterfaceId"))


def vpcs(read: Read) -> Iterator[Candidate]:
    """Each VPC; one whose routes leave by an instance is like the platform's."""
    tables = read("ec2:DescribeRouteTables")
    leaving = {table["VpcId"] for table in tables if any(map(_by_instance, _default_routes(table)))}
    for vpc in read("ec2:DescribeVpcs"):
        relation = BY_INSTANCE if vpc["VpcId"] in leaving else ""
        name = vpc_lookup.name_tag(vpc)
        traits = {"cidr": vpc["CidrBlock"], "named": name} if name else {"cidr": vpc["CidrBlock"]}
        yield Candidate(vpc["VpcId"], tag_map(vpc.get("Tags")), traits, relation)


def subnets(config: CanonicalConfig, read: Read) -> Iterator[Candidate]:
    """The subnets of the platform's VPC by their CIDRs; the default route shows the tier."""
    tables = read("ec2:DescribeRouteTables")
    vpc = vpc_lookup.platform_vpc(config, tables, read("ec2:DescribeVpcs"))
    own_tables = [table for table in tables if vpc and table["VpcId"] == vpc["VpcId"]]
    for subnet in read("ec2:DescribeSubnets"):
        if vpc and subnet["VpcId"] == vpc["VpcId"]:
            table = vpc_lookup.table_of(subnet["SubnetId"], own_tables)
            traits = {"availability_zone": subnet["AvailabilityZone"], "tier": _tier(table or {})}
            yield Candidate(subnet["CidrBlock"], tag_map(subnet.get("Tags")), traits)


def _tier(table: dict[str, Any]) -> str:
    for route in _default_routes(table):
        return "public" if str(route.get("GatewayId", "")).startswith("igw-") else "private"
    return "database"


def groups(config: CanonicalConfig, read: Read, lister: Lister) -> Iterator[Candidate]:
    """The security groups of the platform's VPC, with the roles in which they are used."""
    tables = read("ec2:DescribeRouteTables")
    vpc = vpc_lookup.platform_vpc(config, tables, read("ec2:DescribeVpcs"))
    if vpc is None:
        return
    own_tables = [table for table in tables if table["VpcId"] == vpc["VpcId"]]
    roles = _roles(own_tables, lister)
    for group in read("ec2:DescribeSecurityGroups"):
        if group["VpcId"] == vpc["VpcId"] and group["GroupName"] != "default":
            role = roles.get(group["GroupId"])
            traits = {"role": role[0]} if role else {}
            tags = tag_map(group.get("Tags"))
            yield Candidate(group["GroupName"], tags, traits, role[1] if role else "")


def _roles(tables: list[dict[str, Any]], lister: Lister) -> dict[str, tuple[str, str]]:
    """By group id: the role and what shows it; a group that serves two roles shows none."""
    users = [
        (group, role, words)
        for role, words, groups_of in USERS
        for group in _readable(groups_of, tables, lister)
    ]
    roles = {group: (role, words) for group, role, words in users}
    several = {group for group, role, _ in users if roles[group][0] != role}
    return {group: shown for group, shown in roles.items() if group not in several}


def _readable(groups_of: GroupsOf, tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    """The listing; empty where a call failed, so that names and tags alone decide."""
    try:
        return groups_of(tables, lister)
    except UnreadError as error:
        lister.unread.add(str(error))
        return set()


def _of_nat(tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    instances = {
        route["InstanceId"] for table in tables for route in _default_routes(table) if route.get("InstanceId")
    }
    interfaces = {
        route["NetworkInterfaceId"]
        for table in tables
        for route in _default_routes(table)
        if route.get("NetworkInterfaceId")
    }
    group_ids: set[str] = set()
    for name, ids in (("attachment.instance-id", instances), ("network-interface-id", interfaces)):
        if ids:
            described = lister.ask(
                "ec2:DescribeNetworkInterfaces",
                "NetworkInterfaces",
                Filters=[{"Name": name, "Values": sorted(ids)}],
            )
            group_ids |= {group["GroupId"] for each in described for group in each.get("Groups", [])}
    return group_ids


def _of_database(_tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    databases = lister.ask("rds:DescribeDBInstances", "DBInstances")
    wanted = lister.config.rds.identifier
    own = [each for each in databases if each["DBInstanceIdentifier"] == wanted] or databases
    return {group["VpcSecurityGroupId"] for each in own for group in each.get("VpcSecurityGroups", [])}


def _of_functions(_tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    functions = lister.read("lambda:ListFunctions")
    return {group for each in functions for group in each.get("VpcConfig", {}).get("SecurityGroupIds", [])}


def _of_services(_tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    group_ids: set[str] = set()
    for call, read in lister.reads.answers.items():
        if call.action == "ecs:DescribeServices":
            for service in getattr(read, "value", None) or ():
                network = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
                group_ids.update(network.get("securityGroups", []))
    return group_ids


def _of_balancers(_tables: list[dict[str, Any]], lister: Lister) -> set[str]:
    balancers = lister.ask("elasticloadbalancing:DescribeLoadBalancers", "LoadBalancers")
    return {group for each in balancers for group in each.get("SecurityGroups", [])}


USERS: tuple[tuple[str, str, GroupsOf], ...] = (
    ("nat", "the private default route's instance is in it", _of_nat),
    ("rds", "the database is in it", _of_database),
    ("lambda", "functions are in it", _of_functions),
    ("ecs", "services are in it", _of_services),
    ("alb", "a load balancer is in it", _of_balancers),
)
