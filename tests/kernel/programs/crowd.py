"""So many connections at once, opened and kept. The command ``connected`` returns how many were answered."""

from __future__ import annotations

import resource
import selectors
import socket
import sys
import time

TARGET = ("198.51.100.2", 7000)
PATIENCE = 5.0  # without any answer, then the rest is taken as refused
BATCH = 100


def main() -> None:
    wanted = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + 100, wanted + 100))
    waiting = selectors.DefaultSelector()
    connected: list[socket.socket] = []
    opened = 0
    answered_at = time.monotonic()
    while time.monotonic() - answered_at < PATIENCE and len(connected) < wanted:
        while opened < wanted and opened - len(connected) < BATCH:
            connection = socket.socket()
            connection.settimeout(0)
            connection.connect_ex(TARGET)
            waiting.register(connection, selectors.EVENT_WRITE)
            opened += 1
        for key, _ in waiting.select(0.05):
            waiting.unregister(key.fileobj)
            assert isinstance(key.fileobj, socket.socket)
            connected.append(key.fileobj)
            answered_at = time.monotonic()
    print("ready", flush=True)
    for _ in sys.stdin:
        print(len(connected), flush=True)


main()
