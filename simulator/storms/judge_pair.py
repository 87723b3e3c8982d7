"""What must hold besides where two groups serve. Written from the world's own facts, as ``judge`` is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from simulator.engine.faults import Kind
from simulator.engine.interceptor import OPERATOR
from simulator.scenario.peers import DETAIL_TYPE
from simulator.scenario.traffic import Egress
from simulator.storms.judge import CARRIED_OUT, LATE

if TYPE_CHECKING:
    from simulator.aws.instances import Machine
    from simulator.engine.journal import Entry
    from simulator.scenario.world import World

RESTS = 300.0  # seconds between two moves for a claim
CLAIM_LASTS = 120.0  # seconds in which a claim is fresh
SETTLES = 120.0  # seconds in which what somebody did by hand may still be put right
TARGETS = ("NetworkInterfaceId", "NatGatewayId", "GatewayId")


@dataclass
class PairJudge:
    """Watches the moves away from one that serves: only for a claim, seldom, and never back."""

    world: World
    violations: list[str]
    _targets: dict[str, str | None] = field(default_factory=dict)  # interface or gateway, by table
    _up: dict[str, float] = field(default_factory=dict)  # since when a table has egress
    _by_hand: float = -SETTLES  # when somebody last changed something by hand
    _left: list[tuple[float, str, str]] = field(default_factory=list)  # when, who was left, for whom

    def __post_init__(self) -> None:
        tables = self.world.platform.tables
        self._targets = {table: self.world.traffic.ordered(table) for table in tables}
        self._up = {
            table: self.world.clock.elapsed
            for table in tables
            if self.world.traffic.state(table) is Egress.UP
        }

    def listen(self, entry: Entry) -> None:
        """Called for each entry of the journal, at its time."""
        if entry.source == "traffic":
            if entry.what == Egress.UP:
                self._up[str(entry.fields["table"])] = entry.at
            else:
                self._up.pop(str(entry.fields["table"]), None)
        elif entry.source == "api" and entry.fields["outcome"] in {*CARRIED_OUT, Kind.LATE}:
            actor = str(entry.fields["actor"])
            if actor == OPERATOR and not entry.what.startswith("Describe"):
                self._by_hand = entry.at
            elif actor.startswith("lambda"):
                self._write(entry)
            self._follow(entry)

    def _follow(self, entry: Entry) -> None:
        """What a table leads to once this write is carried out, whoever made it."""
        parameters = entry.fields["parameters"]
        assert isinstance(parameters, dict)  # noqa: S101 - the journal copies it
        if entry.what in {"CreateRoute", "ReplaceRoute", "DeleteRoute"}:
            given = [parameters[name] for name in TARGETS if name in parameters]
            self._targets[str(parameters["RouteTableId"])] = str(given[0]) if given else None

    def _write(self, entry: Entry) -> None:
        parameters = entry.fields["parameters"]
        assert isinstance(parameters, dict)  # noqa: S101 - the journal copies it
        if entry.what == "AssociateAddress":
            self._address(entry, str(parameters["AllocationId"]), str(parameters["NetworkInterfaceId"]))
        elif entry.what == "ReplaceRoute" and "NetworkInterfaceId" in parameters:
            self._route(entry, str(parameters["RouteTableId"]), str(parameters["NetworkInterfaceId"]))

    def _address(self, entry: Entry, allocation: str, interface: str) -> None:
        """An address of a group's own stays in its group."""
        platform, machine = self.world.platform, self._behind(interface)
        if not platform.standby_allocation or machine is None:
            return
        group = platform.standby if allocation == platform.standby_allocation else platform.group
        other = platform.group if group == platform.standby else platform.standby
        if machine.id in self.world.members(other):
            self._broken(entry, f"gives the address of {group} to {machine.id} of {other}")

    def _route(self, entry: Entry, table: str, interface: str) -> None:
        left, taken = self._behind(self._targets[table]), self._behind(interface)
        if left is None or taken is None or left is taken or not self._serves(left, table, entry.at):
            return
        for moved, who, whom in self._left:
            if entry.at - moved < LATE and (who, whom) == (left.id, taken.id):
                return  # another table of the same move
            if entry.at - moved < RESTS - LATE:
                self._broken(entry, f"leaves {left.id}, which serves, {entry.at - moved:.0f} s after {who}")
        if not self._claimed(left.id):
            self._broken(entry, f"leaves {left.id}, which serves, and nothing was said of it")
        self._left.append((entry.at, left.id, taken.id))

    def _serves(self, machine: Machine, table: str, at: float) -> bool:
        """For long, in service, with every table, and nobody's hand in it; the address may just have left."""
        groups = (self.world.group, self.world.standby)
        member = next(filter(None, (group.member(machine.id) for group in groups)), None)
        since, same = self._up.get(table), len(set(self._targets.values())) == 1
        rested = since is not None and at - since > LATE and at - self._by_hand > SETTLES
        healthy = member is not None and (member.lifecycle_state, member.health_status) == (
            "InService",
            "Healthy",
        )
        return same and rested and healthy and machine.serves

    def _claimed(self, name: str) -> bool:
        now = self.world.clock.now()
        for event in reversed(self.world.bus.history):
            age = (now - datetime.fromisoformat(event["time"])).total_seconds()
            if age > CLAIM_LASTS + LATE:
                return False
            if event["detail-type"] == DETAIL_TYPE and event["detail"]["SilentInstanceId"] == name:
                return True
        return False

    def _behind(self, interface: str | None) -> Machine | None:
        for machine in self.world.machines.all.values():
            if any(nic.id == interface for nic in machine.instance.nics.values()):
                return machine
        return None

    def _broken(self, entry: Entry, text: str) -> None:
        self.violations.append(f"+{entry.at:.1f} s {entry.what} by {entry.fields['actor']} {text}")
