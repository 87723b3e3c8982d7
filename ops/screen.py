"""Prints to the terminal. Text that was read is never markup, and its control characters are escaped."""

from __future__ import annotations

import json
import sys
import unicodedata
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text
from typing_extensions import override

if TYPE_CHECKING:
    from ops.identity import Identity

LAYOUT = frozenset("\n\t")
HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
)  # control, format (bidirectional too), line separators


def visible(text: str) -> str:
    """The text with every control character written as its escape."""
    return "".join(
        character
        if character in LAYOUT or unicodedata.category(character) not in HIDDEN
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def styled(text: object, style: str = "") -> Text:
    """Text with a style, whatever it contains."""
    return Text(visible(str(text)), style)


class PipeConsole(Console):
    """Raises where the reader closed the pipe; rich would end the process with 1, which says drift."""

    @override
    def on_broken_pipe(self) -> None:
        self.quiet = True  # what is left to print has no reader
        raise BrokenPipeError


class PlainConsole(PipeConsole):
    """Prints every string as it is: no markup, no emoji codes, no colours by guess."""

    @override
    def render_str(self, text: str, **options: Any) -> Text:
        plain = {"markup": False, "emoji": False, "highlight": False, "highlighter": None}
        return super().render_str(visible(text), **{**options, **plain})

    @override
    def print(self, *objects: Any, **options: Any) -> None:
        """Lines of text are never folded: an id survives a narrow terminal and a pipe."""
        lines = all(isinstance(item, str | Text) for item in objects)
        super().print(*objects, **{"soft_wrap": lines, **options})


console = PlainConsole(highlight=False, markup=False, emoji=False)
error_console = PlainConsole(stderr=True, highlight=False, markup=False, emoji=False)


def place(identity: Identity, env: str) -> dict[str, str]:
    """Where an answer is from, for a JSON document."""
    return {"account": identity.account, "region": identity.region, "environment": env}


def print_document(document: object) -> None:
    """JSON, in ASCII, so that nothing in it steers a terminal."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def agreed(question: str) -> bool:
    """Ask on standard error, where a person can answer. Only a whole yes is one; Ctrl-D is a no."""
    if not sys.stdin.isatty():
        error_console.print(f"{question} There is no terminal to ask at: --yes goes ahead.")
        return False
    try:
        return error_console.input(f"{question} [yes/no] ").strip().lower() == "yes"
    except EOFError:  # Ctrl-D
        error_console.print()
        return False
    except KeyboardInterrupt:
        error_console.print()
        raise
