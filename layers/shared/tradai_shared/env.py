"""Reading a function's variables: one wording for errors and one rule for spaces in every function.

Spaces around a value, and around each item of a list, are ignored. A variable that is empty counts as absent.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from tradai_shared.config.naming import Environment
from tradai_shared.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

Choice = TypeVar("Choice", bound=StrEnum)

# FIFO topics end in .fifo; CloudWatch alarms cannot publish to one, so the toolkit takes none.
TOPIC_ARN = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}"
RUNBOOKS = "docs/runbooks"  # where neither an address nor a dashboard is known: the folder in the repository
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"


def environment(env: Mapping[str, str]) -> Environment:
    """The environment that ENVIRONMENT names.

    Raises:
        SettingsError: it is missing or none of the platform's.
    """
    return choice(env, "ENVIRONMENT", Environment)


def required(env: Mapping[str, str], name: str) -> str:
    """The variable's text.

    Raises:
        SettingsError: it is missing.
    """
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(name, "is missing")
    return value


def optional(env: Mapping[str, str], name: str, pattern: str) -> str | None:
    """The variable's text, None where it is absent.

    Raises:
        SettingsError: the whole of it does not match the pattern.
    """
    value = env.get(name, "").strip()
    if not value:
        return None
    _match(name, value, pattern)
    return value


def runbooks(env: Mapping[str, str]) -> str:
    """What stands before a page's name in a link: a web folder, or the dashboard that shows every page."""
    folder, dashboard = (env.get(name, "").strip() for name in ("RUNBOOK_BASE_URL", "DASHBOARD_URL"))
    if folder or not dashboard:
        return (folder.rstrip("/") or RUNBOOKS) + "/"
    return f"{dashboard} page "


def many(env: Mapping[str, str], name: str, pattern: str) -> tuple[str, ...]:
    """The items of a comma-separated variable; empty items are skipped.

    Raises:
        SettingsError: an item does not match the pattern.
    """
    values = tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())
    for value in values:
        _match(name, value, pattern)
    return values


def choice(env: Mapping[str, str], name: str, kind: type[Choice], default: Choice | None = None) -> Choice:
    """The member of an enumeration that the variable names.

    Raises:
        SettingsError: it names none, or is absent without a default.
    """
    value = env.get(name, "").strip()
    if not value and default is not None:
        return default
    try:
        return kind(value)
    except ValueError:
        raise SettingsError(name, f"expected one of {', '.join(kind)}, got {value!r}") from None


def flag(env: Mapping[str, str], name: str) -> bool:
    """True or false; false where the variable is absent.

    Raises:
        SettingsError: it is neither.
    """
    value = env.get(name, "").strip().lower()
    if value not in {"", "true", "false"}:
        raise SettingsError(name, f"expected true or false, got {value!r}")
    return value == "true"


def count(env: Mapping[str, str], name: str, default: int) -> int:
    """A whole number that is not negative.

    Raises:
        SettingsError: it is none.
    """
    value = env.get(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]+", value):
        raise SettingsError(name, f"expected a whole number, got {value!r}")
    return int(value)


def _match(name: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise SettingsError(name, f"{value!r} does not match {pattern}")
