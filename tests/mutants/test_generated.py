"""The mutants by rule: which there are, and that a survivor is distinguished from one that a test kills."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tests.mutants.generated import ROOT, TARGETS
from tests.mutants.rules import function_of, mutants

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_python

SOURCE = """
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
    found = {(mutant.name, mutant.before, mutant.after) for mutant in mutants(path)}
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
    changed = next(mutant for mutant in mutants(path) if mutant.after == "yield (low - 1)")
    changed.apply(module)
    assert list(imported(3, 4)) == [2]


def test_a_changed_constant_or_default_acts_for_whoever_imported_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sample.py"
    path.write_text(SOURCE, encoding="utf-8")
    module, importer = ModuleType("sample"), ModuleType("importer")
    exec(compile(SOURCE, str(path), "exec"), vars(module))  # noqa: S102 - the text above
    vars(importer).update(LIMIT=vars(module)["LIMIT"], held=vars(module)["held"])
    for each in (module, importer):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    held, changes = vars(importer)["held"], {mutant.after: mutant for mutant in mutants(path)}
    changes["LIMIT = 6"].apply(module)
    assert (vars(importer)["LIMIT"], vars(module)["TWICE"]) == (6, 12)
    changes[DEFAULTS.replace("3", "4")].apply(module)
    assert (held.__defaults__, held.__kwdefaults__) == ((4,), {"count": True})
    changes[DEFAULTS.replace("True", "False")].apply(module)
    assert (held.__defaults__, held.__kwdefaults__) == ((3,), {"count": False})


def test_every_target_and_its_tests_are_there() -> None:
    named = [name for path, tests in TARGETS.items() for name in (path, *tests)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_a_survivor_is_reported(tmp_path: Path) -> None:
    """One module, one test that sees one of its two mutants."""
    program = f"""
        import pytest
        from tests.mutants import generated
        generated.ROOT = generated.Path({str(tmp_path)!r})
        generated.TARGETS = {{"functions/sample_of_mutants.py": [{str(tmp_path / "test_sample.py")!r}]}}
        import sys
        sys.path.insert(0, {str(tmp_path / "functions")!r})
        sys.argv = ["generated"]
        sys.exit(generated.main())
    """
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions/sample_of_mutants.py").write_text(
        "def f(x):\n    return x > 1\n", encoding="utf-8"
    )
    (tmp_path / "test_sample.py").write_text(
        "from sample_of_mutants import f\ndef test_f():\n    assert f(3) and not f(1)\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 mutants, 1 survived" in done.stdout, done.stdout + done.stderr
    assert "return x > 2" in done.stdout
    assert done.returncode == 1
