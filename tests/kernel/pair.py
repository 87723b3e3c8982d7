"""Two booted NATs in the groups of a pair, with their services, and the events that they put."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.kernel.vpc import NAT_A, NAT_B, Nat

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kernel.lab import Lab
    from tests.kernel.machine import Machine

PATIENCE = 30.0  # far beyond what is needed: no test's result hangs on it
ACQUAINTED = 4.0  # seconds until each has been found and has answered
GROUPS = {NAT_A: "tradai-nat-asg-dev", NAT_B: "tradai-nat-standby-asg-dev"}


class Pair:
    """``events`` are those of the instances, in order, as PutEvents got them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.events: list[dict[str, str]] = []
        self.listener: Callable[[dict[str, str]], None] = lambda _: None
        self.groups = lab.control.groups = dict(GROUPS)
        lab.control.on_event = self._take

    def _take(self, event: dict[str, str]) -> None:
        self.events.append(event)
        self.listener(event)

    def start(self, nat: Nat) -> Machine:
        machine = self.lab.launch(nat)
        boot = self.lab.boot(machine, NAT_GROUPS=" ".join(GROUPS.values()))
        assert boot.status == 0, boot.log
        machine.watch(self.lab.control)
        return machine

    def start_both(self) -> tuple[Machine, Machine]:
        """Until each has answered the other."""
        machines = self.start(NAT_A), self.start(NAT_B)
        self.get_acquainted()
        return machines

    def get_acquainted(self) -> None:
        """Until each has found the other and has its answer."""
        time.sleep(ACQUAINTED)
        assert self.events == []

    def reports(self) -> list[tuple[str, str]]:
        """Who reported whom."""
        details = [json.loads(event["Detail"]) for event in self.events]
        return [(detail["InstanceId"], detail["SilentInstanceId"]) for detail in details]


def comes(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
