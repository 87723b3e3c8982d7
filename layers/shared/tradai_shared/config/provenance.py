"""The source of each value. A mark in ``values/`` holds for the value and for everything below it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Provenance(StrEnum):
    """Where a value comes from, in order of confidence, the highest first."""

    CONFIRMED = "confirmed"  # a deployment's own file
    SEED = "seed"  # the platform's canonical document, version 9.3.0: the authority
    DOCUMENTED = "documented"  # another page of its documentation, newest copy
    ASSUMED = "assumed"  # nobody wrote it down: a sensible value, to be confirmed against a live account


BY_CONFIDENCE = tuple(Provenance)


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value with its provenance."""

    value: Any
    provenance: Provenance


def seed(value: object) -> Sourced:
    return Sourced(value, Provenance.SEED)


def documented(value: object) -> Sourced:
    return Sourced(value, Provenance.DOCUMENTED)


def assumed(value: object) -> Sourced:
    return Sourced(value, Provenance.ASSUMED)


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def plain(tree: Any) -> Any:  # noqa: ANN401 - a tree of JSON
    """The values without their marks."""
    match tree:
        case Sourced():
            return plain(tree.value)
        case dict():
            return {name: plain(value) for name, value in tree.items()}
        case _:
            return tree


def marks_of(tree: object, path: str = "") -> Iterator[tuple[str, Provenance]]:
    """The marks without their values, by path."""
    match tree:
        case Sourced():
            yield path, tree.provenance
            yield from marks_of(tree.value, path)
        case dict():
            for name, value in tree.items():
                yield from marks_of(value, join(path, name))


def provenance_at(marked: Mapping[str, Provenance], path: str) -> Provenance:
    """The mark that holds at a path: its own or that of the nearest section above.

    Raises:
        ConfigError: no mark covers the path.
    """
    section = path
    while section not in marked:
        section, _, _ = section.rpartition(".")
        if not section:
            raise ConfigError(path, "no mark gives the provenance of this value")
    return marked[section]
