"""The watchman's own program on a NAT that loses its rules, or that nothing helps."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.kernel.control import READY_TAG, Refused
from tests.kernel.test_boot_script import RULES
from tests.kernel.vpc import NAT_A
from toolchain.build.user_data import boot_script

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.lab import Lab
    from tests.kernel.machine import Machine

NOTHING_PASSES = """
table ip odd {
  chain forward {
    type filter hook forward priority 10
    drop
  }
}
"""
PATIENCE = 30.0  # far beyond what is needed: no test's result hangs on it


def _watched(lab: Lab) -> Machine:
    machine = lab.serving()
    machine.watch(lab.control)
    return machine


def _mark(lab: Lab) -> str:
    return lab.control.tags.get(NAT_A.instance_id, {}).get(READY_TAG, "")


def _comes(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def _ruleset(machine: Machine) -> str:
    return machine.namespace.shell("nft list ruleset")


@pytest.mark.parametrize(
    "loss",
    [
        "nft flush ruleset",
        "nft delete table ip tradai_nat",
        "nft flush chain ip tradai_nat forward",
        "nft flush chain ip tradai_nat postrouting",
    ],
)
def test_rules_that_are_dropped_come_back_by_themselves(lab: Lab, loss: str) -> None:
    machine = _watched(lab)
    machine.namespace.shell(loss)
    assert _comes(lambda: _ruleset(machine) == RULES)
    assert lab.udp().flows()
    assert "not-forwarding" not in _mark(lab)


def test_forwarding_and_the_route_s_mtu_come_back_as_well(lab: Lab) -> None:
    machine = _watched(lab)
    machine.namespace.shell("echo 0 >/proc/sys/net/ipv4/ip_forward")
    machine.namespace.shell("ip route replace default via 10.0.1.1 dev ens5")
    assert _comes(lambda: "mtu 1500" in machine.namespace.shell("ip route show default"))
    assert lab.udp().flows()


def test_where_nothing_helps_the_mark_says_so_and_it_is_taken_back(lab: Lab) -> None:
    machine = _watched(lab)
    boot = _mark(lab)
    machine.namespace.nft(NOTHING_PASSES)
    assert _comes(lambda: "not-forwarding" in _mark(lab))
    assert _mark(lab).startswith(f"{boot} not-forwarding 2")
    assert _mark(lab).endswith("Z")
    writes = lab.control.calls.count("create-tags")
    machine.namespace.shell("nft delete table ip odd")
    assert _comes(lambda: _mark(lab) == boot)
    assert lab.control.calls.count("create-tags") == writes + 1


def test_one_target_that_does_not_answer_says_nothing(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    targets = "http://198.51.100.2:81/ http://198.51.100.2/ http://198.51.100.2:82/"
    assert (boot := lab.boot(machine, NAT_SELFTEST_URLS=targets)).status == 0, boot.log
    writes = len(lab.control.calls)
    machine.watch(lab.control)
    time.sleep(8)
    assert len(lab.control.calls) == writes


def test_a_refused_mark_is_written_later(lab: Lab) -> None:
    machine = _watched(lab)
    lab.control.refusals = [Refused("RequestLimitExceeded", "Slow down.", "CreateTags")]
    machine.namespace.nft(NOTHING_PASSES)
    assert _comes(lambda: not lab.control.refusals)
    assert _comes(lambda: "not-forwarding" in _mark(lab))


def test_a_boot_that_failed_is_marked_once_it_forwards(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    lab.internet.ip("link set eth0 down")
    boot = lab.boot(machine, boot_script().replace("SELFTEST_SECONDS=40", "SELFTEST_SECONDS=1"))
    assert boot.status != 0
    assert not _mark(lab)
    lab.internet.ip("link set eth0 up", "route replace 203.0.113.0/24 via 198.51.100.1")
    machine.watch(lab.control)
    assert _comes(lambda: _mark(lab) == boot.boot_id)


def test_a_mark_is_taken_back_after_five_answers_in_a_row(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    script = boot_script().replace("RETRY_SECONDS = 3, 5, 10", "RETRY_SECONDS = 3, 5, 0")
    assert script != boot_script()
    assert (boot := lab.boot(machine, script)).status == 0, boot.log
    machine.watch(lab.control)
    machine.namespace.nft(NOTHING_PASSES)
    assert _comes(lambda: "not-forwarding" in _mark(lab))
    machine.namespace.shell("nft delete table ip odd")
    passes = time.monotonic()
    assert _comes(lambda: _mark(lab) == boot.boot_id)
    assert time.monotonic() - passes > 3.5  # one answer a second
