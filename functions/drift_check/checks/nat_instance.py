"""The image that the NAT was launched from, and its Elastic IP: a replacement needs both."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from drift_check.checks.base import PRESENT, AttributeState, ResourceState, only, tag_map
from drift_check.findings import Severity
from drift_check.observe.observations import Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.checks.base import CheckContext
    from drift_check.observe.observations import ApiObject, Read

# Amazon Linux 2023 has a new image every two weeks; three months are six of them missed.
OLDEST_IMAGE = timedelta(days=90)
IMAGE_NAMES = {"Amazon Linux 2023": "al2023-ami"}
USABLE = "available"
DEREGISTERED = "deregistered"

PARAMETER = "NatEipAllocationId"


def facts(ctx: CheckContext, images: Read[list[ApiObject] | None]) -> Iterator[AttributeState]:
    """Of an image that is gone only that: what it was cannot be read any more."""
    wanted = ctx.config.nat.image
    yield AttributeState(
        "image state",
        images.map(_state),
        desired=USABLE,
        path="nat.image.family",
        severity=Severity.CRITICAL,
        reason="no replacement can be launched from it: the next failover fails",
    )
    image = only(images)
    for attribute, observe, expected in (
        ("image.architecture", _architecture, str(wanted.architecture)),
        ("image.family", partial(_family, wanted.family), wanted.family),
        ("image.latest", partial(_is_recent, ctx.now), wanted.latest),
    ):
        yield AttributeState(attribute, image.map(partial(_observed, observe, expected)))


def _state(images: list[ApiObject] | None) -> str:
    return str(images[0].get("State", USABLE)) if images else DEREGISTERED


def _observed(observe: object, expected: object, image: ApiObject | None) -> object:
    return expected if image is None or not callable(observe) else observe(image)


def _architecture(image: ApiObject) -> str:
    return str(image.get("Architecture"))


def _family(family: str, image: ApiObject) -> str:
    name = str(image.get("Name", ""))
    return family if name.startswith(IMAGE_NAMES.get(family, family)) else name


def _is_recent(now: datetime, image: ApiObject) -> bool:
    made = datetime.fromisoformat(str(image.get("CreationDate", "1970-01-01T00:00:00Z")))
    return now - made < OLDEST_IMAGE


def addresses(ctx: CheckContext, carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    yield from _named(ctx, carried)
    yield from _address(carried)


def _named(ctx: CheckContext, carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    """The address of the stack's parameter, which wins: allow-lists of others depend on it."""
    named = ctx.config.annotations.parameters.get(PARAMETER)
    if not named:
        return
    ids = carried.map(lambda addresses: sorted(str(address.get("AllocationId")) for address in addresses))
    fact = AttributeState(
        "address",
        ids.map(lambda ids: named if named in ids else ",".join(ids) or None),
        desired=named,
        path="nat.eip.static",
        severity=Severity.HIGH,
        reason=f"the stack's {PARAMETER} is with no instance of the group",
    )
    yield ResourceState("nat.eip", named, "nat.eip.static", PRESENT, (fact,))


def _tags(api_object: ApiObject, _read: object) -> dict[str, str]:
    return tag_map(api_object.get("Tags"))


def _address(carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
    """The Elastic IP that a member carries, for its tags; that one is there is the instance's finding."""
    for address in carried.value if isinstance(carried, Known) else ({},):
        name = str(address.get("AllocationId", "elastic-ip"))
        tags = carried.map(partial(_tags, address))
        yield ResourceState(
            "nat.eip", name, "nat.eip.static", PRESENT, tags=tags, arn=f"ec2:elastic-ip/{name}"
        )
