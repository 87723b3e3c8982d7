"""Reads CANONICAL_CONFIG_PATH and the override file: the one module here that reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import OverrideFile, parse
from tradai_shared.config.parameters import superseded, with_parameters
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.overrides import Waiver

PATH_VARIABLE = "CANONICAL_CONFIG_PATH"
OWN_VALUES = Path(__file__).parent / "own_values"


def own_path(env: str) -> Path | None:
    """The file named by CANONICAL_CONFIG_PATH, or ``own_values/<env>.json`` in the layer, if it exists."""
    if named := os.environ.get(PATH_VARIABLE):
        return Path(named)
    packed = OWN_VALUES / f"{env}.json"
    return packed if packed.exists() else None


def canonical_config(env: str) -> CanonicalConfig:
    """The configuration of one environment, with a deployment's own values over the built-in ones.

    Raises:
        ConfigError: an unknown environment, an own file that cannot be read, a value that is not accepted.
    """
    return build(environment(env), own_file(env))


def deployed_config(env: str, parameters: Mapping[str, str]) -> CanonicalConfig:
    """The same, where the stack's parameters win for what they name: group, hooks, function, alarm, tables.

    Raises:
        ConfigError: as ``canonical_config``.
    """
    file = own_file(env)
    merged = with_parameters(file, parameters, env)
    return build(environment(env), merged, superseded(file.values, merged.values), parameters)


def waivers(env: str) -> tuple[Waiver, ...]:
    """The findings that a deployment accepts, expired waivers included.

    Raises:
        ConfigError: the own file cannot be read.
    """
    return own_file(env).waivers


def environment(env: str) -> Environment:
    """The environment of that name.

    Raises:
        ConfigError: there is none.
    """
    try:
        return Environment(env)
    except ValueError:
        raise ConfigError("environment", f"{env!r} is none of {', '.join(Environment)}") from None


def own_file(env: str) -> OverrideFile:
    """The overrides of an environment; empty if there is no file and CANONICAL_CONFIG_PATH is not set.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = own_path(env)
    return OverrideFile() if path is None else read(path)


def read(path: Path) -> OverrideFile:
    """Read and parse an override file.

    Raises:
        ConfigError: the file cannot be read, or is not of that form.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None
    return parse(text, str(path))
