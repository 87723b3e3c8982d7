"""Reading AWS into the model. Three calls a pass; one or two more prove a move; the rest only when asked for.

A read that the role may not make does not end the run: what the others show is still reported.
The Elastic IP's place is read from the interfaces that a pass reads anyway: an interface that carries an
Elastic IP names its owner's account, one with an automatic address says "amazon". Which address the
allocations are never changes, so one call asks for them once in the life of an execution environment, and
only when some interface carries an Elastic IP at all.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import AccessDenied, AwsError, PermanentError
from update_nat_routes.descriptions import (
    described_group,
    described_hook,
    described_instance,
    described_member,
    described_table,
    impaired_instances,
    launched_instances,
    launches_of,
    with_interfaces,
)
from update_nat_routes.model import (
    GROUP_TAG,
    DeniedRead,
    Group,
    Hook,
    Instance,
    Launches,
    Member,
    Observed,
    RouteTable,
)
from update_nat_routes.planner.lifecycle_hooks import DataRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_autoscaling.type_defs import ActivityTypeDef
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import FilterTypeDef

    from update_nat_routes.settings import Settings

T = TypeVar("T")
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
    addresses: dict[str, str] = field(default_factory=dict)  # by allocation; learned once, they never change
    known: set[str] = field(default_factory=set)  # members and targets of earlier readings

    def observe(
        self, expected: frozenset[str] = frozenset(), shown: Mapping[str, Instance] | None = None
    ) -> Observed:
        """Group, tables, and the instances that they or the event name: three calls; two with ``shown``."""
        denied: list[DeniedRead] = []
        tables = _unless_denied(self.tables, denied) or ()
        groups = _unless_denied(self.groups, denied) or {}
        wanted = set(expected) | {member.instance_id for group in groups.values() for member in group.members}
        wanted |= {table.target.instance_id for table in tables if table.target.instance_id}
        self.known |= wanted - expected
        if shown is not None and wanted <= shown.keys():
            instances = {name: shown[name] for name in wanted}
        else:
            instances = _unless_denied(lambda: self.instances(wanted), denied) or {}
        tables = tuple(table for table in tables if self._is_ours(table, groups.values(), instances))
        named = set() if denied else set(self.settings.route_table_ids)
        observed = Observed(
            group=groups.get(self.settings.group_name),
            standby=groups.get(self.settings.standby_name or ""),
            instances=instances,
            tables=tables,
            eip_holder=None,
            missing_tables=tuple(sorted(named - {table.table_id for table in tables})),
            denied=tuple(denied),
        )
        return self._with_holders(observed)

    def _is_ours(self, table: RouteTable, groups: Iterable[Group], instances: Mapping[str, Instance]) -> bool:
        """A table that was found by its name only in the VPC of the groups' members, where one is known."""
        members = [instances.get(member.instance_id) for group in groups for member in group.members]
        vpcs = {member.vpc_id for member in members if member and member.vpc_id}
        return bool(self.settings.route_table_ids) or not vpcs or table.vpc_id in vpcs

    @whole_answer("ec2:DescribeNetworkInterfaces")
    def read_back(self, before: Observed, interface_ids: AbstractSet[str], *, routes: bool) -> Observed:
        """The same moment again after moves: what they wrote to, interfaces, tables or both."""
        names = {table.table_id for table in before.tables}
        tables = [table for table in self.tables() if table.table_id in names] if routes else before.tables
        after = replace(before, tables=tuple(tables))
        if not interface_ids:
            return after
        by: FilterTypeDef = {"Name": "network-interface-id", "Values": sorted(interface_ids)}
        with translate_errors("ec2:DescribeNetworkInterfaces"):
            shown = self.ec2.describe_network_interfaces(Filters=[by])["NetworkInterfaces"]
        return with_interfaces(after, interface_ids, shown, self.settings.allocations)

    def look_again(self, before: Observed) -> Observed:
        """The same moment with the instances as EC2 shows them now: one call."""
        members = {member.instance_id for group in before.groups for member in group.members}
        return self._with_holders(replace(before, instances=self.instances({*before.instances, *members})))

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
                    observed = self._with_status_checks(observed)
        return observed

    def _with_warm_pool(self, observed: Observed) -> Observed:
        denied: list[DeniedRead] = []
        read = lambda group: replace(  # noqa: E731 - a name for one expression
            group, warm=_unless_denied(lambda: self.warm_pool(group.name), denied, optional=True) or ()
        )
        return replace(observed.with_each_group(read), unread=(*observed.unread, *denied))

    def _with_history(self, observed: Observed) -> Observed:
        """Unreadable counts as abandoned: an unproven NAT is better than one given up again and again."""
        unread: list[DeniedRead] = []
        read = lambda group: replace(  # noqa: E731 - a name for one expression
            group,
            launches=_unless_denied(lambda: launches_of(group, self.launches(group.name)), unread)
            or Launches(last_abandoned=True),
        )
        return replace(observed.with_each_group(read), unread=(*observed.unread, *unread))

    def _with_hooks(self, observed: Observed) -> Observed:
        try:
            hooks = tuple(hook for group in observed.groups for hook in self.hooks(group.name))
            return replace(observed, hooks=hooks)
        except AccessDenied as error:
            return replace(observed, hooks=(), hooks_unread=str(error))

    def _with_status_checks(self, observed: Observed) -> Observed:
        """Add the impaired members. A read that fails shows none, so that nobody is replaced."""
        unread: list[DeniedRead] = []
        members = [member.instance_id for group in observed.groups for member in group.members]
        shown = [instance_id for instance_id in members if instance_id in observed.instances]
        impaired = _unless_denied(lambda: self.impaired(shown), unread, optional=True) or {}
        return replace(observed, impaired=impaired, unread=(*observed.unread, *unread))

    def look(self, instance_id: str) -> dict[str, Instance]:
        """This instance beside those of earlier readings; in a new environment beside those with our tag.

        One without the tag is not read where as many of those carry an Elastic IP as are ours.
        """
        if self.known:
            return self.instances({*self.known, instance_id})
        shown = self._described(f"tag:{GROUP_TAG}", self.settings.group_names)
        self.known.update(shown)
        carriers = [it for it in shown.values() if it.elastic_address]
        theirs = instance_id not in shown and len(carriers) < sum(map(bool, self.settings.allocations))
        return shown | self.instances({instance_id}) if theirs else shown

    def is_relevant(self, instance_id: str, shown: Instance | None) -> bool:
        """Whether it is of the group, carries the Elastic IP, or is a route's target: one read, or none."""
        if instance_id in self.known or (shown and shown.group_name in self.settings.group_names):
            return True
        with suppress(AwsError):  # nobody is known to have the address then
            if shown and instance_id in self._holders([shown]):
                return True
        return any(table.target.instance_id == instance_id for table in self.tables())

    @whole_answer("autoscaling:DescribeAutoScalingGroups")
    def groups(self) -> dict[str, Group]:
        """Those that exist, by name."""
        names = self.settings.group_names
        with translate_errors("autoscaling:DescribeAutoScalingGroups"):
            answer = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=list(names))
        return {it["AutoScalingGroupName"]: described_group(it) for it in answer["AutoScalingGroups"]}

    @whole_answer("autoscaling:DescribeWarmPool")
    def warm_pool(self, group: str) -> tuple[Member, ...]:
        """Its members, which no other call lists."""
        with translate_errors("autoscaling:DescribeWarmPool"):
            answer = self.autoscaling.describe_warm_pool(AutoScalingGroupName=group)
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

    def instances(self, ids: AbstractSet[str]) -> dict[str, Instance]:
        """By id. A filter, since one id that EC2 does not show would fail the whole call."""
        return self._described("instance-id", sorted(ids)) if ids else {}

    @whole_answer("ec2:DescribeInstances")
    def _described(self, by: str, values: Sequence[str]) -> dict[str, Instance]:
        with translate_errors("ec2:DescribeInstances"):
            answer = self.ec2.describe_instances(Filters=[{"Name": by, "Values": list(values)}])
        shown = (it for reservation in answer["Reservations"] for it in reservation.get("Instances", []))
        return {description["InstanceId"]: described_instance(description) for description in shown}

    @whole_answer("ec2:DescribeInstanceStatus")
    def impaired(self, ids: list[str]) -> dict[str, datetime | None]:
        with translate_errors("ec2:DescribeInstanceStatus"):
            answer = self.ec2.describe_instance_status(InstanceIds=ids)
        return impaired_instances(answer["InstanceStatuses"])

    @whole_answer("autoscaling:DescribeLifecycleHooks")
    def hooks(self, group: str) -> tuple[Hook, ...]:
        with translate_errors("autoscaling:DescribeLifecycleHooks"):
            answer = self.autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)
        return tuple(described_hook(hook, group) for hook in answer["LifecycleHooks"])

    @whole_answer("autoscaling:DescribeScalingActivities")
    def launches(self, group: str) -> list[tuple[str, ActivityTypeDef]]:
        """A group's launches with their instances, the newest first."""
        with translate_errors("autoscaling:DescribeScalingActivities"):
            answer = self.autoscaling.describe_scaling_activities(
                AutoScalingGroupName=group, MaxRecords=ACTIVITIES_READ
            )
        return launched_instances(answer["Activities"])

    def _with_holders(self, observed: Observed) -> Observed:
        """Add the instances with our addresses. A failed read leaves them unknown: the routes still move.

        The address is then asked for without reassociation: AWS refuses if another instance holds it.
        """
        unread = tuple(read for read in observed.unread if read.permission != "ec2:DescribeAddresses")
        try:
            (first, second), why = self._holders(observed.instances.values()), ""
        except AwsError as error:
            first, second, why = None, None, str(error)
            unread += (DeniedRead(error.action, why),) if isinstance(error, AccessDenied) else ()
        return replace(
            observed, eip_holder=first, standby_eip_holder=second, holder_unread=why, unread=unread
        )

    def _holders(self, instances: Iterable[Instance]) -> tuple[str | None, str | None]:
        carriers = {it.elastic_address: it.instance_id for it in instances if it.elastic_address}
        addresses = self._allocated_addresses() if carriers else {}
        first, second = (carriers.get(addresses.get(it or "", "")) for it in self.settings.allocations)
        return first, second

    @whole_answer("ec2:DescribeAddresses")
    def _allocated_addresses(self) -> dict[str, str]:
        """By allocation. A filter, since one unknown id would fail the whole call."""
        wanted = list(filter(None, self.settings.allocations))
        if wanted and not self.addresses:
            with translate_errors("ec2:DescribeAddresses"):
                answer = self.ec2.describe_addresses(Filters=[{"Name": "allocation-id", "Values": wanted}])
            shown = {address["AllocationId"]: address["PublicIp"] for address in answer.get("Addresses", [])}
            for missing in set(wanted) - shown.keys():
                raise PermanentError("ec2:DescribeAddresses", "NotFound", f"{missing} does not exist")
            self.addresses = shown
        return self.addresses


def _unless_denied(read: Callable[[], T], denied: list[DeniedRead], *, optional: bool = False) -> T | None:
    """``optional``: a run does without it, however the read fails."""
    try:
        return read()
    except AccessDenied as error:
        denied.append(DeniedRead(error.action, str(error)))
    except AwsError:
        if not optional:
            raise
    return None
