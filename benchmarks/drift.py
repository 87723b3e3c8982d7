"""What a drift check costs: calls, seconds, memory of the whole process, against moto's server."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

ENV = "dev"
TABLES = 12
RUNS = 5
COMMAND = [sys.executable, "-m", "ops.app", "drift", "--env", ENV, "--format", "json"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factors", type=int, nargs="*", default=[1, 10, 100], help="times the tables")
    parser.add_argument("--runs", type=int, default=RUNS)
    options = parser.parse_args()
    rows = Table(title="One drift check, whole process, median")
    for name in ("tables", "latency", "calls", "seconds", "CPU s", "MB", "findings", "unknown"):
        rows.add_column(name, justify="right")
    for factor in options.factors:
        for delay in (0.0, 0.03):
            measured = measure(factor, delay, options.runs if factor == 1 else 1)
            rows.add_row(str(TABLES * factor), f"{delay * 1000:.0f} ms", *measured)
    Console().print(rows)


def measure(factor: int, delay: float, runs: int) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.json"
        own.write_text(json.dumps({"values": more_tables(factor)}), encoding="utf-8")
        environment = {
            **os.environ,
            "CANONICAL_CONFIG_PATH": str(own),
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
        with server(environment, delay) as address:
            environment["AWS_ENDPOINT_URL"] = address
            if runs > 1:
                probe(environment)  # the first compiles what is not compiled yet
            results = [probe(environment) for _ in range(runs)]
    medians = [statistics.median(result[place] for result in results) for place in range(len(results[0]))]
    calls, seconds, cpu, memory, findings, unknown = medians
    return [
        f"{calls:.0f}",
        f"{seconds:.2f}",
        f"{cpu:.2f}",
        f"{memory:.0f}",
        f"{findings:.0f}",
        f"{unknown:.0f}",
    ]


def more_tables(factor: int) -> dict[str, Any]:
    """Own values with so many times the platform's tables."""
    made = {
        f"bench-{number}": {
            "name": f"tradai-bench-{number}-{ENV}",
            "key": {"partition": {"name": "id", "type": "S"}, "sort": None},
            "indexes": {},
            "point_in_time_recovery": True,
            "billing_mode": "PAY_PER_REQUEST",
            "encrypted": True,
            "deletion_protection": False,
            "may_be_reaped": False,
        }
        for number in range(TABLES * (factor - 1))
    }
    return {"dynamodb": {"tables": made}} if made else {}


@contextmanager
def server(environment: dict[str, str], delay: float) -> Iterator[str]:
    command = [sys.executable, "-m", "simulator.estate.server", "--env", ENV, "--delay", str(delay)]
    with subprocess.Popen(  # noqa: S603 - this package's own
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def probe(environment: dict[str, str]) -> tuple[float, ...]:
    """The whole command, from its start to its end."""
    began = time.perf_counter()
    # a file, since a full pipe would make it wait
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(COMMAND, env=environment, stdout=output)  # noqa: S603 - this package's own
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        summary = json.load(output)["data"]["summary"]
    cpu = usage.ru_utime + usage.ru_stime
    return (summary["calls"], seconds, cpu, usage.ru_maxrss / 1024, summary["open"], summary["unknown"])


if __name__ == "__main__":
    main()
