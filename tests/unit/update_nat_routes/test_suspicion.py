"""A NAT that runs and does not serve, by its own mark or by EC2's status checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.unit.update_nat_routes.builder import (
    FALLBACK,
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
from update_nat_routes.actions import ReportUnhealthy
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import DeniedRead, Launches
from update_nat_routes.planner.lifecycle_hooks import DataRequest, WaitKind
from update_nat_routes.planner.nat_state import RunState, TableState
from update_nat_routes.planner.notes import NoteKind

if TYPE_CHECKING:
    from update_nat_routes.model import Observed
    from update_nat_routes.planner.plan import Plan

RECONCILE = Trigger(TriggerKind.RECONCILE)
BOOT = "0b1c2d3e-0000-4000-8000-000000000000"


def mark(seconds_ago: float = 60) -> str:
    return f"{BOOT} not-forwarding {NOW - timedelta(seconds=seconds_ago):%Y-%m-%dT%H:%M:%SZ}"


def world(tag: str | None, *more: str, age: float = 601, **changes: object) -> Observed:
    others = [member(f"i-{number}", lifecycle) for number, lifecycle in enumerate(more)]
    seen = observed(
        [member("i-a"), *others],
        [instance("i-a", age=age, ready_tag=tag)],
        tables(to_instance("i-a"), to_instance("i-a")),
        eip="i-a",
    )
    return replace(seen, **{"hooks": (), "impaired": {}, **changes})  # type: ignore[arg-type]


def blamed(plan: Plan) -> list[str]:
    return [action.instance_id for action in plan.actions if isinstance(action, ReportUnhealthy)]


@pytest.mark.parametrize("kind", [TriggerKind.RECONCILE, TriggerKind.INSTANCE_STATE, TriggerKind.DRILL])
def test_one_that_says_for_a_while_that_it_does_not_forward_is_replaced(kind: TriggerKind) -> None:
    plan = decide(world(mark()), trigger=Trigger(kind))
    assert blamed(plan) == ["i-a"]
    assert set(plan.tables.values()) == {TableState.DOWN}


def test_it_is_given_the_time_to_take_it_back() -> None:
    plan = decide(world(mark(5)), trigger=RECONCILE)
    assert blamed(plan) == []
    assert plan.wait is not None
    assert plan.wait.kind is WaitKind.CONFIRMING


@pytest.mark.parametrize(("later", "names"), [(0.5, []), (1.0, ["i-a"])])
def test_a_mark_is_believed_after_fifteen_seconds(later: float, names: list[str]) -> None:
    assert blamed(decide(world(mark(14)), now=NOW + timedelta(seconds=later))) == names


@pytest.mark.parametrize(
    "tag",
    [
        None,
        "",
        BOOT,
        f"{BOOT} not-forwarding",
        f"{BOOT} not-forwarding yesterday",
        f"{BOOT} not-forwarding 9999-12-31T23:59:59Z",
        f"{BOOT} not-forwarding 9999-12-31T23:59:59-01:00",
        f"{BOOT} degraded",
    ],
)
def test_an_absent_mark_and_one_that_is_not_understood_blame_nobody(tag: str | None) -> None:
    plan = decide(world(tag), trigger=RECONCILE)
    assert blamed(plan) == []


@pytest.mark.parametrize("lifecycle", ["Pending", "Pending:Wait", "Terminating", "Terminating:Wait"])
@pytest.mark.parametrize("tag", [mark(), BOOT])
def test_nobody_is_blamed_while_another_comes_or_goes(lifecycle: str, tag: str) -> None:
    assert blamed(decide(world(tag, lifecycle, impaired={"i-a": NOW}), trigger=RECONCILE)) == []


def test_a_young_one_is_not_blamed_by_its_mark() -> None:
    assert blamed(decide(world(mark(), age=599), trigger=RECONCILE)) == []


@pytest.mark.parametrize(
    ("failed", "age", "names"),
    [(0, 601, ["i-a"]), (1, 601, ["i-a"]), (2, 1199, []), (2, 1200, ["i-a"]), (3, 1200, [])],
)
def test_one_that_never_forwarded_waits_longer_with_each_launch_given_up(
    failed: int, age: float, names: list[str]
) -> None:
    """The boot script starts the watchman after a failed boot, too."""
    seen = world(mark(age - 299), age=age)
    assert seen.group is not None
    group = replace(seen.group, launches=Launches(last_abandoned=False, failed=failed))
    assert blamed(decide(replace(seen, group=group), trigger=RECONCILE)) == names
    pair = replace(SIGNAL, standby_name="s")
    watched = RunState(marked={"i-a": NOW - timedelta(seconds=16)})  # a pair's run confirms the mark itself
    assert blamed(decide(replace(seen, group=group), given=pair, trigger=RECONCILE, memory=watched)) == names


def test_what_was_given_up_is_asked_only_where_the_mark_is_of_the_boot() -> None:
    asked = decide(world(mark(302)), trigger=RECONCILE)
    assert (blamed(asked), asked.data_requests) == ([], frozenset({DataRequest.HISTORY}))
    later = decide(world(mark(301)), trigger=RECONCILE)
    assert (blamed(later), later.data_requests) == (["i-a"], frozenset())


@pytest.mark.parametrize("process", ["Launch", "HealthCheck", "ReplaceUnhealthy"])
@pytest.mark.parametrize("tag", [mark(), BOOT])
def test_nobody_is_blamed_while_an_operator_holds_the_group(process: str, tag: str) -> None:
    seen = world(tag, impaired={"i-a": NOW})
    assert seen.group is not None
    held = replace(seen, group=replace(seen.group, suspended=frozenset({process})))
    assert blamed(decide(held, trigger=RECONCILE)) == []


def test_one_without_routes_or_after_a_change_is_not_blamed() -> None:
    elsewhere = replace(world(mark()), tables=tables(to_gateway()))
    assert blamed(decide(elsewhere, trigger=RECONCILE)) == []
    assert blamed(decide(world(mark()), trigger=RECONCILE, memory=RunState(changed=True))) == []


def at_the_gateway(tag: str | None, age: float = 601, **changes: object) -> Observed:
    """The NAT is in nobody's way: the routes stand at a NAT gateway."""
    return replace(world(tag, age=age, **changes), tables=tables(to_gateway(FALLBACK), to_gateway(FALLBACK)))


def test_behind_a_fallback_one_that_fails_is_replaced_though_it_carries_nothing() -> None:
    """It may have failed while it was too young to be blamed, and nothing else brings the routes back."""
    given = replace(SIGNAL, fallback_gateway_id=FALLBACK)
    assert blamed(decide(at_the_gateway(mark()), given=given, trigger=RECONCILE)) == ["i-a"]
    young = at_the_gateway(mark(), age=599)
    assert blamed(decide(young, given=given, trigger=RECONCILE)) == []
    impaired = at_the_gateway(None, impaired={"i-a": NOW - timedelta(minutes=2)})
    assert blamed(decide(impaired, given=given, trigger=RECONCILE)) == ["i-a"]
    unread = at_the_gateway(None, impaired=None)
    assert DataRequest.STATUS in decide(unread, given=given, trigger=RECONCILE).data_requests


def test_one_whose_traffic_an_operator_leads_elsewhere_is_left_alone() -> None:
    assert blamed(decide(at_the_gateway(mark()), given=SIGNAL, trigger=RECONCILE)) == []


def test_the_chosen_one_that_carries_nothing_is_left_while_a_gateway_of_others_carries() -> None:
    given = replace(SIGNAL, fallback_gateway_id=FALLBACK)
    seen = replace(world(BOOT, impaired={"i-a": NOW}), tables=tables(to_gateway("nat-0a")))
    assert blamed(decide(seen, given=given, trigger=RECONCILE)) == []


def test_a_ready_one_is_preferred_to_a_newer_one_that_does_not_forward() -> None:
    seen = observed(
        [member("i-a"), member("i-b")],
        [instance("i-a", age=900, ready_tag="boot"), instance("i-b", age=700, ready_tag=mark())],
        tables(to_instance("i-b"), to_instance("i-b")),
        eip="i-b",
    )
    plan = decide(replace(seen, hooks=(), impaired={}), trigger=RECONCILE)
    assert plan.gateway is not None
    assert plan.gateway.instance_id == "i-a"
    assert len(plan.moves) == 3


@pytest.mark.parametrize("kind", TriggerKind)
def test_the_minute_s_pass_asks_for_the_status_checks_and_events_do_not(kind: TriggerKind) -> None:
    plan = decide(world(BOOT, impaired=None), trigger=Trigger(kind))
    assert (DataRequest.STATUS in plan.data_requests) is (kind is TriggerKind.RECONCILE)


@pytest.mark.parametrize("age", [60, 601])
@pytest.mark.parametrize("since", [NOW, None])
def test_an_impaired_one_is_replaced(age: float, since: datetime | None) -> None:
    assert blamed(decide(world(BOOT, age=age, impaired={"i-a": since}), trigger=RECONCILE)) == ["i-a"]


def test_another_instance_s_impairment_blames_nobody() -> None:
    assert blamed(decide(world(BOOT, impaired={"i-b": NOW}), trigger=RECONCILE)) == []


def test_refused_status_checks_have_a_note_and_blame_nobody() -> None:
    plan = decide(
        world(BOOT, unread=(DeniedRead("ec2:DescribeInstanceStatus", "not authorized"),)), trigger=RECONCILE
    )
    assert blamed(plan) == []
    assert [note.subject for note in plan.notes if note.kind is NoteKind.ROLE_REFUSED] == [
        "ec2:DescribeInstanceStatus"
    ]
