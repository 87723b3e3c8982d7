"""An instance that boots: a namespace with one interface, a disk that outlives it, cloud-init's two folders.

The boot script runs unmodified. What it would change of this machine is its own copy instead: /var, the
console, the boot id, and the two values of the connection table that the kernel gives to no namespace.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.kernel.namespaces import Namespace, wire
from toolchain.build import user_data

if TYPE_CHECKING:
    from types import TracebackType

    from tests.kernel.control import ControlPlane
    from tests.kernel.vpc import Nat, Vpc

STUBS = Path(__file__).parent / "stubs"
# What Amazon Linux 2023 ships and the script may use. No nft, no iptables: those it would have to fetch.
SHIPPED = (
    *(
        "bash",
        "cat",
        "chmod",
        "curl",
        "cut",
        "fallocate",
        "grep",
        "head",
        "install",
        "ip",
        "mktemp",
        "mkswap",
        "nice",
    ),
    *("python3", "rm", "sed", "sleep", "tail", "timeout"),
)
USER_DATA = "cloud/instance/scripts/part-001"
PER_BOOT = "cloud/scripts/per-boot"
FORWARDS_NOTHING = "table ip dead { chain forward { type filter hook forward priority 10; drop; }; }"
OWN_COPIES = {
    "console": "/dev/console",
    "boot_id": "/proc/sys/kernel/random/boot_id",
    "conntrack_max": "/proc/sys/net/netfilter/nf_conntrack_max",
    "conntrack_buckets": "/sys/module/nf_conntrack/parameters/hashsize",
}


@dataclass(frozen=True, slots=True)
class Boot:
    """How a boot went: the script's exit status, what it wrote to the console, its output.

    The log ends with the namespaces that it left behind.
    """

    status: int
    console: str
    log: str
    boot_id: str


class Machine:
    """One NAT instance. ``disk`` stays when it reboots; the kernel's state does not."""

    def __init__(self, nat: Nat, unique: str, router: Namespace, vpc: Vpc, disk: Path) -> None:
        self.nat = nat
        self._unique, self._router, self._vpc = unique, router, vpc
        self._power = ExitStack()
        self.disk = disk
        (disk / "var/lib" / USER_DATA).parent.mkdir(parents=True)
        (disk / "var/lib" / PER_BOOT).mkdir(parents=True)
        self.toolbox = disk / "bin"
        self.toolbox.mkdir()
        self.overrides = disk / "overrides"
        for folder in ("overrides", "run/netns", "services"):
            (disk / folder).mkdir(parents=True)
        self.services: list[subprocess.Popen[bytes]] = []
        for tool in SHIPPED:
            self._ship(tool)

    def _ship(self, tool: str) -> None:
        source = Path("/usr/bin/python3") if tool == "python3" else Path(shutil.which(tool) or "/missing")
        (self.toolbox / tool).symlink_to(source if source.exists() else Path(sys.executable))

    def power_on(self) -> None:
        """A fresh kernel, so to speak: no rules, no connections, forwarding off."""
        self.namespace = self._power.enter_context(Namespace(self._unique, self.nat.port))
        wire(self.namespace, "ens5", self._router, self.nat.port)
        self._power.callback(
            self._router.ip, f"link delete {self.nat.port}"
        )  # a namespace takes its time to go
        self.namespace.ip(
            f"address add {self.nat.address}/24 dev ens5",
            "link set ens5 up",
            "route add default via 10.0.1.1",
            "address add 169.254.169.254/32 dev lo",
        )
        self._vpc.attach(self.nat)
        self.namespace.start("metadata.py", self.nat.instance_id)

    def power_off(self) -> None:
        """Gone at once, with all that it knew."""
        self._power.close()
        self.services.clear()

    def first_boot(self, control: ControlPlane, script: str | None = None, **exports: str) -> Boot:
        """Run user data as cloud-init does on a new instance: the values, then the script."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in exports.items()]
        text = "#!/bin/bash\n" + "".join(lines) + user_data.packed(script or user_data.boot_script())
        path = self.disk / "var/lib" / USER_DATA
        path.write_text(text)
        path.chmod(0o700)
        return self._run("/var/lib/" + USER_DATA, control)

    def reboot(self, control: ControlPlane) -> Boot:
        """Lose the kernel's state and run what was left in cloud-init's per-boot folder."""
        self.power_off()
        self.power_on()
        (script,) = (self.disk / "var/lib" / PER_BOOT).iterdir()
        return self._run(f"/var/lib/{PER_BOOT}/{script.name}", control)

    def _run(self, script: str, control: ControlPlane) -> Boot:
        boot_id = str(uuid.uuid4())
        for name in OWN_COPIES:
            (self.disk / name).write_text(boot_id if name == "boot_id" else "")
        boots = '"$0"; status=$?; ip netns list; exit $status'
        done = subprocess.run(  # noqa: S603 - the boot script itself
            self._command(control, boots, script), capture_output=True, text=True, check=False, timeout=120
        )
        return Boot(done.returncode, (self.disk / "console").read_text(), done.stdout + done.stderr, boot_id)

    def watch(self, control: ControlPlane) -> None:
        """Start the services that the boot asked systemd for, with the commands that it gave."""
        for command in sorted((self.disk / "services").iterdir()):
            service = shlex.split(command.read_text())
            started = subprocess.Popen(  # noqa: S603 - likewise
                self._command(control, 'exec "$0" "$@"', *service), start_new_session=True
            )
            self.services.append(started)
            self._power.callback(_end, started)

    def freeze(self) -> None:
        """Nothing runs on it and nothing is forwarded; its kernel still answers a ping."""
        for service in self.services:
            os.killpg(service.pid, signal.SIGSTOP)
        self.stop_forwarding()

    def stop_forwarding(self) -> None:
        """Its programs run, and nothing is forwarded."""
        self.namespace.nft(FORWARDS_NOTHING)

    def _command(self, control: ControlPlane, command: str, script: str, *arguments: str) -> list[str]:
        """A shell command on this machine's disk and with its tools; ``script`` is its $0."""
        binds = [(str(self.disk / name), place) for name, place in OWN_COPIES.items()]
        binds += [(f"{self.disk}/{folder}", f"/{folder}") for folder in ("var", "run")]
        mounts = [f"mount --bind {source} {place}" for source, place in binds]
        mounts.append("mount -t tmpfs tmpfs /run/netns")
        environment = {
            "PATH": f"{self.overrides}:{STUBS}:{self.toolbox}",
            "LAB_CONTROL": str(control.path),
            "LAB_TOOLBOX": str(self.toolbox),
            "LAB_PYTHON": sys.executable,
            "LAB_IPTABLES": shutil.which("iptables") or "",
        }
        assigned = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
        inner = f'env -i {assigned} bash -c {shlex.quote(command)} "$0" "$@"'
        commands = " && ".join([*mounts, f"exec {inner}"])
        return [*self.namespace.enter, "unshare", "--mount", "bash", "-c", commands, script, *arguments]

    def sized(self) -> tuple[int, int]:
        """The connection table that the script asked for: entries, buckets."""
        entries, buckets = ((self.disk / name).read_text() for name in ("conntrack_max", "conntrack_buckets"))
        return int(entries), int(buckets)

    def __enter__(self) -> Self:
        self.power_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.power_off()


def _end(service: subprocess.Popen[bytes]) -> None:
    """The service with what it has started."""
    os.killpg(service.pid, signal.SIGKILL)
    service.wait()
