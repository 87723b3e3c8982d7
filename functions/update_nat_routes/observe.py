"""Reading AWS into the model. Three calls a pass; two more prove a move; the rest only when asked for.

A read that the role may not make does not end the run: what the others show is still reported.
The Elastic IP's place is read from the interfaces that a pass reads anyway: an interface that carries an
Elastic IP names its owner's account, one with an automatic address says "amazon". Which address the
allocation is never changes, so it is asked for once in the life of an execution environment, and only when
some interface carries an Elastic IP at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import AccessDenied, AwsError, PermanentError
from update_nat_routes.model import (
    DeniedRead,
    Group,
    Hook,
    Instance,
    Member,
    Observed,
    RouteTable,
    described_instance,
    described_member,
    described_table,
    failed_in_a_row,
    was_abandoned,
)
from update_nat_routes.planner.lifecycle_hooks import DataRequest
from update_nat_routes.status_checks import with_status_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_autoscaling.type_defs import ActivityTypeDef
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import (
        FilterTypeDef,
        InstanceTypeDef,
    )

    from update_nat_routes.settings import Settings

T = TypeVar("T")
GROUP_TAG = "aws:autoscaling:groupName"
LAUNCHED_INSTANCE = re.compile(r"Launching a new EC2 instance\b.*?(i-[0-9a-f]+)")
ACTIVITIES_READ = 100  # the most that one call shows
PERMISSIONS = (
    "autoscaling:DescribeAutoScalingGroups",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeWarmPool",
    "ec2:DescribeAddresses",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
)


@dataclass(slots=True)
class Reader:
    """Reads the world of one deployment. Raises TemporaryError, PermanentError or AccessDenied."""

    ec2: EC2Client
    autoscaling: AutoScalingClient
    settings: Settings
    address: str | None = field(default=None)  # learned once; the allocation's address never changes
    holder_unread: str = ""

    def observe(self, expected: frozenset[str] = frozenset()) -> Observed:
        """The group, the tables, and the instances that they or the event name: one moment, three calls."""
        denied: list[DeniedRead] = []
        no_tables: tuple[RouteTable, ...] = ()
        no_instances: dict[str, Instance] = {}
        tables = _unless_denied(self.tables, no_tables, denied)
        group = _unless_denied(self.group, None, denied)
        wanted = set(expected) | ({member.instance_id for member in group.members} if group else set())
        wanted |= {table.target.instance_id for table in tables if table.target.instance_id}
        instances = _unless_denied(lambda: self.instances(wanted), no_instances, denied)
        tables = tuple(table for table in tables if self._is_ours(table, group, instances))
        named = set() if denied else set(self.settings.route_table_ids)
        return Observed(
            group=group,
            instances=instances,
            tables=tables,
            eip_holder=self._holder(instances.values()),
            holder_unread=self.holder_unread,
            missing_tables=tuple(sorted(named - {table.table_id for table in tables})),
            denied=tuple(denied),
        )

    def _is_ours(self, table: RouteTable, group: Group | None, instances: Mapping[str, Instance]) -> bool:
        """A table that was found by its name only in the VPC of the group's members, where one is known."""
        members = [instances.get(member.instance_id) for member in group.members] if group else []
        vpcs = {member.vpc_id for member in members if member and member.vpc_id}
        return bool(self.settings.route_table_ids) or not vpcs or table.vpc_id in vpcs

    @whole_answer("ec2:DescribeNetworkInterfaces")
    def read_back(self, before: Observed, interface_id: str) -> Observed:
        """The same moment again after moves: the tables, and the gateway's interface with its address."""
        names = {table.table_id for table in before.tables}
        after = replace(before, tables=tuple(table for table in self.tables() if table.table_id in names))
        with translate_errors("ec2:DescribeNetworkInterfaces"):
            interfaces = self.ec2.describe_network_interfaces(
                Filters=[{"Name": "network-interface-id", "Values": [interface_id]}]
            )["NetworkInterfaces"]
        gateway = next(member for member in before.instances.values() if member.interface_id == interface_id)
        others = {name: other for name, other in before.instances.items() if name != gateway.instance_id}
        holder = before.eip_holder if before.eip_holder != gateway.instance_id else None
        for interface in interfaces:
            association = interface.get("Association", {})
            others[gateway.instance_id] = replace(gateway, source_dest_check=interface["SourceDestCheck"])
            if association.get("AllocationId", "") == self.settings.allocation_id:
                holder = gateway.instance_id
        unread = before.holder_unread if holder is None else ""
        return replace(after, instances=others, eip_holder=holder, holder_unread=unread)

    def answer(self, observed: Observed, data_requests: Iterable[DataRequest]) -> Observed:
        """Add what the planner asked for."""
        for request in data_requests:
            match request:
                case DataRequest.HOOKS:
                    observed = self._with_hooks(observed)
                case DataRequest.HISTORY:
                    observed = self._with_history(observed)
                case DataRequest.WARM_POOL:
                    observed = self._with_warm_pool(observed)
                case DataRequest.STATUS:
                    observed = with_status_checks(self.ec2, observed)
        return observed

    def _with_warm_pool(self, observed: Observed) -> Observed:
        denied: list[DeniedRead] = []
        nobody: tuple[Member, ...] = ()
        warm = _unless_denied(self.warm_pool, nobody, denied)
        return replace(observed, warm=warm, unread=(*observed.unread, *denied))

    def _with_history(self, observed: Observed) -> Observed:
        """Unreadable counts as abandoned: an unproven NAT is better than one given up again and again."""
        try:
            launches = self.launches()
        except AccessDenied as error:
            unread = (*observed.unread, DeniedRead(error.action, str(error)))
            return replace(observed, last_launch_abandoned=True, unread=unread)
        members = observed.group.members if observed.group else ()
        arriving = {member.instance_id for member in members if member.arriving}
        earlier = [activity for name, activity in launches if name not in arriving]
        return replace(
            observed,
            last_launch_abandoned=bool(earlier) and was_abandoned(earlier[0]),
            failed_launches=failed_in_a_row([activity for _, activity in launches]),
        )

    def _with_hooks(self, observed: Observed) -> Observed:
        try:
            return replace(observed, hooks=self.hooks())
        except AccessDenied as error:
            return replace(observed, hooks=(), hooks_unread=str(error))

    @whole_answer("ec2:DescribeInstances")
    def is_relevant(self, instance_id: str) -> bool:
        """Whether an instance is of the group, carries the Elastic IP, or is a route's target: two reads."""
        with translate_errors("ec2:DescribeInstances"):
            descriptions = self._describe({instance_id})
        tags = {
            tag["Key"]: tag["Value"] for description in descriptions for tag in description.get("Tags", [])
        }
        if tags.get(GROUP_TAG) == self.settings.group_name:
            return True
        if self._holder(map(described_instance, descriptions)) == instance_id:
            return True
        return any(table.target.instance_id == instance_id for table in self.tables())

    @whole_answer("autoscaling:DescribeAutoScalingGroups")
    def group(self) -> Group | None:
        name = self.settings.group_name
        with translate_errors("autoscaling:DescribeAutoScalingGroups"):
            answer = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        for group in answer["AutoScalingGroups"]:
            return Group(
                name=name,
                desired=group["DesiredCapacity"],
                suspended=frozenset(
                    process["ProcessName"] for process in group.get("SuspendedProcesses", [])
                ),
                members=tuple(map(described_member, group.get("Instances", []))),
                has_warm_pool=bool(group.get("WarmPoolConfiguration")),
            )
        return None

    @whole_answer("autoscaling:DescribeWarmPool")
    def warm_pool(self) -> tuple[Member, ...]:
        """Its members, which no other call lists."""
        with translate_errors("autoscaling:DescribeWarmPool"):
            answer = self.autoscaling.describe_warm_pool(AutoScalingGroupName=self.settings.group_name)
        return tuple(map(described_member, answer.get("Instances", [])))

    @whole_answer("ec2:DescribeRouteTables")
    def tables(self) -> tuple[RouteTable, ...]:
        """The named tables in a stable order. A filter, since one unknown id would fail the whole call."""
        ids, name = self.settings.route_table_ids, self.settings.route_table_name
        by: FilterTypeDef = (
            {"Name": "route-table-id", "Values": list(ids)} if ids else {"Name": "tag:Name", "Values": [name]}
        )
        with translate_errors("ec2:DescribeRouteTables"):
            descriptions = self.ec2.describe_route_tables(Filters=[by])["RouteTables"]
        return tuple(sorted(map(described_table, descriptions), key=lambda table: table.table_id))

    @whole_answer("ec2:DescribeInstances")
    def instances(self, ids: AbstractSet[str]) -> dict[str, Instance]:
        """By id. A filter, since one id that EC2 does not show would fail the whole call."""
        with translate_errors("ec2:DescribeInstances"):
            descriptions = self._describe(ids) if ids else []
        return {description["InstanceId"]: described_instance(description) for description in descriptions}

    @whole_answer("autoscaling:DescribeLifecycleHooks")
    def hooks(self) -> tuple[Hook, ...]:
        with translate_errors("autoscaling:DescribeLifecycleHooks"):
            answer = self.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=self.settings.group_name)
        return tuple(
            Hook(
                hook["LifecycleHookName"],
                hook["LifecycleTransition"],
                hook.get("HeartbeatTimeout", 3600),
                notifies=bool(hook.get("NotificationTargetARN")),
            )
            for hook in answer["LifecycleHooks"]
        )

    @whole_answer("autoscaling:DescribeScalingActivities")
    def launches(self) -> list[tuple[str, ActivityTypeDef]]:
        """The group's launches with their instances, the newest first."""
        with translate_errors("autoscaling:DescribeScalingActivities"):
            answer = self.autoscaling.describe_scaling_activities(
                AutoScalingGroupName=self.settings.group_name, MaxRecords=ACTIVITIES_READ
            )
        newest = sorted(answer["Activities"], key=lambda activity: activity["StartTime"], reverse=True)
        named = [(LAUNCHED_INSTANCE.search(activity.get("Description", "")), activity) for activity in newest]
        return [(match.group(1), activity) for match, activity in named if match]

    def _describe(self, ids: AbstractSet[str]) -> list[InstanceTypeDef]:
        answer = self.ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": sorted(ids)}])
        return [
            instance
            for reservation in answer["Reservations"]
            for instance in reservation.get("Instances", [])
        ]

    def _holder(self, instances: Iterable[Instance]) -> str | None:
        """The instance with our address. A failed read leaves it unknown, so that the routes still move.

        The address is then asked for without reassociation: AWS refuses if another instance holds it.
        """
        carriers = {
            instance.elastic_address: instance.instance_id
            for instance in instances
            if instance.elastic_address
        }
        self.holder_unread = ""
        if not carriers or not self.settings.allocation_id:
            return None
        try:
            address = self._allocated_address(self.settings.allocation_id)
        except AwsError as error:
            self.holder_unread = str(error)
            return None
        return carriers.get(address)

    @whole_answer("ec2:DescribeAddresses")
    def _allocated_address(self, allocation_id: str) -> str:
        if self.address is None:
            with translate_errors("ec2:DescribeAddresses"):
                answer = self.ec2.describe_addresses(AllocationIds=[allocation_id])
            addresses = answer.get("Addresses", [])
            if not addresses:
                raise PermanentError("ec2:DescribeAddresses", "NotFound", f"{allocation_id} does not exist")
            self.address = addresses[0]["PublicIp"]
        return self.address


def _unless_denied(read: Callable[[], T], otherwise: T, denied: list[DeniedRead]) -> T:
    try:
        return read()
    except AccessDenied as error:
        denied.append(DeniedRead(error.action, str(error)))
        return otherwise
