"""The VPC, its subnets, route tables, endpoints, flow logs and network ACLs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    PRESENT,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    own_tags,
    presence,
    tag_map,
)
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, both
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
DNS = {"dns_hostnames": "enableDnsHostnames", "dns_support": "enableDnsSupport"}


def initial_reads(_config: CanonicalConfig) -> Iterable[Call]:
    return CALLS


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    """The DNS settings of every VPC that could be the platform's; almost always one."""
    if call.action != "ec2:DescribeVpcs":
        return
    for vpc in answer:
        names = {resource_name("vpc", config.environment)}
        recognized = {vpc["CidrBlock"], vpc["VpcId"]} & {config.network.vpc.cidr, config.network.vpc.id}
        if recognized or vpc_lookup.name_tag(vpc) in names:
            for attribute in DNS.values():
                yield Call("ec2:DescribeVpcAttribute", f"{vpc['VpcId']}/{attribute}")


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    yield _vpc(ctx)
    tables, subnets = (
        vpc_lookup.inside(ctx, "ec2:DescribeRouteTables"),
        vpc_lookup.inside(ctx, "ec2:DescribeSubnets"),
    )
    for key in ctx.config.network.subnets:
        yield _subnet(ctx, key, subnets, tables)
    for role in ctx.config.network.route_tables:
        yield from _tables(ctx, role, both(tables, subnets))
    yield from _endpoints(ctx)
    yield from _acls(ctx, subnets)


def _vpc(ctx: CheckContext) -> ResourceState:
    vpc, path = vpc_lookup.vpc(ctx), "network.vpc"
    dns = (
        AttributeState(name, vpc_lookup.vpc_id(ctx).flat_map(partial(_dns, ctx, attribute=asked)))
        for name, asked in DNS.items()
    )
    logs = both(vpc_lookup.vpc_id(ctx), ctx.get("ec2:DescribeFlowLogs")).map(
        lambda pair: any(log["ResourceId"] == pair[0] and log["FlowLogStatus"] == "ACTIVE" for log in pair[1])
    )
    return ResourceState(
        path,
        resource_name("vpc", ctx.config.environment),
        f"{path}.cidr",
        presence(vpc),
        (
            AttributeState("cidr", vpc.item("CidrBlock")),
            *dns,
            AttributeState("flow_logs", logs),
        ),
        tags=_tags(vpc),
        arn=_arn(vpc, "vpc", "VpcId"),
    )


def _dns(ctx: CheckContext, vpc_id: str, *, attribute: str) -> Read[bool]:
    key = attribute[0].upper() + attribute[1:]
    return ctx.get("ec2:DescribeVpcAttribute", f"{vpc_id}/{attribute}").map(
        lambda answer: answer[key]["Value"]
    )


def _subnet(
    ctx: CheckContext, key: str, subnets: Read[list[ApiObject]], tables: Read[list[ApiObject]]
) -> ResourceState:
    path = f"network.subnets.{key}"
    subnet = subnets.map(lambda subnets: vpc_lookup.subnet_of(ctx, key, subnets))

    def role(pair: tuple[list[ApiObject], list[ApiObject]]) -> str | None:
        all_tables, all_subnets = pair
        own_subnet = vpc_lookup.subnet_of(ctx, key, all_subnets)
        table = vpc_lookup.table_of(own_subnet["SubnetId"], all_tables) if own_subnet else None
        known = {
            table["RouteTableId"]: name
            for name, of_role in vpc_lookup.roles(ctx, *pair).items()
            for table in of_role
        }
        wanted = ctx.config.network.subnets[key].route_table
        if wanted not in known.values():
            return wanted  # the missing table has its own finding
        return known.get(table["RouteTableId"], table["RouteTableId"]) if table else None

    return ResourceState(
        path,
        resource_name(key, ctx.config.environment),
        f"{path}.cidr",
        presence(subnet),
        (
            AttributeState("cidr", subnet.item("CidrBlock")),
            AttributeState("availability_zone", subnet.item("AvailabilityZone")),
            AttributeState("route_table", both(tables, subnets).map(role)),
        ),
        tags=_tags(subnet),
        arn=_arn(subnet, "subnet", "SubnetId"),
    )


def _tables(
    ctx: CheckContext, role: str, read: Read[tuple[list[ApiObject], list[ApiObject]]]
) -> Iterator[ResourceState]:
    """Every table of the role: there may be one a zone."""
    of_role = read.map(lambda pair: vpc_lookup.roles(ctx, *pair).get(role, []))
    for position in range(max(1, len(of_role.value)) if isinstance(of_role, Known) else 1):
        yield _table(ctx, role, of_role, position)


def _table(ctx: CheckContext, role: str, of_role: Read[list[ApiObject]], position: int) -> ResourceState:
    path = f"network.route_tables.{role}"
    table = of_role.map(lambda tables: tables[position] if tables else None)
    desired = ctx.config.network.route_tables[role]
    leads_to_nat = desired.default_route is DefaultRoute.NAT
    has_name = desired.name and not desired.ids  # a table that is stated by its id may have any name
    home = vpc_lookup.vpc(ctx).map(vpc_lookup.vpc_ranges)
    unstated = both(table, home).map(lambda pair: vpc_lookup.unstated_routes(desired.default_route, *pair))
    name = desired.name or resource_name(f"{role}-rt", ctx.config.environment)
    if isinstance(of_role, Known) and len(of_role.value) > 1:
        name = f"{name} {of_role.value[position]['RouteTableId']}"
    return ResourceState(
        path,
        name,
        f"{path}.name" if desired.name else f"{path}.default_route",
        presence(table),
        (
            *((AttributeState("name", table.map_present(vpc_lookup.name_tag)),) if has_name else ()),
            each_unexpected(
                "unexpected route",
                unstated.map(lambda routes: [route for route, is_apart in routes if not is_apart]),
                path=f"{path}.default_route",
                severity=Severity.HIGH,
                reason="nobody stated it, and it takes traffic of the platform or of the internet",
            ),
            each_unexpected(
                "unexpected route to another network",
                unstated.map(lambda routes: [route for route, is_apart in routes if is_apart]),
                path=f"{path}.default_route",
                severity=Severity.MEDIUM,
                reason="nobody stated it",
            ),
            # where a NAT should be, the check of the NAT looks at the live target
            *(
                (AttributeState("default_route", table.map_present(vpc_lookup.default_route)),)
                if not leads_to_nat
                else ()
            ),
        ),
        tags=_tags(table),
        arn=_arn(table, "route-table", "RouteTableId"),
    )


def _endpoints(ctx: CheckContext) -> Iterator[ResourceState]:
    ours = vpc_lookup.inside(ctx, "ec2:DescribeVpcEndpoints").map(
        lambda vpc_endpoints: [
            endpoint for endpoint in vpc_endpoints if str(endpoint["State"]).lower() == "available"
        ]
    )
    wanted = ctx.config.network.endpoints.gateway

    def gateways(endpoints: list[ApiObject]) -> list[str]:
        services = {
            endpoint["ServiceName"].rsplit(".", 1)[-1]
            for endpoint in endpoints
            if endpoint["VpcEndpointType"] == "Gateway"
        }
        return sorted(services & set(wanted))  # others are not judged

    interfaces = ours.map(lambda ours: sum(endpoint["VpcEndpointType"] == "Interface" for endpoint in ours))
    path, name_path = "network.endpoints", "network.endpoints.gateway"
    facts = (AttributeState("gateway", ours.map(gateways)), AttributeState("interface_count", interfaces))
    yield ResourceState(path, "vpc endpoints", name_path, ours.map(lambda _: True), facts)
    yield from _tagged(ours, path, name_path, "vpc-endpoint/VpcEndpointId")


def _acls(ctx: CheckContext, subnets: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    acls = vpc_lookup.inside(ctx, "ec2:DescribeNetworkAcls")

    def one_per_tier(pair: tuple[list[ApiObject], list[ApiObject]]) -> bool:
        of_subnet = {
            association["SubnetId"]: acl["NetworkAclId"]
            for acl in pair[0]
            for association in acl.get("Associations", [])
        }
        by_tier: dict[str, set[str | None]] = {}
        for key, desired in ctx.config.network.subnets.items():
            if subnet := vpc_lookup.subnet_of(ctx, key, pair[1]):
                by_tier.setdefault(desired.tier, set()).add(of_subnet.get(subnet["SubnetId"]))
        used = [acl for acls_of_tier in by_tier.values() for acl in acls_of_tier]
        return len(used) == len(set(used)) == len(by_tier)

    path = "network.network_acls"
    name_path = f"{path}.one_per_tier"
    facts = (AttributeState("one_per_tier", both(acls, subnets).map(one_per_tier)),)
    yield ResourceState(path, "network ACLs", name_path, acls.map(lambda _: True), facts)
    used = acls.map(lambda acls: [acl for acl in acls if acl.get("Associations")])
    yield from _tagged(used, path, name_path, "network-acl/NetworkAclId")


def _tagged(
    read: Read[list[ApiObject]], path: str, name_path: str, kind_and_id: str
) -> Iterator[ResourceState]:
    """Each of several resources without names, with its tags."""
    kind, id_key = kind_and_id.split("/")
    if not isinstance(read, Known):
        return
    for described in read.value:
        tags = Known(tag_map(described.get("Tags")), read.sources)
        yield ResourceState(
            path, described[id_key], name_path, PRESENT, tags=tags, arn=f"ec2:{kind}/{described[id_key]}"
        )


def _tags(read: Read[ApiObject | None]) -> Read[dict[str, str]]:
    return own_tags(read)


def _arn(read: Read[ApiObject | None], kind: str, id_key: str) -> str:
    return f"ec2:{kind}/{read.value[id_key]}" if isinstance(read, Known) and read.value else ""


CHECK = Check("network", initial_reads, evaluate, dependent_reads)
