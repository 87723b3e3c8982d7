"""Measures what the watchman costs a NAT that forwards: python -m tests.kernel.watchman_cpu --seconds 600.

It runs nat/watchman.py in the kernel lab, as root, and counts the CPU time of the service with the processes
that it starts. A CPU credit is one vCPU for a minute; a t4g.nano earns six an hour, 5 % of each of its two
vCPUs. Source: Amazon EC2 User Guide, "Key concepts for burstable performance instances".
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from contextlib import suppress
from pathlib import Path

from tests.kernel.lab import Lab

SETTLED_SECONDS = 10.0
CREDIT_SECONDS, CREDITS_AN_HOUR = 60, 6
TICKS = os.sysconf("SC_CLK_TCK")


def processes(session: int) -> list[list[int]]:
    """The figures of /proc/PID/stat after the state, of each process of a session; man 5 proc_pid_stat."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            figures = [int(text) for text in path.read_text(encoding="utf-8").rpartition(")")[2].split()[1:]]
            if figures[2] == session:
                members.append(figures)
    return members


def cpu_seconds(session: int) -> float:
    """User and system time, with that of the children that have been waited for."""
    return sum(sum(figures[10:14]) for figures in processes(session)) / TICKS


def resident_megabytes(session: int) -> float:
    """Of the largest process."""
    return max(figures[20] for figures in processes(session)) * resource.getpagesize() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU time of the NAT's watchman, in the kernel lab.")
    parser.add_argument("--seconds", type=float, default=600)
    seconds = parser.parse_args().seconds
    with Lab() as lab:
        machine = lab.serving()
        machine.watch(lab.control)
        (service,) = machine.services
        session = service.pid
        time.sleep(SETTLED_SECONDS)
        before, began = cpu_seconds(session), time.monotonic()
        time.sleep(seconds)
        used, took = cpu_seconds(session) - before, time.monotonic() - began
        resident = resident_megabytes(session)
    hourly = used / took * 3600
    print(f"{used:.2f} s of CPU in {took:.0f} s, {hourly:.1f} s an hour, {resident:.0f} MB resident")
    share = hourly / CREDIT_SECONDS / CREDITS_AN_HOUR
    print(
        f"{hourly / CREDIT_SECONDS:.2f} of the {CREDITS_AN_HOUR} credits that a t4g.nano earns: {share:.1%}"
    )


if __name__ == "__main__":
    main()
