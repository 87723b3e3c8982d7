"""Changes parameter overrides in samconfig.toml, wherever TOML lets them stand, and leaves the rest as it is.

What was changed is read again: if any other value of the file differs, or one of these reads otherwise than
it is meant, nothing is written and the message says what to type.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, String

from ops.doctor.samconfig import OVERRIDES, SECTIONS, deployment, parameters
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

EMPTY = '""'  # SAM refuses a bare ``Name=``


def changed(text: str, env: str, values: Mapping[str, str]) -> str:
    """The file's text with these parameters set for the environment; comments and order stay.

    Raises:
        ConfigError: there is no such environment, or its parameters cannot be changed in place: then they are
            set by hand, and the message has them.
    """
    deployment(text, env)
    plain = {name: "" if value == EMPTY else value for name, value in values.items()}
    try:
        document = tomlkit.parse(text)
        table = _table(document[SECTIONS.get(env, env)])
        for name, value in plain.items():
            _set(table, name, value)
        after = tomlkit.dumps(document)
        if _is_as_meant(text, after, env, plain):
            return after
    except (TOMLKitError, tomllib.TOMLDecodeError, ConfigError, RecursionError):
        pass
    pairs = " ".join(f"'{name}={value or EMPTY}'" for name, value in plain.items())
    raise ConfigError(
        "samconfig.toml",
        f"cannot be changed in place: set {', '.join(plain)} by hand, each as an item of the list {OVERRIDES}"
        f" of [{SECTIONS.get(env, env)}.deploy.parameters]: {pairs}",
    )


def write(file: Path, text: str) -> None:
    """In the line ends that the file has, where it exists."""
    ends = "\r\n" if file.exists() and b"\r\n" in file.read_bytes() else None
    file.write_text(text, encoding="utf-8", newline=ends)


def _table(section: Any) -> Any:
    """Where the overrides stand: SAM takes those of ``global`` where the deployment has none."""
    own = section["deploy"]["parameters"]
    common = section.get("global", {}).get("parameters", {})
    return common if OVERRIDES not in own and OVERRIDES in common else own


def _set(table: Any, name: str, value: str) -> None:
    """Change the parameter where it stands, else add it beside the others."""
    match table.get(OVERRIDES):
        case None:
            table[OVERRIDES] = tomlkit.array()
            table[OVERRIDES].append(_string(f"{name}={value or EMPTY}"))
        case String() as line:
            table[OVERRIDES] = _string(_with_pair(line, name, value))
        case Array() as items:
            held = [place for place in _strings(items) if _pair(name).search(str(place[0][place[1]]))]
            for holder, index in held:
                holder[index] = _string(_with_pair(str(holder[index]), name, value))
            if not held:
                _append(items, _string(f"{name}={value or EMPTY}"))
        case dict() as named:
            named[name] = value


def _strings(items: Array) -> Iterator[tuple[Array, int]]:
    """The places of the strings of a list, and of lists within."""
    for index, item in enumerate(items):
        if isinstance(item, Array):
            yield from _strings(item)
        elif isinstance(item, String):
            yield items, index


def _append(items: Array, item: String) -> None:
    """At a line of its own where others stand so, with the indent of the last one."""
    written = items.as_string()
    if "\n" not in written:
        items.append(item)
        return
    indents = re.findall(r"\n([ \t]*)[\"'\[{]", written)
    items.add_line(item, indent=indents[-1] if indents else "  ")


def _pair(name: str) -> re.Pattern[str]:
    value = r"""(?:"[^"]*"|'[^']*'|[^\s"']*)"""
    return re.compile(rf"(?P<key>(?<!\w)(?:ParameterKey={name},ParameterValue|{name})=){value}")


def _with_pair(line: str, name: str, value: str) -> str:
    """A line of pairs; SAM reads it as pairs of one kind."""
    after, count = _pair(name).subn(lambda match: match["key"] + (value or EMPTY), line)
    long = f"ParameterKey={name},ParameterValue=" if "ParameterKey=" in line else f"{name}="
    return after if count else f"{line} {long}{value or EMPTY}".lstrip()


def _string(text: str) -> String:
    return tomlkit.string(text, literal='"' in text and "'" not in text)


def _is_as_meant(before: str, after: str, env: str, values: Mapping[str, str]) -> bool:
    if parameters(after, env) != {**parameters(before, env), **values}:
        return False
    return _without_overrides(before, env) == _without_overrides(after, env)


def _without_overrides(text: str, env: str) -> dict[str, Any]:
    """Everything else in the file."""
    document = tomllib.loads(text)
    section = document[SECTIONS.get(env, env)]
    for command in ("deploy", "global"):
        table = section.get(command, {})
        if isinstance(table, dict) and isinstance(table.get("parameters"), dict):
            table["parameters"].pop(OVERRIDES, None)
    return document
