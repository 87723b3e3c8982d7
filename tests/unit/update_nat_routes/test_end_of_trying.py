"""A write that AWS accepts and never shows ends within the run, and is reported; so does one to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.fakes.fake_aws import FakeAws, dead_nat, run
from tests.unit.update_nat_routes.builder import (
    GROUP,
    NOW,
    TERMINATE_HOOK,
    TERMINATING,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tradai_shared.errors import Outcome, Status
from update_nat_routes.actions import Action, key
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook
from update_nat_routes.reconcile import ORDERS

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from update_nat_routes.apply import Result


@dataclass
class Deaf(FakeAws):
    """Accepts an action of one kind and shows nothing of it for a number of times."""

    deaf_to: str = ""
    times: int = 99

    def _attempt(self, action: Action) -> Result:
        if self.times and key(action).startswith(self.deaf_to):
            self.times -= 1
            self.applied.append(key(action))
            return Outcome(action, Status.DONE)
        return super()._attempt(action)


@pytest.mark.parametrize(
    "name", ["ReplaceRoute:rtb-1", "AssociateAddress:eipalloc-0a", "DisableSourceDestCheck:eni-a"]
)
def test_a_write_that_never_shows_is_ordered_three_times_and_reported(time: FakeClock, name: str) -> None:
    aws = Deaf(dead_nat(), time, deaf_to=name)
    report = run(aws)
    assert aws.applied.count(name) == ORDERS
    assert not report.success
    assert [key(result.action) for result in report.failed] == [name]
    assert "no reading shows it as done" in report.failed[0].detail
    assert aws.applied[-1] == "CompleteLifecycleAction:i-a"
    assert aws.reads < 12


def test_a_reading_that_is_late_is_waited_for_and_nothing_is_reported(time: FakeClock) -> None:
    report = run(Deaf(dead_nat(), time, deaf_to="ReplaceRoute:rtb-1", times=2))
    assert report.success
    assert sum(time.slept) < 5


def test_a_hook_that_stays_shown_is_answered_three_times(time: FakeClock) -> None:
    stuck = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", "terminated"), instance("i-a", "pending", age=0)],
        tables(to_instance("i-old")),
        abandoned=False,
    )
    aws = Deaf(stuck, time, deaf_to="CompleteLifecycleAction:i-old")
    run(aws)
    assert aws.applied.count("CompleteLifecycleAction:i-old") == ORDERS


def test_heartbeats_are_no_attempts(time: FakeClock) -> None:
    old = [member("i-old", "Terminating:Wait")], [instance("i-old", age=900)]
    hooks = (Hook(TERMINATE_HOOK, TERMINATING, 60),)
    aws = FakeAws(observed(*old, tables(to_instance("i-old")), eip="i-old", hooks=hooks), time)
    kind = TriggerKind.TERMINATE_ACTION
    run(aws, Trigger(kind, at=NOW, group=GROUP, instance_id="i-old", hook=TERMINATE_HOOK))
    assert aws.applied.count("RecordHeartbeat:i-old") > ORDERS


@pytest.mark.parametrize("state", [None, "terminated", "shutting-down"])
def test_one_that_no_longer_exists_is_looked_for_five_times(time: FakeClock, state: str | None) -> None:
    gone = [instance("i-a", state)] if state else []
    world = observed([member("i-b")], [*gone, instance("i-b")], tables(to_instance("i-b")), eip="i-b")
    aws = FakeAws(world, time)
    report = run(aws)
    assert aws.reads == 5
    assert report.waiting is None


def test_one_that_runs_and_is_not_in_the_group_yet_is_awaited_for_its_minute(time: FakeClock) -> None:
    aws = FakeAws(observed([], [instance("i-a")], tables(to_instance("i-x"))), time)
    run(aws)
    assert 55 < sum(time.slept) < 65
