"""A deployment's override file: values that replace the built-in ones, and waivers of accepted findings."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field, ValidationError

from tradai_shared.config.models.base import Model, Name, Text
from tradai_shared.config.validation_errors import problems
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Waiver(Model):
    """An accepted finding. It counts again from the day after ``until``, or when its content changes.

    ``content`` is the digest of what is accepted, as reports show it; without one, the content that the first
    run with this waiver reads.
    """

    finding: Text  # its id
    content: Text | None = None
    reason: Text
    owner: Text
    until: date


class OverrideFile(Model):
    """What ``own_values/<env>.json`` holds. ``values`` is shaped as the configuration is."""

    values: dict[str, Any] = Field(default_factory=dict)
    absent: tuple[Name, ...] = ()  # resources that this account does not have: paths, * for part of a name
    not_judged: tuple[Name, ...] = ()  # values that nothing is compared with, written alike
    confirmed: dict[date, tuple[Name, ...]] = Field(default_factory=dict)  # paths by the day
    declined: dict[str, Any] = Field(default_factory=dict)  # live values that were refused, by finding's id
    waivers: tuple[Waiver, ...] = ()


def parse(text: str, source: str) -> OverrideFile:
    """Parse a deployment's override file.

    Args:
        text: JSON.
        source: the file's name, for errors.

    Raises:
        ConfigError: it is not JSON, or not of this form. Its values are validated by ``build``.
    """
    try:
        document = json.loads(text, object_pairs_hook=_unique_names)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(source, f"is not JSON: {error}") from None
    try:
        return OverrideFile.model_validate_json(json.dumps(document))
    except ValidationError as error:
        lines = (f"{path or 'the whole'}: {problem}" for path, problem in problems(error, OverrideFile))
        raise ConfigError(source, "\n".join(lines)) from None


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; refuses duplicate names, of which json.loads would silently keep the last value."""
    names = [name for name, _ in pairs]
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise ConfigError(", ".join(sorted(duplicates)), "is given twice")
    return dict(pairs)


def merge(values: dict[str, Any], own: Mapping[str, Any]) -> None:
    """Apply own values as a JSON Merge Patch (RFC 7396): null removes the entry."""
    for name, value in own.items():
        if isinstance(value, dict):
            below = values.get(name)
            values[name] = below if isinstance(below, dict) else {}
            merge(values[name], value)
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
