"""Where the private default routes really lead, and when the failover may be asked to heal them."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from drift_check.actions import ReconcileRoutes
from drift_check.checks import vpc_lookup
from drift_check.checks.base import AttributeState, ResourceState, having, presence
from drift_check.observe.observations import combined
from tradai_shared.config.models.network import DefaultRoute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.actions import Remediation
    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import ApiObject, Read

LIVE = "an InService NAT of the group"


def evaluate(
    ctx: CheckContext, group: Read[ApiObject | None], instances: Read[list[ApiObject]]
) -> Iterator[ResourceState]:
    for role, desired in ctx.config.network.route_tables.items():
        if desired.default_route is not DefaultRoute.NAT:
            continue
        name, root = vpc_lookup.table_name(ctx.config, role), f"network.route_tables.{role}"
        action = "ec2:DescribeRouteTables"
        tables = ctx.get(action) if desired.ids else vpc_lookup.inside(ctx, action)
        named = tables.map(partial(vpc_lookup.tables_named, ctx.config, role))
        for table_id in desired.ids or ():  # where one does not exist, nobody guards its services
            exists = presence(named.map(partial(having, key="RouteTableId", value=table_id)))
            yield ResourceState(root, table_id, f"{root}.ids", exists, vital=True)
        for table in named.value_or([{"RouteTableId": name}]):
            path = f"{root}.default_route"
            fact = AttributeState(
                "live target",
                combined(partial(_target, ctx, table), named, group, instances),
                desired=LIVE,
                path=path,
                remediations=combined(partial(_reconcile, ctx), group, instances).value_or(()),
                reason="the private subnets have no way out, or one that nobody watches",
            )
            yield ResourceState(root, f"{name} {table['RouteTableId']}", path, named.map(bool), (fact,))


def _target(
    ctx: CheckContext,
    table: ApiObject,
    _named: list[ApiObject],
    group: ApiObject | None,
    instances: list[ApiObject],
) -> str:
    """What the default route really leads to."""
    route = vpc_lookup.to_internet(table)
    if route is None:
        return "nothing"
    if route.get("State") == "blackhole":
        return vpc_lookup.BLACKHOLE
    if gateway := route.get("NatGatewayId"):
        return LIVE if ctx.config.nat.may_use_nat_gateway else f"NAT gateway {gateway}"
    members = {each["InstanceId"]: each["LifecycleState"] for each in (group or {}).get("Instances", [])}
    carrier = next((instance for instance in instances if _carries(instance, route)), None)
    if carrier is None or carrier["InstanceId"] not in members:
        where = route.get("InstanceId") or route.get("NetworkInterfaceId") or route.get("GatewayId")
        return f"{where}, which is no member of the group"
    state = f"{carrier['State']['Name']}, {members[carrier['InstanceId']]}"
    return LIVE if state == "running, InService" else f"a member that is {state}"


def _carries(instance: ApiObject, route: ApiObject) -> bool:
    interface = primary(instance).get("NetworkInterfaceId")
    return instance["InstanceId"] == route.get("InstanceId") or (
        interface is not None and interface == route.get("NetworkInterfaceId")
    )


def _reconcile(
    ctx: CheckContext, group: ApiObject | None, instances: list[ApiObject]
) -> tuple[Remediation, ...]:
    """Only to a member in service, and never while a lifecycle action is pending: that heals by itself."""
    if group is None or in_service(group, instances) is None:
        return ()
    states = {member["LifecycleState"] for member in group.get("Instances", [])}
    return (ReconcileRoutes(ctx.config.nat.function),) if states == {"InService"} else ()


def in_service(group: ApiObject | None, instances: list[ApiObject]) -> ApiObject | None:
    """The newest running member in service."""
    members = (group or {}).get("Instances", [])
    serving = {
        member["InstanceId"]
        for member in members
        if member["LifecycleState"] == "InService" and member["HealthStatus"] == "Healthy"
    }
    able = [
        instance
        for instance in instances
        if instance["InstanceId"] in serving and instance["State"]["Name"] == "running"
    ]
    return max(able, key=itemgetter("LaunchTime", "InstanceId"), default=None)


def primary(instance: ApiObject) -> ApiObject:
    for interface in instance.get("NetworkInterfaces", []):
        if interface.get("Attachment", {}).get("DeviceIndex") == 0:
            return dict(interface)
    return {}
