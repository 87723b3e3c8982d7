"""The whole lab: a private host, two NATs, the VPC's router, the internet. Built in a fraction of a second.

private ── router ── internet
           │    │
         nat_a nat_b
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.kernel.control import ALLOCATION, ControlPlane
from tests.kernel.machine import Boot, Machine
from tests.kernel.namespaces import Namespace, wire
from tests.kernel.probes import ECHO_PORT, INTERNET, Probe
from tests.kernel.vpc import NAT_A, NAT_B, Nat, Vpc

if TYPE_CHECKING:
    from types import TracebackType

EXPORTS = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "NAT_EIP_ALLOCATION_ID": ALLOCATION,
    "NAT_SELFTEST_URLS": f"http://{INTERNET}/",
}


class Lab:
    """Hosts, cables and the API. Machines are launched by the tests."""

    def __enter__(self) -> Self:
        self._owned = ExitStack()
        with ExitStack() as building:
            self._unique = uuid.uuid4().hex[:6]
            self._folder = Path(tempfile.mkdtemp(prefix="tradai-lab-"))  # short: a Unix socket's path is
            building.callback(shutil.rmtree, self._folder)
            self.private, self.router, self.internet = (
                building.enter_context(Namespace(self._unique, host))
                for host in ("private", "router", "internet")
            )
            self._lay_cables()
            self.vpc = Vpc(self.router)
            self.vpc.allow_udp(ECHO_PORT)
            self.internet.start("internet.py")
            self.control = building.enter_context(ControlPlane(self.vpc, self._folder / "api"))
            self._owned = building.pop_all()
        return self

    def _lay_cables(self) -> None:
        wire(self.private, "eth0", self.router, "private")
        wire(self.internet, "eth0", self.router, "internet")
        self.private.ip(
            "link set eth0 up",
            "address add 10.0.11.10/24 dev eth0",
            "route add default via 10.0.11.1",
        )
        self.internet.ip(
            "link set eth0 up",
            f"address add {INTERNET}/24 dev eth0",
            "route add 203.0.113.0/24 via 198.51.100.1",
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._owned.close()

    def launch(self, nat: Nat) -> Machine:
        """A new instance, running and not yet booted."""
        machine = Machine(nat, self._unique, self.router, self.vpc, self._folder / nat.port)
        self._owned.enter_context(machine)
        self.vpc.launch(nat)
        return machine

    def boot(self, machine: Machine, script: str | None = None, **exports: str) -> Boot:
        return machine.first_boot(self.control, script, **{**EXPORTS, **exports})

    def serving(self, nat: Nat = NAT_A) -> Machine:
        """An instance that booted and has check, address and route."""
        machine = self.launch(nat)
        assert (boot := self.boot(machine)).status == 0, boot.log
        self.vpc.set_check(nat, on=False)
        self.vpc.replace_route(nat)
        return machine

    def successor(self, nat: Nat = NAT_B) -> Machine:
        """An instance that booted beside a serving one, and has neither address nor route."""
        machine = self.launch(nat)
        assert (boot := self.boot(machine)).status == 0, boot.log
        return machine

    def renew(self, machine: Machine) -> None:
        """A new instance in the place of one that left: nothing known, an address of its own, booted."""
        machine.power_off()
        self.vpc.launch(machine.nat)
        machine.power_on()
        assert (boot := self.boot(machine)).status == 0, boot.log

    def narrow(self, mtu: int) -> None:
        """The link behind the NAT's next hop carries less; the router answers by ICMP what does not fit.

        Its answer comes back to it from the NAT on the way to the private host, its own address as source.
        """
        self.router.ip(f"link set internet mtu {mtu}")
        self.router.shell("echo 1 >/proc/sys/net/ipv4/conf/all/accept_local")

    def uploads(self, size: int, seconds: float) -> bool:
        """Whether the private host can send so many bytes on one connection."""
        program = (
            "import socket; link = socket.create_connection(('198.51.100.2', 7001), timeout=5);"
            f"link.settimeout({seconds}); link.sendall(bytes({size})); link.shutdown(socket.SHUT_WR);"
            f"assert int(link.recv(20)) == {size}"
        )
        try:
            self.private.shell(f'{sys.executable} -c "{program}"')
        except RuntimeError as error:
            if "TimeoutError" not in str(error):
                raise
            return False
        return True

    def udp(self, port: int = ECHO_PORT) -> Probe:
        return Probe(self.private, "udp", port)

    def tcp(self) -> Probe:
        return Probe(self.private, "tcp")
