"""Whether traffic gets out: the ground truth of each private route table, at every instant.

It is computed from what the world is (routes, interfaces, machines), not from what a function says of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import ASG_NAME_TAG

from simulator.engine import durations
from simulator.moto_patches.network import DEFAULT_ROUTE, PROPAGATED

if TYPE_CHECKING:
    from simulator.aws.instances import Machine, Machines
    from simulator.engine.context import SimulationContext
    from simulator.scenario.platform import Platform


class Egress(StrEnum):
    """What becomes of a packet that leaves a private subnet."""

    UP = "up"
    NO_ROUTE = "no default route"
    GONE = "target gone"
    NOT_RUNNING = "target not running"
    CHECKED = "source/destination check on"
    NOT_FORWARDING = "target does not forward"
    NO_ADDRESS = "target has not the address"


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without egress; ``end`` is None while it lasts. Seconds after the world's start."""

    table: str
    start: float
    end: float | None
    causes: tuple[Egress, ...]

    @property
    def seconds(self) -> float:
        return float("inf") if self.end is None else self.end - self.start


@dataclass
class _Table:
    """One table: what packets follow, and how they fare."""

    target: str | None = None  # the interface or NAT gateway that packets follow
    ordered: str | None = None  # the interface that the API shows; packets follow after a moment
    state: Egress = Egress.UP
    since: float = 0.0
    causes: list[Egress] = field(default_factory=list)


class Traffic:
    """Watches the world after every step."""

    def __init__(
        self, stage: SimulationContext, backend: Any, machines: Machines, platform: Platform
    ) -> None:
        self.outages: list[Outage] = []
        self._backend = backend
        self._tables = {table: _Table(state=Egress.NO_ROUTE) for table in platform.tables}
        self._allocations = platform.allocations if platform.allocation else {}
        self._holders: dict[str, str | None] = {}  # the interface that packets find behind each address
        self._ordered_holders: dict[str, str | None] = {}
        self._machines = machines
        self._stage = stage
        self._down_since: dict[str, float] = dict.fromkeys(platform.tables, 0.0)

    def state(self, table: str) -> Egress:
        return self._tables[table].state

    def ordered(self, table: str) -> str | None:
        """The interface or NAT gateway that a table's default route named at the end of the last step."""
        return self._tables[table].ordered

    @property
    def up(self) -> bool:
        """Whether every table has egress."""
        return all(table.state is Egress.UP for table in self._tables.values())

    def observe(self) -> None:
        """Look at the world; called after every step."""
        self._follow_address()
        for name, table in self._tables.items():
            self._follow_route(name, table)
            state = self._fate(table.target)
            if state is not table.state:
                self._change(name, table, state)

    def since(self, moment: float) -> list[Outage]:
        """The outages that touched the time after a moment, those that last included."""
        lasting = [
            Outage(name, self._down_since[name], None, tuple(table.causes))
            for name, table in self._tables.items()
            if table.state is not Egress.UP
        ]
        return [outage for outage in [*self.outages, *lasting] if outage.end is None or outage.end > moment]

    def _change(self, name: str, table: _Table, state: Egress) -> None:
        now = self._stage.clock.elapsed
        if table.state is Egress.UP:
            self._down_since[name], table.causes = now, [state]
        elif state is Egress.UP:
            self.outages.append(Outage(name, self._down_since[name], now, tuple(table.causes)))
        else:
            table.causes.append(state)
        table.state = state
        self._stage.journal.note("traffic", str(state), table=name)

    def _follow_route(self, name: str, table: _Table) -> None:
        routes = [
            route
            for route in self._backend.route_tables[name].routes
            if route.destination_cidr_block == DEFAULT_ROUTE
        ]
        route = min(routes, key=lambda route: route.origin == PROPAGATED, default=None)  # a static one wins
        gateway = route.nat_gateway.id if route and route.nat_gateway else None
        ordered = gateway or (route.network_interface_id if route else None)
        if ordered != table.ordered:
            table.ordered = ordered
            self._stage.after(durations.ROUTE_EFFECT, lambda: self._take(table, ordered))

    @staticmethod
    def _take(table: _Table, ordered: str | None) -> None:
        if table.ordered == ordered:
            table.target = ordered

    def _follow_address(self) -> None:
        for allocation in set(self._allocations.values()):
            address = next(
                (each for each in self._backend.addresses if each.allocation_id == allocation), None
            )
            ordered = address.eni.id if address and address.eni else None
            if ordered != self._ordered_holders.get(allocation):
                self._ordered_holders[allocation] = ordered
                self._stage.after(durations.ADDRESS_EFFECT, partial(self._hold, allocation, ordered))

    def _hold(self, allocation: str, ordered: str | None) -> None:
        if self._ordered_holders[allocation] == ordered:
            self._holders[allocation] = ordered

    def _fate(self, target: str | None) -> Egress:
        if target is None:
            return Egress.NO_ROUTE
        if target in self._backend.nat_gateways:
            return Egress.UP
        interface = self._backend.enis.get(target)
        if interface is None or interface.instance is None:
            return Egress.GONE
        fate = _fate_at(interface, self._machines[interface.instance.id])
        tags = interface.instance.get_tags()
        group = next((tag["value"] for tag in tags if tag["key"] == ASG_NAME_TAG), None)
        allocation = self._allocations.get(group or "") or next(iter(self._allocations.values()), None)
        if fate is Egress.UP and allocation and self._holders.get(allocation) != target:
            return Egress.NO_ADDRESS
        return fate


def _fate_at(interface: Any, machine: Machine) -> Egress:
    """What the instance behind an interface does with a packet that is not for itself."""
    if machine.state != "running":
        return Egress.NOT_RUNNING
    if interface.source_dest_check:
        return Egress.CHECKED
    return Egress.UP if machine.serves else Egress.NOT_FORWARDING
