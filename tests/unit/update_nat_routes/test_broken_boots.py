"""One that was let in unproven and serves alone: when another one is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.update_nat_routes.builder import (
    FALLBACK,
    GROUP,
    NOW,
    NOWHERE,
    SHARED,
    SIGNAL,
    decide,
    instance,
    kinds,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
    two_groups,
)
from update_nat_routes.actions import ReportUnhealthy
from update_nat_routes.model import Launches
from update_nat_routes.planner.lifecycle_hooks import DataRequest
from update_nat_routes.planner.probe_failure import retry_after

if TYPE_CHECKING:
    from update_nat_routes.model import Observed

TO_A = tables(to_instance("i-a"))
ALONE = [member("i-a")]


def unproven(age: float = 600, failed: int = 1, **changes: object) -> Observed:
    """a serves, has not signalled, and the launches before it were given up."""
    given = {"eip": "i-a", "abandoned": bool(failed), "failed_launches": failed} | changes
    return observed(ALONE, [instance("i-a", age=age)], TO_A, **given)  # type: ignore[arg-type]  # its own


@pytest.mark.parametrize(("failed", "age"), [(1, 601), (1, 7200), (3, 86_400)])
def test_one_whose_time_is_long_over_is_tried_again_too(failed: int, age: int) -> None:
    assert kinds(decide(unproven(age, failed), given=SIGNAL)) == ["ReportUnhealthy i-a"]


@pytest.mark.parametrize(("failed", "age"), [(1, 600), (2, 1200), (3, 2400)])
def test_another_one_is_tried_after_ten_minutes_and_twice_the_wait_each_time(failed: int, age: int) -> None:
    (action,) = decide(unproven(age, failed), given=SIGNAL).actions
    assert isinstance(action, ReportUnhealthy)
    assert f"for {age // 60} min" in action.reason
    assert not decide(unproven(age - 1, failed), given=SIGNAL).actions


def test_the_wait_ends_at_four_hours() -> None:
    assert [retry_after(failed) for failed in (5, 6, 40)] == [
        timedelta(minutes=160),
        timedelta(hours=4),
        timedelta(hours=4),
    ]


@pytest.mark.parametrize(
    "world",
    [
        unproven(failed=0),
        unproven(desired=0),
        unproven(suspended=["Launch"]),
        observed(
            [*ALONE, member("i-b", "Pending")],
            [instance("i-a", age=900), instance("i-b", "pending")],
            TO_A,
            eip="i-a",
            abandoned=True,
            failed_launches=1,
        ),
        observed(
            [*ALONE, member("i-b")],
            [instance("i-a", age=900), instance("i-b", age=901)],
            TO_A,
            eip="i-a",
            abandoned=True,
            failed_launches=1,
        ),
        observed(ALONE, [instance("i-a", age=900)], tables(NOWHERE), abandoned=True, failed_launches=1),
    ],
    ids=["none was given up", "maintenance", "held", "another comes", "another is there", "it has no route"],
)
def test_it_is_left_where(world: Observed) -> None:
    assert not [kind for kind in kinds(decide(world, given=SIGNAL)) if kind.startswith("ReportUnhealthy")]


def beside_a_ready_one(failed: int = 1) -> Observed:
    """a was let in while nothing served; now b of the other group is ready and carries."""
    return two_groups(
        [member("i-a")],
        [member("i-b")],
        [instance("i-a", age=600), instance("i-b", age=300, ready_tag="boot")],
        tables(to_instance("i-b")),
        eip="i-b",
        abandoned=bool(failed),
    )


def test_one_of_a_pair_is_tried_again_although_the_other_serves() -> None:
    (action,) = decide(beside_a_ready_one(), given=SHARED).actions
    assert isinstance(action, ReportUnhealthy)
    assert (action.group, action.instance_id) == (GROUP, "i-a")
    assert not decide(beside_a_ready_one(failed=0), given=SHARED).actions


def test_a_lone_one_is_tried_again_while_the_gateway_behind_it_carries_and_not_while_another_does() -> None:
    world = observed(
        ALONE, [instance("i-a", age=600)], tables(to_gateway(FALLBACK)), abandoned=True, failed_launches=1
    )
    behind = replace(SIGNAL, fallback_gateway_id=FALLBACK)
    assert "ReportUnhealthy" in str(kinds(decide(world, given=behind)))
    assert "ReportUnhealthy" not in str(kinds(decide(world, given=SIGNAL)))


def behind_a_leaving_one(carrier: str, failed: int = 1) -> Observed:
    """A refresh: b leaves and is held; a was let in without a signal."""
    return observed(
        [*ALONE, member("i-b", "Terminating:Wait")],
        [instance("i-a", age=600), instance("i-b", age=86_400, ready_tag="boot")],
        tables(to_instance(carrier)),
        eip=carrier,
        abandoned=bool(failed),
        failed_launches=failed,
    )


@pytest.mark.parametrize("failed", [1, 0], ids=["one was given up", "Launch was suspended at its deadline"])
def test_the_successor_of_a_leaving_one_that_carries_is_tried_again(failed: int) -> None:
    world = behind_a_leaving_one("i-b", failed)
    steps = kinds(decide(world, given=SIGNAL))
    assert steps == ["ReportUnhealthy i-a", "RecordHeartbeat i-b"]
    marked = f"boot not-forwarding {NOW - timedelta(minutes=6):%Y-%m-%dT%H:%M:%SZ}"
    young = replace(world.instances["i-a"], ready_tag=marked)
    assert kinds(decide(replace(world, instances={**world.instances, "i-a": young}), given=SIGNAL)) == steps


def test_one_that_carries_is_left_until_the_other_has_gone() -> None:
    assert not [step for step in kinds(decide(behind_a_leaving_one("i-a"), given=SIGNAL)) if "Report" in step]


def test_the_launches_are_read_before_anything_is_decided() -> None:
    plan = decide(unproven(abandoned=None), given=SIGNAL)
    assert not plan.actions
    assert DataRequest.HISTORY in plan.data_requests


def test_the_launches_of_a_young_one_are_not_read() -> None:
    young = decide(unproven(age=599, abandoned=None), given=SIGNAL)
    assert DataRequest.HISTORY not in young.data_requests


@pytest.mark.parametrize(
    "changes",
    [
        {"ready_tag": "boot not-forwarding"},  # without a time: nobody knows since when
        {"addressed": False},
    ],
)
def test_one_that_its_mark_or_its_address_speaks_against_is_not_tried_again_by_its_age(
    changes: dict[str, Any],
) -> None:
    world = two_groups([member("i-a")], [], [instance("i-a", age=7200, **changes)], TO_A, eip="i-a")
    assert world.group is not None
    after_one = replace(
        world, group=replace(world.group, launches=Launches(last_abandoned=True, failed=1)), impaired={}
    )
    assert "ReportUnhealthy i-a" not in kinds(decide(after_one, given=SHARED))
    silent = replace(after_one, instances={"i-a": instance("i-a", age=7200)})
    assert "ReportUnhealthy i-a" in kinds(decide(silent, given=SHARED))


def test_one_that_its_status_checks_speak_against_has_their_reason() -> None:
    world = replace(unproven(7200), impaired={"i-a": None})
    (action,) = [each for each in decide(world, given=SIGNAL).actions if isinstance(each, ReportUnhealthy)]
    assert "status checks" in action.reason
