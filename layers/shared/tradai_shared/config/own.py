"""A deployment's own file: values that replace the built-in ones, and waivers of accepted findings."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from pydantic import Field, ValidationError

from tradai_shared.config.models.base import Model, Text
from tradai_shared.config.problems import problems
from tradai_shared.errors import ConfigError


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
