"""A small world for crashes: up to three NATs, two tables, one address, and what AWS does with writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.unit.update_nat_routes.builder import (
    NOWHERE,
    SIGNAL,
    instance,
    member,
    observed,
    tables,
    to_instance,
)
from update_nat_routes.actions import (
    Action,
    AssociateAddress,
    CompleteLifecycleAction,
    CreateRoute,
    DisableSourceDestCheck,
    ReplaceInstance,
    ReplaceRoute,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from update_nat_routes.events import Trigger
    from update_nat_routes.model import Observed, Target
    from update_nat_routes.settings import Settings

MOST_NATS = 3
AGES = (10, 120, 300)  # seconds: booting, may be taken without a signal, past the deadline of the launch hook


@dataclass(frozen=True, slots=True)
class Nat:
    """An instance and its membership; ``lifecycle`` is empty once it has left the group."""

    lifecycle: str = "InService"
    state: str = "running"
    ready: bool = True
    healthy: bool = True
    check: bool = False
    age: int = 300

    @property
    def stays(self) -> bool:
        return self.lifecycle in {"InService", "Pending:Wait"}

    @property
    def serves(self) -> bool:
        return self.stays and self.healthy and self.state == "running"


LAUNCHED = Nat("Pending:Wait", "pending", ready=False, check=True, age=10)


@dataclass(frozen=True, slots=True)
class World:
    """``targets`` and ``holder`` are indices of ``nats``, which stand in the order of their launch."""

    nats: tuple[Nat, ...] = (Nat(),)
    targets: tuple[int | None, ...] = (0, 0)
    holder: int | None = 0
    abandoned: bool = False

    def change(self, index: int, **values: object) -> World:
        nats = list(self.nats)
        nats[index] = replace(nats[index], **values)  # type: ignore[arg-type]  # its own fields
        return replace(self, nats=tuple(nats))

    def end(self, index: int, lifecycle: str) -> World:
        """Terminated: the address is free again."""
        ended = self.change(index, state="terminated", ready=False, lifecycle=lifecycle)
        return replace(ended, holder=None) if self.holder == index else ended

    @property
    def given(self) -> Settings:
        """What the deployment says."""
        return SIGNAL

    def observe(self) -> Observed:
        """What a pass reads of it."""
        return _observe(self)

    def carry_out(self, action: Action) -> World | None:
        """The world after a write; None where AWS refuses it."""
        return carry_out(self, action)

    def happenings(self) -> Iterator[tuple[str, World]]:
        """What AWS, time and people do, one step each."""
        yield from to_instances(self)
        staying = [nat for nat in self.nats if nat.stays]
        if not staying and len(self.nats) < MOST_NATS:
            yield f"the group launches {name(len(self.nats))}", replace(self, nats=(*self.nats, LAUNCHED))
        yield from routes_deleted(self)

    def claims(self) -> Iterator[tuple[str, Trigger]]:
        """What starts a run beside the schedule and an instance's end."""
        return iter(())

    def broken(self, before: World) -> Iterator[str]:  # noqa: ARG002 - for worlds with more to break
        """What the step that led here from ``before`` broke."""
        return iter(())

    @property
    def right(self) -> bool:
        """Whether every table and the address are with one ready NAT; true where there is none to serve."""
        ready = {index for index, nat in enumerate(self.nats) if nat.serves and nat.ready}
        return not ready or (self.holder in ready and set(self.targets) == {self.holder})


def name(index: int) -> str:
    return f"i-{index}"


def index_of(interface_or_instance: str) -> int:
    return int(interface_or_instance.rsplit("-", 1)[1])


def _observe(world: World) -> Observed:
    targets = [NOWHERE if index is None else target(world, index) for index in world.targets]
    return observed(
        [
            member(name(i), nat.lifecycle, healthy=nat.healthy)
            for i, nat in enumerate(world.nats)
            if nat.lifecycle
        ],
        [
            instance(
                name(i),
                nat.state,
                age=nat.age - i / 1000,
                source_dest_check=nat.check,
                ready_tag="boot" if nat.ready else None,
            )
            for i, nat in enumerate(world.nats)
        ],
        tables(*targets),
        eip=None if world.holder is None else name(world.holder),
        abandoned=world.abandoned,
    )


def target(world: World, index: int) -> Target:
    return to_instance(name(index), blackhole=world.nats[index].state == "terminated")


def carry_out(world: World, action: Action) -> World | None:
    match action:
        case DisableSourceDestCheck():
            index = index_of(action.interface_id)
            return None if world.nats[index].state == "terminated" else world.change(index, check=False)
        case AssociateAddress():
            return _associate(world, index_of(action.instance_id), takes=action.take_from is not None)
        case ReplaceRoute() | CreateRoute():
            return _route(world, action)
        case CompleteLifecycleAction():
            return _complete(world, index_of(action.instance_id), action.result)
        case ReplaceInstance():
            index = index_of(action.instance_id)
            return world.change(index, lifecycle="Terminating:Wait") if world.nats[index].stays else None
        case _:
            return world


def _associate(world: World, index: int, *, takes: bool) -> World | None:
    free = world.holder in {None, index} or takes
    return replace(world, holder=index) if free and world.nats[index].state == "running" else None


def _route(world: World, action: ReplaceRoute | CreateRoute) -> World | None:
    table, index = index_of(action.table_id) - 1, index_of(action.interface_id)
    exists = world.targets[table] is not None
    if exists is isinstance(action, CreateRoute) or world.nats[index].state == "terminated":
        return None
    targets = list(world.targets)
    targets[table] = index
    return replace(world, targets=tuple(targets))


def _complete(world: World, index: int, result: str) -> World | None:
    nat = world.nats[index]
    if nat.lifecycle == "Terminating:Wait":
        return world.end(index, "")
    if nat.lifecycle != "Pending:Wait":
        return None
    if result == "CONTINUE":
        return replace(world.change(index, lifecycle="InService"), abandoned=False)
    return replace(world.end(index, ""), abandoned=True)


def to_instances(world: World) -> Iterator[tuple[str, World]]:
    for index in range(len(world.nats)):
        yield from _to_instance(world, index)
        yield from _in_group(world, index)


def routes_deleted(world: World) -> Iterator[tuple[str, World]]:
    for table, target in enumerate(world.targets):
        if target is not None:
            targets = tuple(None if number == table else other for number, other in enumerate(world.targets))
            yield f"somebody deletes the route of rtb-{table + 1}", replace(world, targets=targets)


def _to_instance(world: World, index: int) -> Iterator[tuple[str, World]]:
    nat = world.nats[index]
    if nat.state != "terminated":
        yield f"{name(index)} dies", world.end(index, nat.lifecycle)
    if nat.state == "pending":
        yield f"{name(index)} runs", world.change(index, state="running")
    if nat.state == "running" and not nat.ready:
        yield f"{name(index)} signals", world.change(index, ready=True)
        if nat.age < AGES[-1]:
            yield f"{name(index)} takes long", world.change(index, age=AGES[AGES.index(nat.age) + 1])


def _in_group(world: World, index: int) -> Iterator[tuple[str, World]]:
    nat = world.nats[index]
    if nat.lifecycle == "InService" and nat.state == "terminated":
        unhealthy = world.change(index, lifecycle="Terminating:Wait", healthy=False)
        yield f"the group's health check finds {name(index)}", unhealthy
    if nat.lifecycle.endswith(":Wait"):
        left = _complete(world, index, "ABANDON")
        if left is not None:
            yield f"the hook of {name(index)} times out", left
