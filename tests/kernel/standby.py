"""One failure of the NAT that carries, with a ready standby: what a private host notices."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.kernel.function import Function
from tests.kernel.pair import Pair
from tests.kernel.probes import INTERVAL_MS, Report
from tests.kernel.vpc import NAT_A, NAT_B, Nat

if TYPE_CHECKING:
    from tests.kernel.lab import Lab

FAULTS = {
    "killed": "its machine is gone at once; EC2 still calls it running",
    "frozen": "its programs stand still and nothing is forwarded; its kernel answers a ping",
    "not forwarding": "its programs run, and nothing is forwarded",
    "partitioned": "the two do not reach each other; each forwards",
}
SECOND_HOST = "10.0.11.11"
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Failover:
    """What was seen. ``seconds`` from the fault until a packet was answered again.

    Attributes:
        lost: UDP probes without an answer, one every 5 ms.
        own_ports: of ten TCP connections on ports of their own, those that lived.
        shared_ports: of ten TCP connections, two on each of five ports, from two hosts, those that lived.
        carriers: the holder of the address and the target of the route in the end.
        reports: who reported whom.
        answers: the function's own.
    """

    seconds: float
    lost: int
    own_ports: int
    shared_ports: int
    carriers: tuple[Nat | None, Nat | None]
    reports: list[tuple[str, str]]
    answers: list[dict[str, object]]
    udp: Report
    pings: bool


def fail_over(lab: Lab, fault: str, settle: float = 3.0) -> Failover:
    """Boot both, let the first carry, break it, and watch for ``settle`` seconds after traffic flows."""
    pair = Pair(lab)
    with Function(pair) as function:
        carrier = pair.start(NAT_A)
        function.invoke({"action": "reconcile"})
        pair.start(NAT_B)
        pair.get_acquainted()
        assert lab.vpc.target == lab.vpc.holder == NAT_A
        lab.private.ip(f"address add {SECOND_HOST}/24 dev eth0")
        others = lab.private.start("connections.py", "10", "41000", "10.0.11.10")
        shared = lab.private.start("connections.py", "5", "42000", "10.0.11.10", SECOND_HOST)
        assert (others.ask("alive"), shared.ask("alive")) == ("10", "10")
        udp = lab.udp()
        assert udp.flows()
        before, began = udp.report().lost, time.monotonic()
        match fault:
            case "killed":
                carrier.power_off()
            case "frozen":
                carrier.freeze()
            case "not forwarding":
                carrier.stop_forwarding()
            case "partitioned":
                lab.vpc.partition()
        pings = lab.router.start("ping.py").ask(NAT_A.address) == "1" if fault != "killed" else False
        assert _moved(lab)
        assert udp.flows(1, PATIENCE)
        seconds = time.monotonic() - began
        time.sleep(settle)
        assert not function.failures
        report = udp.report()
        lost = report.lost - before
        if fault == "partitioned":  # traffic never stopped: what the move itself cost
            seconds = lost * INTERVAL_MS / 1000
        alive = int(others.ask("alive")), int(shared.ask("alive"))
        carriers = (lab.vpc.holder, lab.vpc.target)
        return Failover(
            seconds, lost, *alive, carriers, pair.reports(), list(function.answers), report, pings
        )


def _moved(lab: Lab) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and lab.vpc.target == NAT_A:
        time.sleep(0.01)
    return lab.vpc.target != NAT_A
