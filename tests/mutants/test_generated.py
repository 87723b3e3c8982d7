"""The mutants by rule: which there are, and that a survivor is distinguished from one that a test kills."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest

from tests.mutants import cosmic, rules
from tests.mutants.equivalent import without_line
from tests.mutants.generated import ROOT, TARGETS
from tests.mutants.places import function_of, mutants

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

SOURCE = """
from __future__ import annotations

LIMIT = 5
TWICE = LIMIT * 2
KINDS: frozenset[str | None] = frozenset({"a", "b"})

class Range:
    @property
    def empty(self) -> bool:
        return not self.size > 0

def steps(low, high):
    if low and high:
        yield low + 1

def held(given: int | None = 3, *, count=True):
    given += 1
    print(given, count)
    print(min(given, count))
    return [kind for kind in KINDS if kind][0] if given > LIMIT and count else given
"""

KINDS = "KINDS: frozenset[str | None] = frozenset"
DEFAULTS = "def held(given: int | None=3, *, count=True):"
CHOICE = "return [kind for kind in KINDS if kind][0] if given > LIMIT and count else given"


def test_each_rule_changes_its_place_once(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(SOURCE, encoding="utf-8")
    found = {(mutant.name, mutant.before, mutant.after) for mutant in mutants(path, [rules.changed])}
    assert found == {
        ("Range.empty", "return not self.size > 0", after)
        for after in (
            "return self.size > 0",
            "return not self.size >= 0",
            "return not self.size > 1",
            "if False:",
        )
    } | {
        ("steps", "if low and high:", "if low or high:"),
        ("steps", "yield (low + 1)", "yield (low - 1)"),
        ("steps", "yield (low + 1)", "yield (low + 2)"),
        ("steps", "yield (low + 1)", "if False:"),
        ("LIMIT", "LIMIT = 5", "LIMIT = 6"),
        ("TWICE", "TWICE = LIMIT * 2", "TWICE = LIMIT * 3"),
        (
            "KINDS",
            "KINDS: frozenset[str | None] = frozenset({'a', 'b'})",
            "KINDS: frozenset[str | None] = frozenset({'b'})",
        ),
        ("held", DEFAULTS, "def held(given: int | None=4, *, count=True):"),
        ("held", DEFAULTS, "def held(given: int | None=3, *, count=False):"),
        ("held", "given += 1", "given += 2"),
        ("held", "given += 1", "if False:"),
        ("held", "print(given, count)", "print(count, given)"),
        ("held", "print(given, count)", "if False:"),
        ("held", "print(min(given, count))", "if False:"),
    } | {
        ("held", CHOICE, after)
        for after in (
            "if False:",
            CHOICE.replace("[0]", "[1]"),
            CHOICE.replace("[0]", "[-1]"),
            CHOICE.replace(" if kind]", "]"),
            CHOICE.replace("> LIMIT and", ">= LIMIT and"),
            CHOICE.replace("LIMIT and", "LIMIT or"),
        )
    }


def test_a_changed_function_acts_for_whoever_imported_it(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(SOURCE, encoding="utf-8")
    module = ModuleType("sample")
    exec(compile(SOURCE, str(path), "exec"), vars(module))  # noqa: S102 - the text above
    imported = function_of(module, "steps")
    changed = next(mutant for mutant in mutants(path, [rules.changed]) if mutant.after == "yield (low - 1)")
    assert changed.apply is not None
    changed.apply(module)
    assert list(imported(3, 4)) == [2]


def test_every_target_and_its_tests_are_there() -> None:
    named = [name for path, tests in TARGETS.items() for name in (path, *tests)]
    assert [name for name in named if not (ROOT / name).exists()] == []


TYPED = """
from __future__ import annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING or False:
    from datetime import datetime

@dataclass
class Limit:
    value: int | None = 1

def f(x: int | None) -> str | None:
    y: int | str = x
    return y
"""


def test_what_only_a_type_checker_reads_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(TYPED, encoding="utf-8")
    found = [(mutant.name, mutant.after, mutant.apply) for mutant in mutants(path, [rules.changed])]
    assert found == [("f", "if False:", ANY), ("Limit.value", "value: int | None = 2", None)]


@pytest.mark.skipif(not cosmic.TOOL.exists(), reason="make .tools/cosmic-ray/.ready has not been run")
def test_cosmic_ray_changes_a_decorator_and_each_operator_but_no_annotation(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text(TYPED.replace("return y", "return y > x"), encoding="utf-8")
    found = {(mutant.name, mutant.after) for mutant in mutants(path, [cosmic.changed])}
    assert found == {
        ("f", f"return y {other} x") for other in ("==", "!=", "<", "<=", ">=", "is", "is not")
    } | {
        ("Limit.value", "value: int | None = 2"),
        ("Limit.value", "value: int | None = 0"),
        ("Limit", "class Limit:"),
    }


def test_every_explained_survivor_has_its_line_in_the_code() -> None:
    assert without_line(ROOT) == []


CODE = """
from dataclasses import dataclass

@dataclass
class Limit:
    low: int = 1
    high: int = 9

def f(x):
    return x > Limit().low
"""
TESTS = """
from sample_of_mutants import f
def test_f():
    assert f(2) and not f(1)
"""
EXPLAINED = """
[[equivalent]]
module = "functions/sample_of_mutants.py"
name = "Limit.high"
before = "high: int = 9"
after = ["high: int = 10"]
reason = "nothing reads it"
"""
STALE = """
[[equivalent]]
module = "functions/sample_of_mutants.py"
name = "f"
before = "return x > Limit().low"
after = ["return x >= Limit().low"]
reason = "it was killed since"
"""


@pytest.mark.parametrize(
    ("tests", "reasons", "printed", "code"),
    [
        (TESTS, EXPLAINED, ["4 mutants, 0 survived, 1 explained"], 0),
        (
            TESTS,
            "",
            ["4 mutants, 1 survived, 0 explained", "Limit.high: high: int = 9", "-> high: int = 10"],
            1,
        ),
        (
            TESTS,
            EXPLAINED + STALE,
            ["0 survived, 1 explained", "explained, and no survivor: f: return x >"],
            1,
        ),
        (
            TESTS.replace(" and not f(1)", ""),
            EXPLAINED,
            ["1 survived, 1 explained", "-> return x >= Limit().low"],
            1,
        ),
    ],
    ids=["explained", "not explained", "explained and killed", "a test that sees less"],
)
def test_a_survivor_fails_the_run_unless_it_is_explained(
    tmp_path: Path, tests: str, reasons: str, printed: list[str], code: int
) -> None:
    program = f"""
        import sys
        from tests.mutants import equivalent, generated
        generated.ROOT = generated.Path({str(tmp_path)!r})
        generated.TARGETS = {{"functions/sample_of_mutants.py": [{str(tmp_path / "test_sample.py")!r}]}}
        equivalent.EXPLAINED.clear()
        equivalent.EXPLAINED.update(equivalent.explained({reasons!r}))
        sys.path.insert(0, {str(tmp_path / "functions")!r})
        sys.argv = ["generated"]
        sys.exit(generated.main())
    """
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/sample_of_mutants.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "test_sample.py").write_text(tests, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [part for part in printed if part not in done.stdout] == [], done.stdout + done.stderr
    assert done.returncode == code
