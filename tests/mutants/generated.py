"""Mutants by rule: each comparison, condition, number and statement of the modules that decide, changed once.

``python -m tests.mutants.generated`` collects a module's tests once. Each mutant is a forked child, in which
a function gets its changed body before the tests run up to the first that fails; so it costs no start of
Python and no collection. A constant, a default, a decorator or a class's field is computed when the module is
imported, and tests compute from it: a child imports the changed module and collects the tests itself.

A survivor is explained in ``equivalent.toml`` or fails the run; so does an explanation without its survivor.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.abc
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mutants import cosmic, rules
from tests.mutants.equivalent import EXPLAINED, stale
from tests.mutants.places import Mutant, mutants

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec

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
OPERATORS = {"own": rules.changed, "cosmic-ray": cosmic.changed}
CPU_SECONDS, SECONDS = 20, 120  # of one mutant's tests; the second for one that waits
OPTIONS = ("-o", "addopts=--import-mode=importlib", "-n", "0", "-p", "no:cacheprovider", "-p", "no:terminal")
SURVIVED, KILLED = 7, 8


class Judge:
    """A plugin of pytest: in place of one run of the tests, one for each mutant."""

    def __init__(self, path: str, operators: list[str]) -> None:
        self.path, self.survivors, self.seconds = path, list[Mutant](), 0.0
        self.module = path.removeprefix("functions/").removesuffix(".py").replace("/", ".")
        began = _cpu_seconds()
        self.mutants = list(mutants(ROOT / path, [OPERATORS[name] for name in operators]))
        self.seconds += _cpu_seconds() - began

    def judge_imports(self) -> None:
        """The mutants that an import makes; nothing of ours may be imported before."""
        for mutant in self.mutants:
            if mutant.apply is None:
                self._judge(mutant, functools.partial(_imported_run, self.module, mutant, TARGETS[self.path]))

    def judge(self) -> None:
        """All others, in children of one process that has collected the tests."""
        pytest.main([*OPTIONS, *TARGETS[self.path]], plugins=[self])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge each mutant in a child of this process."""
        module = importlib.import_module(self.module)
        if _in_child(functools.partial(_run, session)) != SURVIVED:
            raise pytest.UsageError("the tests fail without any mutant")
        for mutant in self.mutants:
            if mutant.apply is not None:
                self._judge(mutant, functools.partial(_changed_run, session, module, mutant.apply))
        return True

    def _judge(self, mutant: Mutant, work: Callable[[], bool]) -> None:
        began = _cpu_seconds()
        if _in_child(work) == SURVIVED:
            self.survivors.append(mutant)
        self.seconds += _cpu_seconds() - began


class Changed(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module from a changed text."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:  # noqa: ARG002
        return importlib.util.spec_from_loader(fullname, self) if fullname == self.module else None

    def get_source(self, fullname: str) -> str:  # noqa: ARG002 - it has one module
        return self.source


def _cpu_seconds() -> float:
    return sum(os.times()[:4])


def _in_child(work: Callable[[], bool]) -> int:
    child = os.fork()
    if child == 0:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        signal.alarm(SECONDS)
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os._exit(SURVIVED if work() else KILLED)
        finally:
            os._exit(KILLED)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _imported_run(module: str, mutant: Mutant, tests: list[str]) -> bool:
    sys.meta_path.insert(0, Changed(module, mutant.source))
    return pytest.main([*OPTIONS, "-x", *tests]) == pytest.ExitCode.OK


def _changed_run(session: pytest.Session, module: object, apply: Callable[[object], None]) -> bool:
    apply(module)
    return _run(session)


def _run(session: pytest.Session) -> bool:
    """Whether all tests pass; it stops at the first that fails."""
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return False
    return True


def main() -> int:
    """Print the survivors of each module; 1 if one is not explained, or an explanation has no survivor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="modules whose path contains this")
    parser.add_argument("--operators", nargs="+", choices=OPERATORS, default=["own"])
    options = parser.parse_args()
    judges = [Judge(path, options.operators) for path in TARGETS if options.only in path]
    for judge in judges:
        judge.judge_imports()
    return max([_report(judge) for judge in judges])


def _report(judge: Judge) -> int:
    judge.judge()
    unexplained = [mutant for mutant in judge.survivors if (judge.path, *mutant.key) not in EXPLAINED]
    outdated = stale(judge.path, judge.mutants, judge.survivors)
    explained = len(judge.survivors) - len(unexplained)
    print(
        f"{judge.path}: {len(judge.mutants)} mutants, {len(unexplained)} survived, "
        f"{explained} explained, {judge.seconds:.0f} s of CPU"
    )
    for mutant in unexplained:
        print(f"  {mutant.line} {mutant.name}: {mutant.before}\n      -> {mutant.after}")
    for name, before, after in outdated:
        print(f"  explained, and no survivor: {name}: {before}\n      -> {after}")
    sys.stdout.flush()
    return int(bool(unexplained or outdated))


if __name__ == "__main__":
    sys.exit(main())
