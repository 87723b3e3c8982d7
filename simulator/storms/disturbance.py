"""What a storm consists of: disturbances drawn from a seed. They are data, so a storm can be shortened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from simulator.scenario.platform import Standby

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
    ZONE_LOST = "zone of one group lost"
    PARTED = "the two NATs do not reach each other"
    PEER_LIES = "a NAT that forwards is called silent"
    GROUP_BROKEN = "next boots of one group broken"


# Drawn from a stream of their own, so that every earlier seed keeps what it had.
NEWER = (Kind.ROUTE_PROPAGATED, Kind.ROOT_VOLUME, Kind.RETAINED, Kind.LAUNCHED)
OFTEN = 0.15  # chance of each of them, a storm
# Of two groups alone, beside all others.
OF_A_PAIR = (Kind.ZONE_LOST, Kind.PARTED, Kind.PEER_LIES, Kind.GROUP_BROKEN)
OFTEN_IN_A_PAIR = 0.4


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One disturbance. ``start`` counts from the storm's start, in seconds; ``choice`` picks its target."""

    kind: Kind
    start: float
    seconds: float
    choice: int

    def pick(self, options: list[str]) -> str:
        return options[self.choice % len(options)]

    def pick_group(self, options: tuple[str, ...]) -> str:
        """Of what a group has one of; it does not follow from what ``pick`` chose."""
        return options[self.choice // 100 % len(options)]

    @property
    def line(self) -> str:
        return f"+{self.start:7.1f} s for {self.seconds:5.1f} s  {self.kind}"


@dataclass(frozen=True, slots=True)
class Storm:
    """What happens in one world.

    ``signals``: whether the NATs write their readiness signal; two always do. ``fallback``: an operator keeps
    a NAT gateway behind the two.
    """

    seed: int
    tables: int
    signals: bool
    launches_first: bool
    disturbances: tuple[Disturbance, ...]
    standby: Standby = Standby.NONE
    fallback: bool = False


def draw(seed: int, standby: Standby | None = Standby.NONE) -> Storm:
    """The storm of a seed; None: the seed draws too whether there is a standby, and with which address."""
    pair = Random(f"pair {seed}")
    drawn = pair.choice(list(Standby))
    storm = _of_one(seed)
    standby = drawn if standby is None else standby
    if standby is Standby.NONE:
        return storm
    fallback = pair.random() < 0.5  # noqa: PLR2004 - as often with as without
    more = [_disturbance(pair, kind) for kind in OF_A_PAIR if pair.random() < OFTEN_IN_A_PAIR]
    disturbances = _in_order([*storm.disturbances, *more])
    return replace(storm, signals=True, disturbances=disturbances, standby=standby, fallback=fallback)


def _of_one(seed: int) -> Storm:
    chance, newer = Random(f"storm {seed}"), Random(f"newer states {seed}")
    count = chance.randint(1, MOST)
    older = [kind for kind in Kind if kind not in {*NEWER, *OF_A_PAIR}]
    disturbances = [_disturbance(chance, chance.choice(older)) for _ in range(count)]
    disturbances += [_disturbance(newer, kind) for kind in NEWER if newer.random() < OFTEN]
    return Storm(
        seed,
        tables=chance.randint(1, 4),
        signals=chance.random() < 0.7,  # noqa: PLR2004 - most deployments
        launches_first=chance.random() < 0.8,  # noqa: PLR2004 - the template's policy
        disturbances=_in_order(disturbances),
    )


def _in_order(disturbances: list[Disturbance]) -> tuple[Disturbance, ...]:
    return tuple(sorted(disturbances, key=lambda disturbance: disturbance.start))


def _disturbance(chance: Random, kind: Kind) -> Disturbance:
    return Disturbance(
        kind,
        round(chance.uniform(0, WINDOW), 1),
        round(1 + (LONGEST - 1) * chance.random() ** 2, 1),
        chance.randrange(1000),
    )
