"""A move for a doubt that was remembered: what was refused is finished, and no claim leads back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typing_extensions import override

from tests.fakes.fake_aws import FakeAws, run
from tests.unit.update_nat_routes.builder import (
    NOW,
    SHARED,
    decide,
    kinds,
    peer_silent,
    tables,
    to_instance,
)
from tests.unit.update_nat_routes.pair import calm
from tradai_shared.errors import AwsError, TemporaryError
from update_nat_routes.actions import TagGroup
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DOUBT_TAG
from update_nat_routes.planner.nat_state import RunState

if TYPE_CHECKING:
    from tests.fakes.clock import FakeClock
    from update_nat_routes.model import Observed

LEFT_A = f"{NOW.isoformat(timespec='seconds')} i-a"
MOVES = ["AssociateAddress eipalloc-0a", "ReplaceRoute rtb-1", "ReplaceRoute rtb-2"]
STATUS_READ = Trigger(kind=TriggerKind.RECONCILE)


class ShowsNoTags(FakeAws):
    """The reading right after a move is of tables and interfaces alone."""

    @override
    def observe(self, *given: Any, **named: Any) -> Observed:
        return tagged(super().observe(*given, **named))

    @override
    def read_back(self, *given: Any, **named: Any) -> Observed:
        return tagged(super().read_back(*given, **named))


def tagged(world: Observed, text: str | None = None) -> Observed:
    return replace(world, group=replace(world.groups[0], tags={DOUBT_TAG: text} if text else {}))


@pytest.mark.parametrize("read", [True, False], ids=["the tag is read", "the run wrote it"])
def test_what_aws_refused_of_a_move_is_tried_again_for_the_same_claim(*, read: bool) -> None:
    """Storm 91085: the tag was written, the move refused, and the silent NAT kept for five minutes."""
    world = tagged(calm(), LEFT_A) if read else calm()
    memory = RunState(changed=True) if read else RunState(changed=True, tags={DOUBT_TAG: LEFT_A})
    trigger = peer_silent("i-a", "i-b", NOW - timedelta(seconds=3))
    plan = decide(world, given=SHARED, trigger=trigger, memory=memory)
    assert kinds(plan) == MOVES
    assert plan.moves[-1].reason == "i-a does not answer its peer, and i-b is ready"


def test_a_run_knows_the_tags_that_it_wrote_though_a_reading_does_not_show_them(time: FakeClock) -> None:
    def throttled() -> list[AwsError]:
        return [TemporaryError("ec2:ReplaceRoute", "RequestLimitExceeded", "later")]

    failures = {"ReplaceRoute:rtb-1": throttled(), "ReplaceRoute:rtb-2": throttled()}
    aws = ShowsNoTags(calm(), time, failures=failures)
    run(aws, peer_silent("i-a", "i-b", NOW), given=SHARED)
    moves = [move.replace(" ", ":") for move in MOVES]
    assert aws.applied == [f"TagGroup:{DOUBT_TAG}", *moves, *moves[1:]]


@pytest.mark.parametrize(
    "trigger",
    [peer_silent("i-a", "i-b", NOW), replace(peer_silent("i-a", "i-b"), at=None), STATUS_READ],
    ids=["a later claim", "a claim without a time", "the schedule"],
)
def test_nothing_else_begins_it_again_within_five_minutes(trigger: Trigger) -> None:
    text = f"{(NOW - timedelta(seconds=1)).isoformat(timespec='seconds')} i-a"
    assert not decide(tagged(calm(), text), given=SHARED, trigger=trigger).actions


def test_what_left_the_other_one_is_not_tried_for_this_claim() -> None:
    text = f"{NOW.isoformat(timespec='seconds')} i-b"
    trigger = peer_silent("i-a", "i-b", NOW - timedelta(seconds=3))
    assert not decide(tagged(calm(), text), given=SHARED, trigger=trigger).actions


def test_a_move_for_status_checks_is_remembered_once() -> None:
    """Storm 92032: a claim of the impaired NAT moved the routes back, since no event reads the checks."""
    failing = replace(calm(), hooks=(), impaired={"i-a": NOW})
    plan = decide(failing, given=SHARED, trigger=STATUS_READ)
    first = plan.actions[0]
    assert isinstance(first, TagGroup)
    assert first.value == LEFT_A
    reason = "EC2's status checks of i-a fail, and i-b is ready"
    assert [move.reason for move in plan.moves[1:]] == [reason, reason]
    assert kinds(decide(tagged(failing, LEFT_A), given=SHARED, trigger=STATUS_READ)) == MOVES


def test_one_that_was_left_for_its_status_checks_gets_nothing_back_by_a_claim() -> None:
    to_b = tables(to_instance("i-b"), to_instance("i-b"))
    world = tagged(calm(tables=to_b, eip_holder="i-b"), LEFT_A)
    assert not decide(world, given=SHARED, trigger=peer_silent("i-b", "i-a")).actions
