"""Choosing the gateway."""

from __future__ import annotations

import pytest

from tests.unit.update_nat_routes.builder import (
    NOW,
    SIGNAL,
    decide,
    instance,
    member,
    observed,
    tables,
    to_gateway,
    to_instance,
)
from update_nat_routes.events import Trigger, TriggerKind


def chosen(*args: object, **kwargs: object) -> str | None:
    gateway = decide(*args, **kwargs).gateway  # type: ignore[arg-type]
    return gateway.instance_id if gateway else None


@pytest.mark.parametrize("lifecycle", ["InService", "Pending:Wait", "Pending:Proceed"])
def test_a_running_healthy_member_is_eligible(lifecycle: str) -> None:
    world = observed([member("i-a", lifecycle)], [instance("i-a")], tables(to_instance("i-old")))
    assert chosen(world) == "i-a"


@pytest.mark.parametrize(
    "lifecycle",
    [
        "Pending",
        "Terminating",
        "Terminating:Wait",
        "Terminating:Proceed",
        "Standby",
        "EnteringStandby",
        "Detaching",
        "Warmed:Pending:Wait",
        "Warmed:Running",
        "Quarantined",
    ],
)
def test_no_other_member_is(lifecycle: str) -> None:
    world = observed([member("i-a", lifecycle)], [instance("i-a")], tables(to_instance("i-old")))
    assert chosen(world) is None


@pytest.mark.parametrize("state", ["pending", "stopping", "stopped", "shutting-down", "terminated"])
def test_an_instance_that_does_not_run_is_not_chosen(state: str) -> None:
    world = observed([member("i-a")], [instance("i-a", state)], tables(to_instance("i-old")))
    assert chosen(world) is None


def test_an_unhealthy_one_is_not_chosen() -> None:
    world = observed([member("i-a", healthy=False)], [instance("i-a")], tables(to_instance("i-old")))
    assert chosen(world) is None


def test_one_that_its_own_event_calls_dead_is_not_chosen_though_ec2_still_shows_it_running() -> None:
    world = observed([member("i-a")], [instance("i-a")], tables(to_instance("i-a")))
    death = Trigger(
        TriggerKind.INSTANCE_STATE,
        at=NOW,
        instance_id="i-a",
        terminated_instance="i-a",
        stopping_instance="i-a",
    )
    assert chosen(world, trigger=death) is None
    assert decide(world, trigger=death).egress_down == ("rtb-1",)


def test_ready_beats_newer() -> None:
    world = observed(
        [member("i-old"), member("i-new", "Pending:Wait")],
        [instance("i-old", age=900, ready_tag="boot-1"), instance("i-new", age=5)],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    assert chosen(world, given=SIGNAL) == "i-old"


def test_newer_beats_older_among_the_ready() -> None:
    world = observed(
        [member("i-old"), member("i-new", "Pending:Wait")],
        [instance("i-old", age=900), instance("i-new", age=5)],
        tables(to_instance("i-old")),
    )
    assert chosen(world) == "i-new"


def test_the_id_decides_between_twins() -> None:
    twins = [instance("i-b"), instance("i-a")]
    world = observed([member("i-a"), member("i-b")], twins, tables(to_instance("i-a")))
    mirrored = observed([member("i-b"), member("i-a")], twins[::-1], tables(to_instance("i-a")))
    assert chosen(world) == chosen(mirrored) == "i-b"


def test_the_loop_never_goes_back_to_an_older_one() -> None:
    world = observed(
        [member("i-old"), member("i-new")],
        [instance("i-old", age=900), instance("i-new", age=5)],
        tables(to_instance("i-new"), to_instance("i-new")),
        eip="i-new",
    )
    assert decide(world).actions == ()


def test_the_signal_is_awaited_where_it_is_asked_for() -> None:
    world = observed(
        [member("i-a", "Pending:Wait")], [instance("i-a", age=30)], tables(to_instance("i-x", blackhole=True))
    )
    assert chosen(world, given=SIGNAL) is None
    assert decide(world, given=SIGNAL).wait is not None


def test_running_is_ready_by_the_platforms_own_rule() -> None:
    world = observed([member("i-a", "Pending:Wait")], [instance("i-a", age=1)], tables(to_instance("i-x")))
    assert chosen(world) == "i-a"


def test_an_unproven_one_takes_over_90_s_after_running_where_nothing_serves() -> None:
    def world(age: float) -> object:
        return observed(
            [member("i-a", "Pending:Wait")],
            [instance("i-a", age=age)],
            tables(to_instance("i-x", blackhole=True)),
        )

    assert chosen(world(106), given=SIGNAL) is None
    after = decide(world(108), given=SIGNAL)  # type: ignore[arg-type]
    assert after.gateway is not None
    assert after.unproven
    assert [type(move).__name__ for move in after.moves] == ["AssociateAddress", "ReplaceRoute"]


def test_an_unproven_one_takes_nothing_from_one_that_serves() -> None:
    leaving = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=9000, ready_tag="b"), instance("i-a", age=200)],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    gateway = observed([member("i-a")], [instance("i-a", age=500)], tables(to_gateway()))
    assert chosen(leaving, given=SIGNAL) is None
    assert chosen(gateway, given=SIGNAL) is None


def test_of_two_that_never_signalled_the_newer_one_serves_and_is_reported() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=400), instance("i-a", age=108)],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    assert chosen(world, given=SIGNAL) == "i-a"


def test_traffic_that_still_goes_through_one_that_never_signalled_is_reported() -> None:
    world = observed(
        [member("i-old", "Terminating:Wait"), member("i-a", "Pending:Wait")],
        [instance("i-old", age=400), instance("i-a", age=20)],
        tables(to_instance("i-old")),
        eip="i-old",
    )
    assert chosen(world, given=SIGNAL) is None
    assert decide(world, given=SIGNAL).unproven
