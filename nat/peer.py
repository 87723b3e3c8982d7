"""Two NATs ask each other once a second whether they forward; one that hears nothing puts an event.

Usage: python3 - SCRIPT; INSTANCE_ID and FORWARDED are the boot script's, by environment. SCRIPT is that
script, whose `peers` and `tell EVENTS` are called: the AWS command line in a process of its own, so that a
call that hangs stops nothing. The peers are the running members of the other group, looked up at the start,
every 30 seconds and after a miss. UDP 3217 between the private addresses:

    ?<number>      the question
    <number> 1     the answer: the asked NAT forwarded within the last three seconds
    <number> 0     it did not

Answers go to the peers' addresses alone. A question without an answer in half a second is a miss. The answer
0 counts as three, since it speaks of three seconds. At three misses the event "NAT Peer Silent" is put, again
after 30 s and then at doubled intervals up to 240 s. An instance that does not forward itself puts none, and
none is put about a peer that has not forwarded since it was found: it boots. Amazon Linux 2023 runs this with
Python 3.9.
"""

import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress

SCRIPT = sys.argv[1]
INSTANCE_ID, FORWARDED = os.environ["INSTANCE_ID"], os.environ["FORWARDED"]
PORT, ANSWER_SECONDS, FRESH_SECONDS, MISSES, FIND_EVERY = 3217, 0.5, 3, 3, 30
FIRST_PAUSE, LONGEST_PAUSE = 30, 240  # seconds between two events of one silence


def forwards() -> bool:
    """Whether this NAT's watchman has seen it forward within the last three seconds."""
    with suppress(OSError, ValueError), open(FORWARDED) as file:
        return time.monotonic() - float(file.read()) < FRESH_SECONDS
    return False


class Peer:
    """One instance of the other group."""

    def __init__(self, instance_id: str, address: str) -> None:
        self.id, self.address = instance_id, address
        self.known = False  # has forwarded since it was found
        self.misses, self.next, self.pause = 0, 0.0, FIRST_PAUSE
        self.answer = None  # type: bool | None
        self.teller = None  # type: subprocess.Popen[bytes] | None

    def judge(self) -> bool:
        """Whether this second's miss is the first of a silence; tells what is to be told."""
        if self.answer:
            self.known, self.misses, self.next, self.pause = True, 0, 0.0, FIRST_PAUSE
            return False
        first = self.misses == 0
        self.misses += 1 if self.answer is None else MISSES
        now = time.monotonic()
        if self.teller and self.teller.poll():  # the call failed: again at the next miss
            self.teller, self.next = None, now
        if self.known and self.misses >= MISSES and now >= self.next and forwards():
            self.next, self.pause = now + self.pause, min(2 * self.pause, LONGEST_PAUSE)
            self.tell()
        return first

    def tell(self) -> None:
        print("tradai-nat: peer silent:", self.id, flush=True)
        detail = {"InstanceId": INSTANCE_ID, "SilentInstanceId": self.id, "Misses": self.misses}
        event = {"Source": "tradai.nat", "DetailType": "NAT Peer Silent", "Detail": json.dumps(detail)}
        self.teller = subprocess.Popen([SCRIPT, "tell", json.dumps([event])])


class Finder:
    """DescribeInstances, in a process of its own."""

    def __init__(self) -> None:
        self.process = None  # type: subprocess.Popen[bytes] | None

    def start(self) -> None:
        if not self.process:
            self.process = subprocess.Popen([SCRIPT, "peers"], stdout=subprocess.PIPE)

    def update(self, peers: "dict[str, Peer]") -> "dict[str, Peer]":
        """The peers by id, once the call has ended; until then, or where it failed, those of before."""
        if not self.process or self.process.poll() is None:
            return peers
        (output, _), failed = self.process.communicate(), self.process.returncode
        self.process = None
        if failed:
            return peers
        rows = [row for row in json.loads(output) if row["Address"] and row["Tags"]]
        groups = {
            row["Id"]: tag["Value"]
            for row in rows
            for tag in row["Tags"]
            if tag["Key"] == "aws:autoscaling:groupName"
        }
        own = groups.get(INSTANCE_ID)
        return {
            row["Id"]: peers.get(row["Id"]) or Peer(row["Id"], row["Address"])
            for row in rows
            if own and groups.get(row["Id"], own) != own
        }


def receive(link: socket.socket, number: bytes, peers: "dict[str, Peer]") -> None:
    data, sender = link.recvfrom(64)
    for peer in peers.values():
        if peer.address != sender[0]:
            continue
        if data.startswith(b"?"):
            with suppress(OSError):
                link.sendto(data[1:] + (b" 1" if forwards() else b" 0"), sender)
        elif data.startswith(number + b" "):
            peer.answer = data.endswith(b" 1")


def receive_until(until: float, link: socket.socket, number: bytes, peers: "dict[str, Peer]") -> None:
    while (left := until - time.monotonic()) > 0:
        if select.select([link], [], [], left)[0]:
            receive(link, number, peers)


def main() -> None:
    peers, finder = {}, Finder()  # type: dict[str, Peer], Finder
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("", PORT))
        missed = False
        for second in itertools.count():
            until = time.monotonic() + 1
            if second % FIND_EVERY == 0 or missed:
                finder.start()
            peers, number = finder.update(peers), b"%d" % second
            for peer in peers.values():
                peer.answer = None
                with suppress(OSError):
                    link.sendto(b"?" + number, (peer.address, PORT))
            receive_until(until - 1 + ANSWER_SECONDS, link, number, peers)
            missed = True in [peer.judge() for peer in peers.values()]
            receive_until(until, link, number, peers)


main()
