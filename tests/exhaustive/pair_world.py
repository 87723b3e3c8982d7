"""Two groups of one for crashes: one address that moves, or an address for each; claims of a silent peer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.exhaustive.crash_world import (
    LAUNCHED,
    MOST_NATS,
    Nat,
    World,
    carry_out,
    index_of,
    name,
    routes_deleted,
    target,
    to_instances,
)
from tests.unit.update_nat_routes.builder import (
    NOW,
    NOWHERE,
    OWN,
    SHARED,
    STANDBY_ALLOCATION,
    instance,
    member,
    peer_silent,
    tables,
    two_groups,
)
from update_nat_routes.actions import Action, AssociateAddress, ReportUnhealthy, TagGroup
from update_nat_routes.model import DOUBT_TAG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.events import Trigger
    from update_nat_routes.model import Member, Observed
    from update_nat_routes.settings import Settings

RECENT, LONG_AGO = NOW - timedelta(minutes=1), NOW - timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PairNat(Nat):
    """``second``: of the standby's group. ``addressed``: it has a public address. ``impaired``: its status
    checks fail, which the runs of the schedule alone read.
    """

    second: bool = False
    addressed: bool = True
    impaired: bool = False


@dataclass(frozen=True, slots=True)
class PairWorld(World):
    """``standby_holder`` has the second address, if ``own``. ``left``: by the last move for a doubt."""

    nats: tuple[PairNat, ...] = (PairNat(), PairNat(second=True))
    own: bool = False
    standby_holder: int | None = None
    left: int | None = None
    rested: bool = True

    @property
    def given(self) -> Settings:
        return OWN if self.own else SHARED

    def holder_of(self, index: int) -> int | None:
        """Who has the address that a NAT serves with."""
        return self.standby_holder if self.own and self.nats[index].second else self.holder

    @property
    def right(self) -> bool:
        """Whether every table leads to one ready NAT that has its address; true where none is ready."""
        able = (i for i, nat in enumerate(self.nats) if nat.addressed and not nat.impaired)
        ready = {index for index in able if self.nats[index].serves and self.nats[index].ready}
        carriers = set(self.targets)
        served = len(carriers) == 1 and carriers <= ready
        return not ready or (
            served and all(self.holder_of(index) == index for index in carriers if index is not None)
        )

    def observe(self) -> Observed:
        targets = [NOWHERE if index is None else target(self, index) for index in self.targets]
        left = None if self.left is None else name(self.left)
        moved = (RECENT if not self.rested else LONG_AGO).isoformat(timespec="seconds")
        world = two_groups(
            self._members(second=False),
            self._members(second=True),
            [
                instance(
                    name(i),
                    nat.state,
                    age=nat.age - i / 1000,
                    source_dest_check=nat.check,
                    ready_tag="boot" if nat.ready else None,
                    addressed=nat.addressed,
                )
                for i, nat in enumerate(self.nats)
            ],
            tables(*targets),
            eip=None if self.holder is None else name(self.holder),
            standby_eip=None if self.standby_holder is None else name(self.standby_holder),
            abandoned=self.abandoned,
            tags={DOUBT_TAG: f"{moved} {left}"} if left else {},
        )
        return replace(world, impaired={name(i): None for i, nat in enumerate(self.nats) if nat.impaired})

    def _members(self, *, second: bool) -> list[Member]:
        return [
            member(name(i), nat.lifecycle, healthy=nat.healthy)
            for i, nat in enumerate(self.nats)
            if nat.lifecycle and nat.second is second
        ]

    def carry_out(self, action: Action) -> World | None:
        match action:
            case AssociateAddress():
                return self._associate(action)
            case ReportUnhealthy() if self.nats[index_of(action.instance_id)].stays:
                index = index_of(action.instance_id)
                return self._changed(index, healthy=False, lifecycle="Terminating:Wait")
            case TagGroup() if action.tag == DOUBT_TAG:
                return replace(self, left=index_of(str(action.value).split()[1]), rested=False)
            case _:
                return carry_out(self, action)

    def _associate(self, action: AssociateAddress) -> World | None:
        """Who had it loses its public address; an automatic one comes back later."""
        index, second = index_of(action.instance_id), action.allocation_id == STANDBY_ALLOCATION
        former = self.standby_holder if second else self.holder
        if self.nats[index].state != "running" or (former not in {None, index} and action.take_from is None):
            return None
        world = self._changed(index, addressed=True)
        if former is not None and former != index:
            world = world._changed(former, addressed=False)
        return replace(world, standby_holder=index) if second else replace(world, holder=index)

    def _changed(self, index: int, **values: object) -> PairWorld:
        changed = self.change(index, **values)
        assert isinstance(changed, PairWorld)
        return changed

    def end(self, index: int, lifecycle: str) -> World:
        ended = self._changed(index, state="terminated", ready=False, lifecycle=lifecycle)
        return replace(
            ended,
            holder=None if self.holder == index else self.holder,
            standby_holder=None if self.standby_holder == index else self.standby_holder,
        )

    def happenings(self) -> Iterator[tuple[str, World]]:
        yield from to_instances(self)
        yield from routes_deleted(self)
        for second in (False, True):
            staying = [nat for nat in self.nats if nat.stays and nat.second is second]
            if not staying and len(self.nats) < MOST_NATS:
                launched = PairNat(
                    LAUNCHED.lifecycle, LAUNCHED.state, ready=False, check=True, age=10, second=second
                )
                group = "second" if second else "first"
                yield (
                    f"the {group} group launches {name(len(self.nats))}",
                    replace(self, nats=(*self.nats, launched)),
                )
        for index, nat in enumerate(self.nats):
            if nat.state == "running" and not nat.addressed:
                yield f"an automatic address comes to {name(index)}", self.change(index, addressed=True)
            if nat.state == "running" and not any(other.impaired for other in self.nats):
                yield f"the status checks of {name(index)} fail", self.change(index, impaired=True)
        if not self.rested:
            yield "five minutes pass", replace(self, rested=True)

    def claims(self) -> Iterator[tuple[str, Trigger]]:
        """Each says that the other does not answer, rightly or not."""
        running = [(i, nat) for i, nat in enumerate(self.nats) if nat.state == "running" and nat.lifecycle]
        for reporter, one in running:
            for silent, other in running:
                if one.second is not other.second:
                    text = f"by {name(reporter)}, which gets no answer of {name(silent)}"
                    yield text, peer_silent(name(silent), reporter=name(reporter))

    def broken(self, before: World) -> Iterator[str]:
        """A move for a claim within five minutes of another one, or back. Status checks may move at once."""
        assert isinstance(before, PairWorld)
        if self.left is None or before.rested or self.left == before.left:
            return
        if not self.nats[self.left].impaired:
            yield f"a move for a doubt right after another one: {self}"


SHARED_ADDRESS = PairWorld()
OWN_ADDRESSES = PairWorld(own=True, standby_holder=1)
