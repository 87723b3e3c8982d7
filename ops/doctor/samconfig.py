"""samconfig.toml: one environment's parameters, read, and changed with the rest of the file untouched."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

# dev is what `sam deploy` takes without --config-env
SECTIONS = {"dev": "default"}
PAIR = re.compile(r"""(?P<name>\w+)=(?:"(?P<quoted>[^"]*)"|(?P<plain>\S*))""")


def deployment(text: str, env: str) -> dict[str, Any]:
    """The table ``<env>.deploy.parameters``.

    Raises:
        ConfigError: the file is no TOML or has no such table.
    """
    section = SECTIONS.get(env, env)
    try:
        table = tomllib.loads(text)[section]["deploy"]["parameters"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError("samconfig.toml", f"is not TOML: {error}") from None
    except (KeyError, TypeError):
        raise ConfigError("samconfig.toml", f"has no [{section}.deploy.parameters]") from None
    if not isinstance(table, dict):
        raise ConfigError("samconfig.toml", f"{section}.deploy.parameters is no table")
    return table


def region(text: str, env: str) -> str:
    """The region of the environment's ``global`` or ``deploy`` table; eu-central-1, the platform's, else."""
    return _key(text, env, "region") or "eu-central-1"


def account(text: str, env: str) -> str | None:
    """The key ``account`` of the environment's ``global`` or ``deploy`` table: SAM ignores it."""
    return _key(text, env, "account")


def _key(text: str, env: str, name: str) -> str | None:
    tables = tomllib.loads(text)[SECTIONS.get(env, env)]
    values = (tables.get(command, {}).get("parameters", {}).get(name) for command in ("deploy", "global"))
    return next((str(value) for value in values if value), None)


def parameters(text: str, env: str) -> dict[str, str]:
    """The parameter overrides by name; SAM takes a list of pairs or one line of them.

    Raises:
        ConfigError: as ``deployment``.
    """
    given = deployment(text, env).get("parameter_overrides", [])
    items = given if isinstance(given, list) else [given]
    return {
        pair["name"]: pair["quoted"] if pair["quoted"] is not None else pair["plain"]
        for item in items
        for pair in PAIR.finditer(str(item))
    }


def changed(text: str, env: str, values: Mapping[str, str]) -> str:
    """The file's text with these parameters set for the environment; comments and order stay.

    Raises:
        ConfigError: the section or its parameter_overrides cannot be found in the text, or what would be
            written reads otherwise than it is meant: then these parameters are set by hand.
    """
    section = SECTIONS.get(env, env)
    deployment(text, env)
    header = re.search(rf"^\[{re.escape(section)}\.deploy\.parameters\][^\n]*\n", text, re.MULTILINE)
    if header is None:
        raise ConfigError(
            "samconfig.toml", f"[{section}.deploy.parameters] is not written as a table of its own"
        )
    following = re.search(r"^\[", text[header.end() :], re.MULTILINE)
    end = header.end() + following.start() if following else len(text)
    body = text[header.end() : end]
    for name, value in values.items():
        body = _with(body, name, value)
    after = text[: header.end()] + body + text[end:]
    if not _reads_as_meant(text, after, env, values):
        names = ", ".join(values)
        raise ConfigError("samconfig.toml", f"cannot be changed in place: set {names} by hand")
    return after


def _reads_as_meant(before: str, after: str, env: str, values: Mapping[str, str]) -> bool:
    try:
        given = parameters(after, env)
    except ConfigError:
        return False
    plain = {name: value.replace('\\"', "").strip('"') for name, value in values.items()}
    return given == parameters(before, env) | plain


def _with(body: str, name: str, value: str) -> str:
    pair = re.compile(rf"""(?<![\w]){re.escape(name)}=(?:\\"[^"\\]*\\"|""|[^\s"',]*(?:,[^\s"',]+)*)""")
    if pair.search(body):
        return pair.sub(lambda _: f"{name}={value}", body, count=1)
    in_list = re.search(r"^parameter_overrides\s*=\s*\[[^\]]*?(?P<end>\n?)(?=\])", body, re.MULTILINE)
    if in_list:
        before = body[: in_list.end()].rstrip()
        comma = "" if before.endswith((",", "[")) or _ends_in_comment(before) else ","
        return f'{before}{comma}\n    "{name}={value}",\n{body[in_list.end() :]}'
    in_line = re.search(r'^parameter_overrides\s*=\s*"(?P<pairs>[^"\n]*)"', body, re.MULTILINE)
    if in_line:
        position = in_line.end("pairs")
        return f"{body[:position]} {name}={value}{body[position:]}"
    raise ConfigError("samconfig.toml", "parameter_overrides is neither a list nor a line in this section")


def _ends_in_comment(text: str) -> bool:
    """Whether the last line is a pair with its comma, then a comment."""
    return bool(re.search(r",\s*#[^\n]*$", text))
