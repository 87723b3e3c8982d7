"""Whether an EventBridge pattern may let an event pass. Pure.

Source: "Comparison operators for use in event patterns" of the EventBridge guide. A field whose value is not
known, and an operator that is not known here, may match: a rule that is named in vain costs a look, and one
that is not named answers the hook a second time.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = object()  # a field of the event that is there, with any value
ABSENT = object()


def may_match(pattern: str, event: Mapping[str, Any]) -> bool:
    """``pattern`` is the rule's JSON; empty for a rule that has a schedule alone."""
    try:
        wanted = json.loads(pattern or "null")
    except ValueError:
        return False
    return isinstance(wanted, dict) and _object(wanted, event)


def _object(wanted: Mapping[str, Any], given: Any) -> bool:
    if given is UNKNOWN:
        return True
    fields = given if isinstance(given, dict) else {}
    return all(
        any(_object(choice, given) for choice in rule if isinstance(choice, dict))
        if name == "$or"
        else _field(rule, fields.get(name, ABSENT))
        for name, rule in wanted.items()
    )


def _field(rule: Any, value: Any) -> bool:
    if isinstance(rule, dict):
        return _object(rule, value)
    choices = rule if isinstance(rule, list) else [rule]
    values = value if isinstance(value, list) else [value]
    return any(_choice(choice, each) for choice in choices for each in values)


def _choice(choice: Any, value: Any) -> bool:
    if isinstance(choice, dict):
        return all(_operator(name, operand, value) for name, operand in choice.items())
    return value is UNKNOWN or bool(choice == value)


def _operator(name: str, operand: Any, value: Any) -> bool:
    if name == "exists":
        return bool(operand) is (value is not ABSENT)
    if value is ABSENT or value is UNKNOWN:
        return value is UNKNOWN
    match name:
        case "anything-but":
            return not _excluded(operand, value)
        case "numeric" | "cidr":
            return not isinstance(value, str)  # a lifecycle event has text alone
    return isinstance(value, str) and _text(name, operand, value)


def _excluded(operand: Any, value: Any) -> bool:
    if not isinstance(operand, dict):
        return value in (operand if isinstance(operand, list) else [operand])
    return any(
        _text(name, text, value)
        for name, texts in operand.items()
        for text in (texts if isinstance(texts, list) else [texts])
    )


def _text(name: str, operand: Any, value: str) -> bool:
    if isinstance(operand, dict):  # {"prefix": {"equals-ignore-case": "…"}}
        folded = operand.get("equals-ignore-case")
        return folded is None or _text(name, str(folded).lower(), value.lower())
    text = str(operand)
    match name:
        case "prefix":
            return value.startswith(text)
        case "suffix":
            return value.endswith(text)
        case "wildcard":
            return _wildcard(text).fullmatch(value) is not None
        case "equals-ignore-case":
            return value.lower() == text.lower()
    return True


def _wildcard(text: str) -> re.Pattern[str]:
    r"""A star is any text; ``\*`` and ``\\`` are the characters themselves."""
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", text)
    plain = (part[-1] if part.startswith("\\") else part for part in parts)
    escaped = (
        ".*" if part == "*" else re.escape(literal) for part, literal in zip(parts, plain, strict=True)
    )
    return re.compile("".join(escaped))
