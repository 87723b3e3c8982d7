"""ministack, corrected where it is not as AWS is, until its standard input ends.

Run by ministack's own interpreter (toolchain.local.servers), so nothing of this project can be imported.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

from ministack.app import main
from ministack.core import iam_actions
from ministack.services.cloudformation import changesets, engine, handlers, stacks

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENT = re.compile(r'\s*(DELETE FROM|UPDATE)\s+"((?:[^"]|"")+)"')
PERMISSION = {"DELETE FROM": "dynamodb:PartiQLDelete", "UPDATE": "dynamodb:PartiQLUpdate"}

_evaluate: Callable[[dict[str, Any], dict[str, Any]], dict[str, bool]] = engine._evaluate_conditions  # noqa: SLF001 - corrected here
_start = threading.Thread.start
_checks: Callable[[str, bytes, str, str], list[tuple[str, str]]] = iam_actions.dynamodb_transaction_checks


def start(self: threading.Thread) -> None:
    """Expired items stay until they are reaped: AWS takes days, ministack's own thread a minute."""
    if self.name != "dynamodb-ttl-reaper":
        _start(self)


def statement_checks(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
    """A batch of PartiQL is no permission itself: each statement needs its own, on its table.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    """
    if action != "dynamodb:BatchExecuteStatement":
        return _checks(action, body, region, account)
    texts = [statement["Statement"] for statement in json.loads(body)["Statements"]]
    understood = [match for match in map(STATEMENT.match, texts) if match]
    if len(understood) < len(texts):
        return []  # any other statement is judged as ministack would
    arn = f"arn:aws:dynamodb:{region}:{account}:table/"
    return [(PERMISSION[match[1]], arn + match[2]) for match in understood]


def evaluate_conditions(template: dict[str, Any], params: dict[str, Any]) -> dict[str, bool]:
    """Conditions may join and split, as on AWS; ministack leaves both unresolved in a condition."""
    conditions = {name: joined(value, params) for name, value in template.get("Conditions", {}).items()}
    return _evaluate({**template, "Conditions": conditions}, params)


def joined(value: Any, params: dict[str, Any]) -> Any:
    """The value with its joins and splits resolved. A list parameter is one string in ministack."""
    if isinstance(value, list):
        return [joined(item, params) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value or "Fn::Split" in value:
        return _resolved(value, params)
    return {name: joined(item, params) for name, item in value.items()}


def _resolved(value: Any, params: dict[str, Any]) -> Any:
    if isinstance(value, dict) and "Fn::Join" in value:
        delimiter, items = value["Fn::Join"]
        parts = _resolved(items, params)
        return parts if isinstance(parts, str) else delimiter.join(parts)
    if isinstance(value, dict) and "Fn::Split" in value:
        delimiter, text = value["Fn::Split"]
        return str(_resolved(text, params)).split(delimiter)
    if isinstance(value, dict) and "Ref" in value:
        return params[value["Ref"]]["Value"] if value["Ref"] in params else value["Ref"]
    return [_resolved(item, params) for item in value] if isinstance(value, list) else value


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread.start = start  # type: ignore[method-assign] # that is the correction
    iam_actions.dynamodb_transaction_checks = statement_checks
    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = evaluate_conditions  # noqa: SLF001 - the same
    threading.Thread(target=end_with_input, daemon=True).start()
    main()
