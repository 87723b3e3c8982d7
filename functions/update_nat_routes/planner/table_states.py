"""What is known of each private route table: it forwards, it is down, or nothing has shown either."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from update_nat_routes.model import TargetKind
from update_nat_routes.planner.nat_state import UNPROVEN_AFTER, NatState
from update_nat_routes.settings import Readiness

if TYPE_CHECKING:
    from update_nat_routes.model import Instance, RouteTable

# A gateway that AWS runs: EC2 shows a route to a deleted one as a black hole.
NAT_GATEWAY_PREFIX = "nat-"


class TableState(StrEnum):
    """The words of the answer; metrics and alarms count the same states."""

    FORWARDING = "forwarding"
    DOWN = "down"
    UNVERIFIED = "unverified"  # the target runs, and nothing has shown that it forwards


def table_state(state: NatState, table: RouteTable) -> TableState:
    """The state of one table, from what EC2 shows of its target."""
    target = table.target
    if target.kind is TargetKind.NOTHING or target.blackhole:
        return TableState.DOWN
    if target.kind is TargetKind.EXTERNAL:
        managed = target.target_id.startswith(NAT_GATEWAY_PREFIX)
        return TableState.FORWARDING if managed else TableState.UNVERIFIED
    instance = state.instance(target.instance_id)
    if instance is None and state.observed.denied:
        return TableState.UNVERIFIED
    if instance is None or not state.has_egress(table):
        return TableState.DOWN
    return _state_of_target(state, instance)


def _state_of_target(state: NatState, instance: Instance) -> TableState:
    """Of an instance that runs. A signal that is overdue is a boot that failed."""
    if instance.source_dest_check:
        return TableState.DOWN
    if instance.ready_tag:
        return TableState.FORWARDING
    expected = state.settings.readiness is Readiness.SIGNAL and state.group.member(instance.instance_id)
    overdue = expected and state.now >= instance.launched_at + UNPROVEN_AFTER
    return TableState.DOWN if overdue else TableState.UNVERIFIED
