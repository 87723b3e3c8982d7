"""Network namespaces of this process, their programs, and their removal even after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

PROGRAMS = Path(__file__).parent / "programs"
NETNS = Path("/run/netns")
PREFIX = "tradai-"
VPC_MTU = "9001"


def run(*command: str, stdin: str | None = None) -> str:
    """Run a command and return its output; a failure carries the command's own words."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - the commands are this folder's own
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def sweep() -> None:
    """Remove namespaces whose process is gone: those of a run that was killed."""
    for path in NETNS.glob(f"{PREFIX}*"):
        pid = path.name.removeprefix(PREFIX).split("-")[0]
        if not Path("/proc", pid).exists():
            run("ip", "netns", "delete", path.name)


class Program:
    """A Python program inside a namespace that says ``ready`` and answers commands by a line each."""

    def __init__(self, namespace: Namespace, name: str, *arguments: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - a program of this folder
            [*namespace.enter, sys.executable, str(PROGRAMS / name), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if (said := self._read()) != "ready":
            self.stop()
            raise RuntimeError(f"{name} did not start: {said!r}")

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, command: str) -> str:
        assert self._process.stdin is not None
        print(command, file=self._process.stdin, flush=True)
        return self._read()

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Namespace:
    """One host of the lab. ``unique`` keeps labs that run side by side apart."""

    def __init__(self, unique: str, host: str) -> None:
        self.name = f"{PREFIX}{os.getpid()}-{unique}-{host}"
        self.enter = ("nsenter", f"--net={NETNS / self.name}", "--")
        self._owned = ExitStack()

    def __enter__(self) -> Self:
        run("ip", "netns", "add", self.name)
        self._owned.callback(run, "ip", "netns", "delete", self.name)
        self.ip("link set lo up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._owned.close()

    def ip(self, *commands: str) -> None:
        """Run commands of ip, all in one process."""
        run("ip", "-netns", self.name, "-batch", "-", stdin="\n".join(commands) + "\n")

    def nft(self, rules: str) -> None:
        """Apply rules in one transaction."""
        run(*self.enter, "nft", "-f", "-", stdin=rules)

    def shell(self, command: str) -> str:
        return run(*self.enter, "bash", "-ec", command)

    def start(self, program: str, *arguments: str) -> Program:
        """Start a program that ends with the namespace."""
        started = Program(self, program, *arguments)
        self._owned.callback(started.stop)
        return started


def wire(left: Namespace, left_name: str, right: Namespace, right_name: str) -> None:
    """Lay a cable between two hosts, with a VPC's MTU."""
    run(
        *("ip", "link", "add", left_name, "netns", left.name, "mtu", VPC_MTU, "type", "veth"),
        *("peer", "name", right_name, "netns", right.name, "mtu", VPC_MTU),
    )
