"""What must hold in every storm. Written from the world's own facts, without the product's judgements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.aws.instances import ENDING
from simulator.engine.interceptor import OPERATOR
from simulator.scenario.peers import able

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.aws.instances import Machine
    from simulator.engine.journal import Entry
    from simulator.scenario.world import World

# What a run may know late: what EC2 shows of a state, a pass of its own, and a call that hangs with retries.
LATE = 30.0
CARRIED_OUT = {"ok", "answer lost"}
NOTICED = 5.0  # seconds: three misses of its peer, a second apart, and the event's delivery
MOVES = {"ReplaceRoute", "CreateRoute", "AssociateAddress"}
ENDS = {"TerminateInstanceInAutoScalingGroup", "SetInstanceHealth"}


@dataclass
class Judge:
    """Watches one world's journal; ``violations`` has a line for each invariant that was broken."""

    world: World
    signals: bool
    violations: list[str] = field(default_factory=list)
    _ended: dict[str, float] = field(default_factory=dict)  # when an instance began to end
    _serving: dict[str, float] = field(default_factory=dict)  # since when an instance forwards
    _silent: dict[str, float] = field(default_factory=dict)  # since when it runs and forwards no more
    _idle: set[str] = field(default_factory=set)  # those that carried nothing when they fell silent
    _external: dict[str, float] = field(default_factory=dict)  # tables that somebody pointed at a gateway
    _taken: dict[str, float] = field(default_factory=dict)  # since when a stranger has an address
    _runs: dict[str, Entry] = field(default_factory=dict)  # the beginning of each

    def __post_init__(self) -> None:
        now = self.world.clock.elapsed
        self._serving = {name: now for name, machine in self.world.machines.all.items() if machine.serves}

    def listen(self, entry: Entry) -> None:
        """Called for each entry of the journal, at its time."""
        match entry.source:
            case "ec2":
                self._instance(entry)
            case "api":
                self._call(entry)
            case "lambda" if entry.what == "starts":
                self._runs[str(entry.fields["invocation"])] = entry

    def _instance(self, entry: Entry) -> None:
        name = str(entry.fields["instance"])
        if entry.what in ENDING:
            self._ended.setdefault(name, entry.at)
        if entry.what == "forwards no more":
            self._silent[name] = entry.at
            carries = self._leads_to(self.world.machines[name], self.world.platform.tables)
            (self._idle.discard if carries else self._idle.add)(name)
        if entry.what == "forwards" and self.world.machines[name].serves:
            self._serving[name] = entry.at
            self._silent.pop(name, None)
        elif entry.what in ENDING | {"forwards no more", "reboots"}:
            self._serving.pop(name, None)
        if entry.what == "pending":
            self._ended.pop(name, None)

    def _call(self, entry: Entry) -> None:
        if entry.fields["outcome"] not in CARRIED_OUT:
            return
        parameters = entry.fields["parameters"]
        assert isinstance(parameters, dict)  # noqa: S101 - the journal copies it
        if entry.fields["actor"] == OPERATOR:
            self._by_hand(entry, parameters)
        elif not str(entry.fields["actor"]).startswith("lambda"):
            return  # an instance's own boot script
        elif entry.what in MOVES:
            self._move(entry, parameters)
        elif entry.what in ENDS:
            self._end(entry, str(parameters["InstanceId"]))

    def _by_hand(self, entry: Entry, parameters: dict[str, object]) -> None:
        table = str(parameters.get("RouteTableId"))
        if entry.what == "CreateRoute" and "GatewayId" in parameters:
            self._external[table] = entry.at
        elif entry.what == "DeleteRoute":
            self._external.pop(table, None)
        elif entry.what == "AssociateAddress":
            self._taken[str(parameters["AllocationId"])] = entry.at
        elif entry.what == "DisassociateAddress":
            self._taken.clear()

    def _move(self, entry: Entry, parameters: dict[str, object]) -> None:
        if "NatGatewayId" in parameters:
            self._fall_back(entry)
            return
        machine = self._behind(str(parameters["NetworkInterfaceId"]))
        if machine is None:
            self._broken(entry, "moves to an interface of no instance")
            return
        ended = self._ended.get(machine.id)
        if ended is not None and entry.at - ended > LATE:
            self._broken(entry, f"moves to {machine.id}, which ended {entry.at - ended:.0f} s before")
        if self._member(machine.id) is None and ended is None:
            self._broken(entry, f"moves to {machine.id}, which is no member")
        since = self._external.get(str(parameters.get("RouteTableId")))
        if since is not None and entry.at - since > LATE:
            self._broken(entry, "overwrites a route that leads to a gateway")
        since = self._taken.get(str(parameters.get("AllocationId")))
        if since is not None and entry.at - since > LATE:
            self._broken(entry, "takes the address from a stranger")
        self._past_one_that_serves(entry, machine)

    def _past_one_that_serves(self, entry: Entry, machine: Machine) -> None:
        if not self.signals or machine.forwarding or machine.state != "running":
            return  # without a signal nothing but "running" can be known
        parameters: Any = entry.fields["parameters"]
        others = [name for name in self.world.platform.tables if name != parameters.get("RouteTableId")]
        if entry.what == "CreateRoute" and self._leads_to(machine, others):
            return  # a table without a route joins the others, before anything more is read
        if machine.id in self._idle and machine.impaired and machine.impaired_since is None:
            return  # EC2 does not show it yet, and what a peer says of one that carries nothing is not kept
        if self._not_known(entry, machine):
            return
        serving = [
            name
            for name, since in self._serving.items()
            if entry.at - since > LATE and name != machine.id and self._could_serve(name)
        ]
        if entry.what == "AssociateAddress" and self.world.platform.standby_allocation:
            # each group has an address of its own, which takes traffic from that group's NATs alone
            serving = [name for name in serving if self._group(name) is self._group(machine.id)]
        if serving:
            self._broken(entry, f"moves to {machine.id}, which forwards nothing, while {serving} serve")

    def _not_known(self, entry: Entry, machine: Machine) -> bool:
        """Whether its peer has not missed it three times, or the run cannot know that it fails."""
        silent_since, run = self._silent.get(machine.id), self._runs.get(str(entry.fields["actor"]))
        if silent_since is None or entry.at - silent_since < NOTICED:
            return silent_since is not None
        if run is not None and run.at < silent_since + NOTICED and entry.at - silent_since < LATE:
            return True  # it carries out what it planned before, after calls that hung
        # no event's run reads status checks, or follows a claim within five minutes of another one
        event = run is not None and run.fields["trigger"] != "reconcile"
        address = entry.what == "AssociateAddress" and self._leads_to(machine, self.world.platform.tables)
        return event and address and machine.impaired

    def _leads_to(self, machine: Machine, tables: Iterable[str]) -> bool:
        own = {nic.id for nic in machine.instance.nics.values()}
        return any(self.world.traffic.ordered(table) in own for table in tables)

    def _fall_back(self, entry: Entry) -> None:
        """To the NAT gateway behind both, only where nobody could serve."""
        could = [
            name
            for name, since in self._serving.items()
            if entry.at - since > LATE and self._could_serve(name)
        ]
        if could:
            self._broken(entry, f"goes to the NAT gateway, while {could} could serve")

    def _could_serve(self, name: str) -> bool:
        """Of two, one without a public address could not."""
        alone = not self.world.platform.standby
        return self._in_service(name) and (alone or able(self.world.machines[name]))

    def _group(self, name: str) -> Any:
        groups = [self.world.group, *([self.world.standby] if self.world.platform.standby else [])]
        return next((group for group in groups if group.member(name)), None)

    def _member(self, name: str) -> Any:
        group = self._group(name)
        return group.member(name) if group else None

    def _in_service(self, name: str) -> bool:
        member = self._member(name)
        return (
            member is not None and member.lifecycle_state == "InService" and member.health_status == "Healthy"
        )

    def _end(self, entry: Entry, name: str) -> None:
        since = self._serving.get(name)
        if since is not None and entry.at - since > LATE and name not in self._ended:
            self._broken(entry, f"ends {name}, which serves")

    def _behind(self, interface: str) -> Machine | None:
        for machine in self.world.machines.all.values():
            if any(nic.id == interface for nic in machine.instance.nics.values()):
                return machine
        return None

    def _broken(self, entry: Entry, text: str) -> None:
        self.violations.append(f"+{entry.at:.1f} s {entry.what} by {entry.fields['actor']} {text}")
