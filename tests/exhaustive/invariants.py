"""What must hold for each plan. Written from facts of the world, without the planner's own judgements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, get_args

from tests.unit.update_nat_routes.builder import NOW, to_gateway
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    DisableSourceDestCheck,
    ReplaceInstance,
    ReplaceRoute,
    ReportUnhealthy,
    RouteToFallback,
    TagGroup,
)
from update_nat_routes.model import DOUBT_TAG, UNSERVED_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.exhaustive.worlds import Case
    from update_nat_routes.planner.plan import Plan

WRITES = get_args(Action)
MAY_SERVE = {"InService", "Pending:Wait", "Pending:Proceed"}
EXTERNAL = to_gateway().kind


def may_serve(case: Case, name: str) -> bool:
    """A healthy member that runs, is not leaving, and is not the one that the event calls dead."""
    shown = case.world.instances.get(name)
    of_group = case.member(name)
    return (
        shown is not None
        and of_group is not None
        and of_group.healthy
        and of_group.lifecycle in MAY_SERVE
        and shown.state == "running"
        and name not in _called_dead(case)
    )


def _called_dead(case: Case) -> set[str]:
    """A final claim of an event is about its own instance."""
    claimed = case.trigger.kind.value == "instance state"
    return {case.trigger.instance_id} if claimed and case.trigger.instance_id else set()


def has_signalled(case: Case, name: str) -> bool:
    """With a standby one without a public address, or with a failed status check, has done so before."""
    shown = case.world.instances[name]
    works = shown.addressed and name not in (case.world.impaired or {})
    return bool(shown.ready_tag) and (works or case.given.standby_name is None)


def target_of(action: Action) -> str | None:
    match action:
        case ReplaceRoute() | CreateRoute() | DisableSourceDestCheck():
            return action.interface_id.replace("eni-", "i-")
        case AssociateAddress():
            return action.instance_id
        case _:
            return None


def only_known_writes(_: Case, plan: Plan) -> Iterator[str]:
    for action in plan.actions:
        if not isinstance(action, WRITES):
            yield f"{action} is no write of the list"


def moves_only_to_what_may_serve(case: Case, plan: Plan) -> Iterator[str]:
    for action in plan.actions:
        name = target_of(action)
        if name is not None and not may_serve(case, name):
            yield f"{action} goes to {name}, which may not serve"


def never_past_one_that_has_signalled(case: Case, plan: Plan) -> Iterator[str]:
    proven = [name for name in case.world.instances if may_serve(case, name) and has_signalled(case, name)]
    for action in plan.actions:
        name = target_of(action)
        if name is not None and proven and not has_signalled(case, name):
            yield f"{action} goes to {name}, which has not signalled, while {proven} have"


def leaves_external_routes_alone(case: Case, plan: Plan) -> Iterator[str]:
    external = {
        table.table_id
        for table in case.world.tables
        if table.target.kind is EXTERNAL and table.target.target_id != case.given.fallback_gateway_id
    }
    for action in plan.actions:
        if isinstance(action, ReplaceRoute | CreateRoute | RouteToFallback) and action.table_id in external:
            yield f"{action} writes an external route"


def takes_no_stranger_s_address(case: Case, plan: Plan) -> Iterator[str]:
    for action in plan.actions:
        if not isinstance(action, AssociateAddress):
            continue
        own = action.allocation_id == case.given.standby_allocation_id
        holder = case.world.standby_eip_holder if own else case.world.eip_holder
        ours = holder is None or case.member(holder) is not None
        if not ours or action.take_from not in {None, holder}:
            yield f"{action} takes the address from {holder}, which is no member"


def ends_nobody_who_runs(case: Case, plan: Plan) -> Iterator[str]:
    for action in plan.actions:
        if not isinstance(action, ReplaceInstance | ReportUnhealthy):
            continue
        name = action.instance_id
        runs = case.world.instances[name].state in {"pending", "running"}
        if isinstance(action, ReportUnhealthy) and name in (case.world.impaired or {}):
            continue
        if runs and not (isinstance(action, ReportUnhealthy) and _never_served(case, name)):
            yield f"{action} ends an instance that runs, and no probe has failed"


def _never_served(case: Case, name: str) -> bool:
    """Unproven for ten minutes after a launch that was given up, alone, and no operator holds the group."""
    group = next((group for group in case.world.groups if group.member(name)), None)
    shown = case.world.instances[name]
    alone = not any(may_serve(case, other) for other in case.world.instances if other != name)
    free = group is not None and group.desired > 0 and not group.suspended
    old = NOW - shown.launched_at >= timedelta(minutes=10)
    launches = group.launches if group else None
    failed = launches is not None and launches.failed > 0
    return failed and not has_signalled(case, name) and alone and free and old


def never_gives_up_twice_in_a_row(case: Case, plan: Plan) -> Iterator[str]:
    """At its deadline a launch is abandoned once; a second time only where something else may serve."""
    for action in plan.actions:
        if not isinstance(action, CompleteLifecycleAction) or action.result != "ABANDON":
            continue
        shown = case.world.instances[action.instance_id]
        runs = shown.state == "running" and action.instance_id not in _called_dead(case)
        group = next(group for group in case.world.groups if group.member(action.instance_id))
        launches = group.launches
        abandoned = launches is not None and launches.last_abandoned
        if abandoned and runs and not _something_else(case, action.instance_id):
            yield f"{action} is the second in a row, and nothing else serves"


def _something_else(case: Case, name: str) -> bool:
    others = [other for other in case.world.instances if other != name and may_serve(case, other)]
    proven = any(has_signalled(case, other) for other in others)
    carried = any(
        table.target.kind is EXTERNAL or table.target.instance_id not in {None, name}
        for table in case.world.tables
        if not table.target.blackhole
    )
    return proven or carried


def lets_no_carrier_go_while_its_successor_comes(case: Case, plan: Plan) -> Iterator[str]:
    members = [member for group in case.world.groups for member in group.members]
    shared = case.given.standby_allocation_id is None
    for action in plan.actions:
        if not isinstance(action, CompleteLifecycleAction):
            continue
        leaving = case.member(action.instance_id)
        if leaving is None or not leaving.lifecycle.startswith("Terminating") or not leaving.healthy:
            continue
        name = action.instance_id
        runs = case.world.instances[name].state == "running" and name not in _called_dead(case)
        carries = (shared and case.world.eip_holder == name) or any(
            table.target.instance_id == name for table in case.world.tables
        )
        coming = [other.instance_id for other in members if other.lifecycle.startswith("Pending")]
        if runs and carries and coming:
            yield f"{action} lets the carrier go while {coming} come"


def address_and_routes_go_together(case: Case, plan: Plan) -> Iterator[str]:
    """An address of a group's own goes to its members, whoever has the routes."""
    shared = case.given.standby_allocation_id is None
    moves = [action for action in plan.actions if shared or not isinstance(action, AssociateAddress)]
    names = {name for action in moves if (name := target_of(action)) is not None}
    if len(names) > 1:
        yield f"one plan moves to {sorted(names)}"
    for action in plan.actions:
        if isinstance(action, AssociateAddress) and not shared:
            standby = action.allocation_id == case.given.standby_allocation_id
            group = case.world.standby if standby else case.world.group
            if group is None or group.member(action.instance_id) is None:
                yield f"{action} gives the address of one group to the other"


def nothing_that_serves_is_parted_from_a_strangers_address(case: Case, plan: Plan) -> Iterator[str]:
    """One that has left the group and serves with our address keeps the routes, since the address stays."""
    holder = case.world.eip_holder
    if holder is None or case.member(holder) is not None:
        return
    runs = case.world.instances.get(holder)
    serves = runs is not None and runs.state == "running" and holder not in _called_dead(case)
    for action in plan.actions:
        if isinstance(action, ReplaceRoute) and serves and action.was == holder.replace("i-", "eni-"):
            black = any(table.target.blackhole for table in case.world.tables)
            if not black:
                yield f"{action} parts the routes of {holder} from its address"


def leaves_no_ready_carrier_without_a_doubt(case: Case, plan: Plan) -> Iterator[str]:
    """With a standby no second move: who carries and is ready stays, unless a fresh claim doubts it."""
    if case.given.standby_name is None:
        return
    for action in plan.actions:
        if not isinstance(action, ReplaceRoute):
            continue
        carrier = action.was.replace("eni-", "i-")
        claims = case.trigger.no_egress or case.trigger.silent_instance == carrier
        ready = carrier in case.world.instances and may_serve(case, carrier) and has_signalled(case, carrier)
        if ready and len(case.world.tables) == 1 and not (claims and _may_doubt(case, carrier)):
            yield f"{action} leaves {carrier}, which is ready"
        if ready and not any(isinstance(other, TagGroup) for other in plan.actions):
            yield f"{action} leaves {carrier}, and nothing remembers it"


def _may_doubt(case: Case, carrier: str) -> bool:
    """No move in the last five minutes, none back, and a tag that can be understood."""
    group = case.world.groups[0]
    text = group.tags.get(DOUBT_TAG)
    if text is None:
        return True
    at, _, left = text.partition(" ")
    try:
        rested = NOW - datetime.fromisoformat(at) >= timedelta(minutes=5)
    except ValueError:
        return False
    others = {name for name in case.world.instances if may_serve(case, name) and has_signalled(case, name)}
    return rested and bool(others - {carrier, left})


def falls_back_only_where_nothing_serves(case: Case, plan: Plan) -> Iterator[str]:
    proven = [name for name in case.world.instances if may_serve(case, name) and has_signalled(case, name)]
    since = case.world.groups[0].tags.get(UNSERVED_TAG) if case.world.groups else None
    for action in plan.actions:
        if isinstance(action, RouteToFallback) and (proven or since is None):
            yield f"{action} though {proven or 'nobody knows since when nothing serves'}"


INVARIANTS: tuple[Callable[[Case, Plan], Iterator[str]], ...] = (
    only_known_writes,
    moves_only_to_what_may_serve,
    never_past_one_that_has_signalled,
    leaves_external_routes_alone,
    takes_no_stranger_s_address,
    ends_nobody_who_runs,
    never_gives_up_twice_in_a_row,
    lets_no_carrier_go_while_its_successor_comes,
    address_and_routes_go_together,
    nothing_that_serves_is_parted_from_a_strangers_address,
    leaves_no_ready_carrier_without_a_doubt,
    falls_back_only_where_nothing_serves,
)


def violations(case: Case, plan: Plan) -> list[str]:
    """Each is about the plan's writes: a plan without any violates none."""
    if not plan.actions:
        return []
    return [f"{check.__name__}: {text}" for check in INVARIANTS for text in check(case, plan)]
