"""One ICMP echo at a time: each line on stdin is an address, the answer is 1 or 0, within a second."""

from __future__ import annotations

import socket
import struct
import sys
import time


def checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def answers(address: str) -> bool:
    link = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    body = struct.pack(">HH", 0x7AD, 1) + b"tradai"
    link.sendto(struct.pack(">BBH", 8, 0, checksum(b"\x08\0\0\0" + body)) + body, (address, 0))
    end = time.monotonic() + 1
    while (left := end - time.monotonic()) > 0:
        link.settimeout(left)
        try:
            packet, sender = link.recvfrom(1000)
        except TimeoutError:
            return False
        if sender[0] == address and packet[20] == 0:
            return True
    return False


print("ready", flush=True)
for line in sys.stdin:
    print(int(answers(line.strip())), flush=True)
