"""Where the values of a TOML document stand in its text, so that one can be changed and the rest left alone.

Only for a text that tomllib accepts: what is no TOML at all is not noticed here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACES = re.compile(r"[ \t]*")
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""+|\'\'\'.*?\'\'\'+|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
BARE = re.compile(r"[A-Za-z0-9_-]+")
SCALAR = re.compile(r"[^,\]}\r\n#]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A value: the path of its keys, and where its text begins and ends."""

    path: tuple[str, ...]
    start: int
    end: int

    def text(self, document: str) -> str:
        return document[self.start : self.end]


def values(document: str) -> Iterator[Span]:
    """Every value with a key, those within inline tables too; paths below ``[[…]]`` begin with ``[]``."""
    table: tuple[str, ...] = ()
    position = _end(BLANK, document, 0)
    while position < len(document):
        if document[position] == "[":
            many = document.startswith("[[", position)
            table, position = _key(document, position + (2 if many else 1))
            table = ("[]", *table) if many else table
            position = _end(BLANK, document, position + (2 if many else 1))
        else:
            spans, position = _assignment(document, position, table)
            yield from spans
            position = _end(BLANK, document, position)


def items(document: str, span: Span) -> Iterator[Span]:
    """The items of an array."""
    position = _end(BLANK, document, span.start + 1)
    while document[position] != "]":
        end = _value(document, position, span.path)[1]
        yield Span(span.path, position, end)
        position = _end(BLANK, document, end)
        if document[position] == ",":
            position = _end(BLANK, document, position + 1)


def _assignment(document: str, position: int, table: tuple[str, ...]) -> tuple[list[Span], int]:
    key, position = _key(document, position)
    return _value(document, _end(SPACES, document, position + 1), (*table, *key))


def _key(document: str, position: int) -> tuple[tuple[str, ...], int]:
    """A dotted key, and where what follows it stands."""
    parts: list[str] = []
    while True:
        position = _end(SPACES, document, position)
        end = (
            _end(STRING, document, position)
            if document[position] in "\"'"
            else _end(BARE, document, position)
        )
        parts += tomllib.loads(f"{document[position:end]} = 0")
        position = _end(SPACES, document, end)
        if document[position] != ".":
            return tuple(parts), position
        position += 1


def _value(document: str, position: int, path: tuple[str, ...]) -> tuple[list[Span], int]:
    """The spans of a value, its own first, and its end."""
    first = document[position]
    if first == "{":
        inner, end = _inline_table(document, position, path)
        return [Span(path, position, end), *inner], end
    if first == "[":
        end = _array_end(document, position, path)
    else:
        end = _end(STRING if first in "\"'" else SCALAR, document, position)
    return [Span(path, position, end)], end


def _inline_table(document: str, position: int, path: tuple[str, ...]) -> tuple[list[Span], int]:
    spans: list[Span] = []
    position = _end(BLANK, document, position + 1)
    while document[position] != "}":
        found, position = _assignment(document, position, path)
        spans += found
        position = _end(BLANK, document, position)
        if document[position] == ",":
            position = _end(BLANK, document, position + 1)
    return spans, position + 1


def _array_end(document: str, position: int, path: tuple[str, ...]) -> int:
    ends = [item.end for item in items(document, Span(path, position, len(document)))]
    position = _end(BLANK, document, ends[-1] if ends else position + 1)
    if document[position] == ",":
        position = _end(BLANK, document, position + 1)
    return position + 1


def _end(pattern: re.Pattern[str], document: str, position: int) -> int:
    match = pattern.match(document, position)
    return match.end() if match else position
