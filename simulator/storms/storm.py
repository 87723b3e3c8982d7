"""One storm, from its first disturbance to the end of the calm after it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from simulator.storms.disturb import Disturber
from simulator.storms.disturbance import LONGEST, WINDOW, Storm
from simulator.storms.judge import Judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTLED_WITHIN = 120.0  # seconds of calm with a ready member; then everything must be right
READY_WITHIN = 4 * 3600.0  # seconds of calm until some member is ready: retries of broken boots grow to hours
QUIET = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a storm ended. ``recovery``: seconds of calm until all was right, None where it never was."""

    storm: Storm
    violations: tuple[str, ...]
    recovery: float | None
    faults: Counter[str]


def play(storm: Storm, observe: Callable[[World], None] | None = None, *, fast: bool = True) -> Result:
    """Play a storm in a world of its own, which ``observe`` sees before it begins.

    ``fast``: most reads are answered without moto's wire; tests/simulation/test_fast.py shows that every call
    and its time are the same without.
    """
    readiness = {"NAT_READINESS": "signal" if storm.signals else "running"}
    with World(
        storm.seed, tables=storm.tables, variables=readiness, launches_first=storm.launches_first, fast=fast
    ) as world:
        if observe is not None:
            observe(world)
        script = boot_scripts.own(world.platform.allocation) if storm.signals else boot_scripts.ADOPTED
        world.machines.script = script
        world.start()
        judge = Judge(world, storm.signals)
        world.journal.listeners.append(judge.listen)
        disturber = Disturber(world, script)
        began = world.clock.elapsed
        for disturbance in storm.disturbances:
            world.advance(began + disturbance.start - world.clock.elapsed)
            disturber.begin(disturbance)
        world.advance(began + WINDOW + LONGEST - world.clock.elapsed)
        disturber.calm()
        recovery = _recover(world, judge)
        judge.violations += _left_over(world)
        faults = Counter(str(disturbance.kind) for disturbance in storm.disturbances)
        return Result(storm, tuple(judge.violations), recovery, faults)


def _recover(world: World, judge: Judge) -> float | None:
    calm = world.clock.elapsed
    if not world.run_until(lambda: _ready(world) is not None, READY_WITHIN):
        judge.violations.append(f"no member was ready {READY_WITHIN / 3600:g} h after calm")
        return None
    if not world.run_until(lambda: _all_right(world), SETTLED_WITHIN):
        judge.violations.append(f"{SETTLED_WITHIN:g} s after a member was ready: {', '.join(_wrong(world))}")
        return None
    recovery = world.clock.elapsed - calm
    world.advance(QUIET)
    if not _all_right(world):
        judge.violations.append(f"after calm it was right and is not: {', '.join(_wrong(world))}")
    return recovery


def _ready(world: World) -> str | None:
    """A member that forwards and may serve, if there is one."""
    for member in world.group.group.instance_states:
        usable = member.lifecycle_state in {"InService", "Pending:Wait"} and member.health_status == "Healthy"
        if usable and world.machines[member.instance_id].serves:
            return str(member.instance_id)
    return None


def _all_right(world: World) -> bool:
    return world.traffic.up and not any(_wrong(world))


def _wrong(world: World) -> Iterator[str]:
    states = [(member.instance_id, member.lifecycle_state) for member in world.group.group.instance_states]
    if [state for _, state in states] != ["InService"]:
        yield f"the group has {states}"
    for table in world.platform.tables:
        if str(world.traffic.state(table)) != "up":
            yield f"{table}: {world.traffic.state(table)}"


def _left_over(world: World) -> Iterator[str]:
    """What the function did not end as it should."""
    for invocation in world.function.invocations:
        if invocation.error is not None and not invocation.timed_out and not invocation.killed:
            yield f"{invocation.name} raised {type(invocation.error).__name__}: {invocation.error}"
    if world.function.lost:
        yield f"{len(world.function.lost)} events failed and no queue has them"


def shorten(storm: Storm) -> Storm:
    """The same storm without what its violations do not need."""
    needed = storm.disturbances
    for disturbance in storm.disturbances:
        fewer = tuple(other for other in needed if other is not disturbance)
        if play(replace(storm, disturbances=fewer)).violations:
            needed = fewer
    return replace(storm, disturbances=needed)
