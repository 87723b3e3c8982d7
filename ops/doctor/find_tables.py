"""The private route tables, with the subnets that follow each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ops.doctor import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ops.doctor.model import RouteTable
    from ops.doctor.observe import AccountReader
    from ops.doctor.wanted import Wanted


def find(reader: AccountReader, wanted: Wanted) -> tuple[tuple[RouteTable, ...], ...]:
    """Those to look after, those left out, and those that leave by a NAT Gateway where no others are found.

    Left out: those that lead to the same NAT and that the parameters do not name.

    To look after: those that the parameters name, else those of the canonical name and whatever leads to the
    same target, else those behind an instance.
    """
    described = reader.items("ec2:DescribeRouteTables", "RouteTables")
    everything = _with_implicit_subnets(reader, [parse.route_table(table) for table in described])
    if wanted.table_ids:
        given = [table for table in everything if table.id in wanted.table_ids]
        return tuple(given), _beside(given, everything), ()
    named = [table for table in everything if table.name == wanted.table_name]
    if named:
        return (*named, *_beside(named, everything)), (), ()
    by_instance = tuple(table for table in everything if table.leaves_by_instance)
    by_gateway = tuple(table for table in everything if table.nat_gateway_id and not by_instance)
    return by_instance, (), by_gateway


def _beside(given: Iterable[RouteTable], everything: Iterable[RouteTable]) -> tuple[RouteTable, ...]:
    """Other tables whose default route leads to a target of the given ones."""
    ids = {table.id for table in given}
    targets = {target for table in given for target in _targets(table)}
    return tuple(table for table in everything if table.id not in ids and targets & _targets(table))


def _targets(table: RouteTable) -> set[str]:
    return {target for target in (table.instance_id, table.interface_id) if target}


def _with_implicit_subnets(reader: AccountReader, tables: list[RouteTable]) -> list[RouteTable]:
    """A VPC's main table has the subnets too that no table names; EC2 lists it without them."""
    mains = [table for table in tables if table.main and table.leaves_by_instance]
    if not mains:
        return tables
    filters = [{"Name": "vpc-id", "Values": sorted({table.vpc_id for table in mains})}]
    subnets = reader.items("ec2:DescribeSubnets", "Subnets", Filters=filters)
    explicit = {subnet for table in tables for subnet in table.subnets}
    implicit = {
        main.id: tuple(
            subnet["SubnetId"]
            for subnet in subnets
            if subnet["VpcId"] == main.vpc_id and subnet["SubnetId"] not in explicit
        )
        for main in mains
    }
    return [replace(table, subnets=(*table.subnets, *implicit.get(table.id, ()))) for table in tables]
