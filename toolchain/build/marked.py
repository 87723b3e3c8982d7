"""The generated parts of template.yaml, each between two lines of comment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"


def replaced(template: str, begin: str, end: str, text: str) -> str:
    """The template with other text between the two lines. Raises SystemExit where they are missing."""
    before, _, remainder = template.partition(begin)
    _, mark, after = remainder.partition(end)
    if not mark:
        raise SystemExit(f"{TEMPLATE.name} lacks the line {begin.strip()!r}, or the end of that part")
    return f"{before}{begin}{text}{end}{after}"


def write_or_check(wanted: str, source: str, arguments: Sequence[str]) -> int:
    """Write the template, or with ``--check`` say that its copy of ``source`` is older: the exit status."""
    if TEMPLATE.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in arguments:
        print(f"{TEMPLATE.name} holds an older copy of {source}: make template", file=sys.stderr)
        return 1
    TEMPLATE.write_text(wanted, encoding="utf-8")
    return 0
