"""The NAT watches itself: a connection a second through its own masquerade, its rules every five seconds.

Usage: python3 - SCRIPT NAMESPACE; the values are the boot script's, by environment. SCRIPT is that script,
whose `mend` and `mark VALUE` are called; NAMESPACE is the path of the client's network namespace.

The targets are asked in turn, one a second, and all at once after a failure. As many failures in a row as
there are targets, three at least, mean that all fail. Then the rules are put right; where that does not help,
the mark says so:

    <boot id>                                       it forwards
    <boot id> not-forwarding 2026-11-27T15:30:00Z   and since when not, UTC

The mark is written on change only. The time of each success, by the monotonic clock, goes into the file
FORWARDED, where the service that answers the other NAT reads it (nat/peer.py). Amazon Linux 2023 runs
this with Python 3.9.
"""

import ctypes
import errno
import itertools
import os
import select
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

SCRIPT, NAMESPACE = sys.argv[1:3]
BOOT_ID, MARKED, INTERFACE, FORWARDED = (
    os.environ[name] for name in ("BOOT_ID", "MARKED", "INTERFACE", "FORWARDED")
)
TARGETS = [
    (str(url.hostname), url.port or {"http": 80}.get(url.scheme, 443))
    for url in map(urlsplit, os.environ["NAT_SELFTEST_URLS"].split())
]
ALL_FAIL = max(3, len(TARGETS))
RECOVERED = 5  # successes in a row, so that the mark does not flap
RULES, CHECK_EVERY, RETRY_SECONDS = 3, 5, 10
GET_RULES, NEW_RULE, NETLINK_ERROR, NETLINK_DONE, DUMP = 0xA07, 0xA06, 2, 3, 0x301


def client_socket() -> socket.socket:
    """A socket of the client's namespace, where it stays when this process has come back."""
    enter = ctypes.CDLL(None, use_errno=True).setns
    with open("/proc/self/ns/net") as own, open(NAMESPACE) as client:
        try:
            if enter(client.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
            return socket.socket()
        finally:
            enter(own.fileno(), 0)


def connects(targets: "list[tuple[str, int]]", until: float) -> bool:
    """Whether any of them takes a connection in time; all are asked at once."""
    with ExitStack() as opened:
        waiting = []
        for target in targets:
            link = opened.enter_context(client_socket())
            link.settimeout(0)
            with suppress(OSError):
                if link.connect_ex(target) in (0, errno.EINPROGRESS):
                    waiting.append(link)
        while waiting:
            ended = select.select([], waiting, [], max(0.1, until - time.monotonic()))[1]
            if any(link.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 for link in ended):
                return True
            waiting = [link for link in waiting if link not in ended] if ended else []
    return False


def rule_count() -> int:
    """The rules that stand in the kernel, asked by netlink."""
    count = 0
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:
        kernel.settimeout(2)
        kernel.send(struct.pack("=IHHIIBBH", 20, GET_RULES, DUMP, 0, 0, socket.AF_INET, 0, 0))
        while True:
            answer = kernel.recv(65536)
            while answer:
                length, kind = struct.unpack_from("=IH", answer)
                if kind in (NETLINK_ERROR, NETLINK_DONE):
                    return count
                count += kind == NEW_RULE and b"tradai_nat\0" in answer[:length]
                answer = answer[(length + 3) & ~3 :]


def in_order() -> bool:
    """Whether forwarding, the rules and the route's MTU are as the boot script left them."""
    with open("/proc/sys/net/ipv4/ip_forward") as flag:
        forwards = flag.read(1) == "1"
    route = subprocess.run(["ip", "-4", "route", "show", "default", "dev", INTERFACE], capture_output=True)
    return forwards and rule_count() == RULES and b" mtu " in route.stdout


def mend(reason: str) -> None:
    print("tradai-nat: healing:", reason, flush=True)
    subprocess.run([SCRIPT, "mend"], timeout=120)


class Mark:
    """The tag, written by a process of its own, so that a call that hangs stops nothing."""

    def __init__(self) -> None:
        self.writer = None  # type: subprocess.Popen[bytes] | None
        self.ordered, self.written, self.next = "", "", 0.0
        with suppress(OSError), open(MARKED) as file:
            self.written = file.read().strip()

    def write(self, value: str) -> None:
        if self.writer and self.writer.poll() is None:
            return
        if self.writer and self.writer.returncode == 0:
            self.written = self.ordered
        if self.written.split()[:2] != value.split()[:2] and time.monotonic() > self.next:
            self.next = time.monotonic() + RETRY_SECONDS
            self.ordered, self.writer = value, subprocess.Popen([SCRIPT, "mark", value])


def watch() -> None:
    mark, failures, successes, checkable = Mark(), 0, 0, True
    value, forwarded = "", os.open(FORWARDED, os.O_WRONLY | os.O_CREAT, 0o644)
    for second, target in zip(itertools.count(1), itertools.cycle(TARGETS)):
        until = time.monotonic() + 1
        forwards = connects(TARGETS if failures else [target], until)
        failures, successes = (0, successes + 1) if forwards else (failures + 1, 0)
        if forwards:
            os.pwrite(forwarded, b"%017.3f" % time.monotonic(), 0)
        if failures == ALL_FAIL:
            mend("no target answers")
        elif second % CHECK_EVERY == 0 and checkable and not in_order():
            mend("rules, route or forwarding are not as they were")
            checkable = in_order()  # rules by iptables stand elsewhere
        if failures == 2 * ALL_FAIL:
            value = time.strftime(BOOT_ID + " not-forwarding %Y-%m-%dT%H:%M:%SZ", time.gmtime())
        elif successes == RECOVERED:
            value = BOOT_ID
        if value:
            mark.write(value)
        time.sleep(max(0, until - time.monotonic()))


watch()
