"""What becomes of open TCP connections where each NAT has an address of its own and only the route moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kernel.vpc import NAT_A, NAT_B

if TYPE_CHECKING:
    from tests.kernel.lab import Lab


@pytest.mark.parametrize("dies", [True, False], ids=["the carrier dies", "a planned move"])
def test_each_open_connection_is_reset_at_its_next_packet_and_new_ones_pass(lab: Lab, *, dies: bool) -> None:
    carrier = lab.serving(NAT_A)
    lab.successor(NAT_B)  # with the address that it was launched with
    lab.vpc.set_check(NAT_B, on=False)
    links = lab.private.start("connections.py", "10", "41000", "10.0.11.10")
    assert links.ask("alive") == "10"
    if dies:
        carrier.power_off()
    lab.vpc.replace_route(NAT_B)
    assert links.ask("resets") == "10"
    again = lab.private.start("connections.py", "10", "43000", "10.0.11.10")
    assert again.ask("alive") == "10"
    assert lab.vpc.public == ({NAT_A: "203.0.113.10", NAT_B: "203.0.113.102"})
