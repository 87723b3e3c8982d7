"""A carrier that fails beside a ready standby: real scripts and handler, a real kernel. No wall time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kernel.standby import fail_over
from tests.kernel.vpc import NAT_A, NAT_B

if TYPE_CHECKING:
    from tests.kernel.lab import Lab
    from tests.kernel.standby import Failover

BY_STANDBY = (NAT_B.instance_id, NAT_A.instance_id)
BY_CARRIER = (NAT_A.instance_id, NAT_B.instance_id)
MOVES = ["TagGroup", "DisableSourceDestCheck", "AssociateAddress", "ReplaceRoute"]
PREPARED = ["DisableSourceDestCheck", "TagGroup", "AssociateAddress", "ReplaceRoute"]  # by an earlier report
MOST_LOST = 100  # probes, of one every 5 ms, where traffic never stopped


def _done(failover: Failover) -> list[str]:
    """The function's writes after the first run, which put the carrier into service."""
    answers: list[Any] = failover.answers[1:]
    results = [result for answer in answers for result in answer["data"]["results"]]
    return [result["action"] for result in results if result.get("status") == "done"]


@pytest.mark.parametrize("fault", ["killed", "frozen", "not forwarding"])
def test_a_carrier_that_fails_is_replaced_by_the_standby_once(lab: Lab, fault: str) -> None:
    failover = fail_over(lab, fault)
    assert failover.pings is (fault != "killed")
    assert failover.reports == [BY_STANDBY]
    assert _done(failover) == MOVES
    assert failover.carriers == (NAT_B, NAT_B)
    assert failover.lost > 0
    assert failover.udp.only_elastic
    assert failover.own_ports == 10
    assert failover.shared_ports < 10  # without shared connection tracking: docs/standby-kernel.md


def test_two_that_do_not_reach_each_other_pass_the_traffic_on_once_at_most(lab: Lab) -> None:
    failover = fail_over(lab, "partitioned", settle=8)
    # the carrier's own report may find no egress any more: its address has moved
    assert sorted(failover.reports) in ([BY_STANDBY], [BY_CARRIER, BY_STANDBY])
    assert _done(failover) in (MOVES, PREPARED)
    assert failover.carriers == (NAT_B, NAT_B)
    assert failover.lost < MOST_LOST
    assert failover.udp.only_elastic
