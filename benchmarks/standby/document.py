"""docs/standby-kernel.md, from the runs."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.kernel.standby import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Run:
    """One failover. ``seconds`` from the fault to the first answered packet; ``lost`` in probes of 5 ms."""

    fault: str
    seconds: float
    lost: int
    own_ports: int
    shared_ports: int
    together: bool


def document(runs: Mapping[str, Sequence[Run]], machine: str, date: str, jobs: int) -> str:
    count = max(map(len, runs.values()))
    table = "\n".join(_row(fault, runs[fault]) for fault in FAULTS)
    return f"""# A standby NAT on a real kernel

Written by `make bench-standby` (as root): {count} runs of each fault, {date}, {machine} shared with other work, {jobs} labs at once. `tests/kernel/test_standby.py` asserts the order of the moves and the packets, and no wall time. What a standby is: [standby.md](standby.md).

| fault of the NAT that carries | | seconds until packets flow: median, least to most | UDP probes lost, of one every 5 ms: median, least to most | address and route together in the end | TCP connections that live: of 10 on ports of their own | of 10 that share 5 ports |
|---|---|---|---|---|---|---|
{table}

The lab is two NATs, a private host, the VPC's router and the internet in network namespaces. On both NATs run the boot script, the watchman and the service by which they watch each other, as they are shipped; the event `NAT Peer Silent` starts the shipped handler of `tradai-update-nat-routes`, whose clients answer from the lab. Seconds are wall time from the order to break it to the first answered packet; on a busy machine the probe sends fewer than one packet every 5 ms. A partition stops no traffic: its seconds are the lost probes times 5 ms.

Where the seconds come from: a NAT that no longer answers is reported at the third question in a row without an answer within half a second, one a second. One that answers and does not forward says so itself, three seconds after its watchman last saw it forward, and is reported at that answer.

## What is not in these seconds

- The start of the AWS command line on a t4g.nano, which puts the event: a stub of bash and Python stands in its place here.
- EventBridge's delivery, Lambda's start and the calls to EC2: the handler runs in a thread, and each call and its effect are immediate. [failover-budget.md](failover-budget.md) adds what is published or assumed of them.
- EC2's own word: where an instance is terminated or stopped, its state event may come before the peer's.

## Open TCP connections

The two NATs share no connection tracking. The connections here were silent during the failover, kept the address (it moved with the routes), and then the private host spoke first. The successor's kernel takes such a connection up in its midst (`nf_conntrack_tcp_loose`) and keeps its source port where that is free.

- Ten connections on ports of their own: the successor gives each the port that it had, and they live.
- Ten connections of two hosts, two on each of five source ports to the same destination: the former NAT had given the second of each pair another port, which the successor does not know. In each pair at most one lives, and only if it is the first to speak again; the other is reset by the far side.
- A connection on which the far side speaks first after the move is not known to the successor, which answers with a reset or not at all: it lives only if the private host speaks again before that. Not measured.
- With own addresses (`NatStandbyAddress=own`) every connection breaks, since its source address changes: of ten, ten were reset by the far side at the private host's next packet, with the former NAT dead and with it alive, and ten new ones passed at once (`tests/kernel/test_own_addresses.py`). A client that only listens hears nothing until it sends: keepalives end such a connection.
- Whether AWS's own tracking of connections, in security groups, lets a connection go on from another interface is not published: the drills of [nat-instance.md](nat-instance.md) tell.

Clients must be ready to connect again.
"""


def _row(fault: str, runs: Sequence[Run]) -> str:
    seconds = [run.seconds for run in runs]
    lost = [run.lost for run in runs]
    together = sum(run.together for run in runs)
    time = f"{statistics.median(seconds):.2f}, {min(seconds):.2f} to {max(seconds):.2f}"
    packets = f"{statistics.median(lost):.0f}, {min(lost)} to {max(lost)}"
    own, shared = _range(run.own_ports for run in runs), _range(run.shared_ports for run in runs)
    cells = (fault, FAULTS[fault], time, packets, f"{together} of {len(runs)}", own, shared)
    return f"| {' | '.join(cells)} |"


def _range(counts: Iterable[int]) -> str:
    ordered = sorted(counts)
    return str(ordered[0]) if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"
