"""The Elastic IP that the stack's parameter names: whether an instance of the NAT's group has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drift_check.checks.base import PRESENT, AttributeState, CheckContext, ResourceState
from drift_check.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read

PARAMETER = "NatEipAllocationId"


def evaluate(ctx: CheckContext, carried: Read[list[ApiObject]]) -> Iterator[ResourceState]:
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
