"""The Elastic IP of the NAT: its tags, and whether it is the one that the stack's parameter names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from drift_check.checks.base import PRESENT, AttributeState, CheckContext, ResourceState, tag_map
from drift_check.findings import Severity
from drift_check.observe.observations import Known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read

PARAMETER = "NatEipAllocationId"


def evaluate(ctx: CheckContext, carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
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
