"""What a storm consists of: disturbances drawn from a seed. They are data, so a storm can be shortened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

WINDOW = 1800.0  # seconds in which disturbances begin
MOST = 16  # disturbances of a storm
LONGEST = 900.0  # seconds that one lasts; most are shorter


class Kind(StrEnum):
    """One kind of disturbance. Those that last end after ``seconds``, all of them when the calm begins."""

    TERMINATED = "instance terminated"
    STOPPED = "instance stopped"
    IMPAIRED = "status check impaired"
    SILENT = "runs and forwards nothing"
    REFRESH = "instance refresh"
    BROKEN_SCRIPT = "next boots broken"
    ROUTE_DELETED = "default route deleted"
    ROUTE_TO_OLD = "default route to another member"
    ROUTE_EXTERNAL = "default route to a gateway"
    ADDRESS_RELEASED = "address disassociated"
    ADDRESS_TAKEN = "address given to a stranger"
    CHECK_ON = "source/destination check on"
    MAINTENANCE = "desired size 0"
    SUSPENDED = "process suspended"
    EVENTS_LOST = "events lost"
    EVENTS_DOUBLED = "events doubled"
    EVENTS_LATE = "events late and out of order"
    SCHEDULE_STOPPED = "schedule stopped"
    THROTTLED = "calls throttled"
    SERVER_ERRORS = "server errors"
    DENIED = "an action denied"
    TIME_OUTS = "calls that time out"
    ANSWERS_LOST = "answers lost after the effect"
    LATE_EFFECTS = "writes carried out after their time-out"
    TABLE_FAILS = "one table refuses"
    KILLED = "function killed between two calls"
    SECOND_RUN = "two more runs at once"
    ROUTE_PROPAGATED = "default route propagated by a gateway"
    ROOT_VOLUME = "root volume replaced"
    RETAINED = "instance retained after an abandoned termination"
    LAUNCHED = "one more instance by LaunchInstances"


# Drawn from a stream of their own, so that every earlier seed keeps what it had.
NEWER = (Kind.ROUTE_PROPAGATED, Kind.ROOT_VOLUME, Kind.RETAINED, Kind.LAUNCHED)
OFTEN = 0.15  # chance of each of them, a storm


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One disturbance. ``start`` counts from the storm's start, in seconds; ``choice`` picks its target."""

    kind: Kind
    start: float
    seconds: float
    choice: int

    def pick(self, options: list[str]) -> str:
        return options[self.choice % len(options)]

    @property
    def line(self) -> str:
        return f"+{self.start:7.1f} s for {self.seconds:5.1f} s  {self.kind}"


@dataclass(frozen=True, slots=True)
class Storm:
    """What happens in one world. ``signals``: whether the NATs write their readiness signal."""

    seed: int
    tables: int
    signals: bool
    launches_first: bool
    disturbances: tuple[Disturbance, ...]


def draw(seed: int) -> Storm:
    """The storm of a seed."""
    chance, newer = Random(f"storm {seed}"), Random(f"newer states {seed}")
    count = chance.randint(1, MOST)
    older = [kind for kind in Kind if kind not in NEWER]
    disturbances = [_disturbance(chance, chance.choice(older)) for _ in range(count)]
    disturbances += [_disturbance(newer, kind) for kind in NEWER if newer.random() < OFTEN]
    return Storm(
        seed,
        tables=chance.randint(1, 4),
        signals=chance.random() < 0.7,  # noqa: PLR2004 - most deployments
        launches_first=chance.random() < 0.8,  # noqa: PLR2004 - the template's policy
        disturbances=tuple(sorted(disturbances, key=lambda disturbance: disturbance.start)),
    )


def _disturbance(chance: Random, kind: Kind) -> Disturbance:
    return Disturbance(
        kind,
        round(chance.uniform(0, WINDOW), 1),
        round(1 + (LONGEST - 1) * chance.random() ** 2, 1),
        chance.randrange(1000),
    )
