"""The NATs' watch over each other: one that gets no answer puts an event, as nat/peer.py does."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from moto.autoscaling.models import ASG_NAME_TAG

from simulator.engine import durations

if TYPE_CHECKING:
    from simulator.aws.event_bridge import EventBus
    from simulator.aws.instances import Machine, Machines
    from simulator.engine.context import SimulationContext

SOURCE, DETAIL_TYPE = "tradai.nat", "NAT Peer Silent"
MISSES = 3
# Between two events of one silence: doubled up to the last.
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 240.0  # seconds


@dataclass
class Peers:
    """Looks after every step whether each NAT still answers the NAT of the other group.

    Attributes:
        partitioned: the two do not reach each other, though each forwards.
    """

    stage: SimulationContext
    bus: EventBus
    machines: Machines
    partitioned: bool = False
    _known: set[str] = field(default_factory=set)  # those that have answered once
    _silent: dict[tuple[str, str], float] = field(default_factory=dict)  # since when, by NAT

    def observe(self) -> None:
        """Called after every step."""
        booted = [
            machine
            for machine in self.machines.all.values()
            if machine.boots and machine.state != "terminated"
        ]
        for machine in booted:
            for peer in booted:
                if _group(machine) != _group(peer):
                    self._listen(machine, peer)

    def _listen(self, machine: Machine, peer: Machine) -> None:
        """A peer is known once it has answered; one that was replaced is asked no more."""
        pair = (machine.id, peer.id)
        if machine.state != "running" or (able(peer) and not self.partitioned):
            self._silent.pop(pair, None)
            if able(peer):
                self._known.add(peer.id)
        elif peer.id in self._known and pair not in self._silent:
            since = self.stage.clock.elapsed
            self._silent[pair] = since
            self.stage.after(durations.PEER_SILENCE, partial(self._tell, machine, peer, since, FIRST_PAUSE))

    def _tell(self, machine: Machine, peer: Machine, since: float, pause: float) -> None:
        """One that does not forward itself says nothing of others; who is gone from EC2 is no peer."""
        if self._silent.get((machine.id, peer.id)) != since or peer.state == "terminated":
            return
        if able(machine):
            detail = {"InstanceId": machine.id, "SilentInstanceId": peer.id, "Misses": MISSES}
            self.bus.put(SOURCE, DETAIL_TYPE, detail, [])
        later = partial(self._tell, machine, peer, since, min(pause * 2, LONGEST_PAUSE))
        self.stage.clock.after(pause, later)


def able(machine: Machine) -> bool:
    """Whether it forwards to the internet, which needs a public address."""
    interface = machine.instance.nics.get(0)
    return machine.serves and interface is not None and interface.public_ip is not None


def _group(machine: Machine) -> str:
    return next((tag["value"] for tag in machine.instance.get_tags() if tag["key"] == ASG_NAME_TAG), "")
