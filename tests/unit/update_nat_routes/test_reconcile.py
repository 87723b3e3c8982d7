"""The shell: passes, patience, retries, what it counts. Reader and writer are scripts; the clock is ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.fakes.fake_aws import FakeAws, dead_nat, run
from tests.unit.update_nat_routes.builder import (
    HOOKS,
    LAUNCH,
    LAUNCH_HOOK,
    LAUNCHING,
    NOW,
    SCHEDULE,
    SIGNAL,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from tradai_shared.errors import AccessDenied, AwsError, Status, TemporaryError
from update_nat_routes.actions import Action, CompleteLifecycleAction, RecordHeartbeat, Route
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Hook, Observed
from update_nat_routes.reconcile import CONFIRM_POLL_SECONDS

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from update_nat_routes.apply import Result


def throttle(action: str = "ec2:ReplaceRoute") -> TemporaryError:
    return TemporaryError(action, "RequestLimitExceeded", "slow down")


def refusal() -> AccessDenied:
    return AccessDenied("ec2:ReplaceRoute", "UnauthorizedOperation", "no")


def test_a_ready_instance_is_served_in_one_pass_and_its_hook_comes_last(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time)
    report = run(aws)
    assert report.success
    assert time.slept == []
    assert aws.applied[-1] == "CompleteLifecycleAction:i-a"
    assert report.routes_replaced == {"rtb-1", "rtb-2"}


def test_failover_seconds_run_from_the_death_to_the_read_back(time: FakeClock) -> None:
    assert run(FakeAws(dead_nat(), time)).failover_seconds == 20


def test_failover_seconds_run_from_the_first_event_where_the_death_has_no_time(time: FakeClock) -> None:
    world = dead_nat()
    nameless = replace(
        world, instances={**world.instances, "i-old": replace(world.instances["i-old"], died_at=None)}
    )
    early = replace(LAUNCH, at=NOW - timedelta(seconds=7))
    assert run(FakeAws(nameless, time), early).failover_seconds == 7


def test_an_event_that_is_older_than_its_delivery_allows_dates_no_incident(time: FakeClock) -> None:
    world = dead_nat()
    nameless = replace(
        world, instances={**world.instances, "i-old": replace(world.instances["i-old"], died_at=None)}
    )
    ancient = replace(LAUNCH, at=NOW - timedelta(hours=5))
    assert run(FakeAws(nameless, time), ancient).failover_seconds == 0


def test_a_planned_replacement_is_no_failover(time: FakeClock) -> None:
    world = observed(
        [member("i-old"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=900), instance("i-a")],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    report = run(FakeAws(world, time))
    assert report.routes_replaced == {"rtb-1"}
    assert report.failover_seconds is None


def test_a_duplicate_writes_nothing_at_all(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time)
    run(aws)
    aws.applied.clear()
    again = run(aws)
    assert aws.applied == []
    assert again.routes_replaced == set()
    assert again.failover_seconds is None


def test_a_dry_run_writes_nothing_and_shows_the_moves(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time)
    report = run(aws, Trigger(TriggerKind.RECONCILE, dry_run=True))
    assert aws.applied == []
    assert {result.status for result in report.results.values()} == {Status.PLANNED}
    assert report.routes_replaced == set()


def test_it_polls_every_second_and_sees_the_world_change(time: FakeClock) -> None:
    def boots(seconds: float, world: Observed) -> Observed:
        return dead_nat() if seconds >= 4 and not aws.applied else world

    aws = FakeAws(dead_nat(state="pending", hooks=HOOKS), time, becomes=boots)
    report = run(aws)
    assert time.slept == [1, 1, 1, 1]
    assert report.success
    assert (aws.reads, aws.looks) == (
        2,
        4,
    )  # groups and tables when it is asked for, and when there is a move


def test_running_out_of_time_is_an_answer_and_no_error(time: FakeClock) -> None:
    report = run(FakeAws(dead_nat(age=0, state="pending", hooks=HOOKS), time), lifetime=100)
    assert report.success
    assert report.waiting is not None
    assert sum(time.slept) <= 100 - 25, "25 s stay for the last calls and the message"


def test_the_schedule_waits_at_most_50_s_and_only_for_one_in_its_hook(time: FakeClock) -> None:
    run(FakeAws(dead_nat(age=0, state="pending", hooks=HOOKS), time), SCHEDULE)
    assert 45 < sum(time.slept) <= 50
    time.slept.clear()
    pending = observed([member("i-a", "Pending")], [instance("i-a", "pending")], tables(to_instance("i-x")))
    assert run(FakeAws(pending, time), SCHEDULE).waiting is None
    leaving = observed(
        [member("i-old", "Terminating:Wait")], [instance("i-old")], tables(to_instance("i-old")), eip="i-old"
    )
    run(FakeAws(leaving, time), SCHEDULE)
    assert time.slept == []


def test_the_deadline_does_not_move_with_the_waiting(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(age=100, state="pending", hooks=HOOKS, abandoned=False), time)
    run(aws)
    assert sum(time.slept) == 140
    assert aws.applied == ["CompleteLifecycleAction:i-a"]


def test_heartbeats_are_remembered_within_a_run(time: FakeClock) -> None:
    hooks = (Hook(LAUNCH_HOOK, LAUNCHING, 120),)
    aws = FakeAws(dead_nat(age=0, state="pending", hooks=hooks, abandoned=False), time)
    run(aws)
    beats = [name for name in aws.applied if name.startswith(RecordHeartbeat.__name__)]
    assert len(beats) == 3  # at 61, 122 and 183 s


def test_throttled_reads_back_off_to_five_seconds(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time, unreadable=[throttle("ec2:DescribeInstances") for _ in range(4)])
    report = run(aws)
    assert time.slept == [2, 4, 5, 5]
    assert report.success
    assert report.error is None


def test_a_denied_read_ends_the_run_with_the_action_named(time: FakeClock) -> None:
    denied = AccessDenied("ec2:DescribeRouteTables", "UnauthorizedOperation", "no")
    report = run(FakeAws(dead_nat(), time, unreadable=[denied]))
    assert not report.success
    assert report.error is denied


def test_one_failing_table_is_retried_reported_and_holds_up_nothing(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time, failures={"ReplaceRoute:rtb-1": [throttle() for _ in range(99)]})
    report = run(aws)
    answered = aws.applied.index("CompleteLifecycleAction:i-a")
    assert aws.applied[:answered].count("ReplaceRoute:rtb-1") in {5, 6}  # quickly, then every five seconds
    assert 40 < aws.applied.count("ReplaceRoute:rtb-1") < 60
    assert aws.applied.count("ReplaceRoute:rtb-2") == 1
    assert [result.action.target for result in report.failed] == ["rtb-1"]
    assert not report.success


def test_a_table_that_fails_once_is_moved_by_the_retry(time: FakeClock) -> None:
    report = run(FakeAws(dead_nat(), time, failures={"ReplaceRoute:rtb-1": [throttle()]}))
    assert report.success
    assert report.routes_replaced == {"rtb-1", "rtb-2"}


def test_a_refused_table_is_not_tried_again_in_this_run(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time, failures={"ReplaceRoute:rtb-1": [refusal() for _ in range(9)]})
    run(aws)
    assert aws.applied.count("ReplaceRoute:rtb-1") == 1


def test_routes_that_lead_nowhere_move_even_where_the_address_cannot(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time, failures={"AssociateAddress:eipalloc-0a": [refusal()]})
    report = run(aws)
    assert report.routes_replaced == {"rtb-1", "rtb-2"}
    assert [result.action.target for result in report.failed] == ["eipalloc-0a"]


def test_another_groups_event_reads_nothing(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time)
    report = run(aws, replace(LAUNCH, group="another"))
    assert aws.reads == 0
    assert report.success


def test_an_instance_that_concerns_nobody_ends_the_run(time: FakeClock) -> None:
    aws = FakeAws(dead_nat(), time, relevant=False)
    report = run(
        aws, Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id="i-z", terminated_instance="i-z")
    )
    assert aws.reads == 0
    assert report.success
    assert not report.relevant


def test_a_death_that_ec2_does_not_show_yet_is_awaited_then_replaced(time: FakeClock) -> None:
    def dies(seconds: float, world: Observed) -> Observed:
        return alive("shutting-down") if seconds >= 3 and not aws.applied else world

    def alive(state: str) -> Observed:
        return observed([member("i-a")], [instance("i-a", state)], tables(to_instance("i-a")), eip="i-a")

    aws = FakeAws(alive("running"), time, becomes=dies)
    run(
        aws,
        Trigger(
            TriggerKind.INSTANCE_STATE,
            at=NOW,
            instance_id="i-a",
            terminated_instance="i-a",
            stopping_instance="i-a",
        ),
    )
    assert aws.applied == ["ReplaceInstance:i-a"]
    assert set(time.slept) == {CONFIRM_POLL_SECONDS}
    assert sum(time.slept) == pytest.approx(3.5)  # the first look at or after 3 s


def test_an_unproven_move_is_remembered(time: FakeClock) -> None:
    world = dead_nat(age=120, abandoned=True)
    report = run(FakeAws(world, time), given=SIGNAL)
    assert report.unproven_moves
    assert report.plan.unproven


def test_a_race_that_was_lost_counts_as_done_and_is_not_counted_as_ones_own(time: FakeClock) -> None:
    taken = TemporaryError("ec2:CreateRoute", "RouteAlreadyExists", "somebody made one: look again")
    aws = FakeAws(dead_nat(), time, failures={"ReplaceRoute:rtb-1": [taken, taken]})

    def another_run_was_faster(_: float, world: Observed) -> Observed:
        routes = tuple(replace(table, target=to_instance("i-a")) for table in world.tables)
        return replace(world, tables=routes) if time.slept else world

    aws.becomes = another_run_was_faster
    aws.world = replace(aws.world, tables=aws.world.tables[:1])
    report = run(aws)
    assert report.success
    assert report.routes_replaced == set()
    assert report.results["ReplaceRoute:rtb-1"].status is Status.ALREADY


def test_only_own_writes_are_counted(time: FakeClock) -> None:
    class Raced(FakeAws):
        def _attempt(self, action: Action) -> Result:
            done = super()._attempt(action)
            lost = isinstance(action, Route | CompleteLifecycleAction)
            return replace(done, status=Status.ALREADY) if lost else done

    report = run(Raced(dead_nat(), time))
    assert report.success
    assert report.routes_replaced == set()


@pytest.mark.parametrize("refusal", [throttle("hooks"), AccessDenied("hooks", "Denied", "no")])
def test_a_refused_read_of_hooks_does_not_hold_the_routes_up(time: FakeClock, refusal: AwsError) -> None:
    members = [member("i-old", "Terminating:Wait"), member("i-a")]
    world = observed(members, [instance("i-old", "stopped"), instance("i-a")], tables(to_instance("i-old")))
    run(aws := FakeAws(world, time, refused=refusal), SCHEDULE)
    assert "ReplaceRoute:rtb-1" in aws.applied
