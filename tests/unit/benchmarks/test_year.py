"""The simulated year: what it skips changes nothing, and some days of it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.year import upkeep
from benchmarks.year.document import document
from benchmarks.year.incidents import APART, DEATHS, YEAR, Incident, Kind, draw
from benchmarks.year.picture import picture
from benchmarks.year.play import TICK, Year, play, rests
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.any_python

DAY = 86_400.0
DAYS = [Incident(DAY, Kind.TERMINATED), Incident(2 * DAY, Kind.REFRESH)]


def shown(world: World) -> list[Any]:
    """All that a run reads, without when it was answered."""
    ec2, auto_scaling = world.client("ec2"), world.client("autoscaling")
    answers = [
        ec2.describe_instances()["Reservations"],
        ec2.describe_route_tables()["RouteTables"],
        ec2.describe_addresses()["Addresses"],
        ec2.describe_network_interfaces()["NetworkInterfaces"],
        auto_scaling.describe_auto_scaling_groups()["AutoScalingGroups"],
    ]
    return [world.traffic.up, [world.traffic.ordered(table) for table in world.platform.tables], answers]


@pytest.mark.parametrize("standby", Standby)
def test_a_tick_at_rest_changes_nothing_and_skipped_time_does_not_either(standby: Standby) -> None:
    with World(2, variables={"NAT_READINESS": "signal"}, standby=standby) as world:
        world.machines.script = boot_scripts.own("" if world.platform.standby else world.platform.allocation)
        world.start()
        world.advance(900)
        before, calls, runs = shown(world), len(world.journal.calls), len(world.function.invocations)
        world.advance(20 * TICK)
        made = [call for call in world.journal.calls[calls:] if call.actor.startswith("lambda")]
        ticks = world.function.invocations[runs:]
        assert len(ticks) == 20
        assert not any(call.is_write for call in made)
        each = [[call.action for call in world.journal.calls_of(tick.name)] for tick in ticks]
        assert each == [each[0]] * len(ticks)
        assert shown(world) == before
        world.clock.skip(30 * DAY)
        assert shown(world) == before
        runs = len(world.function.invocations)
        world.advance(2 * TICK)
        late = [
            [call.action for call in world.journal.calls_of(run.name)]
            for run in world.function.invocations[runs:]
        ]
        assert late == [each[0]] * 2
        assert rests(world)
        assert shown(world) == before


def some_days(seed: int = 1, standby: Standby = Standby.NONE) -> Year:
    return play(seed, standby, DAYS, 3 * DAY)


def test_some_days_name_their_incidents_and_count_every_tick() -> None:
    year = some_days()
    death, refresh = year.episodes
    assert 15 < death.down < 60
    assert refresh.down < 4
    assert death.messages == 2
    assert not refresh.alarms
    run = sum(episode.calls for episode in year.episodes)
    assert year.calls == year.quiet_ticks * year.quiet_calls + run
    assert 4000 < year.quiet_ticks < 3 * 24 * 60
    assert year == some_days()


def test_the_page_says_that_it_is_simulated_and_the_picture_needs_no_variables() -> None:
    days = [some_days(), *(Year(standby, YEAR, (), 1, 6) for standby in (Standby.SHARED, Standby.OWN))]
    drifts = [upkeep.Drift("a change", 60.0, 2, 1)]
    text = document(days, drifts, [upkeep.Reap(5, 4, 7, 6)], 1)
    assert "Nothing of this was measured on AWS" in text
    assert "2 findings, 1 healed, 1 told" in text
    assert (
        "expiry DynamoDB had not carried out ttl_reaper deleted 4; of 7 that were alive it deleted 1" in text
    )
    drawn = picture(days, 1)
    assert "fill: #2563eb; fill: var(--bar)" in drawn
    assert "simulated" in drawn


@pytest.mark.parametrize("groups", [1, 2])
def test_a_year_has_a_death_and_a_refresh_a_month_for_each_nat_and_one_zone_lost(groups: int) -> None:
    incidents = draw(7, groups)
    assert sum(incident.kind in DEATHS for incident in incidents) == 12 * groups
    assert sum(incident.kind is Kind.REFRESH for incident in incidents) == 12 * groups
    assert sum(incident.kind is Kind.ZONE_LOST for incident in incidents) == 1
    times = [incident.at for incident in incidents]
    assert all(later - earlier >= APART for earlier, later in itertools.pairwise(times))
    assert draw(7, groups) == incidents != draw(8, groups)


def test_a_check_of_an_account_in_sync_and_a_reap_of_nothing_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untouched: Callable[[object], None] = lambda _: None  # noqa: E731 - a name for one expression
    monkeypatch.setattr(upkeep, "CHANGES", {"nothing": untouched})
    assert [(drift.findings, drift.healed) for drift in upkeep.drifts(1, months=1)] == [(0, 0)]
    (reap,) = upkeep.reaps(1, months=1, expired=0)
    assert (reap.deleted, reap.live_kept) == (0, reap.live)
