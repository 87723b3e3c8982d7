"""Where the platform's network is found: the VPC and the roles of its route tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.checks.resource import tag_map
from drift_check.observe.observations import both
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import Read
    from tradai_shared.config.models import CanonicalConfig


def name_tag(described: dict[str, Any]) -> str:
    return tag_map(described.get("Tags")).get("Name", "")


def platform_vpc(
    config: CanonicalConfig, tables: list[dict[str, Any]], vpcs: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The VPC of the named route tables; else of the platform's name; else of its CIDR and environment."""
    names = {table.name for table in config.network.route_tables.values() if table.name}
    homes = {table["VpcId"] for table in tables if name_tag(table) in names}
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


def vpc(at: CheckContext) -> Read[dict[str, Any] | None]:
    return both(at.get("ec2:DescribeRouteTables"), at.get("ec2:DescribeVpcs")).map(
        lambda found: platform_vpc(at.config, *found)
    )


def vpc_id(at: CheckContext) -> Read[str]:
    """Empty where there is none."""
    return vpc(at).map(lambda found: found["VpcId"] if found else "")


def inside(at: CheckContext, action: str) -> Read[list[dict[str, Any]]]:
    """What a call shows of the platform's VPC."""
    return both(vpc_id(at), at.get(action)).map(
        lambda found: [one for one in found[1] if one.get("VpcId") == found[0]]
    )


def subnet_of(at: CheckContext, key: str, subnets: list[dict[str, Any]]) -> dict[str, Any] | None:
    """By its Name tag, else by its range."""
    own_name, cidr = resource_name(key, at.config.environment), at.config.network.subnets[key].cidr
    by_name = [one for one in subnets if name_tag(one) == own_name]
    by_range = [one for one in subnets if one["CidrBlock"] == cidr]
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
    at: CheckContext, tables: list[dict[str, Any]], subnets: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Each configured route table: by its Name tag where stated, else the one most of its subnets use."""
    found = {}
    for role, desired in at.config.network.route_tables.items():
        named = [
            one
            for one in tables
            if name_tag(one) == (desired.name or resource_name(f"{role}-rt", at.config.environment))
        ]
        used = _used_by(at, role, tables, subnets)
        if table := next(iter(named or ([] if desired.name else used)), None):
            found[role] = table
    return found


def _used_by(
    at: CheckContext, role: str, tables: list[dict[str, Any]], subnets: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    users = []
    for key, desired in at.config.network.subnets.items():
        subnet = subnet_of(at, key, subnets) if desired.route_table == role else None
        if subnet and (table := table_of(subnet["SubnetId"], tables)):
            users.append(table)
    return sorted(users, key=lambda one: -users.count(one))
