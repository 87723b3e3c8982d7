"""Reads an account, from what is known without a name: default route, interface, instance, group.

Every read may fail alone: what it would have shown is then unknown, and the diagnosis says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ops.doctor import alarms, listeners, parse, topic_access, twins
from ops.doctor.find_group import group_behind
from ops.doctor.model import Account, Group, Identity, RouteTable, Rule, Stack, TakenName, Topic, Unread
from ops.doctor.observe_network import NetworkReader
from ops.session import NO_STACK
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ops.doctor.wanted import Wanted

ABSENT = frozenset({"ResourceNotFoundException", "NotFound", "NotFoundException", "InvalidParameter"})


@dataclass(slots=True)
class AccountReader:
    """Reads with the given clients; ``client`` makes or finds one by boto3's name for the service."""

    client: Callable[[str], Any]
    unread: list[Unread] = field(default_factory=list)

    def read(self, identity: Identity, wanted: Wanted) -> Account:
        tables = self._tables(wanted)
        instance_id = self._instance(tables)
        carrier_group, carrier_subnet = self._place(instance_id)
        stack = self._stack(wanted.stack_name)
        shown = carrier_group or group_behind(self, tables)
        look_alikes = twins.read(self, wanted, stack, shown)
        second = twins.second(look_alikes, wanted, shown)
        standby = self._group(second) if second else self._standby(wanted, stack)
        first = wanted.group_name if standby and standby.name == shown else shown
        group = self._group(first or wanted.group_name)
        idle = group if standby and standby.name == carrier_group else standby
        allocations, automatic = self._addresses(instance_id)
        network_reader = NetworkReader(self)
        network, offers = network_reader.network(tables, group, standby), network_reader.offers(wanted)
        return Account(
            identity=identity,
            tables=tables,
            group=group,
            standby=standby,
            twins=look_alikes,
            other_allocations=self._allocations_of(idle) if second else (),
            carrier_group=carrier_group,
            carrier_subnet=carrier_subnet,
            candidates=() if group else self._candidates(),
            instance_id=instance_id,
            allocation_ids=allocations,
            automatic_address=automatic,
            rules=self._rules(),
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
        self,
        action: str,
        call: Callable[[], Any],
        default: Any,
        absent: frozenset[str] = frozenset(),
    ) -> Any:
        try:
            with translate_errors(action):
                return call()
        except AwsError as error:
            if error.code not in absent:
                self.unread.append(Unread(action, error.code))
            return default

    def pages(self, action: str, service: str, operation: str, key: str, **request: Any) -> list[Any]:
        def call() -> list[Any]:
            pages = self.client(service).get_paginator(operation).paginate(**request)
            return [item for page in pages for item in page.get(key, [])]

        items: list[Any] = self.ask(action, call, [])
        return items

    def _tables(self, wanted: Wanted) -> tuple[RouteTable, ...]:
        """Those that the parameters name, else those of the canonical name, else those behind an instance."""
        everything = [
            parse.route_table(table)
            for table in self.pages("ec2:DescribeRouteTables", "ec2", "describe_route_tables", "RouteTables")
        ]
        if wanted.table_ids:
            return tuple(table for table in everything if table.id in wanted.table_ids)
        named = tuple(table for table in everything if table.name == wanted.table_name)
        return named or tuple(table for table in everything if table.leaves_by_instance)

    def _instance(self, tables: tuple[RouteTable, ...]) -> str | None:
        known = next((table.instance_id for table in tables if table.instance_id), None)
        interface = next((table.interface_id for table in tables if table.interface_id), None)
        if known or interface is None:
            return known
        described = self.ask(
            "ec2:DescribeNetworkInterfaces",
            lambda: self.client("ec2").describe_network_interfaces(NetworkInterfaceIds=[interface]),
            {"NetworkInterfaces": []},
            frozenset({"InvalidNetworkInterfaceID.NotFound"}),
        )
        attachments = (item.get("Attachment", {}) for item in described["NetworkInterfaces"])
        return next((item["InstanceId"] for item in attachments if item.get("InstanceId")), None)

    def _standby(self, wanted: Wanted, stack: Stack | None) -> Group | None:
        """The second group that is deployed, else the one that is wanted; none where it is the first one."""
        parameters = (stack.parameters if stack else None) or {}
        name = replace(wanted, parameters=parameters).standby_name or wanted.standby_name
        first = parameters.get("NatAsgName") or wanted.group_name
        return self._group(name) if name and name != first else None

    def _allocations_of(self, group: Group | None) -> tuple[str, ...]:
        return self._addresses(group.members[0])[0] if group and group.members else ()

    def _place(self, instance_id: str | None) -> tuple[str | None, str | None]:
        if instance_id is None:
            return None, None
        described = self.ask(
            "ec2:DescribeInstances",
            lambda: self.client("ec2").describe_instances(InstanceIds=[instance_id]),
            {"Reservations": []},
            frozenset({"InvalidInstanceID.NotFound"}),
        )
        return parse.group_and_subnet(described)

    def _group(self, name: str) -> Group | None:
        described = self.ask(
            "autoscaling:DescribeAutoScalingGroups",
            lambda: self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name]),
            {"AutoScalingGroups": []},
        )["AutoScalingGroups"]
        if not described:
            return None
        hooks = self.ask(
            "autoscaling:DescribeLifecycleHooks",
            lambda: self.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=name),
            None,
        )
        return listeners.with_subscribers(self, parse.group(described[0], hooks))

    def _candidates(self) -> tuple[str, ...]:
        groups = self.pages(
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling",
            "describe_auto_scaling_groups",
            "AutoScalingGroups",
        )
        names = (group["AutoScalingGroupName"] for group in groups)
        return tuple(name for name in names if "nat" in name.lower())

    def _addresses(self, instance_id: str | None) -> tuple[tuple[str, ...], bool]:
        if instance_id is None:
            return (), False
        filters = [{"Name": "instance-id", "Values": [instance_id]}]
        addresses = self.ask(
            "ec2:DescribeAddresses",
            lambda: self.client("ec2").describe_addresses(Filters=filters)["Addresses"],
            None,
        )
        if addresses is None:
            return (), False
        allocations = tuple(address["AllocationId"] for address in addresses if "AllocationId" in address)
        return allocations, not allocations

    def _rules(self) -> tuple[Rule, ...]:
        rules = self.pages("events:ListRules", "events", "list_rules", "Rules")
        hearing = [rule for rule in rules if parse.hears_lifecycle_actions(rule.get("EventPattern", ""))]
        return tuple(
            Rule(rule["Name"], rule.get("State") != "DISABLED", self._targets(rule["Name"]))
            for rule in hearing
        )

    def _targets(self, rule: str) -> tuple[str, ...]:
        targets = self.ask(
            "events:ListTargetsByRule",
            lambda: self.client("events").list_targets_by_rule(Rule=rule)["Targets"],
            [],
        )
        return tuple(target["Arn"] for target in targets)

    def taken(self, wanted: Wanted) -> tuple[TakenName, ...]:
        """The names that the stack wants and that exist, whoever owns them."""
        taken = [self._function(name) for name in wanted.functions]
        named = self.ask(
            "cloudwatch:DescribeAlarms",
            lambda: self.client("cloudwatch").describe_alarms(AlarmNames=[wanted.alarm])["MetricAlarms"],
            [],
        )
        taken += [self._log_group(f"/aws/lambda/{name}") for name in wanted.functions]
        taken += [TakenName("alarm", wanted.alarm, self._stack_of(alarm["AlarmArn"])) for alarm in named]
        return tuple(item for item in taken if item is not None)

    def _function(self, name: str) -> TakenName | None:
        found = self.ask(
            "lambda:GetFunction",
            lambda: self.client("lambda").get_function(FunctionName=name),
            None,
            ABSENT,
        )
        if found is None:
            return None
        return TakenName("function", name, found.get("Tags", {}).get("aws:cloudformation:stack-name"))

    def _log_group(self, name: str) -> TakenName | None:
        groups = self.ask(
            "logs:DescribeLogGroups",
            lambda: self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"],
            [],
        )
        log_group = next((group for group in groups if group["logGroupName"] == name), None)
        if log_group is None:
            return None
        tags = self.ask(
            "logs:ListTagsForResource",
            lambda: self.client("logs").list_tags_for_resource(
                resourceArn=str(log_group["arn"]).removesuffix(":*")
            )["tags"],
            {},
            ABSENT,
        )
        return TakenName("log group", name, tags.get(parse.STACK_TAG))

    def _stack_of(self, arn: str) -> str | None:
        tags = self.ask(
            "cloudwatch:ListTagsForResource",
            lambda: self.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"],
            [],
            ABSENT,
        )
        return parse.tags(tags).get("aws:cloudformation:stack-name")

    def _quota(self) -> int | None:
        settings = self.ask(
            "lambda:GetAccountSettings", lambda: self.client("lambda").get_account_settings(), None
        )
        return None if settings is None else int(settings["AccountLimit"]["ConcurrentExecutions"])

    def _topic(self, arn: str, account: str) -> Topic | None:
        attributes = self.ask(
            "sns:GetTopicAttributes",
            lambda: self.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"],
            None,
            ABSENT,
        )
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
        )

    def _key_refusals(self, key: str, account: str) -> tuple[str, ...]:
        if not key or key.removeprefix("alias/").startswith("aws/"):
            return topic_access.key_refusals(key, None, account)
        policy = self.ask("kms:GetKeyPolicy", lambda: self._key_policy(key), None)
        return topic_access.key_refusals(key, policy, account) if policy is not None else ()

    def _key_policy(self, key: str) -> dict[str, Any]:
        """By the key's id: GetKeyPolicy takes no alias."""
        kms = self.client("kms")
        key_id = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyId"]
        return topic_access.parse(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])

    def _stack(self, name: str) -> Stack:
        stacks = self.ask(
            "cloudformation:DescribeStacks",
            lambda: self.client("cloudformation").describe_stacks(StackName=name)["Stacks"],
            [],
            frozenset({NO_STACK}),
        )
        if not stacks:
            return Stack(name, None)
        parameters = stacks[0].get("Parameters", [])
        return Stack(name, {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters})
