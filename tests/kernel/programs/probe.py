"""A private host's continuous traffic, UDP or TCP, measured by what comes back.

Usage: probe.py udp|tcp ADDRESS PORT. Commands on stdin, an answer in JSON for each:
  await N SECONDS   wait until N probes sent from now on were answered; returns whether they were
  report            what was sent and answered so far
The report counts as lost only what was sent before the last answered probe: none that is still in flight.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from dataclasses import dataclass, field

INTERVAL = 0.005


@dataclass(slots=True)
class Tally:
    sent: int = 0
    answered: set[int] = field(default_factory=set)
    seen_as: list[str] = field(default_factory=list)  # the public addresses, in order of appearance
    broken: str = ""

    def take(self, answer: bytes) -> None:
        address, number = answer.decode().split()
        self.answered.add(int(number))
        if not self.seen_as or self.seen_as[-1] != address:
            self.seen_as.append(address)

    def report(self) -> dict[str, object]:
        latest = max(self.answered, default=-1)
        return {
            "sent": self.sent,
            "answered": len(self.answered),
            "lost": latest + 1 - len(self.answered),
            "seen_as": self.seen_as,
            "broken": self.broken,
        }


class Udp:
    def __init__(self, target: tuple[str, int]) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(target)
        self.socket.settimeout(0)

    def send(self, number: int) -> None:
        self.socket.send(b"%d" % number)

    def receive(self) -> list[bytes]:
        return [self.socket.recv(200)]


class Tcp:
    def __init__(self, target: tuple[str, int]) -> None:
        self.socket = socket.create_connection(target, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0)
        self._rest = b""

    def send(self, number: int) -> None:
        self.socket.send(b"%d\n" % number)

    def receive(self) -> list[bytes]:
        if not (data := self.socket.recv(65536)):
            raise ConnectionResetError("closed by the peer")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def exchange(link: Udp | Tcp, tally: Tally, until: float) -> bool:
    """Send one probe and receive until ``until``; True when a command waits on stdin."""
    try:
        link.send(tally.sent)
        tally.sent += 1
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([link.socket, sys.stdin], [], [], left)
            if link.socket in ready:
                for answer in link.receive():
                    tally.take(answer)
            if sys.stdin in ready:
                return True
    except BlockingIOError:
        pass
    except OSError as error:  # what the network answers is the finding; a UDP socket goes on
        tally.broken = tally.broken or type(error).__name__
        if isinstance(link, Tcp):
            time.sleep(INTERVAL)
            return bool(select.select([sys.stdin], [], [], 0)[0])
    return False


def main() -> None:
    kind, address, port = sys.argv[1:]
    link = (Udp if kind == "udp" else Tcp)((address, int(port)))
    tally = Tally()
    wanted, start, deadline, waiting = 0, 0, 0.0, False
    print("ready", flush=True)
    while True:
        if exchange(link, tally, time.monotonic() + INTERVAL):
            if not (command := sys.stdin.readline().split()):
                return
            if command[0] == "await":
                wanted, start, waiting = int(command[1]), tally.sent, True
                deadline = time.monotonic() + float(command[2])
            else:
                print(json.dumps(tally.report()), flush=True)
        if waiting:
            fresh = sum(number >= start for number in tally.answered)
            if fresh >= wanted or time.monotonic() > deadline:
                print(json.dumps({"answered": fresh >= wanted}), flush=True)
                waiting = False


main()
