"""Each guard by itself: the same order goes through when the guard's reason is taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.scenario.reaper_table import fill, make_table
from tradai_shared.config import canonical_config
from ttl_reaper import planner, tables
from ttl_reaper.model import Guard, Limits, Mode, RunStatus, Segments
from ttl_reaper.planner import allowance

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

WRITING = [Mode.DELETE, Mode.REPAIR]


def disable_ttl(world: World) -> None:
    world.client.update_time_to_live(
        TableName=world.desired.name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"}
    )


@pytest.mark.parametrize("mode", WRITING)
def test_a_table_without_point_in_time_recovery_is_refused(world: World, order: Any, mode: Mode) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"})
    world.client.update_continuous_backups(
        TableName=world.desired.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    refused = world.reap(order(mode))
    assert (refused.end, refused.ok, refused.tally.scanned) == (RunStatus.REFUSED, False, 0)
    assert "allow_without_pitr" in refused.reason
    assert world.reap(order(mode, allow_without_pitr=frozenset({"reports"}))).end is RunStatus.REFUSED
    assert world.reap(order(mode, allow_without_pitr=frozenset({"notifications"}))).tally.changed == 1


@pytest.mark.parametrize("mode", WRITING)
def test_nothing_is_written_while_ttl_is_off(world: World, order: Any, mode: Mode) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"})
    disable_ttl(world)
    refused = world.reap(order(mode))
    assert (refused.end, refused.tally.changed) == (RunStatus.REFUSED, 0)
    assert "drift_check" in refused.reason
    assert len(world.ids()) == 2


def test_a_report_counts_everything_expired_as_class_e_while_ttl_is_off(world: World, order: Any) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"}, live=world.days(3))
    disable_ttl(world)
    result = world.reap(order(Mode.REPORT))
    assert result.tally.expired == {"E": 2}
    assert "drift_check" in result.notes[0]


@pytest.mark.parametrize("mode", WRITING)
def test_another_attribute_than_the_confirmed_one_is_refused(world: World, order: Any, mode: Mode) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"})
    confirmed = replace(world.desired, ttl_attribute="expires_at")
    world.desired = confirmed
    assert world.reap(order(mode)).end is RunStatus.REFUSED
    world.desired = replace(confirmed, ttl_confirmed=False)
    result = world.reap(order(mode))
    assert result.tally.changed == 1
    assert "only assumes" in result.notes[0]


def test_an_assumed_attribute_alone_never_deletes(world: World) -> None:
    world.put(a=world.days(-10))
    disable_ttl(world)
    world.desired = replace(world.desired, ttl_confirmed=False)
    assert world.reap().end is RunStatus.REFUSED


def test_the_live_attribute_decides_not_the_assumed_one(world: World) -> None:
    fill(
        world.client,
        world.desired.name,
        [{"notification_id": {"S": "a"}, "ttl": world.days(5), "expires_at": world.days(-10)}],
    )
    world.desired = replace(world.desired, ttl_attribute="expires_at", ttl_confirmed=False)
    assert world.reap().tally.deleted == 0


def test_a_table_that_is_never_reaped_is_refused(world: World, order: Any) -> None:
    world.put(a=world.days(-10))
    world.desired = replace(world.desired, may_be_reaped=False)
    for mode in Mode:
        assert world.reap(order(mode)).end is RunStatus.REFUSED


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_the_configuration_protects_what_live_trading_stands_on(env: str) -> None:
    protected = {table.component for table in tables.tables(canonical_config(env)) if not table.may_be_reaped}
    assert protected >= {"trading-state", "config-versions", "deployments"}


def test_a_ttl_that_is_part_of_the_key_is_refused(empty: World) -> None:
    make_table(empty.client, empty.desired.name, keys={"id": "S", "ttl": "N"})
    assert "part of the key" in empty.reap().reason


def test_a_table_that_is_not_active_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ttl_reaper import observe  # noqa: PLC0415 - what is replaced

    live = observe.live_table(world.client, world.desired.name)
    monkeypatch.setattr(observe, "live_table", lambda *_: replace(live, status="ARCHIVED"))
    assert world.reap().reason == "the table is ARCHIVED"


def test_a_table_that_is_being_updated_serves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from ttl_reaper import observe  # noqa: PLC0415 - what is replaced

    world.put(a=world.days(-10))
    live = observe.live_table(world.client, world.desired.name)
    monkeypatch.setattr(observe, "live_table", lambda *_: replace(live, status="UPDATING"))
    assert world.reap().tally.deleted == 1


def test_of_few_items_the_fraction_says_nothing(order: Any) -> None:
    half = order(limits=Limits(max_fraction=0.5))
    assert allowance(half, 1, scanned=1, changed=0) == (100_000, Guard.MAX_DELETES)
    assert allowance(half, 999, scanned=0, changed=998)[1] is Guard.MAX_DELETES
    assert allowance(half, 1000, scanned=0, changed=0) == (500, Guard.MAX_FRACTION)
    tenth = order(limits=Limits(max_fraction=0.5), segments=Segments(10, 1))
    assert allowance(tenth, 2000, scanned=2, changed=2) == (98, Guard.MAX_FRACTION)


@pytest.fixture
def fraction_always_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small tables stand for large ones."""
    monkeypatch.setattr(planner, "FRACTION_COUNTS_FROM", 0)


def test_max_deletes_stops_the_run_and_going_on_does_not_stretch_it(world: World, order: Any) -> None:
    world.put_many(60, days=-10)
    limited = order(limits=Limits(max_deletes=40, max_fraction=1.0))
    first = world.reap(limited)
    assert (first.end, first.ok, first.tally.deleted) == (RunStatus.GUARD, False, 40)
    again = world.reap(limited, first.checkpoint)
    assert (again.end, again.tally.deleted, len(world.ids())) == (RunStatus.GUARD, 40, 20)
    raised = order(limits=Limits(max_deletes=60, max_fraction=1.0))
    assert world.reap(raised, first.checkpoint).end is RunStatus.FINISHED
    assert world.ids() == set()


@pytest.mark.usefixtures("fraction_always_counts")
def test_max_fraction_stops_the_run(world: World, order: Any) -> None:
    world.put_many(60, days=-10)
    world.put_many(40, days=10, prefix="live")
    stopped = world.reap(order(limits=Limits(max_fraction=0.5)))
    assert (stopped.end, stopped.tally.deleted) == (RunStatus.GUARD, 50)
    assert "hours old" in stopped.reason
    assert world.reap(order(limits=Limits(max_fraction=0.7)), stopped.checkpoint).end is RunStatus.FINISHED


@pytest.mark.usefixtures("fraction_always_counts")
def test_the_fraction_is_of_what_was_scanned_where_that_is_more_than_itemcount(order: Any) -> None:
    half = order(limits=Limits(max_fraction=0.5))
    assert allowance(half, 100, scanned=10, changed=0)[0] == 50
    assert allowance(half, 100, scanned=400, changed=30)[0] == 170
    assert allowance(half, 100, scanned=0, changed=60)[0] == 0


@pytest.mark.usefixtures("fraction_always_counts")
def test_a_run_of_one_segment_has_its_share_of_the_table_s_allowance(order: Any) -> None:
    one_of_four = order(limits=Limits(max_fraction=0.5), segments=Segments(4, 1))
    assert allowance(one_of_four, 100, scanned=0, changed=0)[0] == 12


def test_the_default_grace_period_is_three_days(world: World) -> None:
    world.put(within=world.days(-2.99), beyond=world.days(-3.01))
    world.reap()
    assert world.ids() == {"within"}


def test_what_cannot_be_read_is_unknown_and_nothing_is_done(world: World) -> None:
    world.put(a=world.days(-10))
    world.client.delete_table(TableName=world.desired.name)
    result = world.reap()
    assert (result.end, result.ok) == (RunStatus.FAILED, False)
    assert "ResourceNotFoundException" in result.reason
