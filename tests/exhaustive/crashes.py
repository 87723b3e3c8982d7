"""Breadth first over crashes: runs killed between any two writes, beside each other, with a stale reading.

``python -m tests.exhaustive.crashes`` searches deeper than the suite; ``--replay "step; step"`` prints one
story again; ``--standby shared`` and ``--standby own`` search two groups of one. From every state that is
reached, two passes without faults must put everything right.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.exhaustive.crash_world import World, index_of, name
from tests.exhaustive.pair_world import OWN_ADDRESSES, SHARED_ADDRESS
from tests.unit.update_nat_routes.builder import NOW, SCHEDULE
from update_nat_routes.actions import Action, Prerequisite, ReplaceInstance, Route
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_RUNS = 2
PASSES = 2
ALONE = World()
STARTS = {"none": ALONE, "shared": SHARED_ADDRESS, "own": OWN_ADDRESSES}


@dataclass(frozen=True, slots=True)
class State:
    """The world, the writes that each running invocation has left, and the world of a moment ago."""

    world: World = ALONE
    runs: tuple[tuple[Action, ...], ...] = ()
    before: World | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """How many states were reached, and the shortest story of each broken invariant."""

    states: int
    stories: tuple[str, ...] = ()


def ordered(world: World, trigger: Trigger = SCHEDULE) -> tuple[Action, ...]:
    """The writes that the shipped planner orders. The schedule alone reads status checks."""
    observed = world.observe()
    if trigger is not SCHEDULE:
        observed = replace(observed, impaired=None)
    return plan(trigger, world.given, observed, RunState(), NOW).actions


def steps(state: State) -> Iterator[tuple[str, State]]:
    """Every step that can come next."""
    for text, world in state.world.happenings():
        yield text, State(world, state.runs, state.world)
    if len(state.runs) < MOST_RUNS:
        yield from _begun(state)
    for number, run in enumerate(state.runs, 1):
        others = state.runs[: number - 1] + state.runs[number:]
        yield f"run {number} is killed", replace(state, runs=others)
        yield f"run {number}: {_label(run[0])}", _written(state, run, others)


def _begun(state: State) -> Iterator[tuple[str, State]]:
    readings = [("", state.world)]
    if state.before is not None and len(state.before.nats) == len(state.world.nats):
        readings.append((" with a stale reading", state.before))
    for text, world in readings:
        for event, trigger in _triggers(world):
            actions = ordered(world, trigger)
            if actions:
                yield f"a run begins, {event}{text}", replace(state, runs=(*state.runs, actions))


def _triggers(world: World) -> Iterator[tuple[str, Trigger]]:
    yield "by schedule", SCHEDULE
    for index, nat in enumerate(world.nats):
        if nat.state == "terminated" and nat.lifecycle:
            gone = name(index)
            yield (
                f"by the event of {gone}'s end",
                Trigger(TriggerKind.INSTANCE_STATE, at=NOW, instance_id=gone, terminated_instance=gone),
            )
    yield from world.claims()


def _written(state: State, run: tuple[Action, ...], others: tuple[tuple[Action, ...], ...]) -> State:
    world, remaining = _write(state.world, run)
    runs = (*others, remaining) if remaining else others
    return State(world, runs, state.world)


def _write(world: World, run: tuple[Action, ...]) -> tuple[World, tuple[Action, ...]]:
    """One write; after a refused prerequisite the routes of the same pass are not written."""
    action, remaining = run[0], run[1:]
    written = world.carry_out(action)
    if written is None and isinstance(action, Prerequisite):
        remaining = tuple(other for other in remaining if not isinstance(other, Route))
    return written or world, remaining


def _label(action: Action) -> str:
    return f"{type(action).__name__} {action.target}"


def wrong(
    state: State, step: str, after: State, order: Callable[[World], tuple[Action, ...]]
) -> Iterator[str]:
    """The invariants: of the write that was made, and of every state."""
    for run in state.runs:
        if step.endswith(_label(run[0])) and isinstance(run[0], ReplaceInstance):
            nat = state.world.nats[index_of(run[0].instance_id)]
            if nat.state == "running":
                yield f"{_label(run[0])} ends an instance that runs"
    yield from after.world.broken(state.world)
    world = after.world
    for _ in range(PASSES * 2):  # a pass plans, writes, reads back, and plans and writes once more
        run = order(world)
        while run:
            world, run = _write(world, run)
    if not world.right:
        yield f"after {PASSES} passes without faults: {world}"


def search(
    depth: int, most: int, order: Callable[[World], tuple[Action, ...]] = ordered, world: World = ALONE
) -> Search:
    """Breadth first, so that the first story of a violation is a shortest one."""
    start = State(world)
    parents: dict[State, tuple[State, str] | None] = {start: None}
    layer, stories = [start], []
    for _ in range(depth):
        following = []
        for state in layer:
            for step, after in steps(state):
                problems = list(wrong(state, step, after, order)) if after not in parents else []
                if problems:
                    parents.setdefault(after, (state, step))
                    stories.append(story(after, parents, problems))
                    return Search(len(parents), tuple(stories))
                if after not in parents:
                    parents[after] = (state, step)
                    following.append(after)
            if len(parents) >= most:
                return Search(len(parents), tuple(stories))
        layer = following
    return Search(len(parents), tuple(stories))


def story(state: State, parents: dict[State, tuple[State, str] | None], problems: list[str]) -> str:
    """The steps that lead to a state, and how to see them again."""
    taken: list[str] = []
    came = parents[state]
    while came is not None:
        taken.insert(0, came[1])
        came = parents[came[0]]
    lines = [f"  {number}. {step}" for number, step in enumerate(taken, 1)]
    lines += [f"  VIOLATED {text}" for text in problems]
    standby = next(kind for kind, world in STARTS.items() if world.given == state.world.given)
    again = f"  again: python -m tests.exhaustive.crashes --standby {standby} --replay {'; '.join(taken)!r}"
    return "\n".join([*lines, again])


def replay(text: str, world: World = ALONE) -> None:
    """Print the world after each of the steps, and after the passes that follow."""
    state = State(world)
    for wanted in filter(None, (step.strip() for step in text.split(";"))):
        state = dict(steps(state))[wanted]
        sys.stdout.write(f"{wanted}\n    {state.world}\n")
    world = state.world
    for number in range(1, PASSES * 2 + 1):
        run = ordered(world)
        while run:
            sys.stdout.write(f"pass {number}: {_label(run[0])}: {run[0].reason}\n")
            world, run = _write(world, run)
    sys.stdout.write(f"    {world}\n")


def main() -> int:
    """Search, or replay one story; 1 when an invariant is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--depth", type=int, default=9)
    parser.add_argument("--states", type=int, default=2_000_000)
    parser.add_argument("--replay", default="")
    parser.add_argument("--standby", choices=STARTS, default="none")
    options = parser.parse_args()
    if options.replay:
        replay(options.replay, STARTS[options.standby])
        return 0
    began = time.monotonic()
    result = search(options.depth, options.states, world=STARTS[options.standby])
    seconds = time.monotonic() - began
    sys.stdout.write(f"{result.states:,} states within {options.depth} steps, {seconds:.0f} s\n")
    sys.stdout.write("\n".join(result.stories) + "\n" if result.stories else "no invariant violated\n")
    return 1 if result.stories else 0


if __name__ == "__main__":
    sys.exit(main())
