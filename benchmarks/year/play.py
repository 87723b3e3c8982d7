"""Plays a year's incidents in one world on the simulator's fast reads; the time between them is skipped.

A world at rest changes nothing by itself, and a tick of the schedule there writes nothing and reads what the
tick before it read: tests/unit/benchmarks/test_year.py runs some of them. So only a quarter of an hour before
each incident and the time after it until all is at rest are run; the ticks in between are counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.failover_budget.scenarios import downtime
from benchmarks.year.incidents import YEAR, ZONE_BACK, Incident, Kind
from simulator.aws.alarms import Alarm, AlarmState, data_points, on_a_single_metric
from simulator.aws.sam_template import Template
from simulator.scenario import boot_scripts
from simulator.scenario.world import PSEUDO, TEMPLATE, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.scenario.platform import Standby

TICK = 60.0
RUN_IN = 15 * TICK  # before an incident: what an alarm looks at must be there
AFTER = 45 * TICK  # after it: alarms and messages come late
LIMIT = 4 * 3600.0
NAMESPACE = "TradAI/Ops"


@dataclass(frozen=True, slots=True)
class Episode:
    """What one incident came to. ``down``: seconds in which some table had no egress."""

    incident: Incident
    down: float
    alarms: tuple[str, ...]
    messages: int
    calls: int

    @property
    def false_alarms(self) -> tuple[str, ...]:
        """An image refresh is planned: nobody should be woken for it."""
        return self.alarms if self.incident.kind is Kind.REFRESH else ()


@dataclass(frozen=True, slots=True)
class Year:
    """A year of one kind of world. ``quiet_ticks`` were skipped, at ``quiet_calls`` reads each."""

    standby: Standby
    seconds: float
    episodes: tuple[Episode, ...]
    quiet_ticks: int
    quiet_calls: int

    @property
    def down(self) -> float:
        return sum(episode.down for episode in self.episodes)

    @property
    def calls(self) -> int:
        return self.quiet_ticks * self.quiet_calls + sum(episode.calls for episode in self.episodes)


def play(seed: int, standby: Standby, incidents: Sequence[Incident], seconds: float = YEAR) -> Year:
    """Play the incidents in their order.

    Raises:
        RuntimeError: a world did not come to rest after an incident, or an alarm rang before one.
    """
    with World(seed, variables={"NAT_READINESS": "signal"}, standby=standby) as world:
        world.machines.script = boot_scripts.own("" if world.platform.standby else world.platform.allocation)
        world.start()
        world.advance(RUN_IN)
        alarms, began = list(_alarms(world)), world.clock.elapsed
        quiet_calls, episodes, skipped = _quiet_calls(world), [], 0
        for incident in incidents:
            skipped += _skip_to(world, began + incident.at - RUN_IN)
            episodes.append(_episode(world, incident, alarms))
        skipped += _skip_to(world, began + seconds)
    return Year(standby, seconds, tuple(episodes), skipped, quiet_calls)


def _alarms(world: World) -> Iterator[Alarm]:
    """The template's alarms on the failover's own metrics, for this platform."""
    template = Template.load(TEMPLATE, world.platform.parameters, PSEUDO)
    for resource in template.document["Resources"].values():
        if resource["Type"] != "AWS::CloudWatch::Alarm" or not template.made(resource):
            continue
        properties = template.resolve(resource["Properties"])
        if "-nat-" in properties["AlarmName"]:
            alarm = on_a_single_metric(properties)
            if alarm.get("Namespace") == NAMESPACE:
                yield Alarm(alarm)


def _quiet_calls(world: World) -> int:
    """What one tick of the schedule reads in a world at rest."""
    calls = len(world.journal.calls)
    world.advance(TICK)
    return len(world.journal.calls) - calls


def _skip_to(world: World, moment: float) -> int:
    """Whole ticks, so that no schedule changes its phase; how many."""
    ticks = int((moment - world.clock.elapsed) // TICK)
    if ticks <= 0:
        return 0
    if not world.run_until(lambda: rests(world), LIMIT):
        raise RuntimeError(f"not at rest after {LIMIT:g} s:\n{world.journal.text()[-4000:]}")
    ticks = max(0, int((moment - world.clock.elapsed) // TICK))
    world.clock.skip(ticks * TICK)
    return ticks


def rests(world: World) -> bool:
    """Whether every group has its NAT in service, egress is up and nothing runs."""
    serving = [world.in_service(group) for group in world.platform.groups]
    return (
        not world.busy()
        and world.traffic.up
        and all(map(world.rests, world.platform.groups))
        and all(machine is not None and machine.serves for machine in serving)
    )


def _episode(world: World, incident: Incident, alarms: Sequence[Alarm]) -> Episode:
    start, calls, runs = world.clock.elapsed, len(world.journal.calls), len(world.function.invocations)
    world.advance(RUN_IN)
    happened = world.clock.elapsed
    _happen(world, incident)
    world.advance(AFTER + (ZONE_BACK if incident.kind is Kind.ZONE_LOST else 0))
    if not world.run_until(lambda: rests(world), LIMIT):
        raise RuntimeError(f"not at rest after {incident}:\n{world.journal.text()[-4000:]}")
    points = list(data_points(world.function.invocations[runs:], NAMESPACE))
    rang = [
        alarm.name.removeprefix("tradai-prod-")
        for alarm in alarms
        for change in alarm.history(points, world.clock.elapsed, start)
        if change.state is AlarmState.ALARM and change.at > happened
    ]
    made = world.journal.calls[calls:]
    return Episode(
        incident,
        downtime((outage.start, outage.end) for outage in world.traffic.since(happened)),
        tuple(rang),
        sum(call.action == "sns:Publish" for call in made),
        sum(call.actor.startswith("lambda") for call in made),
    )


def _happen(world: World, incident: Incident) -> None:
    group = world.platform.groups[incident.group]
    (name,) = world.members(group)
    match incident.kind:
        case Kind.TERMINATED:
            world.kill(name)
        case Kind.STOPPED:
            world.stop(name)
        case Kind.IMPAIRED:
            world.impair(name)
        case Kind.NOT_FORWARDING:
            world.impair(name, status_check=False)
        case Kind.REFRESH:
            world.refresh(group)
        case Kind.ZONE_LOST:
            world.lose_zone(name, ZONE_BACK)


def by_kind(year: Year) -> dict[Kind, list[Episode]]:
    """The episodes of each kind that the year had."""
    kinds = Counter(episode.incident.kind for episode in year.episodes)
    return {
        kind: [each for each in year.episodes if each.incident.kind is kind] for kind in Kind if kinds[kind]
    }
