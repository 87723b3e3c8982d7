"""TCP connections of a private host that stay open: COUNT of them on ports from FIRST, from each ADDRESS.

Usage: connections.py COUNT FIRST ADDRESS... The command ``alive`` sends a line on each and returns how many
of them were answered within three seconds; ``resets`` how many were reset instead.
"""

from __future__ import annotations

import socket
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TARGET = ("198.51.100.2", 7000)
PATIENCE = 3.0


def answered(link: socket.socket, end: float) -> bool:
    try:
        link.settimeout(max(0.01, end - time.monotonic()))
        return bool(link.recv(200))
    except OSError:
        return False


def was_reset(link: socket.socket, end: float) -> bool:
    try:
        link.settimeout(max(0.01, end - time.monotonic()))
        link.recv(200)
    except ConnectionResetError:
        return True
    except OSError:
        return False
    return False


def count(links: list[socket.socket], outcome: Callable[[socket.socket, float], bool]) -> int:
    for link in links:
        try:
            link.sendall(b"0\n")
        except OSError:
            continue
    end = time.monotonic() + PATIENCE
    return sum(outcome(link, end) for link in links)


def main() -> None:
    number_of_ports, first, *addresses = sys.argv[1:]
    links = [
        socket.create_connection(TARGET, timeout=5, source_address=(address, int(first) + number))
        for number in range(int(number_of_ports))
        for address in addresses
    ]
    print("ready", flush=True)
    for command in sys.stdin:
        print(count(links, was_reset if command.strip() == "resets" else answered), flush=True)


main()
