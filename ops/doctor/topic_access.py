"""Whether CloudWatch may send an alarm's message to a topic: by the topic's policy and its key. Pure.

Source: "Amazon SNS topic policy for CloudWatch alarms" and "Encrypted topics" of AWS's documentation. The
policy that SNS makes for a new topic allows the owner's account by ``AWS:SourceOwner``, alarms included. The
AWS managed key ``alias/aws/sns`` lets no service publish.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SERVICE = "cloudwatch.amazonaws.com"
PUBLISH = "sns:publish"
KEY_ACTIONS = ("kms:decrypt", "kms:generatedatakey")
# Conditions that an alarm of the same account meets when they name that account.
OF_THE_ACCOUNT = frozenset({"aws:sourceowner", "aws:sourceaccount", "aws:sourcearn", "aws:principalaccount"})


def parse(policy: str | None) -> dict[str, Any]:
    """A policy's document; empty where there is none or it is no JSON object."""
    try:
        document = json.loads(policy or "{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def policy_refusals(policy: Mapping[str, Any], account: str) -> tuple[str, ...]:
    """Why the topic's policy keeps CloudWatch out; empty where it does not."""
    if allows(policy, PUBLISH, account):
        return ()
    return (f"its policy does not let {SERVICE} publish",)


def is_of_aws(key: str) -> bool:
    """Whether there is no key, or one whose policy nobody can change."""
    return not key or key.removeprefix("alias/").startswith("aws/")


def key_refusals(key: str, policy: Mapping[str, Any] | None, account: str) -> tuple[str, ...]:
    """Why the topic's key keeps CloudWatch out. ``policy`` is None for a key of AWS's own."""
    if not key:
        return ()
    if policy is None:
        return (f"it is encrypted with {key}, the key of AWS that no service may use",)
    missing = [action for action in KEY_ACTIONS if not allows(policy, action, account)]
    return (f"its key {key} does not let {SERVICE} {' and '.join(missing)}",) if missing else ()


def allows(policy: Mapping[str, Any], action: str, account: str) -> bool:
    """Whether a statement allows the action to CloudWatch's alarms of the account, and none denies it."""
    effects = {
        str(statement.get("Effect"))
        for statement in _listed(policy.get("Statement"))
        if isinstance(statement, dict) and _covers(statement, action, account)
    }
    return "Allow" in effects and "Deny" not in effects


def _covers(statement: Mapping[str, Any], action: str, account: str) -> bool:
    patterns = [str(pattern).lower() for pattern in _listed(statement.get("Action"))]
    if not any(fnmatchcase(action, pattern) for pattern in patterns):
        return False
    return _names_cloudwatch(statement.get("Principal")) and _is_met(statement, account)


def _names_cloudwatch(principal: object) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, dict):
        return False
    return "*" in _listed(principal.get("AWS")) or SERVICE in _listed(principal.get("Service"))


def _is_met(statement: Mapping[str, Any], account: str) -> bool:
    """Conditions on the account, met by its alarms; any other condition is one that alarms do not meet."""
    return all(
        key.lower() in OF_THE_ACCOUNT and any(account in str(value) or value == "*" for value in values)
        for key, values in _conditions(statement)
    )


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    conditions = statement.get("Condition")
    for operands in conditions.values() if isinstance(conditions, dict) else ():
        for key, value in operands.items() if isinstance(operands, dict) else ():
            yield str(key), _listed(value)


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
