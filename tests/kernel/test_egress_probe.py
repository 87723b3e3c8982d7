"""The egress probe's own rounds from the private subnet, through a NAT that is well and one that is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from egress_probe.planner import RULE, Round, Try, Verdict, judge
from tests.kernel.probes import INTERNET
from tests.kernel.vpc import ELASTIC_IP, NAT_A, NAT_B

if TYPE_CHECKING:
    from tests.kernel.lab import Lab

ENDPOINTS = (f"http://{INTERNET}/", f"http://{INTERNET}:81/")  # nobody listens on the other


def _verdict(lab: Lab) -> Verdict:
    asked = json.loads(lab.private.start("ask.py", *ENDPOINTS).ask("ask"))
    round_of_tries = Round(tuple(Try(**attempt) for attempt in asked["tries"]))
    return judge([round_of_tries] * RULE.failed, (ELASTIC_IP,))


def test_a_nat_that_serves_is_up_though_one_endpoint_is_dead(lab: Lab) -> None:
    lab.serving()
    assert _verdict(lab) is Verdict.UP


def test_a_nat_that_runs_and_does_not_forward_is_down(lab: Lab) -> None:
    machine = lab.serving()
    machine.namespace.shell("echo 0 >/proc/sys/net/ipv4/ip_forward")
    assert _verdict(lab) is Verdict.DOWN


def test_a_nat_without_its_masquerade_is_down(lab: Lab) -> None:
    machine = lab.serving()
    machine.namespace.shell("nft flush ruleset")
    assert _verdict(lab) is Verdict.DOWN


def test_a_nat_that_does_not_hold_the_address_has_its_own_error(lab: Lab) -> None:
    lab.serving(NAT_A)
    lab.successor(NAT_B)
    lab.vpc.set_check(NAT_B, on=False)
    lab.vpc.replace_route(NAT_B)
    assert _verdict(lab) is Verdict.WRONG_ADDRESS
