"""Builds the configuration of an environment: the built-in values with a deployment's overrides merged in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tradai_shared.config.invariants import violations
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.overrides import merge
from tradai_shared.config.provenance import Provenance, join, marks_of, plain
from tradai_shared.config.validation_errors import problems
from tradai_shared.config.values import built_in
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradai_shared.config.naming import Environment


def build(env: Environment, own: Mapping[str, Any] | None = None) -> CanonicalConfig:
    """The configuration of one environment.

    Args:
        env: which environment.
        own: a deployment's own values, shaped as the configuration is. They replace the built-in ones,
            null removes what is there, and what they name counts as confirmed.

    Raises:
        ConfigError: a value is not accepted; every one is named, with what would be accepted.
    """
    tree = built_in(env)
    provenance = dict(marks_of(tree))
    values = plain(tree)
    if own:
        merge(values, own)
        provenance |= dict.fromkeys(own_paths(own), Provenance.CONFIRMED)
    return validate(values, provenance)


def validate(values: Mapping[str, Any], provenance: Mapping[str, Provenance]) -> CanonicalConfig:
    """The values as models, in which every invariant holds.

    Raises:
        ConfigError: a value is not accepted.
    """
    try:
        config = CanonicalConfig.model_validate_json(json.dumps(values), context=provenance)
    except ValidationError as error:
        raise refusal(problems(error, CanonicalConfig)) from None
    if broken := list(violations(config)):
        raise refusal(broken)
    return config


def refusal(refused: list[tuple[str, str]]) -> ConfigError:
    """A single error for all refused values; its path is that of the first."""
    (path, problem), *others = refused
    return ConfigError(path, "\n".join([problem, *(f"{other}: {reason}" for other, reason in others)]))


def own_paths(own: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """The paths of the values that a deployment gives itself."""
    for name, value in own.items():
        if isinstance(value, dict) and value:
            yield from own_paths(value, join(path, name))
        else:
            yield join(path, name)
