"""What nat/user-data.sh asks of AWS: its own lines, run by bash beside an ``aws`` that notes arguments."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.contract.permissions.arns import ec2
from tests.contract.permissions.iam import needs
from toolchain.build.user_data import SCRIPT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.permissions.policy import Keys, Need

INSTANCE, INTERFACE = "i-0123456789abcdef0", "eni-0123456789abcdef0"
EVENTS = json.dumps([{"Source": "tradai.nat", "DetailType": "NAT Peer Silent", "Detail": "{}"}])
AWS = """#!/bin/bash
printf '%q ' "$@" >>"$RECORDED"
echo >>"$RECORDED"
"""
# everything but its last line, which starts it
PROGRAM = """
source <(sed '/^main$/d' "$SCRIPT")
INSTANCE_ID=$1 BOOT_ID=0b1c2d3e NAT_READY_TAG=tradai:nat-ready
take_address
signal_readiness
[ -z "$NAT_GROUPS" ] || { peers && tell; }
"""


@dataclass(frozen=True, slots=True)
class Called:
    """One call, as the CLI would make it."""

    operation: str
    parameters: dict[str, Any]
    service: str = "ec2"


def calls(folder: Path, allocation: str, groups: str = "") -> list[Called]:
    """The script's calls, in order; in a pair also those of the service that watches the other NAT."""
    stub, recorded = folder / "aws", folder / "recorded"
    stub.write_text(AWS, encoding="utf-8")
    stub.chmod(0o700)
    environment = {
        "PATH": f"{folder}:/usr/bin:/bin",
        "TMPDIR": str(folder),
        "SCRIPT": str(SCRIPT),
        "RECORDED": str(recorded),
        "MARKED": str(folder / "marked"),
        "NAT_EIP_ALLOCATION_ID": allocation,
        "NAT_GROUPS": groups,
    }
    subprocess.run(["/bin/bash", "-c", PROGRAM, "boot", INSTANCE, EVENTS], env=environment, check=True)  # noqa: S603 - our own script
    return [called(shlex.split(line)) for line in recorded.read_text(encoding="utf-8").splitlines()]


def called(words: list[str]) -> Called:
    """``ec2 create-tags --resources i-0 --tags Key=k,Value=v`` as operation and parameters."""
    service, command, *options = words
    given: dict[str, Any] = {}
    for name, value in zip(options, [*options[1:], "--"], strict=True):
        match name:
            case "--allocation-id":
                given["AllocationId"] = value
            case "--instance-id":
                given["InstanceId"] = value
            case "--resources":
                given["Resources"] = [value]
            case "--tags":
                given["Tags"] = [dict(part.split("=", 1) for part in value.split(","))]
            case "--no-allow-reassociation":
                given["AllowReassociation"] = False
            case "--entries":
                given["Entries"] = json.loads(value)
    return Called("".join(word.capitalize() for word in command.split("-")), given, service)


def asked(calls: list[Called], name: str, itself: str = INSTANCE) -> set[Need]:
    """What IAM is asked; ``itself`` is the instance whose profile the call carries, ``name`` its Name tag."""
    source: Keys = (("ec2:InstanceID", (itself,)), ("ec2:SourceInstanceARN", (ec2(itself),)))
    tagged: Keys = (("aws:ResourceTag/Name", (name,)),)
    return {
        need
        for call in calls
        for need in needs(call.service, call.operation, call.parameters, (*source, *tagged, *_event(call)))
    }


def _event(call: Called) -> Keys:
    return tuple(("events:source", (entry["Source"],)) for entry in call.parameters.get("Entries", ()))
