"""Where the configuration meets the world: the one module here that reads the environment and files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradai_shared.config.canonical import build
from tradai_shared.config.naming import Environment
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from tradai_shared.config.models import CanonicalConfig

PATH_VARIABLE = "CANONICAL_CONFIG_PATH"
OWN_VALUES = Path(__file__).parent / "own_values"


def canonical_config(env: str) -> CanonicalConfig:
    """The configuration of one environment, a deployment's own values included.

    Raises:
        ConfigError: an unknown environment, or a value that is not accepted.
    """
    return build(environment(env), own_values(env))


def environment(env: str) -> Environment:
    try:
        return Environment(env)
    except ValueError:
        raise ConfigError("environment", f"{env!r} is none of {', '.join(Environment)}") from None


def own_values(env: str) -> dict[str, Any]:
    """From ``own_values/<env>.json`` in the layer, or the file that CANONICAL_CONFIG_PATH names."""
    named = os.environ.get(PATH_VARIABLE)
    path = Path(named) if named else OWN_VALUES / f"{env}.json"
    if not named and not path.exists():
        return {}
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["values"]
    return values
