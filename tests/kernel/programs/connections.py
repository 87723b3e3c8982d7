"""TCP connections of a private host that stay open: COUNT of them on ports from FIRST, from each ADDRESS.

Usage: connections.py COUNT FIRST ADDRESS... The command ``alive`` sends a line on each and tells how many of
them were answered within three seconds.
"""

from __future__ import annotations

import socket
import sys
import time

TARGET = ("198.51.100.2", 7000)
PATIENCE = 3.0


def answered(link: socket.socket, end: float) -> bool:
    try:
        link.settimeout(max(0.01, end - time.monotonic()))
        return bool(link.recv(200))
    except OSError:
        return False


def alive(links: list[socket.socket]) -> int:
    for link in links:
        try:
            link.sendall(b"0\n")
        except OSError:
            continue
    end = time.monotonic() + PATIENCE
    return sum(answered(link, end) for link in links)


def main() -> None:
    count, first, *addresses = sys.argv[1:]
    links = [
        socket.create_connection(TARGET, timeout=5, source_address=(address, int(first) + number))
        for number in range(int(count))
        for address in addresses
    ]
    print("ready", flush=True)
    for _ in sys.stdin:
        print(alive(links), flush=True)


main()
