"""``make demo``: a failover as it happens, then drift and reaping, which were run meanwhile."""

from __future__ import annotations

import subprocess
import sys

from simulator.demo import failover

OTHERS = ("simulator.demo.drift", "simulator.demo.reap")


def main(arguments: list[str]) -> int:
    """Run all three; 0 when all did what they show."""
    others = [
        subprocess.Popen([sys.executable, "-m", module], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own modules
        for module in OTHERS
    ]
    failed = failover.main(arguments)
    for other in others:
        output, _ = other.communicate()
        sys.stdout.write(f"\n{output}")
        failed = failed or other.returncode
    return failed


if __name__ == "__main__":
    if {"-h", "--help"} & set(sys.argv[1:]):
        failover.parse(sys.argv[1:])
    sys.exit(main(sys.argv[1:]))
