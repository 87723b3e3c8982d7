"""Every command of README, CONTRIBUTING and docs can be typed: its options, targets, modules and files exist.

The runbooks' own are run by test_runbook_commands.py; here they are parsed, which takes no time.
"""

from __future__ import annotations

import re
import shlex
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from cyclopts import CycloptsError

from ops import app
from tests.contract.stack import ROOT
from tests.contract.test_runbook_commands import FINDING, code, commands

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NEEDED = {  # a page may name a command alone, without what it cannot do without
    "reap": ["--table", "notifications"],
}

TARGETS = set(
    re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


def typed(command: str) -> list[str]:
    """What the shell would hand over, with an environment and what the command needs."""
    words = shlex.split(command.replace(" PATH ", " nat.group "))[1:]
    words += [] if len(words) > 1 else NEEDED.get(words[0], [])
    return words if "--env" in words or words[0] == "config" else [*words, "--env", "dev"]


@each_page
def test_every_command_of_tradai_ops_is_understood(page: Path) -> None:
    for command in sorted(commands(page)):
        try:
            app.app.parse_args(typed(command), exit_on_error=False, print_error=False)
        except CycloptsError as error:
            pytest.fail(f"{command}: {error}")


@each_page
def test_every_target_of_make_exists(page: Path) -> None:
    named = re.findall(r"(?<![\w-])make ((?:[a-z][a-z0-9-]*(?: |$))+)", code(page), re.MULTILINE)
    assert {target for targets in named for target in targets.split()} - TARGETS == set()


@each_page
def test_every_module_and_sample_exists(page: Path) -> None:
    text = code(page)
    modules = set(re.findall(r"python -m ([a-z_.]+)", text))
    assert {module for module in modules if find_spec(module) is None} == set()
    files = re.findall(r"(?<![\w/.-])((?:events|docs|nat|functions)/[\w/-]+\.[a-z]+)", text)
    assert {file for file in files if not (ROOT / file).exists()} == set()


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for wrong in ("tradai-ops drift --mend", f"tradai-ops findings heal {FINDING}"):
        with pytest.raises(CycloptsError):
            app.app.parse_args(typed(wrong), exit_on_error=False, print_error=False)


@pytest.mark.parametrize("name", app.COMMANDS)
def test_every_example_of_the_help_is_understood(name: str) -> None:
    examples = app.COMMANDS[name].examples
    assert examples
    for example in examples:
        assert example.startswith(name)
        app.app.parse_args(shlex.split(example), exit_on_error=False, print_error=False)
