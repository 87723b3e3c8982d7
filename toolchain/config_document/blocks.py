"""What a page of the document is made of."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of single values: what they are about, what each is called, and its path."""

    about: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of things alike, one a row: where they are, what they are called, and their columns.

    A column has the path below each thing, empty for the thing itself.
    """

    of: str
    called: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bullets:
    """Sentences, one a line, and what they are."""

    lead: str
    path: str


@dataclass(frozen=True, slots=True)
class Section:
    """A page: its title, the file below values/ where its values stand, what to know before reading."""

    title: str
    home: str
    intro: str
    blocks: tuple[Rows | Grid | Bullets, ...]
