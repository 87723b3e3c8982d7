"""How long egress is down when the NAT that carries fails beside a ready standby: on this machine's kernel.

The lab of tests/kernel, as root: the real boot script, watchman, peer service and handler. Writes
docs/standby-kernel.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.standby.document import Run, document
from tests.kernel.lab import Lab
from tests.kernel.namespaces import sweep
from tests.kernel.standby import FAULTS, fail_over

DOCUMENT = Path(__file__).parents[2] / "docs/standby-kernel.md"


def prepare() -> None:
    """The services' and the handler's own lines are not this program's output."""
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def measure(fault: str) -> Run:
    with Lab() as lab:
        seen = fail_over(lab, fault)
        moved = seen.carriers[0] == seen.carriers[1]
        return Run(fault, seen.seconds, seen.lost, seen.own_ports, seen.shared_ports, moved)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="of each fault")
    parser.add_argument("--jobs", type=int, default=2, help="labs at once")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root: network namespaces")
    sweep()
    todo = [fault for _ in range(arguments.runs) for fault in FAULTS]
    runs: dict[str, list[Run]] = defaultdict(list)
    with ProcessPoolExecutor(arguments.jobs, initializer=prepare) as pool:
        for number, future in enumerate(as_completed([pool.submit(measure, fault) for fault in todo]), 1):
            run = future.result()
            runs[run.fault].append(run)
            print(f"{number} of {len(todo)}: {run}", file=sys.stderr, flush=True)
    measured_on = f"Linux {platform.release().split('-')[0]}, {os.cpu_count()} cores"
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    DOCUMENT.write_text(document(runs, measured_on, today, arguments.jobs), encoding="utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
