"""Values asked for by path, such as ``dynamodb.tables.notifications.ttl.attribute``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tradai_shared.config.models.base import IMMUTABLE, UNSTATED, Model
from tradai_shared.config.provenance import SUREST_FIRST, Provenance, join, mark_at
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradai_shared.config.models import CanonicalConfig


def children(section: object) -> Mapping[str, object]:
    """What lies directly below: a model's fields, a mapping's entries, nothing below a value."""
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
    here: object = config
    for name in path.split("."):
        below = children(here)
        if name not in below:
            raise ConfigError(
                path, f"there is no {name!r}; there are: {', '.join(below) or 'no values below'}"
            )
        here = below[name]
    return here


def leaves(section: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value at and below a section, with its path; a tuple is one value."""
    below = children(section)
    if not below:
        yield path, section
    for name, value in below.items():
        yield from leaves(value, join(path, name))


def provenance_of(config: CanonicalConfig, path: str) -> Provenance:
    """How sure the value at a path is; a section is as sure as the least sure of its values.

    Raises:
        ConfigError: there is no such path.
    """
    section = value_at(config, path)
    return max((mark_at(config.marks, leaf) for leaf, _ in leaves(section, path)), key=SUREST_FIRST.index)


def is_immutable(config: CanonicalConfig, path: str) -> bool:
    """Whether the value at a path, or a section that holds it, must not change without a migration.

    Raises:
        ConfigError: there is no such path.
    """
    return _declared(config, path, IMMUTABLE)


def is_unstated(config: CanonicalConfig, path: str) -> bool:
    """Whether nobody has stated the value at a path, so that nothing may judge it.

    Raises:
        ConfigError: there is no such path.
    """
    return value_at(config, path) is None and _declared(config, path, UNSTATED)


def _declared(config: CanonicalConfig, path: str, word: str) -> bool:
    value_at(config, path)
    here: object = config
    for name in path.split("."):
        if isinstance(here, Model) and word in type(here).model_fields[name].metadata:
            return True
        here = children(here)[name]
    return False
