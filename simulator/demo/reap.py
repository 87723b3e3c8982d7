"""The reaper beside a writer that renews items: ``python -m simulator.demo.reap``.

The real handler runs on moto with ``simulator.moto_patches.dynamodb`` applied. Simulated.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
from contextlib import ExitStack, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from rich.console import Console
from rich.table import Table

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context, fill, make_table
from tradai_shared.aws.dynamodb_requests import DynamoDBRequests
from tradai_shared.config.models.base import DAY
from ttl_reaper import app

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "tradai-notifications-dev"
EXPIRED = 120
RENEWED = 12
STRINGS = 5
LIVE = 60
OUT = Path("out") / "reap.json"
ENVIRONMENT = {"ENVIRONMENT": "dev", "AWS_DEFAULT_REGION": "eu-central-1", "REAPER_AUDIT_BUCKET": ""}
DELETE = {"table": "notifications", "mode": "delete", "dry_run": False, "limits": {"max_fraction": 0.9}}


def main() -> None:
    """Run it, show it, and write out/reap.json."""
    began = time.perf_counter()
    answers = play()
    answers["seconds"] = round(time.perf_counter() - began, 2)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
    Console().print(shown(answers))


def play() -> dict[str, Any]:
    """Fill a table, renew some items between scan and delete, and look at what is left."""
    now = int(time.time())
    late = {"N": str(now - 10 * DAY)}
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        stack.enter_context(mock_aws())
        stack.enter_context(strict())
        client: Any = boto3.client("dynamodb")
        make_table(client, TABLE, keys={"notification_id": "S"})
        fill(client, TABLE, [_item(f"late-{number}", late) for number in range(EXPIRED)])
        fill(client, TABLE, [_item(f"text-{number}", {"S": late["N"]}) for number in range(STRINGS)])
        fill(client, TABLE, [_item(f"live-{number}", {"N": str(now + DAY)}) for number in range(LIVE)])
        renewed = [_item(f"late-{number}", {"N": str(now + 7 * DAY)}) for number in range(RENEWED)]
        stack.enter_context(_between(lambda: fill(client, TABLE, renewed)))
        answer = _handled()
        left = {item["notification_id"]["S"] for item in client.scan(TableName=TABLE)["Items"]}
    renewed_ids = {item["notification_id"]["S"] for item in renewed}
    return {
        "simulated": True,
        "answer": answer,
        "renewed": RENEWED,
        "renewed_and_kept": len(renewed_ids & left),
        "live": LIVE,
        "live_and_kept": sum(key.startswith("live-") for key in left),
        "expired_left": sum(key.startswith("late-") for key in left - renewed_ids),
    }


def _item(key: str, ttl: dict[str, str]) -> dict[str, Any]:
    return {"notification_id": {"S": key}, "ttl": ttl}


def _between(happens: Callable[[], None]) -> Any:
    """Let the writer work once, after the scan and before the first batch."""
    call = DynamoDBRequests.call
    waiting = [happens]
    lock = threading.Lock()

    def interrupted(
        self: DynamoDBRequests, action: str, operation: str, request: dict[str, Any]
    ) -> dict[str, Any]:
        with lock:
            if operation == "BatchExecuteStatement" and waiting:
                waiting.pop()()
        return call(self, action, operation, request)

    return patch.object(DynamoDBRequests, "call", interrupted)


def _handled() -> Any:
    """The handler's answer; its log and metrics are not what is shown here."""
    quiet = io.StringIO()
    context: Any = Context(lambda: datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=15))
    with redirect_stdout(quiet), patch.object(app.logger.registered_handler, "stream", quiet):
        return json.loads(json.dumps(app.lambda_handler(DELETE, context)))


def shown(answers: dict[str, Any]) -> Table:
    """A table of what happened."""
    summary = answers["answer"]["data"]["summary"]
    table = Table("ttl_reaper (simulated on moto)", "items", title=TABLE)
    table.add_row("scanned", str(summary["scanned"]))
    table.add_row("expired when scanned (class A)", str(summary["expired"]["A"]))
    table.add_row(
        "renewed before they were deleted, and kept", f"{answers['renewed_and_kept']} of {answers['renewed']}"
    )
    table.add_row("deleted", str(summary["deleted"]))
    table.add_row("expired and still there", str(answers["expired_left"]))
    table.add_row("alive, untouched", f"{answers['live_and_kept']} of {answers['live']}")
    table.add_row("stored as String (class B): reported, not deleted", str(summary["expired"]["B"]))
    table.add_row(
        "write units; estimated cost", f"{summary['write_units']:g}; {summary['estimated_usd']:.6f} USD"
    )
    return table


if __name__ == "__main__":
    main()
