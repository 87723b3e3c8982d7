"""Builds the configuration of an environment: the built-in values with a deployment's overrides merged in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tradai_shared.config.invariants import violations
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.overrides import OverrideFile, merge
from tradai_shared.config.paths import unmatched_patterns
from tradai_shared.config.provenance import Annotations, Provenance, join, plain, sourced_sections
from tradai_shared.config.validation_errors import problems
from tradai_shared.config.values import built_in
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradai_shared.config.naming import Environment


def build(
    env: Environment,
    own: Mapping[str, Any] | OverrideFile | None = None,
    superseded: Mapping[str, Any] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> CanonicalConfig:
    """The configuration of one environment.

    Args:
        env: which environment.
        own: a deployment's own file, or its values alone, shaped as the configuration is. They replace the
            built-in ones, null removes what is there, and what they name counts as confirmed.
        superseded: own values, by path, that the stack's parameters have replaced in ``own``.
        parameters: the stack's, by their names in template.yaml.

    Raises:
        ConfigError: a value is not accepted; every one is named, with what would be accepted.
    """
    file = own if isinstance(own, OverrideFile) else OverrideFile(values=dict(own or {}))
    tree = built_in(env)
    sections = dict(sourced_sections(tree))
    provenance = {path: sourced.provenance for path, sourced in sections.items()}
    values = plain(tree)
    merge(values, file.values)
    confirmed = dict.fromkeys(own_paths(file.values), Provenance.CONFIRMED)
    annotations = Annotations(
        provenance=provenance | confirmed,
        sources={path: sourced.source for path, sourced in sections.items() if sourced.source},
        confirmed_on={path: day for day, paths in file.confirmed.items() for path in paths},
        superseded=superseded or {},
        parameters=parameters or {},
        absent=file.absent,
        not_judged=file.not_judged,
    )
    return validate(values, annotations)


def validate(values: Mapping[str, Any], annotations: Annotations) -> CanonicalConfig:
    """The values as models, in which every invariant holds.

    Raises:
        ConfigError: a value is not accepted.
    """
    try:
        config = CanonicalConfig.model_validate_json(json.dumps(values), context=annotations)
    except ValidationError as error:
        raise refusal(problems(error, CanonicalConfig)) from None
    if broken := [*violations(config), *unmatched_patterns(config)]:
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
