"""A NAT that runs and does not serve, by its own watchman's word or by EC2's status checks.

Both are read where the loop looks anyway, so that no trigger is needed: the mark on every pass, the status
checks once a minute. An absent mark and an unread status say nothing. The NAT is reported unhealthy, and the
group launches its successor before it goes. The group itself would count failed status checks some minutes
later, at whatever age, so they blame a young NAT as well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from update_nat_routes.actions import ReportUnhealthy
from update_nat_routes.events import TriggerKind
from update_nat_routes.model import OPERATOR_HOLDS
from update_nat_routes.planner.lifecycle_hooks import DataRequest, Wait, WaitKind
from update_nat_routes.planner.probe_failure import may_be_blamed, may_be_replaced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.model import Instance
    from update_nat_routes.planner.nat_state import NatState

Step: TypeAlias = ReportUnhealthy | Wait | DataRequest

# The watchman takes its word back after five answers in a row: a mark that is still there then was meant.
CONFIRMED_AFTER = timedelta(seconds=15)


def suspect(state: NatState, gateway: Instance | None, *, nothing_to_move: bool) -> Iterator[Step]:
    """What the mark and the status checks ask for, once there is nothing left to repair.

    The probe's failure is judged by its own rules: one witness a run.
    """
    if gateway is None or not nothing_to_move or state.memory.changed or state.trigger.no_egress:
        return
    if state.group.suspended & OPERATOR_HOLDS or not may_be_replaced(state, gateway):
        return
    if gateway.not_forwarding and may_be_blamed(state, gateway):
        yield from _by_its_mark(state, gateway)
    else:
        yield from _by_status_checks(state, gateway)


def _by_its_mark(state: NatState, gateway: Instance) -> Iterator[Step]:
    name, since = gateway.instance_id, gateway.not_forwarding_since
    if since is None:
        return
    if state.now < since + CONFIRMED_AFTER:
        yield Wait(WaitKind.CONFIRMING, f"{name} says since {since:%H:%M:%S} that it does not forward")
        return
    reason = f"its watchman reaches nothing since {since:%H:%M:%S}, though its rules were put right"
    yield ReportUnhealthy(state.group.name, name, reason)


def _by_status_checks(state: NatState, gateway: Instance) -> Iterator[Step]:
    impaired, name = state.observed.impaired, gateway.instance_id
    if impaired is None:
        if state.trigger.kind is TriggerKind.RECONCILE and state.observed.hooks is not None:
            yield DataRequest.STATUS
    elif name in impaired:
        since = impaired[name]
        when = f" since {since:%H:%M:%S}" if since else ""
        reason = f"EC2's status checks fail{when}, and waiting for the group to count them would take minutes"
        yield ReportUnhealthy(state.group.name, name, reason)
