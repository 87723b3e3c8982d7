"""The blocks of a page of the document."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of single values: its heading, then label and path of each row."""

    about: str
    rows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with a row for each entry of a mapping: the mapping's path, the entries' heading, the columns.

    A column is given as the path below an entry; empty for the entry itself.
    """

    of: str
    called: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A numbered list of sentences with a lead."""

    lead: str
    path: str


@dataclass(frozen=True, slots=True)
class Section:
    """A page: its title, the file below values/ that defines its values, an introduction."""

    title: str
    home: str
    intro: str
    blocks: tuple[Rows | Grid | Bullets, ...]
