"""What is simulated: each kind of failover, one after another in worlds of their own."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, assert_never

from simulator.aws.event_bridge import DeliveryFault
from simulator.engine import durations
from simulator.engine.durations import Confidence, Duration
from simulator.scenario import boot_scripts
from simulator.scenario.egress_probe import probing
from simulator.scenario.platform import Standby
from simulator.scenario.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from simulator.aws.instances import Machine, Script

LAUNCH = "EC2 Instance-launch Lifecycle Action"
CALM = (60.0, 180.0)  # seconds between two failovers, so that none meets the same phase of a schedule
OLD = 600.0  # younger ones the failover blames for nothing
LIMIT = 1800.0  # then a failover counts as never healed
ZONE_BACK = 600.0  # seconds after which a lost zone has capacity again
PER_WORLD = 10  # a new world has new phases of its schedules to each other


class Kind(StrEnum):
    """What ends or replaces the NAT."""

    TERMINATED = "terminated"
    STOPPED = "stopped"
    IMPAIRED = "status check impaired"
    NOT_FORWARDING = "running but not forwarding"
    PROBED = "not forwarding, with probe"
    PLANNED = "planned replacement"
    BROKEN_SCRIPT = "script broken once"
    LOST_EVENT = "launch event lost"
    ADOPTED = "NAT of an adopted group"
    PAIR_TERMINATED = "pair: terminated"
    PAIR_STOPPED = "pair: stopped"
    PAIR_NOT_FORWARDING = "pair: not forwarding"
    PAIR_ZONE_LOST = "pair: zone lost"
    PAIR_PLANNED = "pair: planned replacement"

    @property
    def of_a_pair(self) -> bool:
        return self.startswith("pair")


class Boot(StrEnum):
    """How the replacement of a lone NAT boots; of a pair, whose address the standby serves with."""

    PACKAGED = "without packages"
    DNF = "with dnf"
    SHARED = "the address moves"
    OWN = "own addresses"


class Assumed(StrEnum):
    """How long the segments that nobody published take."""

    DRAWN = "drawn"
    LEAST = "least"
    MOST = "most"


BOOTS = {Boot.PACKAGED: durations.BOOT_PACKAGED, Boot.DNF: durations.BOOT_DNF}
PAIRS = {Boot.SHARED: Standby.SHARED, Boot.OWN: Standby.OWN}
SILENT = frozenset({Kind.NOT_FORWARDING, Kind.PROBED, Kind.PAIR_NOT_FORWARDING})
LONE = (Boot.PACKAGED, Boot.DNF)
ALL_SERIES = [(kind, boot) for kind in Kind for boot in (PAIRS if kind.of_a_pair else LONE)]
PHASES = frozenset({durations.SCHEDULE_PHASE, durations.HEALTH_CHECK_PHASE, durations.STATUS_CHECK_PHASE})


@dataclass(frozen=True, slots=True)
class Batch:
    """Some failovers of one kind, in one process."""

    kind: Kind
    boot: Boot
    assumed: Assumed
    number: int
    runs: int
    seed: int

    def world_seed(self, attempt: int) -> int:
        """Another for every world, whatever the order of the batches."""
        return Random(f"{self.seed} {self.kind} {self.boot} {self.number} {attempt}").getrandbits(32)  # noqa: S311 - repeatable


def simulate(batch: Batch) -> list[float]:
    """The outage of each failover in seconds; infinite where traffic never came back."""
    outages: list[float] = []
    attempt = 0
    while len(outages) < batch.runs:
        outages += _in_one_world(batch, attempt, batch.runs - len(outages))
        attempt += 1
    return outages


def _in_one_world(batch: Batch, attempt: int, runs: int) -> Iterator[float]:
    """One after another, until one is not healed."""
    seed = batch.world_seed(attempt)
    chance = Random(seed)  # noqa: S311 - repeatable
    adopted = batch.kind is Kind.ADOPTED
    readiness = {"NAT_READINESS": "running" if adopted else "signal"}
    world = World(
        seed,
        variables=readiness,
        launches_first=not adopted,
        standby=PAIRS.get(batch.boot, Standby.NONE),
        pace=pace(batch.assumed),
    )
    with ExitStack() as stack:
        stack.enter_context(world)
        script = _script(world, batch)
        world.machines.script = script
        world.machines.observers.append(lambda machine: _mend(world, machine, script))
        if batch.kind is Kind.PROBED:
            stack.enter_context(probing(world))
        world.start()
        for _ in range(runs):
            outage = _failover(world, batch.kind, chance)
            _check(world)
            yield outage
            if outage == float("inf"):
                return


def _check(world: World) -> None:
    """An invocation that failed by a mistake of ours would look like a slow failover."""
    for invocation in world.function.invocations:
        if invocation.error is not None and not invocation.timed_out:
            raise RuntimeError(f"{invocation.name} failed") from invocation.error


def pace(assumed: Assumed) -> Mapping[Duration, float]:
    """Where a schedule's period begins stays chance: a death falls anywhere in it."""
    if assumed is Assumed.DRAWN:
        return {}
    unsure = [
        duration
        for duration in durations.ALL
        if duration.sure is Confidence.ASSUMED and duration not in PHASES
    ]
    return {duration: duration.low if assumed is Assumed.LEAST else duration.high for duration in unsure}


def _script(world: World, batch: Batch) -> Script:
    if batch.kind is Kind.ADOPTED:
        return replace(boot_scripts.ADOPTED, boot=BOOTS[batch.boot])
    if batch.kind.of_a_pair:
        return boot_scripts.own()  # the function alone moves the address
    return boot_scripts.own(world.platform.allocation, BOOTS[batch.boot])


def _mend(world: World, machine: Machine, script: Script) -> None:
    """One instance has booted the broken script: the next boots ours again."""
    if machine.state == "pending" and not machine.script.forwards:
        world.machines.script = script


def _failover(world: World, kind: Kind, chance: Random) -> float:
    wait = chance.uniform(*CALM)
    world.advance(wait + OLD if kind in SILENT else wait)
    lost = world.carrier() if kind.of_a_pair else world.nat()
    began = _begin(world, kind, lost)
    if not world.run_until(lambda: _healed(world, lost), LIMIT):
        return float("inf")
    world.advance(CALM[0])  # what still goes down after it counts too
    return downtime((outage.start, outage.end) for outage in world.traffic.since(began))


def _begin(world: World, kind: Kind, nat: str) -> float:  # noqa: PLR0911 - one return a kind
    match kind:
        case Kind.TERMINATED | Kind.ADOPTED | Kind.PAIR_TERMINATED:
            return world.kill(nat)
        case Kind.STOPPED | Kind.PAIR_STOPPED:
            return world.stop(nat)
        case Kind.IMPAIRED:
            return world.impair(nat)
        case Kind.NOT_FORWARDING | Kind.PROBED | Kind.PAIR_NOT_FORWARDING:
            return world.impair(nat, status_check=False)
        case Kind.PAIR_ZONE_LOST:
            return world.lose_zone(nat, ZONE_BACK)
        case Kind.PLANNED:
            return world.refresh()
        case Kind.PAIR_PLANNED:
            return world.refresh(world.group_of(nat))
        case Kind.BROKEN_SCRIPT:
            world.machines.script = replace(boot_scripts.BROKEN, boot=world.machines.script.boot)
            return world.kill(nat)
        case Kind.LOST_EVENT:
            world.mishap(DeliveryFault(LAUNCH, copies=0, times=1))
            return world.kill(nat)
        case _:
            assert_never(kind)


def _healed(world: World, lost: str) -> bool:
    """Another NAT than the lost one serves, that one has left its group, and each group is at rest."""
    if world.in_service() is None or world.busy() or not world.traffic.up:
        return False
    serves = world.carrier() if world.platform.standby else world.nat()
    members = {name for group in world.platform.groups for name in world.members(group)}
    return serves != lost and lost not in members and all(map(world.rests, world.platform.groups))


def downtime(outages: Iterable[tuple[float, float | None]]) -> float:
    """Seconds during which at least one table had no way out, whichever; infinite while one lasts."""
    spans = sorted((start, float("inf") if end is None else end) for start, end in outages)
    merged: list[tuple[float, float]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return sum(end - start for start, end in merged)
