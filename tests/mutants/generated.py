"""Mutants by rule: each comparison, condition, number and statement of the modules that decide, changed once.

``python -m tests.mutants.generated`` collects a module's tests once. Each mutant is a forked child, in which
a function gets its changed code or default, or a module its changed constant, before the tests run up to the
first that fails; so a mutant costs no start of Python and no collection. Defaults of dataclasses' fields and
decorators are not reached.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mutants.rules import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PLANNER = "functions/update_nat_routes/planner"
MODULES = ("lifecycle_hooks", "nat_state", "notes", "plan", "probe_failure", "standby")
UNIT = "tests/unit/update_nat_routes"
# Tests of the loop around the planner: they would take minutes for each survivor.
SLOW = {
    f"test_{name}.py"
    for name in (
        *("apply", "assumptions", "end_of_trying", "events", "looks", "observe"),
        *("properties", "reconcile", "report", "settings"),
    )
}
FAST = [f"{UNIT}/{path.name}" for path in sorted((ROOT / UNIT).glob("test_*.py")) if path.name not in SLOW]
TARGETS: dict[str, list[str]] = {
    "functions/ttl_reaper/classify.py": ["tests/unit/ttl_reaper/test_classify.py"],
    "functions/drift_check/compare.py": [
        f"tests/unit/drift_check/test_{name}.py" for name in ("compare_rules", "compare", "vital")
    ],
    **{f"{PLANNER}/{name}.py": FAST for name in MODULES},
}
SECONDS = 60  # of one mutant's tests
OPTIONS = ("-o", "addopts=--import-mode=importlib", "-n", "0", "-p", "no:cacheprovider", "-p", "no:terminal")
SURVIVED, KILLED = 7, 8


class Judge:
    """A plugin of pytest: in place of one run of the tests, one for each mutant."""

    def __init__(self, path: str) -> None:
        self.path, self.survivors, self.count = path, list[Mutant](), 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge each mutant in a child of this process."""
        name = self.path.removeprefix("functions/").removesuffix(".py").replace("/", ".")
        module = importlib.import_module(name)
        if _in_child(functools.partial(_run, session)) != SURVIVED:
            raise pytest.UsageError("the tests fail without any mutant")
        for mutant in mutants(ROOT / self.path):
            self.count += 1
            if _in_child(functools.partial(_mutated_run, session, module, mutant)) == SURVIVED:
                self.survivors.append(mutant)
        return True


def _in_child(work: Callable[[], bool]) -> int:
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        try:
            os._exit(SURVIVED if work() else KILLED)
        finally:
            os._exit(KILLED)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _mutated_run(session: pytest.Session, module: object, mutant: Mutant) -> bool:
    mutant.apply(module)
    return _run(session)


def _run(session: pytest.Session) -> bool:
    """Whether all tests pass; it stops at the first that fails."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


def main() -> int:
    """Print the survivors of each module; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="modules whose path contains this")
    options, survived = parser.parse_args(), 0
    for path, tests in TARGETS.items():
        if options.only in path:
            began, judge = time.process_time() + sum(os.times()[2:4]), Judge(path)
            pytest.main([*OPTIONS, *tests], plugins=[judge])
            seconds = time.process_time() + sum(os.times()[2:4]) - began
            print(f"{path}: {judge.count} mutants, {len(judge.survivors)} survived, {seconds:.0f} s of CPU")
            for mutant in judge.survivors:
                print(f"  {mutant.line}: {mutant.before}\n      -> {mutant.after}", flush=True)
            survived += len(judge.survivors)
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
