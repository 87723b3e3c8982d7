"""A deployment's own file: values that replace the built-in ones, and waivers of accepted findings."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from tradai_shared.config.models.base import Model, Text
from tradai_shared.config.validation_errors import problems
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Waiver(Model):
    """A finding that is accepted until a day; from the next on it counts again."""

    finding: Text  # its id
    reason: Text
    owner: Text
    until: date


class OwnFile(Model):
    """What ``own_values/<env>.json`` holds. ``values`` is shaped as the configuration is."""

    values: dict[str, Any] = Field(default_factory=dict)
    waivers: tuple[Waiver, ...] = ()


def parse(text: str, source: str) -> OwnFile:
    """A deployment's own file, read.

    Args:
        text: JSON.
        source: the file's name, for errors.

    Raises:
        ConfigError: it is not JSON, or not of this form. Its values are judged when they are laid over
            the built-in ones.
    """
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ConfigError(source, f"is not JSON: {error}") from None
    try:
        return OwnFile.model_validate_json(json.dumps(document))
    except ValidationError as error:
        found = (f"{path or 'the whole'}: {problem}" for path, problem in problems(error, OwnFile))
        raise ConfigError(source, "\n".join(found)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names all differ: of two alike, JSON would silently keep the last."""
    names = [name for name, _ in pairs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigError(", ".join(sorted(twice)), "is given twice")
    return dict(pairs)


def merge(values: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Lay own values over the others as RFC 7396 (JSON Merge Patch) says; null removes what is there."""
    for name, value in own.items():
        if isinstance(value, dict):
            below = values.get(name)
            values[name] = below if isinstance(below, dict) else {}
            merge(values[name], value)
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
