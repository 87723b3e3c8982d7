"""What a private host notices while the planner moves its default route from one NAT to another."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from tests.kernel.moves import Reconciler, kinds
from tests.kernel.probes import INTERVAL_MS
from tests.kernel.vpc import NAT_A, NAT_B

if TYPE_CHECKING:
    from tests.kernel.lab import Lab

PLANNED_MS = 50  # the most UDP that a planned replacement may lose


def test_in_steady_state_nothing_is_lost(lab: Lab) -> None:
    lab.serving()
    udp, tcp = lab.udp(), lab.tcp()
    assert udp.flows(200)
    assert tcp.flows()
    assert udp.report().lost == 0
    assert udp.report().only_elastic


def test_a_nat_made_by_the_boot_script_serves_after_the_planners_moves(lab: Lab) -> None:
    lab.boot(lab.launch(NAT_A))
    loop = Reconciler(lab, (NAT_A,))
    loop.reconcile()
    assert kinds(loop.ordered) == [
        "DisableSourceDestCheck",
        "CreateRoute",
    ]  # the script took the free address
    assert lab.udp().flows()


def test_a_killed_nat_is_replaced_and_the_connection_survives(lab: Lab) -> None:
    former = lab.serving(NAT_A)
    udp, tcp = lab.udp(), lab.tcp()
    assert udp.flows()
    assert tcp.flows()
    lab.successor(NAT_B)
    former.power_off()
    assert udp.is_silent(0.3)
    loop = Reconciler(lab, (NAT_A, NAT_B), dead=frozenset({NAT_A}))
    loop.reconcile()
    assert kinds(loop.ordered) == ["DisableSourceDestCheck", "AssociateAddress", "ReplaceRoute"]
    assert udp.flows()
    assert tcp.flows()
    assert udp.report().only_elastic
    assert tcp.report().broken == ""


def test_a_planned_replacement_loses_at_most_50_ms_and_no_connection(lab: Lab) -> None:
    """Five moves, each to a machine that just booted; their median, since a busy machine pauses at times."""
    serving, idle = lab.serving(NAT_A), lab.successor(NAT_B)
    udp, tcp = lab.udp(), lab.tcp()
    assert tcp.flows()
    lost: list[int] = []
    for _ in range(5):
        lab.renew(idle)
        assert udp.flows()
        before = udp.report().lost
        Reconciler(lab, (serving.nat, idle.nat)).reconcile()
        assert udp.flows()
        serving, idle = idle, serving
        lost.append(udp.report().lost - before)
    assert tcp.flows()
    assert tcp.report().broken == ""
    assert udp.report().only_elastic
    assert statistics.median(lost) * INTERVAL_MS <= PLANNED_MS, lost
    assert lab.vpc.target == lab.vpc.holder == NAT_B


def test_the_old_nat_may_go_once_all_was_moved(lab: Lab) -> None:
    former = lab.serving(NAT_A)
    lab.successor(NAT_B)
    udp, tcp = lab.udp(), lab.tcp()
    Reconciler(lab, (NAT_A, NAT_B)).reconcile()
    assert udp.flows()
    before = udp.report().lost
    former.power_off()
    assert udp.flows(100)
    assert tcp.flows()
    assert udp.report().lost == before


def test_a_host_of_another_cidr_of_the_vpc_is_served_as_well(lab: Lab) -> None:
    lab.serving()
    lab.router.ip("address add 100.64.3.1/24 dev private")
    lab.private.ip(
        "address flush dev eth0", "address add 100.64.3.10/24 dev eth0", "route add default via 100.64.3.1"
    )
    probe = lab.udp()
    assert probe.flows()
    assert probe.report().only_elastic
