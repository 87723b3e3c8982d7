"""A path that is narrower than the interface: segments that fit, and ICMP that says so where it may."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.kernel.vpc import NAT_A

if TYPE_CHECKING:
    from tests.kernel.lab import Lab
    from tests.kernel.machine import Machine

NARROW = 1400
UPLOAD = 20_000
FILTER = """
table ip narrow {
  chain output { type filter hook output priority filter; icmp type destination-unreachable drop
  }
}
"""
# An unfragmented datagram that fits the VPC alone, then the path's MTU as the kernel has learned it.
DATAGRAM = """
import select, socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.IPPROTO_IP, 10, 2)
link.connect(('198.51.100.2', 7000))
link.send(bytes(3000))
select.select([link], [], [], 5)
print(link.getsockopt(socket.IPPROTO_IP, 14))
"""


def _serving(lab: Lab, mss: str = "") -> Machine:
    machine = lab.launch(NAT_A)
    assert (boot := lab.boot(machine, NAT_MSS=mss)).status == 0, boot.log
    lab.vpc.set_check(NAT_A, on=False)
    lab.vpc.replace_route(NAT_A)
    return machine


def _segment(lab: Lab) -> int:
    """Of the connection that the internet's host holds; the time stamps take twelve bytes of it."""
    said = lab.internet.shell("ss -Htin state established sport = :7000")
    (size,) = (word.removeprefix("mss:") for word in said.split() if word.startswith("mss:"))
    return int(size) + 12


@pytest.mark.parametrize(
    ("filtered", "mss", "arrives"), [(False, "1460", True), (True, "1460", False), (True, "1340", True)]
)
def test_an_upload_through_a_narrow_hop_beyond_the_next(
    lab: Lab, *, filtered: bool, mss: str, arrives: bool
) -> None:
    _serving(lab, mss)
    lab.narrow(NARROW)
    if filtered:
        lab.router.nft(FILTER)
    assert lab.uploads(UPLOAD, seconds=3) is arrives


@pytest.mark.parametrize(("mtu", "size"), [(1300, 1260), (1500, 1460), (9001, 1460)])
def test_segments_fit_the_smaller_of_parameter_and_route(lab: Lab, mtu: int, size: int) -> None:
    machine = _serving(lab)
    machine.namespace.shell(f"ip route replace $(ip route show default | sed 's/mtu.*//') mtu {mtu}")
    assert lab.tcp().flows()
    assert _segment(lab) == size


def test_a_smaller_parameter_makes_smaller_segments(lab: Lab) -> None:
    _serving(lab, "1200")
    assert lab.tcp().flows()
    assert _segment(lab) == 1200


@pytest.mark.parametrize(
    ("device", "given", "left"), [(9001, "", 1500), (1400, "", 1400), (9001, " mtu 1300", 1300)]
)
def test_the_default_route_is_never_wider_than_the_internet(
    lab: Lab, device: int, given: str, left: int
) -> None:
    machine = lab.launch(NAT_A)
    machine.namespace.shell(
        f"ip link set ens5 mtu {device}; ip route replace default via 10.0.1.1 dev ens5{given}"
    )
    assert (boot := lab.boot(machine)).status == 0, boot.log
    assert f"mtu {left}" in machine.namespace.shell("ip route show default")
    again = lab.boot(machine)
    assert again.status == 0, again.log
    assert machine.namespace.shell("ip route show default").count("mtu") == 1


def test_a_datagram_too_long_for_the_internet_is_answered_by_icmp(lab: Lab) -> None:
    _serving(lab)
    assert lab.private.shell(f'{sys.executable} -c "{DATAGRAM}"').strip() == "1500"
