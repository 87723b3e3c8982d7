"""What doctor says about the private route tables and their VPC. Reads nothing."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from ops.doctor.carriers import GROUP_OF
from ops.doctor.model import Level, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.model import Account, Carrier, RouteTable
    from ops.doctor.wanted import Wanted

VPC_CIDRS = 3  # as many as VpcCidr takes


def about_tables(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    """The tables, whether they are one NAT's, and what else would write or follow their routes."""
    tables = account.tables
    if not tables:
        yield _none(account, wanted)
        return
    ids = ",".join(sorted(table.id for table in tables))
    vpcs = sorted({table.vpc_id for table in _own(account, wanted)})
    if len(vpcs) > 1:
        choices = (
            f"PrivateRouteTableIds={','.join(sorted(table.id for table in tables if table.vpc_id == vpc))}"
            for vpc in vpcs
        )
        yield Line(
            Level.DO,
            "route tables",
            f"{ids} are in {len(vpcs)} VPCs ({', '.join(vpcs)})",
            f"give those of one VPC: {' or '.join(choices)}",
        )
        return
    if wanted.table_ids and (absent := sorted(set(wanted.table_ids) - {table.id for table in tables})):
        yield Line(
            Level.DO, "route tables", f"{', '.join(absent)} do not exist", "correct PrivateRouteTableIds"
        )
    parameters["PrivateRouteTableIds"] = ids
    parameters["VpcId"] = vpcs[0]
    yield from _carriers(account, wanted, parameters)
    yield from _left_out(account)
    yield from _vpc(account, wanted, vpcs[0])
    yield from _cidrs(account, wanted, parameters)
    for table in tables:
        yield from _table(table, account, wanted)


def _none(account: Account, wanted: Wanted) -> Line:
    region = account.identity.region
    if wanted.table_ids:
        text = f"{', '.join(wanted.table_ids)} do not exist in {region}"
        return Line(Level.DO, "route tables", text, "correct PrivateRouteTableIds, or choose --region")
    text = f"in {region} none is named {wanted.table_name}, and none has a default route to an instance"
    remedy = "give the private route tables as PrivateRouteTableIds, or choose --region"
    if account.by_gateway:
        remedy += f"; by a NAT Gateway leave {', '.join(sorted(account.by_gateway))}"
    return Line(Level.DO, "route tables", text, remedy)


def carriers_of_other_groups(account: Account) -> tuple[Carrier, ...]:
    """The NATs that carry some of the tables and are of none of the groups that are looked after."""
    groups = {group.name for group in (account.group, account.standby) if group}
    return tuple(carrier for carrier in account.carriers if carrier.group not in groups)


def _own(account: Account, wanted: Wanted) -> list[RouteTable]:
    """Without those of other groups' NATs, where it is known whose is meant."""
    if is_undecided(account, wanted):
        return list(account.tables)
    theirs = {table for carrier in carriers_of_other_groups(account) for table in carrier.tables}
    return [table for table in account.tables if table.id not in theirs]


def is_undecided(account: Account, wanted: Wanted) -> bool:
    """Whether the tables lead to NATs of several groups, and no parameter says which one is meant."""
    return bool(carriers_of_other_groups(account)) and not any(
        carrier.group == wanted.group_name for carrier in account.carriers
    )


def _carriers(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    if not account.carriers:
        return
    unread = any(unread.action == GROUP_OF for unread in account.unread)
    none = "an unknown group" if unread else "no group"
    shown = "; ".join(
        f"{', '.join(carrier.tables)} to {carrier.instance_id} of {carrier.group or none}"
        for carrier in account.carriers
    )
    others = carriers_of_other_groups(account)
    if not others:
        text = f"they lead to several NATs: {shown}. The stack moves them all to one of these"
        yield Line(Level.INFO, "route tables", text)
        return
    parameters["PrivateRouteTableIds"] = ",".join(sorted(table.id for table in _own(account, wanted)))
    choices = " or ".join(
        f"PrivateRouteTableIds={','.join(sorted(carrier.tables))} NatAsgName={carrier.group}"
        for carrier in account.carriers
        if carrier.group
    ) + _as_a_pair(account)
    yield Line(
        Level.DO,
        "route tables",
        f"they lead to NATs of several groups: {shown}. The stack would move them all to one NAT",
        f"give the tables of one of them: {choices}" if choices else "give the tables of one of them",
    )


def _as_a_pair(account: Account) -> str:
    """How two groups' NATs would look after all tables together, where no parameter makes them a pair."""
    groups = {carrier.group for carrier in account.carriers}
    vpcs = {table.vpc_id for table in account.tables}
    if len(groups) != len(account.carriers) or len(groups) != 2 or None in groups or len(vpcs) > 1:  # noqa: PLR2004 - a pair
        return ""
    first, second = (carrier.group for carrier in account.carriers)
    return f"; as a pair of which one carries all: NatAsgName={first} NatStandbyAsgName={second}"


def _left_out(account: Account) -> Iterator[Line]:
    if account.left_out:
        yield Line(
            Level.DO,
            "route tables",
            f"{', '.join(account.left_out)} lead to the NAT as well and are not in PrivateRouteTableIds: the"
            " next replacement leaves them without a way out",
            "add them to PrivateRouteTableIds",
        )


def _vpc(account: Account, wanted: Wanted, vpc: str) -> Iterator[Line]:
    given = wanted.parameter("VpcId")
    if given and given != vpc:
        text = f"the route tables are in {vpc}: permissions that end at another VPC stop the failover"
        yield Line(Level.DO, "VPC", text, f"correct VpcId={vpc}")
    elif not given:
        texts = [f"{needing} is refused without VpcId" for needing in wanted.needs_vpc]
        if account.secondary_interfaces and not wanted.creates_nat:
            texts.append(
                f"{account.instance_id} has several interfaces, of which the failover may change none"
                " without VpcId"
            )
        for text in texts:
            yield Line(Level.DO, "VPC", text, f"deploy with VpcId={vpc}")


def _cidrs(account: Account, wanted: Wanted, parameters: dict[str, str]) -> Iterator[Line]:
    """Whether a NAT that the stack makes forwards what the private subnets send."""
    network = account.network
    if network is None or not wanted.creates_nat:
        return
    forwarded = [IPv4Network(part) for part in wanted.parameter("VpcCidr", "10.0.0.0/16").split(",") if part]
    private = {IPv4Network(network.cidrs[name]) for name in network.private_subnets if name in network.cidrs}
    shut_out = sorted(subnet for subnet in private if not any(subnet.subnet_of(block) for block in forwarded))
    if not shut_out:
        return
    blocks = [IPv4Network(block) for block in network.vpc_cidrs]
    needed = sorted(block for block in blocks if any(subnet.subnet_of(block) for subnet in private))
    names = ", ".join(map(str, shut_out))
    value = ",".join(map(str, needed))
    if 0 < len(needed) <= VPC_CIDRS:
        parameters["VpcCidr"] = value
    yield Line(
        Level.DO,
        "VPC",
        f"a made NAT forwards VpcCidr alone, and the private subnets {names} are outside",
        f"deploy with VpcCidr={value}"
        if "VpcCidr" in parameters
        else f"VpcCidr takes {VPC_CIDRS} of {value}",
    )


def _table(table: RouteTable, account: Account, wanted: Wanted) -> Iterator[Line]:
    yield _route(table, takes_over=wanted.parameter("NatTakeOverRoutes") == "true")
    if table.owner and table.owner != account.identity.account:
        yield Line(
            Level.DO,
            table.id,
            f"it is of account {table.owner}, which shares its VPC: only that account may change its routes",
            f"deploy the stack in account {table.owner}",
        )
    yield from _secondary(table, account, wanted)
    yield from _followers(table, account, wanted)
    if table.pulumi:
        yield Line(
            Level.DO,
            table.id,
            "Pulumi manages it and would write the old route back",
            'add ignoreChanges: ["routes"] to this table in the Pulumi program',
        )
    if table.stack:
        yield Line(
            Level.INFO,
            table.id,
            f"stack {table.stack} manages it: its next change may write a route back",
        )


def _secondary(table: RouteTable, account: Account, wanted: Wanted) -> Iterator[Line]:
    if table.interface_id in account.secondary_interfaces and not wanted.creates_nat:
        yield Line(
            Level.DO,
            table.id,
            f"leads to {table.interface_id}, a secondary interface of {account.instance_id}: the function"
            f" moves the route to the primary one, {account.primary_interface}, at its first run",
            "have the NAT forward what arrives there, and move the route first: aws ec2 replace-route"
            f" --route-table-id {table.id} --destination-cidr-block 0.0.0.0/0"
            f" --network-interface-id {account.primary_interface}",
        )


def _followers(table: RouteTable, account: Account, wanted: Wanted) -> Iterator[Line]:
    """The subnets that send their traffic to the NAT by this table; the NAT's own must not be among them."""
    groups = (account.group, account.standby)
    made = wanted.nat_subnets if wanted.creates_nat else ()
    nat = {*made, *(subnet for group in groups if group for subnet in group.subnets)}
    if table.leaves_by_instance and (own := sorted(nat & set(table.subnets))):
        yield Line(
            Level.DO,
            table.id,
            f"the NAT's own subnet {', '.join(own)} follows it: the NAT would send its traffic to itself",
            "give that subnet a table whose default route leads to the internet gateway",
        )
    if table.main:
        yield Line(
            Level.INFO,
            table.id,
            f"it is the main table of {table.vpc_id}: each subnet without a table of its own follows it"
            + (f" ({', '.join(table.subnets)})" if table.subnets else ""),
        )


def _route(table: RouteTable, *, takes_over: bool) -> Line:
    elsewhere = table.nat_gateway_id or table.other_target
    if table.blackhole and elsewhere and not takes_over:
        return Line(
            Level.DO,
            table.id,
            f"its default route is a black hole to {elsewhere}: the function leaves it, as any that is no"
            " instance's",
            "replace the route, or let NatTakeOverRoutes=true move it once",
        )
    if table.blackhole:
        return Line(
            Level.INFO,
            table.id,
            "its default route is a black hole now: the function will move it once deployed",
        )
    if table.nat_gateway_id:
        return Line(
            Level.INFO,
            table.id,
            f"leaves by the NAT Gateway {table.nat_gateway_id}",
            "keep the gateway until a drill has passed; then let NatTakeOverRoutes=true move the route once",
        )
    if table.other_target:
        moves = "takes it over (NatTakeOverRoutes=true)" if takes_over else "leaves it alone"
        return Line(
            Level.INFO,
            table.id,
            f"leaves by {table.other_target}, which is no instance: the function {moves}",
            "take a table that is not private out of PrivateRouteTableIds",
        )
    if table.leaves_by_instance:
        return Line(Level.OK, table.id, "leaves by an instance")
    return Line(
        Level.INFO,
        table.id,
        "has no default route to an instance or a NAT Gateway",
        "the function creates one",
    )
