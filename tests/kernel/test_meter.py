"""The NAT's own metrics, by the program that the instance runs; a minute lasts two seconds here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.kernel.control import Refused
from tests.kernel.machine import FORWARDS_NOTHING
from tests.kernel.pair import GROUPS, Pair, comes
from tests.kernel.vpc import NAT_A, NAT_B
from toolchain.build.user_data import boot_script

if TYPE_CHECKING:
    from tests.kernel.lab import Lab
    from tests.kernel.machine import Machine

MINUTE = 2.0
GROUP = GROUPS[NAT_A]
ETHTOOL = """#!/bin/bash
[ "$*" = '-S ens5' ] || exit 64
cat {counters}
"""
PORT_MIRROR = {"tx_timeout": 0, "queue_0_tx_cnt": 77}
ALLOWANCES = dict.fromkeys(
    [
        *(f"{name}_allowance_exceeded" for name in ("bw_in", "bw_out", "pps", "conntrack", "linklocal")),
        "conntrack_allowance_available",
    ],
    0,
)
KERNEL = {"Heartbeat", "Conntrack", "ConntrackPercent"}


def _script() -> str:
    text = boot_script()
    assert "EVERY, FRESH_SECONDS = 60, 3" in text
    return text.replace("EVERY, FRESH_SECONDS = 60, 3", f"EVERY, FRESH_SECONDS = {MINUTE}, 3")


def _driver(machine: Machine, counters: dict[str, int]) -> None:
    """What the driver counts from now on."""
    lines = "".join(f"     {name}: {value}\n" for name, value in counters.items())
    (machine.disk / "counters.new").write_text(f"NIC statistics:\n{lines}")
    (machine.disk / "counters.new").rename(machine.disk / "counters")
    tool = machine.overrides / "ethtool"
    tool.write_text(ETHTOOL.format(counters=machine.disk / "counters"))
    tool.chmod(0o755)


def _metered(lab: Lab, counters: dict[str, int] | None = None) -> Machine:
    machine = lab.launch(NAT_A)
    assert (boot := lab.boot(machine, _script(), NAT_METRICS=f"dev {GROUP}")).status == 0, boot.log
    lab.vpc.set_check(NAT_A, on=False)
    lab.vpc.replace_route(NAT_A)
    if counters is not None:
        _driver(machine, counters)
    machine.watch(lab.control)
    return machine


def _next(lab: Lab, puts: int = 1) -> dict[str, float]:
    """The values of a put that began after now."""
    wanted = len(lab.control.metrics) + puts + 1
    assert comes(lambda: len(lab.control.metrics) >= wanted)
    return {point["MetricName"]: point["Value"] for point in lab.control.metrics[wanted - 1]}


def test_a_put_a_minute_carries_every_metric_of_the_group(lab: Lab) -> None:
    _metered(lab, {**PORT_MIRROR, **ALLOWANCES, "conntrack_allowance_available": 136813})
    _next(lab)
    before, began = len(lab.control.metrics), time.monotonic()
    time.sleep(5 * MINUTE)
    minutes = (time.monotonic() - began) / MINUTE
    # a machine under load may be late, and is never early
    assert 2 <= len(lab.control.metrics) - before <= minutes + 1
    last = lab.control.metrics[-1]
    assert {point["MetricName"] for point in last} == KERNEL | set(ALLOWANCES)
    values = {point["MetricName"]: point["Value"] for point in last}
    assert values["Heartbeat"] == 1
    assert values["Conntrack"] > 0
    assert values["ConntrackPercent"] == round(100 * values["Conntrack"] / 65536, 2)
    assert values["conntrack_allowance_available"] == 136813
    own = [{"Name": "Environment", "Value": "dev"}, {"Name": "Group", "Value": GROUP}]
    assert all(point["Dimensions"] == own for put in lab.control.metrics for point in put)


def test_a_nat_that_forwards_nothing_for_its_clients_has_no_beat(lab: Lab) -> None:
    machine = _metered(lab)
    assert _next(lab)["Heartbeat"] == 1
    machine.namespace.nft(FORWARDS_NOTHING)
    assert comes(lambda: _next(lab)["Heartbeat"] == 0)


def test_packets_of_a_minute_are_told_once_and_a_reset_as_none(lab: Lab) -> None:
    machine = _metered(lab, {**ALLOWANCES, "pps_allowance_exceeded": 70})

    def total() -> float:
        points = [point for put in lab.control.metrics for point in put]
        exceeded = [point for point in points if point["MetricName"] == "pps_allowance_exceeded"]
        return sum(float(point["Value"]) for point in exceeded)

    _next(lab)
    assert total() == 0, "what was counted before is no packet of this minute"
    for count, expected in ((75, 5), (3, 5), (10, 12)):
        _driver(machine, {**ALLOWANCES, "pps_allowance_exceeded": count})
        _next(lab)
        assert total() == expected


@pytest.mark.parametrize("counters", [None, {}, PORT_MIRROR])
def test_what_the_driver_does_not_count_is_not_sent(lab: Lab, counters: dict[str, int] | None) -> None:
    _metered(lab, counters)
    assert set(_next(lab)) == KERNEL


def test_refused_puts_stop_nothing(lab: Lab) -> None:
    machine = _metered(lab, ALLOWANCES)
    _next(lab)
    lab.control.fail_with = Refused("Throttling", "Rate exceeded", "PutMetricData")
    _driver(machine, {**ALLOWANCES, "bw_in_allowance_exceeded": 9})
    tried = lab.control.calls.count("put-metric-data")
    assert comes(lambda: lab.control.calls.count("put-metric-data") >= tried + 3)
    assert lab.udp().flows()
    told = len(lab.control.metrics)
    lab.control.fail_with = None
    assert comes(lambda: len(lab.control.metrics) > told)
    (missed,) = [
        point["Value"]
        for point in lab.control.metrics[told]
        if point["MetricName"] == "bw_in_allowance_exceeded"
    ]
    assert missed == 9


def test_a_put_that_hangs_ends_and_the_next_one_comes(lab: Lab) -> None:
    machine = _metered(lab)
    _next(lab)
    hanging = machine.overrides / "aws"
    hanging.write_text("#!/bin/bash\nexec sleep 600\n")
    hanging.chmod(0o755)
    time.sleep(2 * MINUTE)
    assert lab.udp().flows()
    hanging.unlink()
    told = len(lab.control.metrics)
    assert comes(lambda: len(lab.control.metrics) > told)


def test_without_the_parameter_there_is_no_service(lab: Lab) -> None:
    machine = lab.serving()
    assert {path.name for path in (machine.disk / "services").iterdir()} == {"tradai-nat-watchman"}


def test_each_nat_of_a_pair_reports_its_own_group(lab: Lab) -> None:
    Pair(lab)
    for nat in (NAT_A, NAT_B):
        machine = lab.launch(nat)
        exports = {"NAT_GROUPS": " ".join(GROUPS.values()), "NAT_METRICS": f"dev {GROUPS[NAT_A]}"}
        assert (boot := lab.boot(machine, _script(), **exports)).status == 0, boot.log
        machine.watch(lab.control)
    groups = set(GROUPS.values())
    assert comes(lambda: {put[0]["Dimensions"][1]["Value"] for put in lab.control.metrics} == groups)
