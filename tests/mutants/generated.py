"""Mutants by rule: each comparison, condition, number and statement of the modules that decide, changed once.

``python -m tests.mutants.generated`` collects a module's tests once. Each mutant is a forked child, in which
one function gets its changed code before the tests run up to the first that fails; so a mutant costs no start
of Python and no collection. Constants of modules and defaults of parameters are not reached.
"""

from __future__ import annotations

import argparse
import ast
import copy
import functools
import importlib
import inspect
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PLANNER = "functions/update_nat_routes/planner"
MODULES = ("lifecycle_hooks", "nat_state", "plan", "probe_failure", "standby")
# The planner's own tests: those of the loop around it take minutes for each survivor.
FAST = [
    f"tests/unit/update_nat_routes/test_{name}.py"
    for name in (
        *("gateway", "routes", "hooks", "holding", "hook_names", "standby", "fallback", "probe_failure"),
        *(
            "suspicion",
            "status_checks",
            "table_states",
            "lifecycle_states",
            "group",
            "broken_boots",
            "nat_state",
            "hook_steps",
        ),
    )
]
TARGETS: dict[str, list[str]] = {
    "functions/ttl_reaper/classify.py": ["tests/unit/ttl_reaper/test_classify.py"],
    "functions/drift_check/compare.py": [
        f"tests/unit/drift_check/test_{name}.py" for name in ("compare_rules", "compare", "vital")
    ],
    **{f"{PLANNER}/{name}.py": FAST for name in MODULES},
}
SECONDS = 60  # of one mutant's tests
PAIRS: tuple[tuple[type[Any], type[Any]], ...] = (
    (ast.Lt, ast.LtE),
    (ast.Gt, ast.GtE),
    (ast.Eq, ast.NotEq),
    (ast.In, ast.NotIn),
    (ast.Is, ast.IsNot),
    (ast.And, ast.Or),
    (ast.Add, ast.Sub),
    (ast.BitOr, ast.BitAnd),
)
SWAPPED = {**dict(PAIRS), **{after: before for before, after in PAIRS}}
OPTIONS = ("-o", "addopts=--import-mode=importlib", "-n", "0", "-p", "no:cacheprovider", "-p", "no:terminal")
SURVIVED, KILLED = 7, 8


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed function: where, and what the changed line was and became."""

    qualname: str
    line: int
    before: str
    after: str
    code: CodeType


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module that compiles."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        for change in _changes(node):
            mutated = copy.deepcopy(tree)
            twin = next(other for index, other in enumerate(ast.walk(mutated)) if index == number)
            _replace(mutated, twin, change(copy.deepcopy(twin)))
            ast.fix_missing_locations(mutated)
            yield from _compiled(path, tree, mutated, node)


def _changes(node: ast.AST) -> Iterator[Any]:
    """Functions from a node to what stands in its place."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in SWAPPED:
            yield lambda twin: ast.Compare(twin.left, [SWAPPED[type(operator)]()], twin.comparators)
        case ast.BoolOp():
            yield lambda twin: ast.BoolOp(SWAPPED[type(twin.op)](), twin.values)
        case ast.BinOp() if type(node.op) in SWAPPED:
            yield lambda twin: ast.BinOp(twin.left, SWAPPED[type(twin.op)](), twin.right)
        case ast.UnaryOp(op=ast.Not()):
            yield lambda twin: twin.operand
        case ast.Constant(value=bool()):
            yield lambda twin: ast.Constant(not twin.value)
        case ast.Constant(value=int()):
            yield lambda twin: ast.Constant(twin.value + 1)
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield lambda twin: ast.If(ast.Constant(value=False), [twin], [])
        case ast.If(test=ast.Name() | ast.Call() | ast.Attribute()):
            yield lambda twin: ast.If(ast.UnaryOp(ast.Not(), twin.test), twin.body, twin.orelse)


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list) and any(each is old for each in value):
                setattr(parent, name, [new if each is old else each for each in value])


def _compiled(path: Path, tree: ast.AST, mutated: ast.Module, node: ast.AST) -> Iterator[Mutant]:
    function = _around(tree, node)
    if function is None:
        return
    qualname, line = function, getattr(node, "lineno", 0)
    for code in _codes(compile(mutated, str(path), "exec")):
        if code.co_qualname == qualname:
            old, new = ast.unparse(tree).splitlines(), ast.unparse(mutated).splitlines()
            differs = next((pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]), ("", ""))
            yield Mutant(qualname, line, differs[0].strip(), differs[1].strip(), code)


def _around(tree: ast.AST, node: ast.AST) -> str | None:
    """The qualified name of the outermost function whose body has the node."""
    for owner in ast.walk(tree):
        if isinstance(owner, ast.Module | ast.ClassDef):
            prefix = f"{owner.name}." if isinstance(owner, ast.ClassDef) else ""
            for function in owner.body:
                if isinstance(function, ast.FunctionDef) and any(
                    each is node for part in function.body for each in ast.walk(part)
                ):
                    return prefix + function.name
    return None


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def function_of(module: object, qualname: str) -> FunctionType:
    """The function object behind a name, whatever wraps it."""
    owner, _, name = qualname.rpartition(".")
    found = inspect.getattr_static(getattr(module, owner) if owner else module, name)
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    while not isinstance(found, FunctionType):
        found = getattr(found, "func", None) or found.__wrapped__  # a cached property, a cache
    return found


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
    function_of(module, mutant.qualname).__code__ = mutant.code
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
