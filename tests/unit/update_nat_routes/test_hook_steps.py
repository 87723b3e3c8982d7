"""Each step of a lifecycle hook with its reason, and the limits of time to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    LAUNCH,
    LAUNCH_HOOK,
    LAUNCHING,
    NOW,
    OWN,
    SCHEDULE,
    SIGNAL,
    TERMINATE_HOOK,
    TERMINATING,
    as_read,
    instance,
    member,
    moment_of,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.actions import CompleteLifecycleAction, RecordHeartbeat, ReplaceInstance
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook, Observed
from update_nat_routes.planner.lifecycle_hooks import (
    DataRequest,
    HookStep,
    Wait,
    WaitKind,
    complete_hooks,
)
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import PATIENCE

if TYPE_CHECKING:
    from update_nat_routes.model import Instance
    from update_nat_routes.settings import Settings

ARRIVED, READY = member("i-a", "Pending:Wait"), instance("i-a", ready_tag="boot")
TO_A = tables(to_instance("i-a"))
SERVES = observed([ARRIVED], [READY], TO_A, eip="i-a")
LEAVING = observed(
    [member("i-a", "Terminating:Wait"), member("i-b", "Pending")],
    [instance("i-a", age=900), instance("i-b", "pending")],
    TO_A,
    eip="i-a",
    hooks=(Hook(TERMINATE_HOOK, TERMINATING, 300),),
)


def steps(
    world: Observed,
    gateway: Instance | None = READY,
    trigger: Trigger = SCHEDULE,
    memory: RunState | None = None,
    given: Settings = SIGNAL,
) -> list[HookStep]:
    state = moment_of(world, given=given, trigger=trigger, memory=memory)
    return list(complete_hooks(state, as_read(gateway), nothing_to_move=True))


@pytest.mark.parametrize(
    ("world", "gateway", "reason"),
    [
        (SERVES, READY, "it serves, and that was read back"),
        (SERVES, instance("i-b"), "it is ready; i-b is the one to serve"),
        (SERVES, instance("i-0"), "it is ready; i-0 is the one to serve"),
        (SERVES, None, "it is ready; another one serves"),
        (replace(SERVES, tables=()), READY, "it is ready; no table is there to route to it"),
        (
            replace(SERVES, tables=tables(to_gateway(), to_gateway("tgw-0a"))),
            READY,
            "it is ready, but these tables do not route to it: rtb-1, rtb-2",
        ),
        (
            replace(SERVES, tables=tables(to_instance("i-0"))),
            READY,
            "it is ready, but these tables do not route to it: rtb-1",
        ),
        (
            replace(SERVES, tables=tables(to_gateway(), to_instance("i-a"))),
            READY,
            "it serves, and that was read back",
        ),
        (
            replace(SERVES, eip_holder="i-x"),
            READY,
            "its routes were read back, but the address is with i-x",
        ),
        (
            replace(SERVES, eip_holder=None),
            READY,
            "its routes were read back, but the address is not with it",
        ),
        (
            replace(SERVES, eip_holder=None, holder_unread="denied"),
            READY,
            "its routes were read back, but who holds the address could not be read",
        ),
    ],
)
def test_why_one_is_let_in(world: Observed, gateway: Instance | None, reason: str) -> None:
    assert steps(world, gateway) == [CompleteLifecycleAction(GROUP, LAUNCH_HOOK, "i-a", "CONTINUE", reason)]


@pytest.mark.parametrize(
    ("shown", "trigger", "reason"),
    [
        ("stopped", SCHEDULE, "it is stopped"),
        (
            "running",
            Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-a", terminated_instance="i-a"),
            "its own event calls it ended",
        ),
    ],
)
def test_why_a_dead_one_may_go(shown: str, trigger: Trigger, reason: str) -> None:
    world = observed([member("i-a", "Terminating:Wait")], [instance("i-a", shown)], TO_A, eip="i-a")
    (step,) = steps(world, None, trigger)
    assert isinstance(step, CompleteLifecycleAction)
    assert step.reason == reason


@pytest.mark.parametrize(
    ("world", "wait"),
    [
        (observed([ARRIVED], [], TO_A), Wait(WaitKind.ARRIVING, "EC2 does not show i-a yet")),
        (
            observed([member("i-a", "Pending")], [instance("i-a", "pending")], TO_A),
            Wait(WaitKind.APPEARING, "i-a has not reached its launch hook yet"),
        ),
        (
            observed([ARRIVED], [instance("i-a", age=10)], TO_A),
            Wait(WaitKind.ARRIVING, "i-a is running and not ready; 230 s are left"),
        ),
    ],
)
def test_what_is_waited_for(world: Observed, wait: Wait) -> None:
    assert steps(world, None) == [wait]


@pytest.mark.parametrize(
    ("age", "absent", "waits"),
    [
        (timedelta(seconds=59.5), 4, True),
        (timedelta(seconds=60), 0, False),
        (timedelta(0), 5, False),
        (timedelta(0), 8, False),
    ],
)
def test_an_instance_that_does_not_show_is_waited_for_so_long(
    age: timedelta, absent: int, *, waits: bool
) -> None:
    found = steps(observed([], [], TO_A), None, replace(LAUNCH, at=NOW - age), RunState(absent=absent))
    assert bool(found) is waits


@pytest.mark.parametrize(
    ("has", "trigger", "asked"),
    [
        (True, SCHEDULE, True),
        (False, SCHEDULE, False),
        (False, Trigger(TriggerKind.RECONCILE, group=GROUP, warm_pool=True), True),
        (False, Trigger(TriggerKind.RECONCILE, group="another", warm_pool=True), False),
    ],
)
def test_the_warm_pool_is_read_where_there_is_one(trigger: Trigger, *, has: bool, asked: bool) -> None:
    world = observed([], [], TO_A)
    assert world.group is not None
    unread = replace(world, group=replace(world.group, has_warm_pool=has))
    assert (DataRequest.WARM_POOL in steps(unread, None, trigger)) is asked
    known = replace(world, group=replace(world.group, has_warm_pool=has, warm=()))
    assert DataRequest.WARM_POOL not in steps(known, None, trigger)


def test_hooks_that_nobody_read_yet_are_read_first() -> None:
    assert steps(replace(SERVES, hooks=None)) == [DataRequest.HOOKS]


@pytest.mark.parametrize(("age", "beats"), [(50, False), (51, True)])
def test_a_short_hook_is_kept_open_in_its_second_half(age: int, *, beats: bool) -> None:
    hooks = (Hook(LAUNCH_HOOK, LAUNCHING, 100),)
    found = steps(observed([ARRIVED], [instance("i-a", age=age)], TO_A, hooks=hooks), None)
    heartbeats = [step for step in found if isinstance(step, RecordHeartbeat)]
    assert bool(heartbeats) is beats
    why = "49 s of the hook are left and it is not ready"
    assert heartbeats == [RecordHeartbeat(GROUP, LAUNCH_HOOK, "i-a", why)] * beats


@pytest.mark.parametrize(("age", "beats"), [(240, False), (241, True)])
def test_a_longer_hook_is_kept_open_in_its_last_minute(age: int, *, beats: bool) -> None:
    entered = Trigger(TriggerKind.TERMINATE_ACTION, at=NOW - timedelta(seconds=age), instance_id="i-a")
    found = steps(LEAVING, None, entered)
    assert any(isinstance(step, RecordHeartbeat) for step in found) is beats


def test_one_that_leaves_is_kept_until_its_successor_is_there() -> None:
    entered = Trigger(TriggerKind.TERMINATE_ACTION, at=NOW - timedelta(seconds=260), instance_id="i-a")
    (beat,) = [step for step in steps(LEAVING, None, entered) if isinstance(step, RecordHeartbeat)]
    assert beat.reason == "40 s of the hook are left and its successor comes"


REPLACED = ReplaceInstance(GROUP, "i-a", "it is terminated before it ever served")


@pytest.mark.parametrize(
    ("hooks", "suspended", "expected"),
    [
        ((), [], [REPLACED]),
        ((), ["AZRebalance"], [REPLACED]),
        ((), ["Launch"], []),
        (None, [], [DataRequest.HOOKS]),
    ],
)
def test_one_that_is_gone_in_a_group_without_our_hook_is_replaced(
    hooks: tuple[Hook, ...] | None, suspended: list[str], expected: list[HookStep]
) -> None:
    gone = [instance("i-a", "terminated")]
    assert steps(observed([ARRIVED], gone, TO_A, hooks=hooks, suspended=suspended), None) == expected


@pytest.mark.parametrize("heartbeat", [100, 150])
def test_only_the_hook_of_the_own_transition_is_kept_open(heartbeat: int) -> None:
    leaving = replace(LEAVING, hooks=(*(LEAVING.hooks or ()), Hook(LAUNCH_HOOK, LAUNCHING, heartbeat)))
    entered = Trigger(TriggerKind.TERMINATE_ACTION, at=NOW - timedelta(seconds=260), instance_id="i-a")
    wait, beat, appears = steps(leaving, None, entered)
    assert isinstance(beat, RecordHeartbeat)
    assert isinstance(wait, Wait)
    assert isinstance(appears, Wait)
    assert (wait.kind, beat.hook, appears.kind) == (WaitKind.HOLDING, TERMINATE_HOOK, WaitKind.APPEARING)
    hooks = (Hook(LAUNCH_HOOK, LAUNCHING, 300), Hook(TERMINATE_HOOK, TERMINATING, heartbeat))
    arriving = observed([ARRIVED], [instance("i-a", age=200)], TO_A, hooks=hooks)
    assert steps(arriving, None) == [Wait(WaitKind.ARRIVING, "i-a is running and not ready; 40 s are left")]


@pytest.mark.parametrize(
    ("kind", "name", "known"),
    [
        (TriggerKind.TERMINATE_ACTION, "i-a", True),
        (TriggerKind.TERMINATE_ACTION, "i-0", False),
        (TriggerKind.TERMINATE_ACTION, "i-b", False),
        (TriggerKind.PEER_SILENT, "i-a", False),
    ],
)
def test_only_a_member_s_own_terminate_event_says_when_its_hook_began(
    kind: TriggerKind, name: str, *, known: bool
) -> None:
    found = steps(LEAVING, None, Trigger(kind, at=NOW - timedelta(seconds=10), instance_id=name))
    beats = [step.reason for step in found if isinstance(step, RecordHeartbeat)]
    assert beats == ["the hook may be near its end and its successor comes"] * (not known)


@pytest.mark.parametrize("name", ["i-0", "i-b"])
def test_an_event_names_the_hook_of_its_own_instance_alone(name: str) -> None:
    event = Trigger(TriggerKind.LAUNCH_ACTION, group=GROUP, instance_id=name, hook=LAUNCH_HOOK)
    assert steps(replace(SERVES, hooks=None), trigger=event) == [DataRequest.HOOKS]


def test_of_several_waits_an_arriving_instance_is_reported_first_and_a_held_one_last() -> None:
    assert [kind.name for kind in sorted(WaitKind)] == ["ARRIVING", "APPEARING", "CONFIRMING", "HOLDING"]


@pytest.mark.parametrize(
    ("holder", "unread", "given", "reason"),
    [
        ("i-a", "", OWN, "no route leads to it, and the address is with i-a"),
        ("i-b", "", OWN, "it carries neither address nor routes"),
        (None, "denied", SIGNAL, "no route leads to it, and who holds the address could not be read"),
        ("i-b", "", SIGNAL, "it carries neither address nor routes"),
        (None, "", SIGNAL, "it carries neither address nor routes"),
    ],
)
def test_one_that_no_route_leads_to_is_let_go_and_the_reason_says_what_of_the_address_is_known(
    holder: str | None, unread: str, given: Settings, reason: str
) -> None:
    world = replace(LEAVING, tables=tables(to_instance("i-b")), eip_holder=holder, holder_unread=unread)
    completed = [step for step in steps(world, given=given) if isinstance(step, CompleteLifecycleAction)]
    assert [step.reason for step in completed] == [reason]


def test_what_a_run_of_each_trigger_waits_for() -> None:
    """A lifecycle action waits for everything; the schedule and the others have a next run."""
    arriving, confirming = WaitKind.ARRIVING, WaitKind.CONFIRMING
    assert {kind for kind, (_, waits) in PATIENCE.items() if arriving not in waits} == {
        TriggerKind.INSTANCE_STATE
    }
    assert {kind for kind, (_, waits) in PATIENCE.items() if confirming in waits} == {
        TriggerKind.LAUNCH_ACTION,
        TriggerKind.TERMINATE_ACTION,
        TriggerKind.RECONCILE,
        TriggerKind.INSTANCE_STATE,
    }
