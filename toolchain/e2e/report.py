"""What was shown, what was not, and why: rows, and how a person and a machine read them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape
from rich.table import Table

WORDS = 400  # of a failure; the logs have the rest


class NotShownError(Exception):
    """What a check should have shown was not so; the message says what was."""


class End(StrEnum):
    """How a check ended."""

    SHOWN = "shown"
    FAILED = "failed"
    OUT_OF_REACH = "out of reach"


COLOURS = {End.SHOWN: "green", End.FAILED: "bold red", End.OUT_OF_REACH: "yellow"}
Act: TypeAlias = Callable[[], str]  # shows something, and says how it was seen


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report; ``text`` is what was observed, or why it was not."""

    title: str
    end: End
    text: str
    seconds: float = 0.0


def show(title: str, act: Act) -> Row:
    """Run a check. What it may fail with is a failure of what it shows; anything else is its own fault."""
    began = time.monotonic()
    try:
        text, end = act(), End.SHOWN
    except (NotShownError, BotoCoreError, ClientError, LookupError, ValueError) as error:
        text, end = f"{type(error).__name__}: {error}"[:WORDS], End.FAILED
    return Row(title, end, text, round(time.monotonic() - began, 1))


def require(condition: object, message: object) -> None:
    """Say what was seen instead.

    Raises:
        NotShownError: the condition does not hold.
    """
    if not condition:
        raise NotShownError(str(message))


def failed(rows: list[Row]) -> bool:
    """Whether anything failed, or nothing was shown at all."""
    ends = {row.end for row in rows}
    return End.FAILED in ends or End.SHOWN not in ends


def table(rows: list[Row]) -> Table:
    counted = Counter(row.end for row in rows)
    title = ", ".join(f"{counted[end]} {end}" for end in End if counted[end])
    made = Table(title=title, title_justify="left", header_style="dim", show_lines=False)
    for name in ("what", "", "seen how, or why not", "s"):
        made.add_column(name, justify="right" if name == "s" else "left")
    for row in rows:
        end = f"[{COLOURS[row.end]}]{row.end}[/]"
        made.add_row(escape(row.title), end, escape(row.text), f"{row.seconds:.1f}" if row.seconds else "")
    return made


def document(rows: list[Row], seconds: float) -> dict[str, object]:
    """The report as JSON."""
    entries = [{"title": row.title, "end": row.end, "told": row.text, "seconds": row.seconds} for row in rows]
    return {"failed": failed(rows), "seconds": round(seconds, 1), "rows": entries}
