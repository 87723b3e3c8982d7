"""What a NAT can hold and what its security group lets through."""

from __future__ import annotations

import fcntl
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kernel.probes import INTERNET
from tests.kernel.vpc import NAT_A

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kernel.lab import Lab

LIMIT = Path("/proc/sys/net/netfilter/nf_conntrack_max")
USED = Path("/proc/sys/net/netfilter/nf_conntrack_count")
LOCK = Path(tempfile.gettempdir(), "tradai-lab-conntrack.lock")
NANO_DEFAULT = 4096  # what the kernel gives a machine of 512 MB


@contextmanager
def _limited_to(entries: int) -> Iterator[None]:
    """The one value that no namespace has of its own: this machine's limit, put back afterwards.

    Locked, so that of two runs at once neither takes the other's limit for the machine's.
    """
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        former = LIMIT.read_text()
        LIMIT.write_text(f"{entries}\n")
        try:
            yield
        finally:
            LIMIT.write_text(former)


def test_a_sized_connection_table_takes_what_the_default_one_would_refuse(lab: Lab) -> None:
    if int(USED.read_text()) > NANO_DEFAULT // 2:
        pytest.skip("this machine itself tracks too many connections for its limit to be lowered")
    machine = lab.serving()
    with _limited_to(machine.sized()[0]):
        crowd = lab.private.start("crowd.py", str(NANO_DEFAULT + 100))
        assert int(crowd.ask("connected")) == NANO_DEFAULT + 100
        old = lab.tcp()
        assert old.flows()
        assert _connects(lab)
    with _limited_to(NANO_DEFAULT):
        assert old.flows()  # it runs, it forwards what it knows
        assert not _connects(lab)


def _connects(lab: Lab) -> bool:
    """Whether one new connection is made: a single packet, which finds no entry to push out."""
    try:
        lab.private.shell(f"curl --silent --connect-timeout 0.9 http://{INTERNET}/")
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize("port", [53, 123])
def test_a_group_of_tcp_alone_drops_dns_and_time_and_the_parameter_lets_them_pass(
    lab: Lab, port: int
) -> None:
    lab.serving(NAT_A)
    lab.vpc.allow_udp()
    probe = lab.udp(port)
    assert probe.is_silent()
    assert lab.tcp().flows()
    lab.vpc.allow_udp(53, 123)
    assert probe.flows()
