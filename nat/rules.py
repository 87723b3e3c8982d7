"""Loads the NAT's rules by netlink, in one transaction that replaces its predecessor.

Usage: python3 - INTERFACE MSS. What `nft` would print of them, for ens5 and 1460:

    table ip tradai_nat {
        chain postrouting { type nat hook postrouting priority srcnat; oifname "ens5" masquerade }
        chain forward { type filter hook forward priority mangle;
                        tcp flags syn / syn,rst tcp option maxseg size set 1460
                        tcp flags syn / syn,rst tcp option maxseg size set rt mtu }
    }

The kernel lowers a segment size and never raises it: the smaller of the two stays. Amazon Linux ships python3
(3.9) but no nft, and fetching one costs more than the rest of the boot (docs/decisions/0501).
"""

import os
import socket
import struct
import sys

# Numbers of linux/netfilter/nf_tables.h; an attribute's number counts within its own message or expression.
BATCH_BEGIN, BATCH_END, NEW_TABLE, DELETE_TABLE, NEW_CHAIN, NEW_RULE = 0x10, 0x11, 0xA00, 0xA02, 0xA03, 0xA06
REQUEST, ACK, CREATE, APPEND = 0x1, 0x4, 0x400, 0x800
META_OIFNAME, META_L4PROTO, TRANSPORT, TCP_OPTION, RT_TCPMSS, REGISTER = 7, 16, 2, 1, 3, 1
TABLE = "tradai_nat"


def attribute(number: int, value: "bytes | str | int | list[bytes]") -> bytes:
    nested = 0
    if isinstance(value, list):
        nested, value = 0x8000, b"".join(value)
    elif isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack(">I", value & 0xFFFFFFFF)
    return struct.pack("=HH", 4 + len(value), number | nested) + value + bytes(-len(value) % 4)


def attributes(**numbered: "bytes | str | int | list[bytes]") -> "list[bytes]":
    """a1=... is attribute 1."""
    return [attribute(int(name[1:]), value) for name, value in numbered.items()]


def message(kind: int, *body: bytes, flags: int = ACK, family: int = socket.AF_INET, group: int = 0) -> bytes:
    content = struct.pack(">BBH", family, 0, group) + b"".join(body)
    return struct.pack("=IHHII", 16 + len(content), kind, REQUEST | flags, 0, 0) + content


def chain(name: str, kind: str, hook: int, priority: int) -> bytes:
    hooked = attributes(a1=hook, a2=priority)
    return message(NEW_CHAIN, *attributes(a1=TABLE, a3=name, a4=hooked, a7=kind), flags=ACK | CREATE)


def rule(chain_name: str, *expressions: bytes) -> bytes:
    flags = ACK | CREATE | APPEND
    return message(NEW_RULE, *attributes(a1=TABLE, a2=chain_name, a4=list(expressions)), flags=flags)


def expression(name: str, **numbered: "bytes | str | int | list[bytes]") -> bytes:
    return attribute(1, attributes(a1=name, a2=attributes(**numbered)))


def equals(value: bytes) -> bytes:
    return expression("cmp", a1=REGISTER, a2=0, a3=attributes(a1=value))


def clamp(*size: bytes) -> bytes:
    """Of new connections, to the size that the expressions leave in the register."""
    return rule(
        "forward",
        expression("meta", a1=REGISTER, a2=META_L4PROTO),
        equals(bytes([socket.IPPROTO_TCP])),
        expression(
            "payload", a1=REGISTER, a2=TRANSPORT, a3=13, a4=1
        ),  # the byte of flags: SYN is 2, RST is 4
        expression(
            "bitwise", a1=REGISTER, a2=REGISTER, a3=1, a4=attributes(a1=b"\6"), a5=attributes(a1=b"\0")
        ),
        equals(b"\2"),
        *size,
        expression(
            "exthdr", a2=b"\2", a3=2, a4=2, a6=TCP_OPTION, a7=REGISTER
        ),  # option 2, its two bytes at 2
    )


def load(batch: "list[bytes]") -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:
        kernel.settimeout(10)
        begin, end = (message(kind, flags=0, family=0, group=10) for kind in (BATCH_BEGIN, BATCH_END))
        kernel.send(begin + b"".join(batch) + end)
        for _ in batch:
            error = -struct.unpack_from("=i", kernel.recv(65536), 16)[0]
            if error:
                sys.exit("nf_tables: " + os.strerror(error))


interface, mss = sys.argv[1].encode().ljust(16, b"\0"), struct.pack(">H", int(sys.argv[2]))
load(
    [
        message(NEW_TABLE, *attributes(a1=TABLE), flags=ACK | CREATE),
        message(DELETE_TABLE, *attributes(a1=TABLE)),
        message(NEW_TABLE, *attributes(a1=TABLE), flags=ACK | CREATE),
        chain("postrouting", "nat", hook=4, priority=100),
        rule(
            "postrouting",
            expression("meta", a1=REGISTER, a2=META_OIFNAME),
            equals(interface),
            expression("masq"),
        ),
        chain("forward", "filter", hook=2, priority=-150),
        clamp(expression("immediate", a1=REGISTER, a2=attributes(a1=mss))),
        clamp(
            expression("rt", a1=REGISTER, a2=RT_TCPMSS),
            expression("byteorder", a1=REGISTER, a2=REGISTER, a3=1, a4=2, a5=2),  # to the network's order
        ),
    ]
)
