"""What importing the canonical configuration and building one environment costs, in fresh processes.

CPU milliseconds of one process, from its first line to its last, start-up of the interpreter apart. Cases
run in turn, so that a busy machine is busy for all; the least of many runs is the figure: other work only
adds. Bytecode is compiled before, and pydantic's plugins are off, as in the deployed functions. `pydantic
alone` is the part that no model of ours can save. The limit holds for what a function pays: it has boto3 and
Powertools already, and with them some of what pydantic needs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

LIMIT_MS = 120
BUILD = "from tradai_shared.config import canonical_config; canonical_config('prod')"
IN_A_FUNCTION = "one environment, in a function"
DEPLOYED = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}  # template.yaml, Globals
CASES = {  # what is there before, what is measured
    "names alone": ("", "import tradai_shared.config.naming"),
    "pydantic alone": ("", "from pydantic import BaseModel, Field, ValidationError"),
    "one environment": ("", BUILD),
    IN_A_FUNCTION: ("import boto3, aws_lambda_powertools", BUILD),
}
SCRIPT = """
import time
{before}
started = time.process_time()
{case}
print((time.process_time() - started) * 1000)
"""


def run(before: str, case: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-c", SCRIPT.format(before=before, case=case)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return float(done.stdout)


def measure(runs: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "CANONICAL_CONFIG_PATH"}
        environment |= {"PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": "", **DEPLOYED}
        for case in CASES.values():
            run(*case, environment)  # compiles
        taken: dict[str, list[float]] = {name: [] for name in CASES}
        for _ in range(runs):
            for name, case in CASES.items():
                taken[name].append(run(*case, environment))
        return taken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=30)
    taken = measure(parser.parse_args().runs)
    print(f"Python {sys.version.split()[0]}, CPU ms in a fresh process, {len(taken['names alone'])} runs")
    print(f"{'':<32}{'least':>8}{'median':>8}")
    for name, times in taken.items():
        print(f"{name:<32}{min(times):>8.1f}{statistics.median(times):>8.1f}")
    least = min(taken[IN_A_FUNCTION])
    ratio = min(taken["one environment"]) / min(taken["pydantic alone"])
    print(f"one environment / pydantic alone: {ratio:.2f}")
    print(f"limit {LIMIT_MS} ms: {'kept' if least <= LIMIT_MS else 'NOT kept'}")
    return 0 if least <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
