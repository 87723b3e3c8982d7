"""Two NATs that watch each other: when an event is put, and when none is."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.kernel.control import Refused
from tests.kernel.pair import Pair, comes
from tests.kernel.vpc import NAT_A, NAT_B, PRIVATE_TABLE

if TYPE_CHECKING:
    from tests.kernel.lab import Lab

BY_STANDBY = (NAT_B.instance_id, NAT_A.instance_id)
BY_CARRIER = (NAT_A.instance_id, NAT_B.instance_id)
ASK = """
import socket
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.settimeout(2)
link.sendto(b"?1", ("10.0.1.10", 3217))
try:
    print(link.recv(64))
except TimeoutError:
    print("no answer")
"""


@pytest.mark.parametrize("fault", ["power_off", "freeze", "stop_forwarding"])
def test_a_peer_that_no_longer_forwards_is_reported_once(lab: Lab, fault: str) -> None:
    pair = Pair(lab)
    carrier, _ = pair.start_both()
    assert "associate-address" not in lab.control.calls
    getattr(carrier, fault)()
    assert comes(lambda: bool(pair.events))
    time.sleep(5)  # the next would come after 30 s
    assert pair.reports() == [BY_STANDBY]
    (event,) = pair.events
    assert (event["Source"], event["DetailType"]) == ("tradai.nat", "NAT Peer Silent")
    assert json.loads(event["Detail"])["Misses"] >= 3


def test_where_they_do_not_reach_each_other_each_reports_the_other_once(lab: Lab) -> None:
    pair = Pair(lab)
    pair.start_both()
    lab.vpc.partition()
    assert comes(lambda: len(pair.events) == 2)
    time.sleep(5)
    assert sorted(pair.reports()) == [BY_CARRIER, BY_STANDBY]


def test_an_event_that_was_refused_is_put_again(lab: Lab) -> None:
    pair = Pair(lab)
    carrier, _ = pair.start_both()
    lab.control.fail_with = Refused("ThrottlingException", "Rate exceeded", "PutEvents")
    carrier.power_off()
    assert comes(lambda: lab.control.calls.count("put-events") >= 2)
    lab.control.fail_with = None
    assert comes(lambda: bool(pair.events))


def test_one_that_does_not_forward_itself_reports_nobody(lab: Lab) -> None:
    pair = Pair(lab)
    pair.start_both()
    lab.internet.ip("link set eth0 down")
    time.sleep(9)
    assert "put-events" not in lab.control.calls


def test_a_peer_that_has_not_answered_yet_is_not_reported(lab: Lab) -> None:
    pair = Pair(lab)
    pair.start(NAT_A)
    time.sleep(7)
    assert pair.events == []


def test_nobody_but_the_peer_is_answered(lab: Lab) -> None:
    _, standby = Pair(lab).start_both()
    lab.vpc.allow_udp(3217)
    lab.router.ip(f"route add {NAT_A.address}/32 dev {NAT_A.port} table {PRIVATE_TABLE}")
    ask = f"{sys.executable} -c '{ASK}'"
    assert standby.namespace.shell(ask).strip() == "b'1 1'"
    assert lab.private.shell(ask).strip() == "no answer"
