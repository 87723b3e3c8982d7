"""make bench-cold-start: what a cold start of tradai-update-nat-routes costs, beside three others.

Each run is a fresh process that imports, makes its clients and carries out one failover of ten calls against
a stand-in on loopback. Cases run in turn, so that a busy machine is busy for all; figures are medians,
and the ratios are of the same run. Writes docs/cold-start.md with --write.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cold_start.document import render
from toolchain.build.artifact import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FOLDER, PYTHON = ROOT / "benchmarks/cold_start", ROOT / ".tools/cold-start/bin/python"
DOCUMENT = ROOT / "docs/cold-start.md"
EVENT = ROOT / "events/update_nat_routes/launch-lifecycle-action.json"
GOAL = 0.75
BUILT, UNCOMPILED, ALTERNAT, NAIVE = "as built", "without bytecode", "alternat's imports", "all of Powertools"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "ENVIRONMENT": "dev",
    "NAT_ASG_NAME": "tradai-nat-asg-dev",
    "NAT_EIP_ALLOCATION_ID": "eipalloc-0a",
    "POWERTOOLS_IDEMPOTENCY_DISABLED": "1",
    "PRIVATE_ROUTE_TABLE_IDS": "rtb-0a,rtb-0b",
}


@contextmanager
def stub() -> Iterator[str]:
    """The stand-in, in a process of its own; its URL."""
    process = subprocess.Popen([sys.executable, FOLDER / "stub.py"], stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    try:
        assert process.stdout is not None  # noqa: S101 - it is piped
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


def uncompiled(folder: Path) -> str:
    """The function and the layer as sources; Lambda's code folders cannot be written to either."""
    no_bytecode = shutil.ignore_patterns("__pycache__", "*.pyc")
    code, layer = folder / "code", folder / "layer"
    shutil.copytree(ROOT / "functions/update_nat_routes", code / "update_nat_routes", ignore=no_bytecode)
    shutil.copytree(BUILD / "SharedLayer/python", layer, ignore=no_bytecode)
    return f"{code}:{layer}"


def cases(folder: Path) -> dict[str, tuple[str, str, str]]:
    """By name: the path, the module and its handler."""
    product = ("update_nat_routes.app", "lambda_handler")
    built = f"{BUILD / 'UpdateNatRoutesFunction'}:{BUILD / 'SharedLayer/python'}"
    return {
        BUILT: (built, *product),
        UNCOMPILED: (uncompiled(folder), *product),
        ALTERNAT: (str(ROOT), "benchmarks.cold_start.alternat", "run"),
        NAIVE: (str(ROOT), "benchmarks.cold_start.naive", "run"),
    }


def run(url: str, case: tuple[str, str, str], event: str, *, compiles: bool = False) -> dict[str, Any]:
    path, module, handler = case
    urllib.request.urlopen(f"{url}/reset").close()  # noqa: S310 - loopback
    environment = {"PATH": os.defpath, "PYTHONPATH": path, "AWS_ENDPOINT_URL": url, **VARIABLES}
    environment |= {} if compiles else {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(PYTHON), str(FOLDER / "child.py"), module, handler, event]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    measurement: dict[str, Any] = json.loads(done.stdout)
    answer = measurement.pop("answer")
    moved = answer["moved"] if "moved" in answer else answer["data"]["summary"]["routes_replaced"]
    if moved != 2:  # noqa: PLR2004 - the stand-in has two tables
        raise SystemExit(f"{module} moved {moved} routes, not 2: {answer}\n{done.stderr}")
    return measurement


def measure(runs: int) -> dict[str, dict[str, float]]:
    """Medians by case."""
    event = json.dumps(json.loads(EVENT.read_text(encoding="utf-8")))
    with stub() as url, tempfile.TemporaryDirectory() as folder:
        cold_starts = cases(Path(folder))
        for name, case in cold_starts.items():
            run(url, case, event, compiles=name in {ALTERNAT, NAIVE})  # theirs is compiled too
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in cold_starts}
        for _ in range(runs):
            for name, case in cold_starts.items():
                taken[name].append(run(url, case, event))
    return {
        name: {key: statistics.median(run[key] for run in several) for key in several[0]}
        for name, several in taken.items()
    }


def versions() -> dict[str, str]:
    code = (
        "import json, platform; from importlib.metadata import version as v; "
        "print(json.dumps({'Python': platform.python_version(), "
        "**{n: v(n) for n in ('boto3', 'aws-lambda-powertools', 'structlog', 'orjson')}}))"
    )
    output = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout  # noqa: S603 - ours
    installed: dict[str, str] = json.loads(output)
    return installed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--write", action="store_true", help="docs/cold-start.md")
    given = parser.parse_args()
    figures = measure(given.runs)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
    document = render(figures, versions(), machine, given.runs, GOAL)
    if given.write:
        DOCUMENT.write_text(document, encoding="utf-8")
    print(document)
    met = all(figures[BUILT][key] <= GOAL * figures[ALTERNAT][key] for key in ("cpu_ms", "peak_mb"))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
