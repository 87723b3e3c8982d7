"""Where the configuration meets the world: the one module here that reads the environment and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.collector import collector_paused
from tradai_shared.config.canonical import build
from tradai_shared.config.early import own_path
from tradai_shared.config.naming import Environment
from tradai_shared.config.own import OwnFile, parse
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.own import Waiver


def canonical_config(env: str) -> CanonicalConfig:
    """The configuration of one environment, with a deployment's own values over the built-in ones.

    Raises:
        ConfigError: an unknown environment, an own file that cannot be read, a value that is not accepted.
    """
    with collector_paused():
        return build(environment(env), own_file(env).values)


def waivers(env: str) -> tuple[Waiver, ...]:
    """The findings that a deployment accepts, the ended ones included.

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


def own_file(env: str) -> OwnFile:
    """What is laid over the built-in values; empty where there is no file and none is named.

    Raises:
        ConfigError: it cannot be read.
    """
    path = own_path(env)
    return OwnFile() if path is None else read(path)


def read(path: Path) -> OwnFile:
    """An own file, read and understood.

    Raises:
        ConfigError: it is not there or cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), f"cannot be read: {error}") from None
    return parse(text, str(path))
