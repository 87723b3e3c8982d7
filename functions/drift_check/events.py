"""From an event to a request. What cannot be understood raises EventError; nothing was read or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tradai_shared.errors import EventError, shown


class Mode(StrEnum):
    """How far a run may go."""

    REPORT = "report"
    HEAL = "heal"


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for.

    ``checks`` empty: all. ``approve``: approval codes, or ids, of findings that a person approved. ``only``:
    the ids, or ID.CONTENT, of the findings that may be healed, all where it is empty.
    """

    mode: Mode = Mode.REPORT
    dry_run: bool = False
    approve: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()


FIELDS = frozenset({"mode", "dry_run", "approve", "checks", "only"})


def parse(event: object, known_checks: tuple[str, ...]) -> Request:
    """Understand an event.

    Raises:
        EventError: names the field and what it accepts.
    """
    if not isinstance(event, Mapping):
        raise EventError("event", f"expected an object, got {type(event).__name__}")
    unknown = sorted(set(event) - FIELDS)
    if unknown:
        raise EventError(unknown[0], f"is not one of {', '.join(sorted(FIELDS))}")
    checks = _names(event, "checks")
    for name in checks:
        if name not in known_checks:
            raise EventError("checks", f"{shown(name)} is not one of {', '.join(known_checks)}")
    dry_run = event.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise EventError("dry_run", f"expected true or false, got {shown(dry_run)}")
    approve, only = frozenset(_names(event, "approve")), frozenset(_names(event, "only"))
    return Request(_mode(event), dry_run, approve, checks, only)


def _mode(event: Mapping[str, Any]) -> Mode:
    given = event.get("mode", Mode.REPORT)
    if given not in tuple(Mode):
        raise EventError("mode", f"{shown(given)} is not one of {', '.join(Mode)}")
    return Mode(given)


def _names(event: Mapping[str, Any], field: str) -> tuple[str, ...]:
    given = event.get(field, [])
    if not isinstance(given, list) or not all(isinstance(name, str) and name for name in given):
        raise EventError(field, f"expected a list of text, got {shown(given)}")
    return tuple(given)
