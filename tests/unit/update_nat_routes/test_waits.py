"""What a run reads while it waits: the instances alone where they show the end of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.fake_aws import FakeAws, run
from tests.unit.update_nat_routes.builder import (
    HOOKS,
    LAUNCH,
    SCHEDULE,
    decide,
    instance,
    member,
    observed,
    tables,
    to_instance,
)

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from update_nat_routes.model import Member, Observed

OLD = member("i-old", "Terminating:Wait")
CARRIES = tables(to_instance("i-old"))


def world(*members: Member, state: str = "pending") -> Observed:
    """i-old carries; whoever else is a member has EC2's state."""
    others = [instance(one.instance_id, state, age=10) for one in members if one is not OLD]
    return observed(list(members), [instance("i-old", age=900), *others], CARRIES, eip="i-old", hooks=HOOKS)


@pytest.mark.parametrize(
    ("members", "instances_alone"),
    [
        ([member("i-old"), member("i-a", "Pending:Wait")], True),
        ([OLD, member("i-a", "Pending:Wait")], True),  # what holds the old one ends with the new one's boot
        ([OLD], False),  # its successor shows in the group first
        ([member("i-old"), member("i-a", "Pending")], False),
        ([member("i-old"), member("i-a", "Pending:Wait"), member("i-b", "Pending")], False),
        ([member("i-old")], False),
    ],
)
def test_a_boot_shows_by_the_instances_and_a_launch_by_the_group(
    members: list[Member], *, instances_alone: bool
) -> None:
    assert decide(world(*members), trigger=SCHEDULE).shown_by_instances is instances_alone


def test_a_member_that_ec2_did_not_show_is_looked_for(time: FakeClock) -> None:
    boots = world(member("i-old"), member("i-a", "Pending:Wait"), state="running")
    unseen = replace(boots, instances={"i-old": boots.instances["i-old"]})

    def appears(seconds: float, now: Observed) -> Observed:
        if seconds < 2 or "i-a" in now.instances:
            return now
        return replace(now, instances=boots.instances)

    aws = FakeAws(unseen, time, becomes=appears)
    run(aws, LAUNCH)
    assert aws.applied[-1] == "CompleteLifecycleAction:i-a"
    assert (time.slept, aws.looks) == ([1, 1], 2)


def test_a_hook_is_answered_only_by_what_its_group_shows_now(time: FakeClock) -> None:
    """While the boot was awaited, another run answered: the member is in service by then."""
    waits, serves = (
        replace(world(member("i-a", lifecycle), state=state), tables=tables(to_instance("i-a")))
        for lifecycle, state in (("Pending:Wait", "pending"), ("InService", "running"))
    )
    waits, serves = (replace(each, eip_holder="i-a") for each in (waits, serves))
    aws = FakeAws(waits, time, becomes=lambda seconds, now: serves if seconds >= 2 else now)
    assert run(aws, LAUNCH).success
    assert aws.applied == []
    assert (aws.looks, aws.reads) == (2, 2)
