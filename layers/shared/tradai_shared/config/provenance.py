"""The source of each value. A provenance in ``values/`` holds for the value and for everything below it."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


class Provenance(StrEnum):
    """Where a value comes from, in order of confidence, the highest first."""

    CONFIRMED = "confirmed"  # a deployment's own file
    SEED = "seed"  # the platform's canonical document, version 9.3.0: the authority
    DOCUMENTED = "documented"  # another page of its documentation, newest copy
    CONTRADICTED = "contradicted"  # two pages disagree: it informs, until a live account confirms a value
    ASSUMED = "assumed"  # nobody wrote it down: a sensible value, to be confirmed against a live account

    @property
    def is_settled(self) -> bool:
        """Whether a difference from the value is drift; other differences only inform."""
        return self not in {Provenance.CONTRADICTED, Provenance.ASSUMED}


BY_CONFIDENCE = tuple(Provenance)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the platform's documentation, and when it was read: a day, or a month or year alone."""

    name: str
    read: str  # ISO 8601: 2026-03-28, 2025-12 or 2026

    def is_stale(self, day: date) -> bool:
        """Whether it was read in an earlier year: most days of reading are known to the year alone."""
        return int(self.read[:4]) < day.year


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was read; for a contradicted value also what the other page says."""

    page: Page
    other_value: Any = None
    other_page: Page | None = None


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value with its provenance and, where it was read, its source."""

    value: Any
    provenance: Provenance
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Annotations:
    """What is known about the values, by path; an entry holds for its path and everything below it.

    ``superseded`` are a deployment's own values that the stack's parameters replaced, ``parameters`` those
    parameters by their names in template.yaml. ``absent`` and ``not_judged`` are patterns, in which ``*``
    stands for part of a name.
    """

    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    confirmed_on: Mapping[str, date] = field(default_factory=dict)
    superseded: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    not_judged: tuple[str, ...] = ()


def assumed(value: object) -> Sourced:
    return Sourced(value, Provenance.ASSUMED)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def plain(tree: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    """The values without their provenance."""
    match tree:
        case Sourced():
            return plain(tree.value)
        case dict():
            return {name: plain(value) for name, value in tree.items()}
        case _:
            return tree


def sourced_sections(tree: object, path: str = "") -> Iterator[tuple[str, Sourced]]:
    """The sections of a tree that state a provenance, by path."""
    match tree:
        case Sourced():
            yield path, tree
            yield from sourced_sections(tree.value, path)
        case dict():
            for name, value in tree.items():
                yield from sourced_sections(value, join(path, name))


def provenance_at(stated: Mapping[str, Provenance], path: str) -> Provenance:
    """The provenance that holds at a path: its own or that of the nearest section above.

    Raises:
        ConfigError: neither it nor a section above states one.
    """
    section = nearest_section(stated, path)
    if section is None:
        raise ConfigError(path, "nothing states the provenance of this value")
    return stated[section]


def nearest_section(stated: Mapping[str, object], path: str) -> str | None:
    """The path, or the nearest section above it, that has an entry."""
    section = path
    while section and section not in stated:
        section, _, _ = section.rpartition(".")
    return section or None
