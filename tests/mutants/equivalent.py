"""The survivors that no test can kill, each with its reason; equivalent.toml has them."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.mutants.places import Mutant

FILE = Path(__file__).with_name("equivalent.toml")
Key: TypeAlias = tuple[str, str, str]


def explained(text: str) -> dict[tuple[str, str, str, str], str]:
    """The reason of each: of which module and function, which line became which."""
    return {
        (each["module"], each["name"], each["before"], after): each["reason"]
        for each in tomllib.loads(text).get("equivalent", [])
        for after in each["after"]
    }


EXPLAINED = explained(FILE.read_text(encoding="utf-8"))


def stale(path: str, tried: Sequence[Mutant], survivors: Sequence[Mutant]) -> list[Key]:
    """Explanations of mutants of a module that were killed."""
    killed = {mutant.key for mutant in tried} - {mutant.key for mutant in survivors}
    return [key[1:] for key in EXPLAINED if key[0] == path and key[1:] in killed]


def without_line(root: Path) -> list[tuple[str, str, str, str]]:
    """Explanations of lines that the code does not have any more."""
    lines = {
        path: {
            line.strip()
            for line in ast.unparse(ast.parse((root / path).read_text(encoding="utf-8"))).splitlines()
        }
        for path in {path for path, *_ in EXPLAINED}
    }
    return [key for key in EXPLAINED if key[2] not in lines[key[0]]]
