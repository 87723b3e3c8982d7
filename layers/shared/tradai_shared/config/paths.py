"""Looks values up by path, such as ``dynamodb.tables.notifications.ttl.attribute``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tradai_shared.config.models.base import IMMUTABLE, UNSPECIFIED, Model
from tradai_shared.config.provenance import BY_CONFIDENCE, Provenance, join, nearest_section, provenance_at
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.provenance import Source


FINDING_ID = re.compile(r"[0-9a-f]{12}")  # a rule that no value spells out is named by its finding


def children(section: object) -> Mapping[str, object]:
    """The fields of a model or the entries of a mapping; empty for a value."""
    match section:
        case Model():
            return vars(section)
        case Mapping():
            return section
        case _:
            return {}


def value_at(config: CanonicalConfig, path: str) -> object:
    """The value, or the section, at a path.

    Raises:
        ConfigError: there is no such path.
    """
    section: object = config
    for name in path.split("."):
        below = children(section)
        if name not in below:
            raise ConfigError(
                path, f"there is no {name!r}; there are: {', '.join(below) or 'no values below'}"
            )
        section = below[name]
    return section


def leaves(section: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value at and below a section, with its path; a tuple is one value."""
    below = children(section)
    if not below:
        yield path, section
    for name, value in below.items():
        yield from leaves(value, join(path, name))


def sections(section: object, path: str = "") -> Iterator[str]:
    """The path of every section and value, the whole left out."""
    for name, value in children(section).items():
        below = join(path, name)
        yield below
        yield from sections(value, below)


def provenance_of(config: CanonicalConfig, path: str) -> Provenance:
    """The provenance of the value at a path; of a section, the provenance with the least confidence below it.

    Raises:
        ConfigError: there is no such path.
    """
    below, stated = leaves(value_at(config, path), path), config.provenances
    return max((provenance_at(stated, leaf) for leaf, _ in below), key=BY_CONFIDENCE.index)


def source_of(config: CanonicalConfig, path: str) -> Source | None:
    """The page that the value at a path was read from; None where none says it, or a deployment does."""
    annotations = config.annotations
    section = nearest_section(annotations.provenance, path)
    return annotations.sources.get(section) if section and _is_read(annotations.provenance[section]) else None


def _is_read(provenance: Provenance) -> bool:
    return provenance is not Provenance.CONFIRMED


def is_absent(config: CanonicalConfig, path: str) -> bool:
    """Whether a deployment says that it does not have the resource at a path."""
    return _matches(config.annotations.absent, path)


def is_judged(config: CanonicalConfig, path: str) -> bool:
    """Whether AWS is compared with the value: not where a deployment says so, or lacks the resource."""
    return not _matches((*config.annotations.not_judged, *config.annotations.absent), path)


def unmatched_patterns(config: CanonicalConfig) -> Iterator[tuple[str, str]]:
    """Patterns of ``absent`` and ``not_judged`` that name nothing, each with its problem."""
    known = list(sections(config))
    for pattern in (*config.annotations.absent, *config.annotations.not_judged):
        if not FINDING_ID.fullmatch(pattern) and not any(fnmatchcase(path, pattern) for path in known):
            yield pattern, "names no value of the configuration"


def _matches(patterns: tuple[str, ...], path: str) -> bool:
    """Whether a pattern names the path or a section that holds it."""
    names = path.split(".")
    above = [".".join(names[: count + 1]) for count in range(len(names))]
    return any(fnmatchcase(section, pattern) for pattern in patterns for section in above)


def is_immutable(config: CanonicalConfig, path: str) -> bool:
    """Whether the value at a path, or a section that holds it, must not change without a migration.

    Raises:
        ConfigError: there is no such path.
    """
    return _declared(config, path, IMMUTABLE)


def is_unspecified(config: CanonicalConfig, path: str) -> bool:
    """Whether no source specifies the value at a path; nothing is compared with it then.

    Raises:
        ConfigError: there is no such path.
    """
    return value_at(config, path) is None and _declared(config, path, UNSPECIFIED)


def _declared(config: CanonicalConfig, path: str, word: str) -> bool:
    value_at(config, path)
    section: object = config
    for name in path.split("."):
        if isinstance(section, Model) and word in type(section).model_fields[name].metadata:
            return True
        section = children(section)[name]
    return False
