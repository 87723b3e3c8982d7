"""Which lifecycle hooks are answered, and the notes while no instance ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.update_nat_routes.builder import (
    GROUP,
    HOOKS,
    LAUNCH_HOOK,
    LAUNCHING,
    NOW,
    RUNNING,
    TERMINATE_HOOK,
    TERMINATING,
    decide,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from update_nat_routes.actions import CompleteLifecycleAction
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook, Observed
from update_nat_routes.planner.lifecycle_hooks import DataRequest, answered_hooks
from update_nat_routes.planner.notes import NoteKind

UNNAMED = replace(RUNNING, hooks_named=False)
NAMED = replace(RUNNING, hooks=frozenset({"start"}), hooks_named=True)
START, END = Hook("start", LAUNCHING, 300), Hook("end", TERMINATING, 300)
DEPLOY = "CodeDeploy-managed-automatic-launch-deployment-hook-web-1a2b"


@pytest.mark.parametrize(
    ("hooks", "answered"),
    [
        (HOOKS, [LAUNCH_HOOK, TERMINATE_HOOK]),
        ((START, END), ["start", "end"]),
        ((END,), ["end"]),
        ((START, Hook("other", LAUNCHING, 300), END), ["end"]),
        ((*HOOKS, START), [LAUNCH_HOOK, TERMINATE_HOOK]),
        ((HOOKS[0], END), [LAUNCH_HOOK]),
        ((replace(START, notifies=True), END), ["end"]),
        ((Hook(DEPLOY, LAUNCHING, 600), END), ["end"]),
        ((), []),
    ],
)
def test_by_default_our_names_else_the_only_hook_of_a_transition(
    hooks: tuple[Hook, ...], answered: list[str]
) -> None:
    assert [hook.name for hook in answered_hooks(UNNAMED, hooks)] == answered


def test_named_hooks_are_answered_and_no_other() -> None:
    assert answered_hooks(NAMED, (START, END)) == (START,)
    assert answered_hooks(NAMED, (END,)) == ()


def quiet(hooks: tuple[Hook, ...] | None) -> Observed:
    return observed(
        [member("i-a")], [instance("i-a", age=900)], tables(to_instance("i-a")), eip="i-a", hooks=hooks
    )


def notes_of(world: Observed, given: object = UNNAMED) -> list[tuple[NoteKind, str]]:
    return [(note.kind, note.subject) for note in decide(world, given=given).notes]  # type: ignore[arg-type]


def test_a_quiet_pass_of_the_schedule_looks_at_the_hooks() -> None:
    assert decide(quiet(None)).data_requests == {DataRequest.HOOKS}
    assert decide(quiet(HOOKS)).data_requests == {DataRequest.STATUS}
    death = Trigger(TriggerKind.GROUP_NOTICE, at=NOW, group=GROUP)
    assert decide(quiet(None), trigger=death).data_requests == frozenset()


def test_a_launch_hook_of_others_has_a_note_before_any_instance_ends() -> None:
    assert notes_of(quiet((START, END)), NAMED) == []
    assert notes_of(quiet((Hook("x", LAUNCHING, 300), END)), NAMED) == [(NoteKind.HOOK_NOT_OURS, "x")]
    two = (START, Hook("other", LAUNCHING, 300))
    assert notes_of(quiet(two)) == [(NoteKind.HOOK_NOT_OURS, "start, other")]


def test_an_assumed_hook_has_a_note_and_is_no_problem() -> None:
    assert notes_of(quiet((START,))) == [(NoteKind.HOOK_ASSUMED, "start")]


def test_a_second_hook_of_others_is_left_alone_without_a_note() -> None:
    assert notes_of(quiet((*HOOKS, START))) == []
    assert notes_of(quiet((HOOKS[0], END))) == []
    assert notes_of(quiet(())) == []


@pytest.mark.parametrize(
    ("lifecycle", "hooks", "subject"),
    [
        ("Pending:Wait", (replace(START, notifies=True),), "start"),
        ("Terminating:Wait", (HOOKS[0], END), "end"),
        ("Terminating:Wait", (HOOKS[0],), f"no hook of {TERMINATING}"),
    ],
)
def test_a_member_that_waits_in_a_hook_of_others_has_a_note(
    lifecycle: str, hooks: tuple[Hook, ...], subject: str
) -> None:
    world = observed(
        [member("i-a"), member("i-b", lifecycle)],
        [instance("i-a", age=900), instance("i-b", age=10)],
        tables(to_instance("i-a")),
        eip="i-a",
        hooks=hooks,
    )
    notes = decide(world, given=UNNAMED).notes
    assert [(note.kind, note.subject) for note in notes] == [(NoteKind.HOOK_NOT_OURS, subject)]
    assert "i-b" in notes[0].reason


def test_the_event_of_an_assumed_hook_is_answered() -> None:
    launch = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook="start")
    world = observed(
        [member("i-a", "Pending:Wait")], [instance("i-a")], tables(to_instance("i-a")), eip="i-a", hooks=None
    )
    assert decide(world, given=UNNAMED, trigger=launch).data_requests == {DataRequest.HOOKS}
    (answer,) = decide(replace(world, hooks=(START,)), given=UNNAMED, trigger=launch).actions
    assert isinstance(answer, CompleteLifecycleAction)
    assert (answer.hook, answer.result) == ("start", "CONTINUE")


@pytest.mark.parametrize("name", ["start", "zz-start"])
def test_the_event_of_a_second_hook_is_left_alone(name: str) -> None:
    launch = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook=name)
    world = observed(
        [member("i-a", "Pending:Wait")],
        [instance("i-a")],
        tables(to_instance("i-a")),
        eip="i-a",
        hooks=(*HOOKS, replace(START, name=name)),
    )
    assert decide(world, given=UNNAMED, trigger=launch).actions == ()


def test_refused_reads_of_hooks_have_a_note_and_the_event_s_own_hook_is_answered() -> None:
    launch = Trigger(TriggerKind.LAUNCH_ACTION, at=NOW, group=GROUP, instance_id="i-a", hook=LAUNCH_HOOK)
    world = observed(
        [member("i-a", "Pending:Wait")], [instance("i-a")], tables(to_instance("i-a")), eip="i-a", hooks=()
    )
    plan = decide(replace(world, hooks_unread="denied"), given=UNNAMED, trigger=launch)
    assert [type(action) for action in plan.actions] == [CompleteLifecycleAction]
    assert [note.kind for note in plan.notes] == [NoteKind.ROLE_REFUSED]
