"""Changes parameter overrides in samconfig.toml, wherever TOML lets them stand, and leaves the rest as it is.

What was changed is read again: if any other value of the file differs, or one of these reads otherwise than
it is meant, nothing is written and the message says what to type.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from ops.doctor import toml_spans
from ops.doctor.samconfig import OVERRIDES, SECTIONS, deployment, parameters
from tradai_shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ops.doctor.toml_spans import Span

EMPTY = '""'  # SAM refuses a bare ``Name=``
QUOTES = ('"""', "'''", '"', "'")


def changed(text: str, env: str, values: Mapping[str, str]) -> str:
    """The file's text with these parameters set for the environment; comments and order stay.

    Raises:
        ConfigError: there is no such environment, or its parameters cannot be changed in place: then they are
            set by hand, and the message has them.
    """
    deployment(text, env)
    plain = {name: "" if value == EMPTY else value for name, value in values.items()}
    after = text
    try:
        for name, value in plain.items():
            after = _with(after, _table(after, env), name, value)
        if _is_as_meant(text, after, env, plain):
            return after
    except (tomllib.TOMLDecodeError, ConfigError, IndexError, RecursionError):
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


def _table(text: str, env: str) -> tuple[str, ...]:
    """Where the overrides stand: SAM takes those of ``global`` where the deployment has none."""
    section = SECTIONS.get(env, env)
    own, common = (section, "deploy", "parameters"), (section, "global", "parameters")
    paths = {span.path[:4] for span in toml_spans.values(text)}
    return common if (*own, OVERRIDES) not in paths and (*common, OVERRIDES) in paths else own


def _with(text: str, table: tuple[str, ...], name: str, value: str) -> str:
    """Changed where the parameter stands, else added beside the others."""
    overrides = (*table, OVERRIDES)
    spans = list(toml_spans.values(text))
    entries = [span for span in spans if span.path[: len(overrides)] == overrides]
    strings = [string for span in entries if span.path == overrides for string in _strings(text, span)]
    pair = _pair(name)
    held = [string for string in strings if pair.search(_inner(string.text(text))[1])]
    if held:
        for string in reversed(held):
            text = _replaced(text, string, _pair_set(string.text(text), pair, value))
        return text
    keyed = [span for span in entries if span.path == (*overrides, name)]
    if keyed:
        return _replaced(text, keyed[-1], _quoted(value))
    return _added(text, spans, entries, (*overrides, name), value)


def _strings(text: str, span: Span) -> list[Span]:
    """The strings of a value: itself, or those of its list and of lists within."""
    if span.text(text).startswith("["):
        return [string for item in toml_spans.items(text, span) for string in _strings(text, item)]
    return [span] if span.text(text).startswith(("'", '"')) else []


def _added(text: str, spans: list[Span], entries: list[Span], path: tuple[str, ...], value: str) -> str:
    if not entries:
        line = f"[\n  {_literal(f'{path[-1]}={value or EMPTY}')},\n]"
        return _beside(text, spans, path[:-1], line)
    own = next((span for span in entries if span.path == path[:-1]), None)
    if own is None or own.text(text).startswith("{"):
        return _beside(text, spans, path, _quoted(value))
    if own.text(text).startswith("["):
        return _appended(text, own, _literal(f"{path[-1]}={value or EMPTY}"))
    quote, inner = _inner(own.text(text))
    pair = f"{path[-1]}={_within(quote, value or EMPTY)}"
    if "ParameterKey=" in inner:  # SAM reads a line as pairs of one kind
        pair = f"ParameterKey={path[-1]},ParameterValue={_within(quote, value or EMPTY)}"
    space = " " if inner and not inner[-1].isspace() else ""
    return _replaced(text, own, f"{quote}{inner}{space}{pair}{quote}")


def _appended(text: str, array: Span, item: str) -> str:
    """At a line of its own where the last item stands so, with its indent."""
    items = list(toml_spans.items(text, array))
    close = array.end - 1
    if not items:
        return (
            f"{text[:close].rstrip(' ')}{item}{text[close:]}"
            if "\n" not in array.text(text)
            else (f"{text[:close].rstrip()}\n  {item},\n{text[close:]}")
        )
    last = items[-1]
    if "\n" not in text[array.start : last.start]:
        return f"{text[: last.end]}, {item}{text[last.end :]}"
    comma = "" if re.match(r"(?:\s|#[^\n]*)*,", text[last.end : close]) else ","
    line = text.rfind("\n", 0, last.start) + 1
    indent = re.match(r"[ \t]*", text[line:])
    rest = text[last.end : close].rstrip()
    space = text[last.end + len(rest) : close] or "\n"
    return f"{text[: last.end]}{comma}{rest}\n{indent[0] if indent else ''}{item},{space}{text[close:]}"


def _beside(text: str, spans: list[Span], path: tuple[str, ...], value: str) -> str:
    """After the last key of the same table, written as that one is.

    Raises:
        ConfigError: the table has no key.
    """
    siblings = [span for span in spans if len(span.path) == len(path) and span.path[:-1] == path[:-1]]
    if not siblings:
        raise ConfigError("samconfig.toml", "the table is empty")
    last = siblings[-1]
    inline = any(
        span.start < last.start and last.end < span.end and span.text(text).startswith("{") for span in spans
    )
    if inline:
        return f"{text[: last.end]}, {path[-1]} = {value}{text[last.end :]}"
    line = text.rfind("\n", 0, last.start) + 1
    key = re.sub(r"""[\w"'-]+(\s*=\s*)$""", rf"{path[-1]}\1", text[line : last.start])
    end = text.find("\n", last.end)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{key}{value}{text[end:]}"


def _pair(name: str) -> re.Pattern[str]:
    r"""A pair within a string, as it is written: ``\"`` where the string needs it."""
    value = r"""(?:\\"[^"\\]*\\"|"[^"]*"|'[^']*'|[^\s"'\\]*)"""
    return re.compile(rf"(?P<key>(?<!\w)(?:ParameterKey={name},ParameterValue|{name})=){value}")


def _pair_set(string: str, pair: re.Pattern[str], value: str) -> str:
    quote, inner = _inner(string)
    text = _within(quote, value or EMPTY)
    return f"{quote}{pair.sub(lambda match: match['key'] + text, inner)}{quote}"


def _inner(string: str) -> tuple[str, str]:
    """The quotes of a string and what stands between them."""
    quote = next(quote for quote in QUOTES if string.startswith(quote))
    return quote, string[len(quote) : len(string) - len(quote)]


def _within(quote: str, value: str) -> str:
    """As it is written between these quotes."""
    return value.replace("\\", r"\\").replace('"', r"\"") if quote[0] == '"' else value


def _quoted(value: str) -> str:
    return f'"{_within(QUOTES[0], value)}"'


def _literal(pair: str) -> str:
    return f"'{pair}'" if '"' in pair else f'"{pair}"'


def _replaced(text: str, span: Span, value: str) -> str:
    return f"{text[: span.start]}{value}{text[span.end :]}"


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
