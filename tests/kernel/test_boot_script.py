"""The boot script, unmodified, on a real kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.kernel.control import READY_TAG, Refused
from tests.kernel.vpc import ELASTIC_IP, NAT_A, NAT_B
from toolchain.build.user_data import boot_script, packed, unpacked

if TYPE_CHECKING:
    from tests.kernel.lab import Lab
    from tests.kernel.machine import Boot, Machine

REFUSING_SECONDS = 10.0
RULES = """\
table ip tradai_nat {
	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		oifname "ens5" masquerade
	}

	chain forward {
		type filter hook forward priority mangle; policy accept;
		tcp flags syn / syn,rst tcp option maxseg size set 1460
		tcp flags syn / syn,rst tcp option maxseg size set rt mtu
	}
}
"""


def _without(step: str) -> str:
    """The script with one step's command left out."""
    text = boot_script()
    assert step in text
    return text.replace(step, "true")


def _said(boot: Boot) -> str:
    (line,) = boot.console.splitlines()
    return line


def _tag(lab: Lab) -> str | None:
    return lab.control.tags.get(NAT_A.instance_id, {}).get(READY_TAG)


def _kernel(machine: Machine, value: str) -> str:
    return machine.namespace.shell(f"cat /proc/sys/net/ipv4/{value}").strip()


def test_a_fresh_instance_boots_into_service(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    boot = lab.boot(machine)
    assert boot.status == 0, boot.log
    assert _said(boot).startswith(f"TRADAI-NAT-READY instance={NAT_A.instance_id} boot={boot.boot_id} ")
    assert machine.namespace.shell("nft list ruleset") == RULES
    assert _kernel(machine, "ip_forward") == "1"
    assert machine.sized() == (65536, 16384)
    assert _kernel(machine, "conf/all/send_redirects") == _kernel(machine, "conf/ens5/send_redirects") == "0"
    assert lab.vpc.public[NAT_A] == ELASTIC_IP
    assert _tag(lab) == boot.boot_id


def test_readiness_is_signalled_last(lab: Lab) -> None:
    lab.boot(lab.launch(NAT_A))
    assert lab.control.calls == ["associate-address", "create-tags"]


def test_the_self_test_leaves_nothing_behind(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    assert lab.boot(machine).log.splitlines()[-1].startswith("TRADAI-NAT-READY")
    assert machine.namespace.shell("ip -brief link").split("\n")[-2].startswith("ens5")


def test_running_it_twice_changes_nothing(lab: Lab) -> None:
    machine = lab.serving()
    probe = lab.tcp()
    assert probe.flows()
    again = lab.boot(machine)
    assert again.status == 0, again.log
    assert machine.namespace.shell("nft list ruleset") == RULES
    assert probe.flows()
    assert _tag(lab) == again.boot_id


def test_a_reboot_brings_it_back_with_a_new_signal(lab: Lab) -> None:
    """Connections may be reset: until the rules are back, the kernel answers for what it no longer knows."""
    machine = lab.serving()
    udp = lab.udp()
    assert udp.flows()
    boot = machine.reboot(lab.control)
    assert boot.status == 0, boot.log
    assert _tag(lab) == boot.boot_id
    assert udp.flows()
    assert lab.tcp().flows()
    assert udp.report().only_elastic


def test_a_replacement_never_takes_the_address_from_a_serving_nat(lab: Lab) -> None:
    lab.serving(NAT_A)
    probe = lab.udp()
    assert probe.flows()
    successor = lab.boot(lab.launch(NAT_B))
    assert successor.status == 0, successor.log
    assert lab.vpc.holder == NAT_A
    assert probe.flows()
    assert probe.report().lost == 0


def test_without_an_allocation_no_address_is_taken(lab: Lab) -> None:
    boot = lab.boot(lab.launch(NAT_A), NAT_EIP_ALLOCATION_ID="")
    assert boot.status == 0, boot.log
    assert lab.control.calls == ["create-tags"]


@pytest.mark.parametrize("step", ["echo 1 >/proc/sys/net/ipv4/ip_forward", 'rules_by_netlink "$INTERFACE"'])
def test_a_nat_that_would_not_forward_or_masquerade_never_signals(lab: Lab, step: str) -> None:
    quick = _without(step).replace("SELFTEST_SECONDS=40", "SELFTEST_SECONDS=1")
    boot = lab.boot(lab.launch(NAT_A), quick)
    assert boot.status != 0
    assert _said(boot).startswith("TRADAI-NAT-FAILED step=self-test reason=curl: (28)")
    assert lab.control.calls == []


def test_a_refused_address_fails_no_boot(lab: Lab) -> None:
    lab.control.fail_with = Refused("AuthFailure", "It is not yours.", "AssociateAddress")
    boot = lab.boot(lab.launch(NAT_A), boot_script().replace("ADDRESS_UNTIL=90", "ADDRESS_UNTIL=1"))
    assert boot.status == 0, boot.log
    assert "the address was not taken" in boot.log
    assert _tag(lab) == boot.boot_id


def test_a_refused_mark_fails_loudly_with_awss_own_words(lab: Lab) -> None:
    lab.control.fail_with = Refused("UnauthorizedOperation", "It is not yours.", "CreateTags")
    boot = lab.boot(lab.launch(NAT_A), boot_script().replace("READY_UNTIL=180", "READY_UNTIL=1"))
    assert boot.status != 0
    assert _said(boot) == (
        "TRADAI-NAT-FAILED step=ready reason=An error occurred (UnauthorizedOperation) "
        "when calling the CreateTags operation: It is not yours."
    )
    assert _tag(lab) is None


def test_a_boot_outlasts_refusals_that_pass(lab: Lab) -> None:
    missing = Refused("InvalidInstanceID.NotFound", "The instance does not exist.", "CreateTags")
    pending = Refused("IncorrectInstanceState", "The instance is pending.", "AssociateAddress")
    lab.control.refusals = [pending, missing, pending]
    boot = lab.boot(lab.launch(NAT_A))
    assert boot.status == 0, boot.log
    assert lab.vpc.holder == NAT_A
    assert _tag(lab) == boot.boot_id


def test_a_boot_through_ten_seconds_of_refusals_ends_ready(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """EC2 refuses every call for ten seconds after the first one, and then answers."""
    answer, times, refused = lab.control.call, list[float](), list[str]()

    def refuse_at_first(arguments: list[str]) -> None:
        times.append(time.monotonic())
        if times[-1] - times[0] < REFUSING_SECONDS:
            refused.append(arguments[1])
            raise Refused("RequestLimitExceeded", "Request limit exceeded.", arguments[1])
        answer(arguments)

    monkeypatch.setattr(lab.control, "call", refuse_at_first)
    boot = lab.boot(lab.launch(NAT_A))
    assert boot.status == 0, boot.log
    assert _said(boot).startswith("TRADAI-NAT-READY")
    assert len(refused) > 1
    assert lab.control.calls == ["associate-address", "create-tags"]
    assert times[-1] - times[0] >= REFUSING_SECONDS
    assert lab.vpc.holder == NAT_A
    assert _tag(lab) == boot.boot_id


def test_a_boot_that_fails_after_one_that_served_leaves_no_mark(lab: Lab) -> None:
    machine = lab.serving()
    assert _tag(lab)
    per_boot = machine.disk / "var/lib/cloud/scripts/per-boot/tradai-nat"
    text = per_boot.read_text()
    broken = unpacked(text).replace("step forwarding forward_packets", "step forwarding false")
    per_boot.write_text(text.replace(packed(unpacked(text)), packed(broken)))
    assert machine.reboot(lab.control).status != 0
    assert _tag(lab) == ""


def test_a_boot_after_one_that_failed_ends_ready(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    lab.internet.ip("link set eth0 down")
    failed = lab.boot(machine, boot_script().replace("SELFTEST_SECONDS=40", "SELFTEST_SECONDS=1"))
    assert failed.status != 0
    assert not _tag(lab)
    lab.internet.ip("link set eth0 up", "route replace 203.0.113.0/24 via 198.51.100.1")
    again = machine.reboot(lab.control)
    assert again.status == 0, again.log
    assert machine.namespace.shell("nft list ruleset") == RULES
    assert lab.vpc.holder == NAT_A
    assert _tag(lab) == again.boot_id


def test_a_missing_value_fails_loudly(lab: Lab) -> None:
    boot = lab.boot(lab.launch(NAT_A), AWS_DEFAULT_REGION="")
    assert boot.status != 0
    assert _said(boot).startswith("TRADAI-NAT-FAILED step=values reason=")
    assert _said(boot).endswith("AWS_DEFAULT_REGION: is not set")


def test_where_the_kernel_refuses_iptables_is_fetched_with_swap_and_serves_as_well(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    _break(machine, "python3", "-")
    boot = lab.boot(machine)
    assert boot.status == 0, boot.log
    assert "fetching iptables" in boot.log
    again = lab.boot(machine)
    assert again.status == 0, again.log
    rules = machine.namespace.shell("iptables-save")
    assert rules.count("-j MASQUERADE") == rules.count("-j TCPMSS --set-mss 1460") == 1
    assert rules.count("-j TCPMSS --clamp-mss-to-pmtu") == 1
    assert not list((machine.disk / "var").glob("*.swap"))
    lab.vpc.set_check(NAT_A, on=False)
    lab.vpc.replace_route(NAT_A)
    assert lab.tcp().flows()


def test_where_nothing_can_be_fetched_either_it_fails_loudly(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    _break(machine, "python3", "-")
    _break(machine, "swapon")
    boot = lab.boot(machine)
    assert boot.status != 0
    assert _said(boot).startswith("TRADAI-NAT-FAILED step=masquerade reason=")


def _break(machine: Machine, tool: str, argument: str = "") -> None:
    """Put something in a tool's place that only fails, or fails with this first argument."""
    path = machine.overrides / tool
    real = f'[ "$1" = "{argument}" ] || exec {machine.toolbox}/{tool} "$@"\n' if argument else ""
    path.write_text(f"#!/bin/bash\n{real}echo '{tool}: broken' >&2\nexit 1\n")
    path.chmod(0o700)


def test_a_script_that_does_not_unpack_fails_loudly(lab: Lab) -> None:
    machine = lab.launch(NAT_A)
    _break(machine, "python3")
    boot = lab.boot(machine)
    assert boot.status == 1
    assert _said(boot) == "TRADAI-NAT-FAILED step=unpack reason=exit status 1"


def test_connections_leave_with_a_segment_size_that_the_internet_carries(lab: Lab) -> None:
    lab.serving()
    assert lab.tcp().flows()
    assert "mss:1448 " in lab.internet.shell(
        "ss -Htin state established sport = :7000"
    )  # 1460 less timestamps
