"""The NAT: its groups, hooks, instances, address, alarm, function, rules, and the route that leads to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter, methodcaller
from typing import TYPE_CHECKING, Any

from drift_check.actions import DisableSourceDestCheck
from drift_check.checks import functions, nat_group, nat_routes, vpc_lookup
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    having,
    only,
    own_tags,
    presence,
    sorted_values,
)
from drift_check.checks.network import PLACE_CALLS
from drift_check.observe.observations import Call, Known, combined, joined
from tradai_shared.config.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

ADDRESSES, INSTANCES, IMAGES = "ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeImages"
GROUPS = "autoscaling:DescribeAutoScalingGroups"
# Amazon Linux 2023 has a new image every two weeks; three months are six of them missed.
OLDEST_IMAGE = timedelta(days=90)
IMAGE_NAMES = {"Amazon Linux 2023": "al2023-ami"}
SECURITY_GROUPS = "ec2:DescribeSecurityGroups"
USABLE = "available"
PARAMETER = "NatEipAllocationId"


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield from (*PLACE_CALLS, Call("ec2:DescribeSubnets"), Call(SECURITY_GROUPS))
    for name in nat_group.names(config):
        yield Call(GROUPS, name)
        yield Call("autoscaling:DescribeLifecycleHooks", name)
    yield Call("cloudwatch:DescribeAlarms", config.nat.alarm)
    yield from [Call(action, functions.rule_prefix(config)) for action in functions.TRIGGERS]
    yield Call("lambda:ListFunctions")


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call in {Call(GROUPS, name) for name in nat_group.names(config)}:
        if members := _member_ids(answer):
            yield Call(INSTANCES, members)
            yield Call(ADDRESSES, members)
        yield from filter(None, map(nat_group.template_call, answer))
    elif call.action == nat_group.VERSIONS:
        images = [_image(version["LaunchTemplateData"]) for version in answer or ()]
        yield from [Call(IMAGES, image) for image in images if image]
    elif call.action == INSTANCES:
        yield from [Call(IMAGES, image) for image in sorted_values(_instances(answer), key="ImageId")]


def _member_ids(groups: list[ApiObject]) -> str:
    members = [instance for group in groups for instance in group.get("Instances", [])]
    return ",".join(sorted_values(members, key="InstanceId"))


def _image(data: ApiObject | None) -> str:
    """The image that a launch template names; empty where a parameter names it at each launch."""
    image = str((data or {}).get("ImageId", ""))
    return image if image.startswith("ami-") else ""


def _instances(reservations: list[ApiObject]) -> list[ApiObject]:
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    described = {name: ctx.get(GROUPS, name) for name in nat_group.names(ctx.config)}
    groups = {name: only(read) for name, read in described.items()}
    members = {
        name: read.flat_map(partial(_of_members, ctx, INSTANCES)).map(_instances)
        for name, read in described.items()
    }
    yield from _superseded(ctx)
    for name, group in groups.items():
        yield nat_group.group(ctx, group, name)
    yield _alarm(ctx)
    yield from functions.evaluate_failover(ctx)
    present = [name for name, group in groups.items() if not nat_group.is_missing(group)]
    if ctx.config.nat.group.name not in present:
        return  # one finding for a missing group, none for each of its parts
    instances = joined(*members.values())
    addressed = instances.map(_any_elastic_ip) if len(groups) > 1 else None
    for name in present:
        yield from nat_group.hooks(ctx, groups[name], name)
        yield _instance(ctx, groups[name], members[name], name, addressed)
    addresses = joined(*[read.flat_map(partial(_of_members, ctx, ADDRESSES)) for read in described.values()])
    yield from _named(ctx, addresses)
    yield from _address(addresses)
    yield from nat_routes.evaluate(ctx, combined(nat_group.with_members, *groups.values()), instances)


def _superseded(ctx: CheckContext) -> Iterator[ResourceState]:
    """Own values that say something else than the stack's parameters, which win."""
    for path, value in ctx.config.annotations.superseded.items():
        fact = AttributeState(
            "own value",
            Known(value),
            desired=value_at(ctx.config, path),
            path=path,
            reason="the stack's parameter wins: take the value out of the file of own values",
        )
        yield ResourceState(path, f"own values {path}", path, PRESENT, (fact,))


def _of_members(ctx: CheckContext, action: str, groups: list[ApiObject]) -> Read[list[ApiObject]]:
    """What a call shows of the groups' members."""
    return ctx.get_or([], action, _member_ids(groups))


def _instance(
    ctx: CheckContext,
    group: Read[ApiObject | None],
    instances: Read[list[ApiObject]],
    group_name: str,
    addressed: Read[bool] | None,
) -> ResourceState:
    """A group's NAT. ``addressed``: whether either of two NATs has the address, which is then with one."""
    instance = combined(nat_routes.in_service, group, instances)
    images = instance.item("ImageId").flat_map(partial(ctx.get_or, None, IMAGES))
    interface = instance.map(lambda instance: nat_routes.primary(instance or {}))
    interface_id = interface.value_or({}).get("NetworkInterfaceId", "")
    facts = (
        AttributeState("instance_type", instance.item("InstanceType")),
        AttributeState("name", instance.map_present(vpc_lookup.name_tag)),
        *_image_facts(ctx, images, _next_images(ctx, group, images)),
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
            interface.get("SourceDestCheck"),
            remediations=(DisableSourceDestCheck(interface_id),),
        ),
        AttributeState("boot.eip_associated", addressed or interface.map_present(_has_elastic_ip)),
        *_guard(ctx, instance),
    )
    name = nat_group.labelled(ctx, ctx.config.nat.name, group_name)
    exists = presence(instance)
    tags = own_tags(instance)
    arn = (instance.value_or(None) or {}).get("InstanceId", "")
    return ResourceState("nat", name, "nat.name", exists, facts, tags=tags, arn=f"ec2:instance/{arn}")


def _guard(ctx: CheckContext, instance: Read[ApiObject | None]) -> Iterator[AttributeState]:
    """Whether the instance is in the NAT's security group, where the configuration has one."""
    if group := ctx.config.network.security_groups.get("nat"):
        groups = vpc_lookup.inside(ctx, SECURITY_GROUPS)
        yield AttributeState(
            "security group",
            combined(partial(_guarded_by, group.name), instance, groups),
            desired=group.name,
            path="network.security_groups.nat.name",
            reason="the private subnets may not reach it, or others may",
        )


def _guarded_by(wanted: str, instance: ApiObject | None, groups: list[ApiObject]) -> str:
    """The group of that name where the instance is in it or there is none; else those that it is in."""
    names = sorted_values((instance or {}).get("SecurityGroups", []), key="GroupName")
    exists = having(groups, key="GroupName", value=wanted)
    return ", ".join(names) if instance and exists and wanted not in names else wanted


def _any_elastic_ip(instances: list[ApiObject]) -> bool:
    return any(map(_has_elastic_ip, map(nat_routes.primary, instances)))


def _has_elastic_ip(interface: ApiObject) -> bool:
    """An Elastic IP names its owner's account; an automatic address says "amazon"."""
    owner = interface.get("Association", {}).get("IpOwnerId", "amazon")
    return bool(owner != "amazon")


def _next_images(
    ctx: CheckContext, group: Read[ApiObject | None], images: Read[list[ApiObject] | None]
) -> Read[list[ApiObject] | None]:
    """Those of the launch template, where it names one; else the instance's."""

    def ask(data: ApiObject | None) -> Read[list[ApiObject] | None]:
        image = _image(data)
        return ctx.get(IMAGES, image) if image else images

    return nat_group.template_data(ctx, group).flat_map(ask)


def _image_facts(
    ctx: CheckContext, images: Read[list[ApiObject] | None], next_images: Read[list[ApiObject] | None]
) -> Iterator[AttributeState]:
    """Of an image that is gone only that: what it was cannot be read any more."""
    wanted = ctx.config.nat.image
    yield AttributeState(
        "image state",
        next_images.map(_image_state),
        desired=USABLE,
        path="nat.image.family",
        reason="no replacement can launch from it: the next failover fails",
    )
    image = only(images)
    made = f"made {(image.value_or(None) or {}).get('CreationDate')}"
    for attribute, observe in (
        ("architecture", methodcaller("get", "Architecture")),
        ("family", partial(_family, wanted.family)),
        ("latest", partial(_is_recent, ctx.now)),
    ):
        expected = getattr(wanted, attribute)
        value = image.map(partial(_observed, observe, expected))
        yield AttributeState(f"image.{attribute}", value, reason=made)


def _image_state(images: list[ApiObject] | None) -> str:
    return str(images[0].get("State", USABLE)) if images else "deregistered"


def _observed(observe: Callable[[ApiObject], object], expected: object, image: ApiObject | None) -> object:
    return expected if image is None else observe(image)


def _family(family: str, image: ApiObject) -> str:
    name = str(image.get("Name", ""))
    return family if name.startswith(IMAGE_NAMES.get(family, family)) else name


def _is_recent(now: datetime, image: ApiObject) -> bool:
    made = datetime.fromisoformat(str(image.get("CreationDate", "1970-01-01T00:00:00Z")))
    return now - made < OLDEST_IMAGE


def _named(ctx: CheckContext, carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    """The address of the stack's parameter, which wins: allow-lists of others depend on it."""
    named = ctx.config.annotations.parameters.get(PARAMETER)
    if not named:
        return
    ids = carried.map(partial(sorted_values, key="AllocationId"))
    fact = AttributeState(
        "address",
        ids.map(lambda ids: named if named in ids else ",".join(ids) or None),
        desired=named,
        path="nat.eip.static",
        reason=f"the stack's {PARAMETER} is with no instance of the group",
    )
    yield ResourceState("nat.eip", named, "nat.eip.static", PRESENT, (fact,))


def _address(carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    """The Elastic IP that a member carries, for its tags; that one is there is the instance's finding."""
    for position, address in enumerate(carried.value_or([{}])):
        name, path = str(address.get("AllocationId", "elastic-ip")), "nat.eip"
        tags = own_tags(carried.map(itemgetter(position)))
        yield ResourceState(path, name, f"{path}.static", PRESENT, tags=tags, arn=f"ec2:elastic-ip/{name}")


def _alarm(ctx: CheckContext) -> ResourceState:
    name, path = ctx.config.nat.alarm, "nat.alarm"
    alarm = only(ctx.get("cloudwatch:DescribeAlarms", name))
    fact = AttributeState(
        "actions enabled",
        alarm.map_present(
            lambda alarm: alarm.get("ActionsEnabled", True) and bool(alarm.get("AlarmActions"))
        ),
        desired=True,
        path=path,
        reason="an alarm without an action sends no message",
    )
    return ctx.tagged("nat", name, path, presence(alarm), f"cloudwatch:alarm:{name}", fact)


CHECK = Check("nat", initial_reads, evaluate, dependent_reads)
