"""The VPC, its subnets, route tables, endpoints, flow logs and network ACLs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    having_each,
    own_tags,
    presence,
    sorted_values,
)
from drift_check.observe.observations import Call, Known, combined
from tradai_shared.config.models.network import DefaultRoute
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

PLACE_CALLS = (Call("ec2:DescribeRouteTables"), Call("ec2:DescribeVpcs"))
CALLS = (
    *PLACE_CALLS,
    Call("ec2:DescribeSubnets"),
    Call("ec2:DescribeVpcEndpoints"),
    Call("ec2:DescribeFlowLogs"),
    Call("ec2:DescribeNetworkAcls"),
)
UNSTATED = {
    vpc_lookup.WIDE: "nobody stated it, and it takes traffic of the platform or of the internet",
    vpc_lookup.ELSEWHERE: "nobody stated it",
}
DNS = {"dns_hostnames": "enableDnsHostnames", "dns_support": "enableDnsSupport"}


def initial_reads(_config: CanonicalConfig) -> Iterable[Call]:
    return CALLS


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    """The DNS settings of every VPC that could be the platform's; almost always one."""
    if call.action != "ec2:DescribeVpcs":
        return
    own = {config.network.vpc.cidr, config.network.vpc.id, resource_name("vpc", config.environment)}
    for vpc in answer:
        if own & {vpc["CidrBlock"], vpc["VpcId"], vpc_lookup.name_tag(vpc)}:
            for attribute in DNS.values():
                yield Call("ec2:DescribeVpcAttribute", f"{vpc['VpcId']}/{attribute}")


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    yield _vpc(ctx)
    tables = vpc_lookup.inside(ctx, "ec2:DescribeRouteTables")
    subnets = vpc_lookup.inside(ctx, "ec2:DescribeSubnets")
    roles = combined(partial(vpc_lookup.roles, ctx), tables, subnets)
    for key in ctx.config.network.subnets:
        yield _subnet(ctx, key, subnets, tables, roles)
    for role in ctx.config.network.route_tables:
        of_role = roles.map(partial(_of_role, role))
        for position in range(max(1, len(of_role.value_or(())))):  # there may be one a zone
            yield _table(ctx, role, of_role, position)
    yield from _endpoints(ctx, roles)
    yield from _acls(ctx, subnets)


def _of_role(role: str, roles: dict[str, list[ApiObject]]) -> list[ApiObject]:
    return roles.get(role, [])


def _described(  # noqa: PLR0913, PLR0917 - what a resource is, and where its id stands
    path: str,
    name: str,
    name_path: str,
    described: Read[ApiObject | None],
    facts: Iterable[AttributeState],
    arn: tuple[str, str],
) -> ResourceState:
    """A resource whose own description has its tags; ``arn``: the kind, and the key of the id."""
    kind, id_key = arn
    resource = described.value_or(None)
    return ResourceState(
        path,
        name,
        name_path,
        presence(described),
        tuple(facts),
        tags=own_tags(described),
        arn=f"ec2:{kind}/{resource[id_key]}" if resource else "",
    )


def _vpc(ctx: CheckContext) -> ResourceState:
    vpc, vpc_id, path = vpc_lookup.vpc(ctx), vpc_lookup.vpc_id(ctx), "network.vpc"
    logs = combined(_is_logged, vpc_id, ctx.get("ec2:DescribeFlowLogs"))
    facts = (
        AttributeState("cidr", vpc.item("CidrBlock")),
        *[AttributeState(name, vpc_id.flat_map(partial(_dns, ctx, asked))) for name, asked in DNS.items()],
        AttributeState("flow_logs", logs),
    )
    name = resource_name("vpc", ctx.config.environment)
    return _described(path, name, f"{path}.cidr", vpc, facts, ("vpc", "VpcId"))


def _is_logged(vpc_id: str, logs: list[ApiObject]) -> bool:
    """One that is active and cannot deliver keeps nothing."""
    delivering = [log for log in logs if log.get("DeliverLogsStatus") != "FAILED"]
    return (vpc_id, "ACTIVE") in [(log["ResourceId"], log["FlowLogStatus"]) for log in delivering]


def _dns(ctx: CheckContext, attribute: str, vpc_id: str) -> Read[bool]:
    key = attribute[0].upper() + attribute[1:]
    return ctx.get("ec2:DescribeVpcAttribute", f"{vpc_id}/{attribute}").item(key).item("Value")


def _subnet(
    ctx: CheckContext,
    key: str,
    subnets: Read[list[ApiObject]],
    tables: Read[list[ApiObject]],
    roles: Read[dict[str, list[ApiObject]]],
) -> ResourceState:
    path = f"network.subnets.{key}"
    subnet = subnets.map(partial(vpc_lookup.subnet_of, ctx, key))

    def role(tables: list[ApiObject], own: ApiObject | None, roles: dict[str, list[ApiObject]]) -> str | None:
        wanted = ctx.config.network.subnets[key].route_table
        if wanted not in roles:
            return wanted  # the missing table has its own finding
        known = {table["RouteTableId"]: name for name, of_role in roles.items() for table in of_role}
        table = vpc_lookup.table_of(own["SubnetId"], tables) if own else None
        return known.get(table["RouteTableId"], table["RouteTableId"]) if table else None

    facts = (
        AttributeState("cidr", subnet.item("CidrBlock")),
        AttributeState("availability_zone", subnet.item("AvailabilityZone")),
        AttributeState("route_table", combined(role, tables, subnet, roles)),
    )
    name = resource_name(key, ctx.config.environment)
    return _described(path, name, f"{path}.cidr", subnet, facts, ("subnet", "SubnetId"))


def _table(ctx: CheckContext, role: str, of_role: Read[list[ApiObject]], position: int) -> ResourceState:
    path = f"network.route_tables.{role}"
    route_path = f"{path}.default_route"
    table = of_role.map(lambda tables: tables[position] if tables else None)
    desired = ctx.config.network.route_tables[role]
    home = vpc_lookup.vpc(ctx).map(vpc_lookup.vpc_ranges)
    unstated = combined(partial(vpc_lookup.unstated_routes, desired.default_route), table, home)
    name = vpc_lookup.table_name(ctx.config, role)
    if len(tables := of_role.value_or(())) > 1:
        name = f"{name} {tables[position]['RouteTableId']}"
    facts = []
    if desired.name and not desired.ids:  # a table that is stated by its id may have any name
        facts.append(AttributeState("name", table.map_present(vpc_lookup.name_tag)))
    for attribute, reason in UNSTATED.items():
        facts.append(each_unexpected(attribute, unstated.item(attribute), reason, route_path))
    if desired.default_route is not DefaultRoute.NAT:  # else the check of the NAT looks at the live target
        facts.append(AttributeState("default_route", table.map_present(vpc_lookup.default_route)))
    name_path = f"{path}.name" if desired.name else route_path
    return _described(path, name, name_path, table, facts, ("route-table", "RouteTableId"))


def _endpoints(ctx: CheckContext, roles: Read[dict[str, list[ApiObject]]]) -> Iterator[ResourceState]:
    ours = vpc_lookup.inside(ctx, "ec2:DescribeVpcEndpoints").map(
        lambda endpoints: [each for each in endpoints if str(each["State"]).lower() == "available"]
    )
    wanted = set(ctx.config.network.endpoints.gateway)

    def gateways(endpoints: list[ApiObject], roles: dict[str, list[ApiObject]]) -> list[str]:
        """Those that every private table leads to; other services are not judged."""
        private = sorted_values(roles.get("private", []), key="RouteTableId")
        leading = [
            each["ServiceName"].rsplit(".", 1)[-1]
            for each in having_each(endpoints, key="VpcEndpointType", value="Gateway")
            if {*private} <= {*each.get("RouteTableIds", [])}
        ]
        return sorted(wanted.intersection(leading))

    interfaces = ours.map(partial(having_each, key="VpcEndpointType", value="Interface")).map(len)
    path, name_path = "network.endpoints", "network.endpoints.gateway"
    facts = (
        AttributeState("gateway", combined(gateways, ours, roles)),
        AttributeState("interface_count", interfaces),
    )
    yield ResourceState(path, "vpc endpoints", name_path, presence(ours), facts)
    yield from _tagged(ours, path, name_path, ("vpc-endpoint", "VpcEndpointId"))


def _acls(ctx: CheckContext, subnets: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    acls = vpc_lookup.inside(ctx, "ec2:DescribeNetworkAcls")

    def one_per_tier(acls: list[ApiObject], subnets: list[ApiObject]) -> bool:
        of_subnet = {
            association["SubnetId"]: acl["NetworkAclId"]
            for acl in acls
            for association in acl.get("Associations", [])
        }
        by_tier: dict[str, set[str | None]] = {}
        for key, desired in ctx.config.network.subnets.items():
            if subnet := vpc_lookup.subnet_of(ctx, key, subnets):
                by_tier.setdefault(desired.tier, set()).add(of_subnet.get(subnet["SubnetId"]))
        used = [acl for acls_of_tier in by_tier.values() for acl in acls_of_tier]
        return len(used) == len(set(used)) == len(by_tier)

    path = "network.network_acls"
    name_path = f"{path}.one_per_tier"
    facts = (AttributeState("one_per_tier", combined(one_per_tier, acls, subnets)),)
    yield ResourceState(path, "network ACLs", name_path, presence(acls), facts)
    used = acls.map(lambda acls: [acl for acl in acls if acl.get("Associations")])
    yield from _tagged(used, path, name_path, ("network-acl", "NetworkAclId"))


def _tagged(
    read: Read[list[ApiObject]], path: str, name_path: str, arn: tuple[str, str]
) -> Iterator[ResourceState]:
    """Each of several resources without names, with its tags."""
    for resource in read.value_or(()):
        yield _described(path, resource[arn[1]], name_path, Known(resource, read.sources), (), arn)


CHECK = Check("network", initial_reads, evaluate, dependent_reads)
