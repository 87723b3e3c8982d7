"""ministack, corrected where it is not as AWS is, until its standard input ends.

Run by ministack's own interpreter (toolchain.local.servers), so nothing of this project can be imported.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from typing import TYPE_CHECKING

from ministack.app import main
from ministack.core import iam_actions

if TYPE_CHECKING:
    from collections.abc import Callable

STATEMENT = re.compile(r'\s*(DELETE FROM|UPDATE)\s+"((?:[^"]|"")+)"')
PERMISSION = {"DELETE FROM": "dynamodb:PartiQLDelete", "UPDATE": "dynamodb:PartiQLUpdate"}

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


def end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread.start = start  # type: ignore[method-assign] # that is the correction
    iam_actions.dynamodb_transaction_checks = statement_checks
    threading.Thread(target=end_with_input, daemon=True).start()
    main()
