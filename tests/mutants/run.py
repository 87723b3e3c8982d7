"""Applies each deliberate bug of ``mutants.toml`` to a copy of the repository, names the test that kills it.

``make mutants`` runs all of them; ``make mutants ARGS="--only NAME"`` one. A survivor is a missing test.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("mutants.toml")
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
SECONDS = 600
TIMED_OUT = 124


@dataclass(frozen=True, slots=True)
class Mutant:
    """A deliberate bug: in ``file`` the text ``old`` becomes ``new``. ``tests`` should notice."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the bug.

        Raises:
            ValueError: ``old`` does not stand in it exactly once: the mutant must be renewed.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``killed_by`` is the first test that failed, empty where none did."""

    mutant: Mutant
    killed_by: str
    seconds: float


def mutants() -> list[Mutant]:
    """All of them, in the list's order."""
    entries = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def judge(mutant: Mutant) -> Verdict:
    """Run its tests against a copy with the bug."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        _copy(copy)
        changed = copy / mutant.file
        changed.write_text(mutant.applied(changed.read_text(encoding="utf-8")), encoding="utf-8")
        done = _run_tests(copy, mutant.tests)
    return Verdict(mutant, _killed_by(mutant, done), time.monotonic() - began)


def _killed_by(mutant: Mutant, done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode == 0:
        return ""
    if done.returncode == TIMED_OUT:
        return f"a time-out of {SECONDS} s"
    match = FAILED.search(done.stdout)
    if match is None:
        raise RuntimeError(f"{mutant.name}: its tests did not run: {done.stdout[-500:]}{done.stderr[-500:]}")
    return match.group(1)


def _copy(target: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    for name in (".venv", ".tools"):
        if (ROOT / name).exists():
            (target / name).symlink_to((ROOT / name).resolve())


def _run_tests(copy: Path, tests: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    folders = os.pathsep.join(str(copy / part) for part in ("functions", "layers/shared", "."))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    try:
        return subprocess.run(
            command,
            cwd=copy,
            env={**os.environ, "PYTHONPATH": folders, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, TIMED_OUT, "", "")


def main() -> int:
    """Print one line a mutant; 1 if any survived."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    chosen = [mutant for mutant in mutants() if options.only in mutant.name]
    began, survived = time.monotonic(), 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for verdict in pool.map(judge, chosen):
            survived += not verdict.killed_by
            killed_by = verdict.killed_by or "SURVIVED"
            print(f"{verdict.seconds:5.0f} s  {verdict.mutant.name:<55} {killed_by}", flush=True)
    print(f"{len(chosen)} mutants, {survived} survived, {time.monotonic() - began:.0f} s")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
