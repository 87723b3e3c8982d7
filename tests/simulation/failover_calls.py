"""The AWS calls of each run that moves traffic in a simulated failover: those of the move, those of waiting.

``python -m tests.simulation.failover_calls --seeds 40`` prints the most of each kind.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.engine.durations import API_CALL
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL
from update_nat_routes import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from simulator.engine.journal import Call

FAILOVERS = 3  # of each world
SETTLED = 700.0  # seconds: each NAT is old enough to be blamed
MOVES = {"AssociateAddress", "CreateRoute", "ModifyInstanceAttribute", "ReplaceRoute"}
ENDS: dict[str, Callable[[World, str], float]] = {
    "terminated": lambda world, name: world.kill(name),
    "stopped": lambda world, name: world.stop(name),
    "not forwarding": lambda world, name: world.impair(name, status_check=False),
    "zone lost": lambda world, name: world.lose_zone(name, 100),
    "planned": lambda world, name: world.refresh(world.group_of(name)),
}


@dataclass(frozen=True)
class Run:
    """One run that replaced a route.

    Attributes:
        trigger: the event's detail type, or the action of a schedule.
        waiting: the calls before the last pause in front of the first write: what it did not show yet.
        move: from the look after that pause to the end, the message to a person included.
        pauses: in ``waiting``, and in ``move``.
    """

    trigger: str
    waiting: list[str]
    move: list[str]
    pauses: tuple[int, int]

    @property
    def of_the_move(self) -> int:
        """Without one call for each of its pauses."""
        return len(self.move) - self.pauses[1]

    @property
    def of_the_first_look(self) -> int:
        """What waiting took besides one call for each of its pauses; the last pause's call is of the move."""
        return len(self.waiting) - max(self.pauses[0] - 1, 0)


def in_a_new_environment(event: dict[str, object], context: LambdaContext) -> object:
    """The shipped handler, which has learned nothing from earlier events."""
    app.reader.cache_clear()
    return app.lambda_handler(event, context)


def runs_that_moved(
    seed: int, standby: Standby, end: str, *, new: bool, pace: Mapping[Any, float] | None = None
) -> Iterator[Run]:
    """One failover after another in one world; ``new``: each run in an execution environment of its own."""
    handler = in_a_new_environment if new else None
    with World(seed=seed, standby=standby, variables=SIGNAL, handler=handler, pace=pace) as world:
        world.machines.script = boot_scripts.own()
        world.start()
        world.advance(SETTLED)
        for _ in range(FAILOVERS):
            began = ENDS[end](world, world.carrier())
            world.advance(SETTLED)
            runs = [run for run in world.function.invocations if run.started >= began]
            made = [(run.event, world.journal.calls_of(run.name)) for run in runs]
            moved = [_run(event, calls) for event, calls in made if _names(calls) & {"ReplaceRoute"}]
            assert moved
            yield from moved


def _names(calls: Iterable[Call]) -> set[str]:
    return {call.action.split(":")[1] for call in calls}


def _run(event: Mapping[str, Any], calls: list[Call]) -> Run:
    names = [call.action.split(":")[1] for call in calls]
    pauses = [
        number
        for number in range(1, len(calls))
        if calls[number].at - calls[number - 1].at > API_CALL.high + 0.01
    ]
    first = next(number for number, name in enumerate(names) if name in MOVES)
    before = [number for number in pauses if number <= first]
    begin = before[-1] if before else 0
    trigger = str(event.get("detail-type") or event.get("action"))
    return Run(trigger, names[:begin], names[begin:], (len(before), len(pauses) - len(before)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    given = parser.parse_args()
    for standby in Standby:
        for end in ENDS:
            for new in (False, True):
                seeds = range(given.first, given.first + given.seeds)
                runs = [run for seed in seeds for run in runs_that_moved(seed, standby, end, new=new)]
                sys.stdout.write(f"{standby}, {end}, {'new' if new else 'warm'}: {len(runs)} runs\n")
                sys.stdout.writelines(_most(runs))
                sys.stdout.flush()


def _most(runs: list[Run]) -> Iterator[str]:
    for trigger in sorted({run.trigger for run in runs}):
        ours = [run for run in runs if run.trigger == trigger]
        longest = max(ours, key=lambda run: run.of_the_move)
        waits = max(ours, key=lambda run: run.of_the_first_look)
        yield (
            f"  {trigger}: {len(ours)}, move {longest.of_the_move} + {longest.pauses[1]} pauses, "
            f"first look {waits.of_the_first_look}, most pauses {max(run.pauses[0] for run in ours)}: "
            f"{' '.join(longest.move)}\n"
        )


if __name__ == "__main__":
    main()
