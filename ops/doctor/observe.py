"""Reads an account, from what is known without a name: default route, interface, instance, group.

Every read may fail alone: what it would have shown is then unknown, and the diagnosis says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ops.calls import call
from ops.doctor import alarms, carriers, find_tables, lifecycle_events, listeners, parse, topic_access, twins
from ops.doctor.find_group import group_behind
from ops.doctor.model import Account, Group, RouteTable, Stack, TakenName, Topic, Unread
from ops.doctor.observe_network import NetworkReader
from ops.doctor.rules import RuleReader
from ops.session import NO_STACK
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.doctor.wanted import Wanted
    from ops.identity import Identity

GROUPS = "autoscaling:DescribeAutoScalingGroups"
ABSENT = frozenset({"ResourceNotFoundException", "NotFound", "NotFoundException", "InvalidParameter"})


@dataclass(slots=True)
class AccountReader:
    """Reads with the given clients; ``client`` makes or finds one by boto3's name for the service."""

    client: Callable[[str], Any]
    unread: list[Unread] = field(default_factory=list)

    def read(self, identity: Identity, wanted: Wanted) -> Account:
        tables, left_out, by_gateway = find_tables.find(self, wanted)
        several = carriers.read(self, tables)
        instance_id = carriers.chosen(several, wanted.group_name) or self._instance(tables)
        carrier_group, carrier_subnet, interfaces = self._place(instance_id)
        primary, *secondary = interfaces or ("",)
        stack = self._stack(wanted.stack_name)
        shown = carrier_group or group_behind(self, tables)
        look_alikes = twins.read(self, wanted, stack, shown, {carrier.group for carrier in several})
        second = twins.second(look_alikes, wanted, shown)
        standby = self._group(second) if second else self._standby(wanted, stack)
        first = wanted.group_name if standby and standby.name == shown else shown
        group = self._group(first or wanted.group_name)
        idle = group if standby and standby.name == carrier_group else standby
        allocations, automatic = self._addresses(instance_id)
        network_reader = NetworkReader(self)
        network, offers = (
            network_reader.network(
                carriers.around(several, instance_id, tables), group, standby, made=wanted.creates_nat
            ),
            network_reader.offers(wanted),
        )
        return Account(
            identity=identity,
            tables=tables,
            left_out=tuple(table.id for table in left_out),
            by_gateway=tuple(table.id for table in by_gateway),
            carriers=several if len(several) > 1 else (),
            group=group,
            standby=standby,
            twins=look_alikes,
            other_allocations=self._allocations_of(idle) if second else (),
            carrier_group=carrier_group,
            carrier_subnet=carrier_subnet,
            primary_interface=primary,
            secondary_interfaces=tuple(secondary),
            candidates=() if group else self._candidates(),
            instance_id=instance_id,
            allocation_ids=allocations,
            automatic_address=automatic,
            rules=tuple(RuleReader(self, lifecycle_events.of_groups((group, idle), identity)).read()),
            taken=self.taken(wanted),
            concurrency_quota=self._quota(),
            topic=self._topic(wanted.topic_arn(identity), identity.account),
            stack=stack,
            network=network,
            offers=offers,
            alarms=alarms.read(self, stack.name) if stack.parameters is not None else None,
            unread=tuple(self.unread),
        )

    def refuse(self, action: str, code: str) -> None:
        """Keep that a call failed."""
        self.unread.append(Unread(action, code))

    def ask(
        self, action: str, key: str, default: Any, absent: frozenset[str] = frozenset(), **request: object
    ) -> Any:
        """What the answer holds under ``key``; the default where the call failed.

        A refusal with one of the codes ``absent`` says that there is none; any other is kept.
        """
        try:
            return call(self.client, action, key, **request)
        except AwsError as error:
            if error.code not in absent:
                self.unread.append(Unread(action, error.code))
            return default

    def items(
        self, action: str, key: str, absent: frozenset[str] = frozenset(), **request: object
    ) -> list[Any]:
        """The items of a list; none where the call failed."""
        listed: list[Any] = self.ask(action, key, [], absent, **request)
        return listed

    def _instance(self, tables: tuple[RouteTable, ...]) -> str | None:
        """Behind a route that is a black hole, as far as it still shows it."""
        return next((table.instance_id for table in tables if table.instance_id), None)

    def holder(self, interface: str | None) -> str | None:
        """The instance that an interface is attached to; None where it is attached to none, or gone."""
        interfaces = self.items(
            "ec2:DescribeNetworkInterfaces",
            "NetworkInterfaces",
            frozenset({"InvalidNetworkInterfaceID.NotFound"}),
            NetworkInterfaceIds=[interface],
        )
        attachments = (item.get("Attachment", {}) for item in interfaces)
        return next((item["InstanceId"] for item in attachments if item.get("InstanceId")), None)

    def _standby(self, wanted: Wanted, stack: Stack | None) -> Group | None:
        """The second group that is deployed, else the one that is wanted; none where it is the first one."""
        parameters = (stack.parameters if stack else None) or {}
        name = replace(wanted, parameters=parameters).standby_name or wanted.standby_name
        first = parameters.get("NatAsgName") or wanted.group_name
        return self._group(name) if name and name != first else None

    def _allocations_of(self, group: Group | None) -> tuple[str, ...]:
        return self._addresses(group.members[0])[0] if group and group.members else ()

    def _place(self, instance_id: str | None) -> tuple[str | None, str | None, tuple[str, ...]]:
        if instance_id is None:
            return None, None, ()
        absent = frozenset({"InvalidInstanceID.NotFound"})
        reservations = self.items("ec2:DescribeInstances", "Reservations", absent, InstanceIds=[instance_id])
        name, subnet, interfaces = parse.place(reservations)
        return name or (subnet and carriers.group_of(self, instance_id)), subnet, interfaces

    def _group(self, name: str) -> Group | None:
        described = self.items(GROUPS, "AutoScalingGroups", AutoScalingGroupNames=[name])
        if not described:
            return None
        hooks = self.ask(
            "autoscaling:DescribeLifecycleHooks", "LifecycleHooks", None, AutoScalingGroupName=name
        )
        return listeners.with_subscribers(self, parse.group(described[0], hooks))

    def _candidates(self) -> tuple[str, ...]:
        names = (group["AutoScalingGroupName"] for group in self.items(GROUPS, "AutoScalingGroups"))
        return tuple(name for name in names if "nat" in name.lower())

    def _addresses(self, instance_id: str | None) -> tuple[tuple[str, ...], bool]:
        if instance_id is None:
            return (), False
        filters = [{"Name": "instance-id", "Values": [instance_id]}]
        addresses = self.ask("ec2:DescribeAddresses", "Addresses", None, Filters=filters)
        if addresses is None:
            return (), False
        allocations = tuple(address["AllocationId"] for address in addresses if "AllocationId" in address)
        return allocations, not allocations

    def taken(self, wanted: Wanted) -> tuple[TakenName, ...]:
        """The names that the stack wants and that exist, whoever owns them."""
        taken = [self._function(name) for name in wanted.functions]
        named = self.items("cloudwatch:DescribeAlarms", "MetricAlarms", AlarmNames=[wanted.alarm])
        taken += [self._log_group(f"/aws/lambda/{name}") for name in wanted.functions]
        taken += [TakenName("alarm", wanted.alarm, self._stack_of(alarm["AlarmArn"])) for alarm in named]
        return tuple(item for item in taken if item is not None)

    def _function(self, name: str) -> TakenName | None:
        described = self.ask("lambda:GetFunction", "", None, ABSENT, FunctionName=name)
        if described is None:
            return None
        return TakenName("function", name, described.get("Tags", {}).get(parse.STACK_TAG))

    def _log_group(self, name: str) -> TakenName | None:
        groups = self.items("logs:DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
        log_group = next((group for group in groups if group["logGroupName"] == name), None)
        if log_group is None:
            return None
        arn = str(log_group["arn"]).removesuffix(":*")
        tags = self.ask("logs:ListTagsForResource", "tags", {}, ABSENT, resourceArn=arn)
        return TakenName("log group", name, tags.get(parse.STACK_TAG))

    def _stack_of(self, arn: str) -> str | None:
        tags = self.items("cloudwatch:ListTagsForResource", "Tags", ABSENT, ResourceARN=arn)
        return parse.tags(tags).get(parse.STACK_TAG)

    def _quota(self) -> int | None:
        limits = self.ask("lambda:GetAccountSettings", "AccountLimit", None)
        return None if limits is None else int(limits["ConcurrentExecutions"])

    def _topic(self, arn: str, account: str) -> Topic | None:
        attributes = self.ask("sns:GetTopicAttributes", "Attributes", None, ABSENT, TopicArn=arn)
        if attributes is None:
            refused = bool(self.unread) and self.unread[-1].action.startswith("sns:")
            return None if refused else Topic(arn, exists=False)
        key = attributes.get("KmsMasterKeyId", "")
        policy = topic_access.parse(attributes.get("Policy"))
        return Topic(
            arn,
            exists=True,
            confirmed=int(attributes.get("SubscriptionsConfirmed", 0)),
            pending=int(attributes.get("SubscriptionsPending", 0)),
            refusals=(*topic_access.policy_refusals(policy, account), *self._key_refusals(key, account)),
            key="" if topic_access.is_of_aws(key) else key,
        )

    def _key_refusals(self, key: str, account: str) -> tuple[str, ...]:
        if topic_access.is_of_aws(key):
            return topic_access.key_refusals(key, None, account)
        policy = self._key_policy(key)
        return topic_access.key_refusals(key, topic_access.parse(policy), account) if policy else ()

    def _key_policy(self, key: str) -> str | None:
        """By the key's id: GetKeyPolicy takes no alias."""
        described = self.ask("kms:DescribeKey", "KeyMetadata", None, KeyId=key)
        if described is None:
            return None
        policy: str | None = self.ask(
            "kms:GetKeyPolicy", "Policy", None, KeyId=described["KeyId"], PolicyName="default"
        )
        return policy

    def _stack(self, name: str) -> Stack:
        absent = frozenset({NO_STACK})
        stacks = self.items("cloudformation:DescribeStacks", "Stacks", absent, StackName=name)
        if not stacks:
            return Stack(name, None)
        parameters = stacks[0].get("Parameters", [])
        return Stack(name, {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters})
