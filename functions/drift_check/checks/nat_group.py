"""The NAT's Auto Scaling group and its hooks; with a standby both groups, judged alike."""

from __future__ import annotations

from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from drift_check.actions import ResizeGroup
from drift_check.checks import vpc_lookup
from drift_check.checks.base import (
    AttributeState,
    CheckContext,
    ResourceState,
    each_unexpected,
    having,
    own_tags,
    presence,
    sorted_values,
    unexpected_resources,
)
from drift_check.observe.observations import Call, Known, combined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.nat import AutoScalingGroup

VERSIONS = "ec2:DescribeLaunchTemplateVersions"
# Of what the next instance is launched with: where the template says it, and how to read that.
NEXT: dict[str, tuple[str, Callable[[Any], object]]] = {
    "instance_type": ("InstanceType", str),
    "imdsv2_required": ("MetadataOptions", lambda given: given.get("HttpTokens") == "required"),
    "detailed_monitoring": ("Monitoring", lambda given: bool(given.get("Enabled"))),
}
SIZES = {"min_size": "MinSize", "max_size": "MaxSize", "desired_capacity": "DesiredCapacity"}


def names(config: CanonicalConfig) -> tuple[str, ...]:
    """The first group, and the standby's where there is one."""
    standby = config.nat.standby_group
    return (config.nat.group.name, standby) if standby else (config.nat.group.name,)


def labelled(ctx: CheckContext, resource: str, group_name: str) -> str:
    """A resource's name in findings, with its group where that is the standby's."""
    return resource if group_name == ctx.config.nat.group.name else f"{resource} of {group_name}"


def is_missing(group: Read[ApiObject | None]) -> bool:
    return group.value_or(group) is None


def with_members(group: ApiObject | None, *others: ApiObject | None) -> ApiObject | None:
    """The first group with the members of all: any of them may carry the traffic."""
    members = [member for each in (group, *others) for member in (each or {}).get("Instances", [])]
    return {**group, "Instances": members} if group else None


def group(ctx: CheckContext, group: Read[ApiObject | None], name: str) -> ResourceState:
    """A group by the configured sizes; only the first has a configured subnet."""
    desired = ctx.config.nat.group
    own = name == desired.name
    subnet = (AttributeState("subnet", _subnet(ctx, group), path="nat.subnet"),) if own else ()
    return ResourceState(
        "nat.group",
        name,
        "nat.group.name" if own else "nat.standby_group",
        presence(group),
        (
            *[_size(desired, group, attribute, name) for attribute in SIZES],
            AttributeState("health_check", group.item("HealthCheckType")),
            each_unexpected(
                "suspended process",
                group.get("SuspendedProcesses", []).map_present(partial(sorted_values, key="ProcessName")),
                "while it is suspended the group does not heal",
            ),
            *subnet,
            AttributeState(
                "launch_template",
                group.map_present(lambda group: _template(group).get("LaunchTemplateName")),
                path="nat.launch_template",
            ),
            *_next_instance(ctx, group),
        ),
        tags=own_tags(group),
        arn=f"autoscaling:{name}",
        vital=True,
    )


def _size(
    desired: AutoScalingGroup, group: Read[ApiObject | None], attribute: str, name: str
) -> AttributeState:
    """Each size on its own. One that would terminate an instance is for a person alone."""
    wanted, size = getattr(desired, attribute), SIZES[attribute]
    instances = group.map_present(
        lambda group: max(group["DesiredCapacity"], len(group.get("Instances", [])))
    )
    running = instances.value_or(None)
    ends = running is None or (size != "MinSize" and wanted < running)
    return AttributeState(
        attribute,
        group.item(size),
        remediations=() if ends else (ResizeGroup(name, size, wanted),),
        reason=f"{wanted} would terminate an instance: the group has {running}" if ends and running else "",
    )


def _template(group: ApiObject) -> ApiObject:
    template: ApiObject = group.get("LaunchTemplate") or _policy(group).get("LaunchTemplateSpecification", {})
    return template


def _policy(group: ApiObject) -> ApiObject:
    """What a group of several instance types says of its template."""
    policy: ApiObject = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    return policy


def template_call(group: ApiObject) -> Call | None:
    """What shows the launch template's version from which the group launches next."""
    template = _template(group)
    version = template.get("Version") or "$Default"
    return Call(VERSIONS, f"{template['LaunchTemplateId']}/{version}") if template else None


def template_data(ctx: CheckContext, group: Read[ApiObject | None]) -> Read[ApiObject | None]:
    """What the next instance is launched with: empty without a template, None where the template is gone."""

    def ask(described: ApiObject | None) -> Read[ApiObject | None]:
        call = template_call(described) if described else None
        if described is None or call is None:
            return Known({})
        ignored = "InstanceType" if _policy(described).get("Overrides") else ""
        return ctx.read(call).map_present(
            lambda versions: {k: v for k, v in versions[0]["LaunchTemplateData"].items() if k != ignored}
        )

    return group.flat_map(ask)


def _next_instance(ctx: CheckContext, group: Read[ApiObject | None]) -> Iterator[AttributeState]:
    """Only what the template says: the image, or a policy of several types, may say the rest."""
    nat, read = ctx.config.nat, template_data(ctx, group)
    yield AttributeState(
        "template state",
        read.map(lambda data: "gone" if data is None else "present"),
        desired="present",
        path="nat.group.name",
        reason="the group has no launch template any more: the next failover launches nothing",
    )
    for attribute, (key, observe) in NEXT.items():
        yield AttributeState(
            f"next {attribute}",
            read.map(partial(_given, key, observe, getattr(nat, attribute))),
            path=f"nat.{attribute}",
            reason="the launch template says so: it holds from the next launch, a failover for example",
        )


def _given(key: str, observe: Callable[[Any], object], stated: object, data: ApiObject | None) -> object:
    return observe(data[key]) if data and key in data else stated


def _subnet(ctx: CheckContext, group: Read[ApiObject | None]) -> Read[str]:
    """The configured one where the group may launch there; otherwise where it launches."""
    wanted = ctx.config.nat.subnet

    def judge(group: ApiObject | None, subnets: list[ApiObject]) -> str:
        zones = str((group or {}).get("VPCZoneIdentifier", "")).split(",")
        by_id = {
            subnet["SubnetId"]: key
            for key in ctx.config.network.subnets
            if (subnet := vpc_lookup.subnet_of(ctx, key, subnets))
        }
        used = [by_id.get(zone, zone) for zone in zones]
        return wanted if wanted in used else ",".join(used)

    return combined(judge, group, vpc_lookup.inside(ctx, "ec2:DescribeSubnets"))


def hooks(ctx: CheckContext, group: Read[ApiObject | None], name: str) -> Iterator[ResourceState]:
    hooks = group.flat_map(lambda _: ctx.get("autoscaling:DescribeLifecycleHooks", name))
    yield _unknown_hooks(ctx, hooks, name)
    for key, desired in ctx.config.nat.lifecycle_hooks.items():
        path = f"nat.lifecycle_hooks.{key}"
        hook = hooks.map(partial(having, key="LifecycleHookName", value=desired.name))
        facts = (
            AttributeState("transition", hook.item("LifecycleTransition")),
            AttributeState("heartbeat_seconds", hook.item("HeartbeatTimeout")),
            AttributeState(
                "default_result",
                hook.get("DefaultResult", "ABANDON"),
                desired="ABANDON" if key == "launch" else "CONTINUE",
                path=f"{path}.name",
                reason="what nobody answers for must not come into service",
            ),
        )
        resource = labelled(ctx, desired.name, name)
        yield ResourceState(path, resource, f"{path}.name", presence(hook), facts)


def _unknown_hooks(ctx: CheckContext, hooks: Read[list[ApiObject]], name: str) -> ResourceState:
    stated = ctx.config.nat.lifecycle_hooks
    names = {desired.name for desired in stated.values()}
    # the template makes one with a made NAT; the failover answers it wherever the stack names no other
    names.add(stated["launch"].name.replace("launch", "terminate"))

    def unknown(hooks: list[ApiObject]) -> list[str]:
        return [
            f"{hook['LifecycleHookName']} {hook['LifecycleTransition']} {hook.get('HeartbeatTimeout')} s"
            for hook in sorted(hooks, key=itemgetter("LifecycleHookName"))
            if hook["LifecycleHookName"] not in names
        ]

    return unexpected_resources(
        "nat.lifecycle_hooks",
        labelled(ctx, "lifecycle hooks", name),
        "nat.group.name",
        "unexpected hook",
        hooks.map(unknown),
        "every instance of the group waits for it, and nothing of this toolkit answers it",
    )
