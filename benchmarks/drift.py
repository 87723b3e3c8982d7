"""What a drift check costs: calls, seconds, memory of the whole process, against moto's server.

``--beside CHECKOUT`` runs this checkout and another one, such as a worktree of an earlier commit, in turns:
the ratio of their user CPU a call says more than figures of different hours.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
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
    parser.add_argument("--beside", type=Path, metavar="CHECKOUT")
    options = parser.parse_args()
    if options.beside:
        beside(options.beside.resolve(), options.runs)
        return
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
        environment = environment_of(folder, more_tables(factor))
        with server(environment, delay) as address:
            environment["AWS_ENDPOINT_URL"] = address
            if runs > 1:
                probe(environment)  # the first compiles what is not compiled yet
            results = [probe(environment) for _ in range(runs)]
    medians = [statistics.median(result[place] for result in results) for place in range(len(results[0]))]
    calls, seconds, cpu, memory, findings, unknown, _user = medians
    return [
        f"{calls:.0f}",
        f"{seconds:.2f}",
        f"{cpu:.2f}",
        f"{memory:.0f}",
        f"{findings:.0f}",
        f"{unknown:.0f}",
    ]


def environment_of(folder: str, values: dict[str, Any]) -> dict[str, str]:
    own = Path(folder) / "own.json"
    own.write_text(json.dumps({"values": values}), encoding="utf-8")
    environment = {
        **os.environ,
        "CANONICAL_CONFIG_PATH": str(own),
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # as installed: compiled once
    return environment


def beside(other: Path, runs: int) -> None:
    """User CPU of a call here and in the other checkout, a run of each in turns, each on its own server."""
    sides: list[tuple[dict[str, str], Path]] = []
    with ExitStack() as stack:
        for root in (Path(__file__).parents[1], other):
            environment = environment_of(stack.enter_context(tempfile.TemporaryDirectory()), {})
            rooms = (root / "functions", root / "layers/shared", root)
            environment["PYTHONPATH"] = os.pathsep.join(map(str, rooms))
            environment["AWS_ENDPOINT_URL"] = stack.enter_context(server(environment, 0.0, root))
            sides.append((environment, root))
            probe(environment, root)
        results = [[probe(*side) for side in sides] for _ in range(runs)]
    for name, here in (("this checkout", True), (str(other), False)):
        each = [pair[0 if here else 1] for pair in results]
        user = [1000 * result[-1] / result[0] for result in each]
        print(f"{name}: {each[0][0]} calls, {statistics.median(user):.2f} ms of user CPU a call")
    ratios = [(here[-1] / here[0]) / (there[-1] / there[0]) for here, there in results]
    print(f"ratio, median of {runs} pairs: {statistics.median(ratios):.3f}")


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
def server(environment: dict[str, str], delay: float, root: Path | None = None) -> Iterator[str]:
    command = [sys.executable, "-m", "simulator.estate.server", "--env", ENV, "--delay", str(delay)]
    with subprocess.Popen(  # noqa: S603 - this package's own
        command, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def probe(environment: dict[str, str], root: Path | None = None) -> tuple[float, ...]:
    """The whole command, from its start to its end."""
    began = time.perf_counter()
    # a file, since a full pipe would make it wait
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(COMMAND, env=environment, cwd=root, stdout=output)  # noqa: S603 - this package's own
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        summary = json.load(output)["data"]["summary"]
    cpu = usage.ru_utime + usage.ru_stime
    counts = (summary["open"], summary["unknown"])
    return (summary["calls"], seconds, cpu, usage.ru_maxrss / 1024, *counts, usage.ru_utime)


if __name__ == "__main__":
    main()
