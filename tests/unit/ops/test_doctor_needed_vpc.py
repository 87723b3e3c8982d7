"""Where VpcId is needed: what the template refuses without it, and a NAT with several interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.ops.doctor_account import account, config
from tests.unit.ops.test_doctor_oddities import lines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.ops.doctor_account import Account

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


# ---- The VPC of the permissions ----
def test_healing_without_a_vpc_is_told_before_the_deployment_is_refused(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, parameters = lines(config, capsys, DriftMode="heal")
    assert said["do", "VPC"] == [f"DriftMode=heal is refused without VpcId → deploy with VpcId={account.vpc}"]
    assert parameters["VpcId"] == account.vpc
    given = {"NatEipAllocationId": account.allocation, "CreateNat": "true"}
    said, _ = lines(config, capsys, **given)
    assert said["do", "VPC"] == [
        f"{needing} is refused without VpcId → deploy with VpcId={account.vpc}" for needing in given
    ]
    for fine in ({}, {"DriftMode": "heal", "VpcId": account.vpc}, {**given, "VpcId": account.vpc}):
        assert not [subject for _, subject in lines(config, capsys, **fine)[0] if subject == "VPC"]


def test_a_nat_with_several_interfaces_needs_the_vpc(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its check is switched off by the interface, which the role may do in a named VPC alone."""
    ec2 = account.client("ec2")
    second = ec2.create_network_interface(SubnetId=account.subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(DeviceIndex=1, InstanceId=account.nat, NetworkInterfaceId=second)
    said, parameters = lines(config, capsys)
    (text,) = said["do", "VPC"]
    assert text.startswith(f"{account.nat} has several interfaces")
    assert text.endswith(f"deploy with VpcId={account.vpc}")
    assert parameters["NatAsgName"] == "acme-egress"
    for fine in ({"VpcId": account.vpc}, {"VpcId": account.vpc, "CreateNat": "true"}):
        assert ("do", "VPC") not in lines(config, capsys, **fine)[0]
