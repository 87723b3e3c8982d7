"""Where the private default routes really lead, and when the failover may be asked to heal them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from drift_check.actions import ReconcileRoutes
from drift_check.checks import vpc_lookup
from drift_check.checks.base import AttributeState, ResourceState, having, presence
from drift_check.checks.vpc_lookup import DEFAULT
from drift_check.findings import Severity
from drift_check.observe.observations import Known, both
from tradai_shared.config.models.network import DefaultRoute
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.actions import Remediation
    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import ApiObject, Read

LIVE = "an InService NAT of the group"


def evaluate(
    ctx: CheckContext, group: Read[ApiObject | None], instances: Read[list[ApiObject]]
) -> Iterator[ResourceState]:
    tables = vpc_lookup.inside(ctx, "ec2:DescribeRouteTables")
    for role, desired in ctx.config.network.route_tables.items():
        if desired.default_route is not DefaultRoute.NAT:
            continue
        name = desired.name or resource_name(f"{role}-rt", ctx.config.environment)
        named = tables.map(partial(vpc_lookup.tables_named, ctx.config, role))
        if desired.ids:
            named = ctx.get("ec2:DescribeRouteTables").map(partial(vpc_lookup.tables_named, ctx.config, role))
            yield from _missing_tables(named, desired.ids, f"network.route_tables.{role}")
        for table in named.value if isinstance(named, Known) else [{"RouteTableId": name}]:
            whole = both(named, both(group, instances))
            live = whole.map(partial(_target, ctx, table))
            path = f"network.route_tables.{role}.default_route"
            fact = AttributeState(
                "live target",
                live,
                desired=LIVE,
                path=path,
                remediations=_reconcile(ctx, both(group, instances)),
                severity=Severity.CRITICAL,
                reason="the private subnets have no way out, or one that nobody watches",
            )
            yield ResourceState(
                f"network.route_tables.{role}",
                f"{name} {table['RouteTableId']}",
                path,
                named.map(bool),
                (fact,),
            )


def _missing_tables(
    present: Read[list[ApiObject]], ids: tuple[str, ...], path: str
) -> Iterator[ResourceState]:
    """Each table that is named by its id and does not exist: nobody guards its services."""
    for table_id in ids:
        exists = presence(present.map(partial(having, key="RouteTableId", value=table_id)))
        yield ResourceState(path, table_id, f"{path}.ids", exists, vital=True)


def _target(
    ctx: CheckContext,
    table: ApiObject,
    pair: tuple[list[ApiObject], tuple[ApiObject | None, list[ApiObject]]],
) -> str:
    return target(ctx, table, *pair[1])


def target(ctx: CheckContext, table: ApiObject, group: ApiObject | None, instances: list[ApiObject]) -> str:
    """What the default route really leads to."""
    route = next((r for r in table.get("Routes", []) if r.get("DestinationCidrBlock") == DEFAULT), None)
    if route is None:
        return "nothing"
    if route.get("State") == "blackhole":
        return "a blackhole"
    if gateway := route.get("NatGatewayId"):
        return LIVE if ctx.config.nat.may_use_nat_gateway else f"NAT gateway {gateway}"
    carrier = next((instance for instance in instances if _carries(instance, route)), None)
    members = {
        instance["InstanceId"]: instance["LifecycleState"] for instance in (group or {}).get("Instances", [])
    }
    if carrier is None or carrier["InstanceId"] not in members:
        where = route.get("InstanceId") or route.get("NetworkInterfaceId") or route.get("GatewayId")
        return f"{where}, which is no member of the group"
    state, lifecycle = carrier["State"]["Name"], members[carrier["InstanceId"]]
    return (
        LIVE if (state, lifecycle) == ("running", "InService") else f"a member that is {state}, {lifecycle}"
    )


def _carries(instance: ApiObject, route: ApiObject) -> bool:
    interface = primary(instance).get("NetworkInterfaceId")
    return instance["InstanceId"] == route.get("InstanceId") or (
        interface is not None and interface == route.get("NetworkInterfaceId")
    )


def _reconcile(
    ctx: CheckContext, read: Read[tuple[ApiObject | None, list[ApiObject]]]
) -> tuple[Remediation, ...]:
    """Only to a member in service, and never while a lifecycle action is pending: that heals by itself."""
    if not isinstance(read, Known) or read.value[0] is None or in_service(*read.value) is None:
        return ()
    pending = any(
        instance["LifecycleState"] != "InService" for instance in read.value[0].get("Instances", [])
    )
    return () if pending else (ReconcileRoutes(ctx.config.nat.function),)


def in_service(group: ApiObject | None, instances: list[ApiObject]) -> ApiObject | None:
    """The newest running member in service."""
    serving = {
        instance["InstanceId"]
        for instance in (group or {}).get("Instances", [])
        if instance["LifecycleState"] == "InService" and instance["HealthStatus"] == "Healthy"
    }
    able = [
        instance
        for instance in instances
        if instance["InstanceId"] in serving and instance["State"]["Name"] == "running"
    ]
    return max(able, key=lambda item: (item["LaunchTime"], item["InstanceId"]), default=None)


def primary(instance: ApiObject) -> ApiObject:
    interfaces = instance.get("NetworkInterfaces", [])
    return next(
        (interface for interface in interfaces if interface.get("Attachment", {}).get("DeviceIndex") == 0), {}
    )
