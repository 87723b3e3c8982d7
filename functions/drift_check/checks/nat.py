"""The NAT: its group, hooks, instance, address, alarm, function, rules, and the route that leads to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import DisableSourceDestCheck, ResizeGroup
from drift_check.checks import functions, nat_instance, nat_routes, vpc_lookup
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    only,
    own_tags,
    presence,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, both
from tradai_shared.config.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.nat import AutoScalingGroup

ADDRESSES = "ec2:DescribeAddresses"
SIZES = {"min_size": "MinSize", "max_size": "MaxSize", "desired_capacity": "DesiredCapacity"}


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield from PLACE_CALLS
    yield Call("ec2:DescribeSubnets")
    yield Call("autoscaling:DescribeAutoScalingGroups", config.nat.group.name)
    yield Call("autoscaling:DescribeLifecycleHooks", config.nat.group.name)
    yield Call("cloudwatch:DescribeAlarms", config.nat.alarm)
    yield Call("events:ListRules", functions.rule_prefix(config))
    yield Call("lambda:ListFunctions")


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call == Call("autoscaling:DescribeAutoScalingGroups", config.nat.group.name):
        if members := _member_ids(answer):
            yield Call("ec2:DescribeInstances", members)
            yield Call(ADDRESSES, members)
    elif call.action == "ec2:DescribeInstances":
        for image in sorted({instance["ImageId"] for instance in _instances(answer)}):
            yield Call("ec2:DescribeImages", image)


def _member_ids(groups: list[ApiObject]) -> str:
    return ",".join(
        sorted(instance["InstanceId"] for group in groups for instance in group.get("Instances", []))
    )


def _instances(reservations: list[ApiObject]) -> list[ApiObject]:
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    groups = ctx.get("autoscaling:DescribeAutoScalingGroups", ctx.config.nat.group.name)
    group = only(groups)
    instances = groups.flat_map(lambda groups: _members(ctx, groups))
    yield from _superseded(ctx)
    yield _group(ctx, group)
    yield _alarm(ctx)
    yield from functions.evaluate_failover(ctx)
    if group == Known(None, getattr(group, "sources", frozenset())):
        return  # what belongs to a group that is missing is not told one by one
    yield from _hooks(ctx, group)
    yield _instance(ctx, group, instances)
    addresses = groups.flat_map(lambda groups: _addresses(ctx, groups))
    yield from nat_instance.addresses(ctx, addresses)
    yield from nat_routes.evaluate(ctx, group, instances)


def _superseded(ctx: CheckContext) -> Iterator[ResourceState]:
    """Own values that say something else than the stack's parameters, which win."""
    for path, value in ctx.config.annotations.superseded.items():
        fact = AttributeState(
            "own value",
            Known(value),
            desired=value_at(ctx.config, path),
            path=path,
            severity=Severity.MEDIUM,
            reason="the stack's parameter wins: take the value out of the file of own values",
        )
        yield ResourceState(path, f"own values {path}", path, PRESENT, (fact,))


def _members(ctx: CheckContext, groups: list[ApiObject]) -> Read[list[ApiObject]]:
    ids = _member_ids(groups)
    return ctx.get("ec2:DescribeInstances", ids).map(_instances) if ids else Known([])


def _group(ctx: CheckContext, group: Read[ApiObject | None]) -> ResourceState:
    desired = ctx.config.nat.group
    return ResourceState(
        "nat.group",
        desired.name,
        "nat.group.name",
        presence(group),
        (
            *(_size(desired, group, attribute, size) for attribute, size in SIZES.items()),
            AttributeState("health_check", group.item("HealthCheckType")),
            each_unexpected(
                "suspended process",
                group.map_present(
                    lambda group: sorted(p["ProcessName"] for p in group.get("SuspendedProcesses", []))
                ),
                severity=Severity.HIGH,
                reason="while it is suspended the group does not heal",
            ),
            AttributeState("subnet", _subnet(ctx, group), path="nat.subnet"),
            AttributeState("launch_template", group.map_present(_template_name), path="nat.launch_template"),
        ),
        tags=own_tags(group),
        arn=f"autoscaling:{desired.name}",
        vital=True,
    )


def _size(
    desired: AutoScalingGroup, group: Read[ApiObject | None], attribute: str, size: str
) -> AttributeState:
    """Each size on its own. One that would terminate an instance is for a person alone."""
    wanted = getattr(desired, attribute)
    instances = group.map_present(
        lambda group: max(group["DesiredCapacity"], len(group.get("Instances", [])))
    )
    running = instances.value if isinstance(instances, Known) else None
    ends = running is None or (size != "MinSize" and wanted < running)
    return AttributeState(
        attribute,
        group.item(size),
        remediations=() if ends else (ResizeGroup(desired.name, size, wanted),),
        reason=f"{wanted} would terminate an instance: the group has {running}" if ends and running else "",
    )


def _template_name(group: ApiObject) -> str | None:
    policy = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    template = group.get("LaunchTemplate") or policy.get("LaunchTemplateSpecification", {})
    name: str | None = template.get("LaunchTemplateName")
    return name


def _subnet(ctx: CheckContext, group: Read[ApiObject | None]) -> Read[str]:
    """The configured one where the group may launch there; otherwise where it launches."""
    wanted = ctx.config.nat.subnet

    def judge(pair: tuple[ApiObject | None, list[ApiObject]]) -> str:
        zones = str((pair[0] or {}).get("VPCZoneIdentifier", "")).split(",")
        by_id = {
            subnet["SubnetId"]: key
            for key in ctx.config.network.subnets
            if (subnet := vpc_lookup.subnet_of(ctx, key, pair[1]))
        }
        used = [by_id.get(zone, zone) for zone in zones]
        return wanted if wanted in used else ",".join(used)

    return both(group, vpc_lookup.inside(ctx, "ec2:DescribeSubnets")).map(judge)


def _hooks(ctx: CheckContext, group: Read[ApiObject | None]) -> Iterator[ResourceState]:
    hooks = group.flat_map(lambda _: ctx.get("autoscaling:DescribeLifecycleHooks", ctx.config.nat.group.name))
    yield _unknown_hooks(ctx, hooks)
    for key, desired in ctx.config.nat.lifecycle_hooks.items():
        path = f"nat.lifecycle_hooks.{key}"
        hook = hooks.map(partial(_hook, name=desired.name))
        facts = (
            AttributeState("transition", hook.item("LifecycleTransition")),
            AttributeState("heartbeat_seconds", hook.item("HeartbeatTimeout")),
            AttributeState(
                "default_result",
                hook.map_present(lambda hook: hook.get("DefaultResult", "ABANDON")),
                desired="ABANDON" if key == "launch" else "CONTINUE",
                path=f"{path}.name",
                reason="what nobody answers for must not come into service",
            ),
        )
        yield ResourceState(path, desired.name, f"{path}.name", presence(hook), facts)


def _unknown_hooks(ctx: CheckContext, hooks: Read[list[ApiObject]]) -> ResourceState:
    stated = ctx.config.nat.lifecycle_hooks
    names = {desired.name for desired in stated.values()}
    # the template makes one with a made NAT; the failover answers it wherever the stack names no other
    names.add(stated["launch"].name.replace("launch", "terminate"))
    unknown = hooks.map(
        lambda hooks: sorted(
            f"{hook['LifecycleHookName']} {hook['LifecycleTransition']} {hook.get('HeartbeatTimeout')} s"
            for hook in hooks
            if hook["LifecycleHookName"] not in names
        )
    )
    fact = each_unexpected(
        "unexpected hook",
        unknown,
        path="nat.group.name",
        severity=Severity.HIGH,
        reason="every instance of the group waits for it, and nothing of this toolkit answers it",
    )
    return ResourceState("nat.lifecycle_hooks", "lifecycle hooks", "nat.group.name", PRESENT, (fact,))


def _hook(hooks: list[ApiObject], *, name: str) -> ApiObject | None:
    return next((hook for hook in hooks if hook["LifecycleHookName"] == name), None)


def _instance(
    ctx: CheckContext, group: Read[ApiObject | None], instances: Read[list[ApiObject]]
) -> ResourceState:
    instance = both(group, instances).map(lambda pair: nat_routes.in_service(*pair))
    images = instance.flat_map(
        lambda instance: ctx.get("ec2:DescribeImages", instance["ImageId"]) if instance else Known(None)
    )
    interface = instance.map(lambda instance: nat_routes.primary(instance) if instance else {})
    interface_id = interface.value.get("NetworkInterfaceId", "") if isinstance(interface, Known) else ""
    facts = (
        AttributeState("instance_type", instance.item("InstanceType")),
        AttributeState("name", instance.map_present(vpc_lookup.name_tag)),
        *nat_instance.facts(ctx, images),
        AttributeState(
            "imdsv2_required",
            instance.map_present(lambda instance: instance["MetadataOptions"]["HttpTokens"] == "required"),
        ),
        AttributeState(
            "detailed_monitoring",
            instance.map_present(lambda instance: instance["Monitoring"]["State"] in {"enabled", "pending"}),
        ),
        AttributeState(
            "boot.source_destination_check",
            interface.map_present(lambda interface: interface.get("SourceDestCheck")),
            remediations=(DisableSourceDestCheck(interface_id),),
        ),
        AttributeState("boot.eip_associated", interface.map_present(_has_elastic_ip)),
    )
    name = ctx.config.nat.name
    exists = presence(instance)
    tags = own_tags(instance)
    arn = instance.value["InstanceId"] if isinstance(instance, Known) and instance.value else ""
    return ResourceState("nat", name, "nat.name", exists, facts, tags=tags, arn=f"ec2:instance/{arn}")


def _addresses(ctx: CheckContext, groups: list[ApiObject]) -> Read[list[ApiObject]]:
    ids = _member_ids(groups)
    return ctx.get(ADDRESSES, ids) if ids else Known([])


def _has_elastic_ip(interface: ApiObject) -> bool:
    """An Elastic IP names its owner's account; an automatic address says "amazon"."""
    owner = interface.get("Association", {}).get("IpOwnerId", "amazon")
    return bool(owner != "amazon")


def _alarm(ctx: CheckContext) -> ResourceState:
    alarms = ctx.get("cloudwatch:DescribeAlarms", ctx.config.nat.alarm)
    alarm = only(alarms)
    attribute_state = AttributeState(
        "actions enabled",
        alarm.map_present(
            lambda alarm: alarm.get("ActionsEnabled", True) and bool(alarm.get("AlarmActions"))
        ),
        desired=True,
        path="nat.alarm",
        reason="an alarm without an action tells nobody",
    )
    exists = presence(alarm)
    arn = f"cloudwatch:alarm:{ctx.config.nat.alarm}"
    tags = ctx.tags(arn)
    return ResourceState(
        "nat", ctx.config.nat.alarm, "nat.alarm", exists, (attribute_state,), tags=tags, arn=arn
    )


CHECK = Check("nat", initial_reads, evaluate, dependent_reads)
