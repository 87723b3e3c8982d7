"""Would IAM allow it? A matcher for what template.yaml's policies use; anything else is refused loudly.

The order of judgement: an explicit Deny wins, then an Allow is needed, else it is denied.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Keys = tuple[tuple[str, tuple[str, ...]], ...]  # a request's condition keys, each with its values
ARN_PARTS = 6


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One question that AWS asks IAM about a call. A call can raise several; all must be allowed."""

    action: str
    resource: str
    keys: Keys = ()

    @property
    def context(self) -> dict[str, tuple[str, ...]]:
        return dict(self.keys)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its intrinsics answered."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def applies(self, need: Need) -> bool:
        return (
            any(action_matches(action, need.action) for action in self.actions)
            and any(arn_matches(filled(resource, need), need.resource) for resource in self.resources)
            and all(
                holds(operator, filled(key, need), wanted, need)
                for operator, keys in self.conditions.items()
                for key, wanted in keys.items()
            )
        )


def statements(by_sid: Mapping[str, Any]) -> list[Statement]:
    """From ``Stack.statements``, which has actions and resources as lists."""
    return [
        Statement(
            sid,
            document["Effect"],
            tuple(document["Action"]),
            tuple(document["Resource"]),
            document.get("Condition", {}),
        )
        for sid, document in by_sid.items()
    ]


def allowed(policy: Iterable[Statement], need: Need) -> bool:
    effects = {statement.effect for statement in policy if statement.applies(need)}
    return "Allow" in effects and "Deny" not in effects


def denied(policy: Iterable[Statement], needs: Iterable[Need]) -> list[Need]:
    """What of it IAM would refuse."""
    held = list(policy)
    return sorted(need for need in needs if not allowed(held, need))


def action_matches(pattern: str, action: str) -> bool:
    """Actions are the same in upper and lower case."""
    return wildcard(pattern.lower()).fullmatch(action.lower()) is not None


def arn_matches(pattern: str, arn: str) -> bool:
    """Part by part: in its last part alone a star reaches past a colon. No ARN: matched by ``*`` alone."""
    if pattern == "*" or arn == "*":
        return pattern == "*"
    wanted, given = pattern.split(":", ARN_PARTS - 1), arn.split(":", ARN_PARTS - 1)
    return len(wanted) == ARN_PARTS and all(
        wildcard(pattern).fullmatch(other) for pattern, other in zip(wanted, given, strict=True)
    )


def holds(operator: str, key: str, wanted: Any, need: Need) -> bool:
    patterns = [filled(pattern, need) for pattern in (wanted if isinstance(wanted, list) else [wanted])]
    values = need.context.get(key)
    match operator:
        case "StringEquals":
            return values is not None and any(value in patterns for value in values)
        case "StringEqualsIgnoreCase":
            allowed = {pattern.casefold() for pattern in patterns}
            return values is not None and any(value.casefold() in allowed for value in values)
        case "ArnEquals" | "ArnLike":  # AWS treats the two alike
            return values is not None and any(
                arn_matches(pattern, value) for pattern in patterns for value in values
            )
        case "ForAllValues:StringEquals":
            return all(value in patterns for value in values or ())
    raise NotImplementedError(operator)


def filled(text: str, need: Need) -> str:
    """Policy variables answered; one that the request does not have matches nothing."""
    return re.sub(r"\$\{([^}]+)\}", lambda match: need.context.get(match[1], ("\0",))[0], text)


@cache
def wildcard(pattern: str) -> re.Pattern[str]:
    return re.compile(
        "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern),
        re.DOTALL,
    )
