"""Boot scripts of simulated NATs: the adopted platform's, the toolkit's own, and one that breaks."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from simulator.aws.instances import Machine, Script
from simulator.engine import durations
from tradai_shared import clock
from tradai_shared.aws import clients

if TYPE_CHECKING:
    from simulator.engine.durations import Duration

READY_TAG = "tradai:nat-ready"

# An adopted NAT that forwards and calls nothing: the function alone brings it address and routes.
ADOPTED = Script()

BROKEN = Script(
    forwards=False, console="TRADAI-NAT-FAILED step=masquerade reason=No match for argument: iptables-nft"
)


def own(allocation: str = "", boot: Duration = durations.BOOT_PACKAGED) -> Script:
    """The AWS calls of nat/user-data.sh: take the address if it is free, then signal with the boot's id.

    Without an allocation it takes no address, as where there is a standby.
    """

    def steps(machine: Machine) -> None:
        ec2 = boto3.client("ec2", config=clients.client_config())
        if allocation:
            with suppress(ClientError):  # the function moves what is refused here
                ec2.associate_address(
                    AllocationId=allocation, InstanceId=machine.id, AllowReassociation=False
                )
        ec2.create_tags(Resources=[machine.id], Tags=[{"Key": READY_TAG, "Value": machine.boot_id}])
        machine.console = f"TRADAI-NAT-READY instance={machine.id} boot={machine.boot_id}"

    return Script(boot=boot, steps=steps, watchman=mark_not_forwarding)


def mark_not_forwarding(machine: Machine) -> None:
    """What nat/watchman.py does when its repairs do not help."""
    ec2 = boto3.client("ec2", config=clients.client_config())
    value = f"{machine.boot_id} not-forwarding {clock.now():%Y-%m-%dT%H:%M:%SZ}"
    ec2.create_tags(Resources=[machine.id], Tags=[{"Key": READY_TAG, "Value": value}])
