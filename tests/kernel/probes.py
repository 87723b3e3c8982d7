"""Continuous traffic of the private host, as the tests see it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.kernel.vpc import ELASTIC_IP

if TYPE_CHECKING:
    from tests.kernel.namespaces import Namespace

INTERNET = "198.51.100.2"
ECHO_PORT = 7000
INTERVAL_MS = 5  # of programs/probe.py


@dataclass(frozen=True, slots=True)
class Report:
    """What a probe saw. ``lost`` leaves out what may still be in flight."""

    sent: int
    answered: int
    lost: int
    seen_as: tuple[str, ...]
    broken: str

    @property
    def only_elastic(self) -> bool:
        """Whether the internet saw the private host by no address but the Elastic IP."""
        return set(self.seen_as) <= {ELASTIC_IP}


class Probe:
    """One stream of probes, a UDP source port or one TCP connection, for as long as its host lives."""

    def __init__(self, host: Namespace, kind: str, port: int = ECHO_PORT) -> None:
        self._program = host.start("probe.py", kind, INTERNET, str(port))

    def flows(self, probes: int = 20, seconds: float = 10) -> bool:
        """Whether so many probes sent from now on are answered in time; waits no longer than needed."""
        return bool(json.loads(self._program.ask(f"await {probes} {seconds}"))["answered"])

    def is_silent(self, seconds: float = 0.5) -> bool:
        """Whether not one probe sent from now on is answered within the time."""
        return not self.flows(1, seconds)

    def report(self) -> Report:
        said = json.loads(self._program.ask("report"))
        return Report(said["sent"], said["answered"], said["lost"], tuple(said["seen_as"]), said["broken"])
