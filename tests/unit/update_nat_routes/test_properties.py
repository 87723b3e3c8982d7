"""What holds for every situation that can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.unit.update_nat_routes.builder import (
    GROUP,
    HOOKS,
    LAUNCH_HOOK,
    NOW,
    NOWHERE,
    RUNNING,
    SCHEDULE,
    SIGNAL,
    decide,
    eni,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    DisableSourceDestCheck,
    RecordHeartbeat,
    ReplaceInstance,
    ReplaceRoute,
    RouteToFallback,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Member, Observed, Target, TargetKind
from update_nat_routes.planner.nat_state import RunState

if TYPE_CHECKING:
    from update_nat_routes.model import Instance
    from update_nat_routes.settings import Settings

NAMES = ["i-a", "i-b", "i-c"]
LIFECYCLES = [
    "InService",
    "Pending",
    "Pending:Wait",
    "Pending:Proceed",
    "Terminating:Wait",
    "Terminating",
    "Standby",
]
STATES = ["pending", "running", "running", "running", "stopping", "stopped", "shutting-down", "terminated"]

instances = st.tuples(
    *(
        st.builds(
            instance,
            st.just(name),
            st.sampled_from(STATES),
            age=st.integers(0, 400),
            source_dest_check=st.booleans(),
            ready_tag=st.sampled_from([None, "boot"]),
        )
        for name in NAMES
    )
)
targets = st.one_of(
    st.just(NOWHERE),
    st.builds(to_gateway, blackhole=st.booleans()),
    st.builds(to_instance, st.sampled_from([*NAMES, "i-gone"]), blackhole=st.booleans()),
)
members = st.lists(
    st.builds(member, st.sampled_from(NAMES), st.sampled_from(LIFECYCLES), healthy=st.booleans()),
    unique_by=lambda entry: entry.instance_id,
)
worlds = st.builds(
    observed,
    members,
    instances,
    st.lists(targets, min_size=1, max_size=3).map(lambda drawn: tables(*drawn)),
    eip=st.sampled_from([None, *NAMES]),
    hooks=st.just(HOOKS),
    abandoned=st.booleans(),
    desired=st.sampled_from([0, 1, 1]),
    suspended=st.lists(st.sampled_from(["Launch", "AZRebalance"]), unique=True),
)
deployments = st.sampled_from([RUNNING, SIGNAL])
triggers = st.one_of(
    st.just(SCHEDULE),
    st.sampled_from(NAMES).map(
        lambda name: Trigger(
            TriggerKind.INSTANCE_STATE,
            at=NOW,
            instance_id=name,
            terminated_instance=name,
            stopping_instance=name,
        )
    ),
    st.sampled_from(NAMES).map(
        lambda name: Trigger(
            TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id=name, hook=LAUNCH_HOOK
        )
    ),
)
bounded = hypothesis_settings(derandomize=True, deadline=None, max_examples=400)


def after(world: Observed, actions: tuple[Action, ...]) -> Observed:
    """The world when AWS has done what was ordered."""
    for action in actions:
        world = _after(world, action)
    return world


def _after(world: Observed, action: Action) -> Observed:
    match action:
        case ReplaceRoute() | CreateRoute():
            target = Target(
                TargetKind.INSTANCE, action.interface_id, action.interface_id.replace("eni-", "i-")
            )
            routes = [
                replace(table, target=target) if table.table_id == action.table_id else table
                for table in world.tables
            ]
            return replace(world, tables=tuple(routes))
        case AssociateAddress():
            return replace(world, eip_holder=action.instance_id)
        case DisableSourceDestCheck():
            off = {
                name: replace(entry, source_dest_check=False)
                if entry.interface_id == action.interface_id
                else entry
                for name, entry in world.instances.items()
            }
            return replace(world, instances=off)
        case CompleteLifecycleAction():
            return _with_lifecycle(world, action.instance_id, _answered(world, action))
        case ReplaceInstance():
            return _with_lifecycle(world, action.instance_id, "Terminating")
        case _:
            return world


def _answered(world: Observed, action: CompleteLifecycleAction) -> str:
    assert world.group is not None
    waiting = world.group.member(action.instance_id)
    assert waiting is not None
    if waiting.leaving:
        return "Terminating:Proceed"
    return "Pending:Proceed" if action.result == "CONTINUE" else "Terminating"


def _with_lifecycle(world: Observed, name: str, lifecycle: str) -> Observed:
    assert world.group is not None
    changed = tuple(
        Member(entry.instance_id, lifecycle, entry.healthy) if entry.instance_id == name else entry
        for entry in world.group.members
    )
    return replace(world, group=replace(world.group, members=changed))


@bounded
@given(worlds, deployments, triggers)
def test_a_plan_applied_leaves_no_move_to_plan_and_a_second_leaves_nothing(
    world: Observed, given: Settings, trigger: Trigger
) -> None:
    moved = after(world, decide(world, given=given, trigger=trigger).moves)
    second = decide(moved, given=given, trigger=trigger)
    assert second.moves == ()
    settled = after(moved, second.actions)
    beats = {action.instance_id: NOW for action in second.actions if isinstance(action, RecordHeartbeat)}
    memory = RunState(heartbeats=beats)
    assert decide(settled, given=given, trigger=trigger, memory=memory).actions == ()


@bounded
@given(worlds, deployments, triggers)
def test_only_the_default_route_of_a_named_table_is_ever_written(
    world: Observed, given: Settings, trigger: Trigger
) -> None:
    named = {table.table_id for table in world.tables}
    foreign = {table.table_id for table in world.tables if table.target.kind is TargetKind.EXTERNAL}
    for action in decide(world, given=given, trigger=trigger).actions:
        if isinstance(action, ReplaceRoute | CreateRoute):
            assert action.table_id in named - foreign


@bounded
@given(worlds, deployments, triggers)
def test_routes_and_address_go_only_to_a_running_healthy_member_that_is_not_leaving(
    world: Observed, given: Settings, trigger: Trigger
) -> None:
    assert world.group is not None
    for action in decide(world, given=given, trigger=trigger).moves:
        assert not isinstance(action, RouteToFallback)
        name = action.interface_id.replace("eni-", "i-")
        chosen = world.group.member(name)
        assert chosen is not None
        assert chosen.healthy
        assert not chosen.leaving
        assert world.instances[name].running
        assert name != trigger.terminated_instance


@bounded
@given(worlds, deployments, triggers)
def test_a_running_instance_is_never_replaced(world: Observed, given: Settings, trigger: Trigger) -> None:
    for action in decide(world, given=given, trigger=trigger).actions:
        if isinstance(action, ReplaceInstance):
            assert world.instances[action.instance_id].state not in {"running", "pending"}


@bounded
@given(worlds, deployments, triggers)
def test_nothing_that_carries_traffic_and_runs_is_let_go_while_a_successor_comes(
    world: Observed, given: Settings, trigger: Trigger
) -> None:
    assert world.group is not None
    plan = decide(world, given=given, trigger=trigger)
    for action in plan.actions:
        if not isinstance(action, CompleteLifecycleAction):
            continue
        leaving = world.group.member(action.instance_id)
        assert leaving is not None
        if not leaving.leaving or not leaving.healthy or action.instance_id == trigger.terminated_instance:
            continue
        runs = world.instances[action.instance_id].running
        carries = world.eip_holder == action.instance_id or any(
            table.target.instance_id == action.instance_id for table in world.tables
        )
        successors = [
            entry
            for entry in world.group.members
            if entry.lifecycle.startswith("Pending") and entry is not leaving
        ]
        assert not (runs and carries and successors)


@bounded
@given(worlds, deployments)
def test_the_order_of_aws_s_lists_does_not_matter(world: Observed, given: Settings) -> None:
    assert world.group is not None
    mirrored = replace(
        world,
        group=replace(world.group, members=world.group.members[::-1]),
        instances=dict(reversed(list(world.instances.items()))),
    )
    first, second = decide(world, given=given), decide(mirrored, given=given)
    assert first.gateway == second.gateway
    assert set(first.actions) == set(second.actions)


def test_the_builders_interfaces_follow_their_instances() -> None:
    drawn: Instance = instance("i-a")
    assert drawn.interface_id == eni("i-a")
