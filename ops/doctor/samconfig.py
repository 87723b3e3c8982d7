"""samconfig.toml: one environment's parameters as SAM reads them. ``samconfig_edit`` changes them."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

# dev is what `sam deploy` takes without --config-env
SECTIONS = {"dev": "default"}
OVERRIDES = "parameter_overrides"
VALUE = r"""(?:"(?P<quoted>[^"]*)"|'(?P<single>[^']*)'|(?P<plain>\S*))"""
PAIR = re.compile(rf"(?P<name>\w+)={VALUE}")
LONG_PAIR = re.compile(rf"ParameterKey=(?P<name>\w+),ParameterValue={VALUE}")


@cache
def _tables(text: str) -> dict[str, Any]:
    """Parsed once: a command asks for region, account, stack and parameters of the same text."""
    return tomllib.loads(text)


def deployment(text: str, env: str) -> dict[str, Any]:
    """The table ``<env>.deploy.parameters``.

    Raises:
        ConfigError: the file is no TOML or has no such table.
    """
    section = SECTIONS.get(env, env)
    try:
        table = _tables(text)[section]["deploy"]["parameters"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError("samconfig.toml", f"is not TOML: {error}") from None
    except (KeyError, TypeError):
        raise ConfigError("samconfig.toml", f"has no [{section}.deploy.parameters]") from None
    if not isinstance(table, dict):
        raise ConfigError("samconfig.toml", f"{section}.deploy.parameters is no table")
    return {**_of_every_command(text, section), **table}


def _of_every_command(text: str, section: str) -> dict[str, Any]:
    """SAM takes from ``global`` what a command's own table does not say."""
    table = _tables(text)[section].get("global", {})
    values = table.get("parameters", {}) if isinstance(table, dict) else {}
    return values if isinstance(values, dict) else {}


def region(text: str, env: str) -> str:
    """The region of the environment's ``global`` or ``deploy`` table; eu-central-1, the platform's, else."""
    return stated_region(text, env) or "eu-central-1"


def stated_region(text: str, env: str) -> str | None:
    """None where SAM takes that of profile or environment."""
    return _key(text, env, "region")


def account(text: str, env: str) -> str | None:
    """The key ``account`` of the environment's ``global`` or ``deploy`` table: SAM ignores it."""
    return _key(text, env, "account")


def _key(text: str, env: str, name: str) -> str | None:
    tables = _tables(text)[SECTIONS.get(env, env)]
    values = (tables.get(command, {}).get("parameters", {}).get(name) for command in ("deploy", "global"))
    return next((str(value) for value in values if value), None)


def parameters(text: str, env: str) -> dict[str, str]:
    """The parameter overrides by name: SAM takes lines of pairs, tables, and lists of both.

    Raises:
        ConfigError: as ``deployment``; or some of them are in another file.
    """
    given = deployment(text, env).get(OVERRIDES, [])
    return {name: value for item in _flat(given) for name, value in _pairs(item).items()}


def _flat(given: Any) -> Iterator[Any]:
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _pairs(item: Any) -> dict[str, str]:
    """Of one line or table, as samcli.cli.types.CfnParameterOverridesType reads it."""
    if isinstance(item, dict):
        if "$include" in item:
            raise _elsewhere(str(item["$include"]))
        return {name: _joined(value) for name, value in item.items()}
    line = str(item)
    if line.startswith("file://"):
        raise _elsewhere(line)
    if "\n" in line:
        raise ConfigError(
            "samconfig.toml",
            f"a string of {OVERRIDES} has line ends, and SAM splits at blanks alone: use a list",
        )
    pairs = list(LONG_PAIR.finditer(line)) or list(PAIR.finditer(line))
    return {pair["name"]: pair["quoted"] or pair["single"] or pair["plain"] or "" for pair in pairs}


def _joined(value: Any) -> str:
    return ",".join(str(part).strip() for part in value) if isinstance(value, list) else str(value)


def _elsewhere(file: str) -> ConfigError:
    return ConfigError(
        "samconfig.toml", f"{OVERRIDES} refers to {file}, which is not read here: write the pairs themselves"
    )
