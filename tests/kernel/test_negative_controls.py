"""The probes must notice what is broken: a lab that always passes proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kernel.moves import Reconciler, kinds
from tests.kernel.vpc import NAT_A, NAT_B

if TYPE_CHECKING:
    from tests.kernel.lab import Lab


def test_no_forwarding_is_noticed(lab: Lab) -> None:
    machine = lab.serving()
    probe = lab.udp()
    assert probe.flows()
    machine.namespace.shell("echo 0 >/proc/sys/net/ipv4/ip_forward")
    assert probe.is_silent()


def test_no_masquerade_is_noticed(lab: Lab) -> None:
    machine = lab.serving()
    machine.namespace.shell("nft flush ruleset")
    assert lab.udp().is_silent()


def test_a_check_that_is_on_is_noticed_and_the_planner_heals_it(lab: Lab) -> None:
    lab.serving()
    probe = lab.udp()
    assert probe.flows()
    lab.vpc.set_check(NAT_A, on=True)
    assert probe.is_silent()
    loop = Reconciler(lab, (NAT_A,))
    loop.reconcile()
    assert kinds(loop.ordered) == ["DisableSourceDestCheck"]
    assert probe.flows()


def test_an_address_that_is_not_moved_is_noticed(lab: Lab) -> None:
    lab.serving(NAT_A)
    lab.successor(NAT_B)
    udp, tcp = lab.udp(), lab.tcp()
    assert udp.flows()
    assert tcp.flows()
    lab.vpc.set_check(NAT_B, on=False)
    lab.vpc.replace_route(NAT_B)
    assert udp.flows()  # by the launch's own address, which no exchange has on its list
    assert not udp.report().only_elastic
    assert not tcp.flows(1, seconds=1)


def test_a_route_moved_before_the_address_is_noticed_as_a_leak(lab: Lab) -> None:
    lab.serving(NAT_A)
    lab.successor(NAT_B)
    probe = lab.udp()
    assert probe.flows()
    lab.vpc.set_check(NAT_B, on=False)
    lab.vpc.replace_route(NAT_B)
    assert probe.flows(1)
    lab.vpc.associate_address(NAT_B)
    assert probe.flows()
    assert not probe.report().only_elastic
