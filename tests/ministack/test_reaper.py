"""The real handler and wire over HTTP against ministack, whose PartiQL conditions are its own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from simulator.scenario.reaper_table import Context, fill, make_table
from tradai_shared.aws.dynamodb_requests import DynamoDBRequests
from tradai_shared.config.models.base import DAY
from ttl_reaper.app import lambda_handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ministack.conftest import Ministack

TABLE = "tradai-notifications-dev"
NOW = int(time.time())
OLD = {"N": str(NOW - 10 * DAY)}
LIVE = {"N": str(NOW + DAY)}
DELETE: dict[str, Any] = {
    "table": "notifications",
    "mode": "delete",
    "dry_run": False,
    "limits": {"max_fraction": 1.0, "write_units_per_second": 10_000},
}


def handle(event: dict[str, Any]) -> dict[str, Any]:
    context = Context(lambda: datetime.now(UTC), datetime.now(UTC) + timedelta(seconds=900))
    answer: Any = lambda_handler(event, context)  # type: ignore[arg-type]
    return dict(answer["data"]["summary"]) | {"success": answer["success"]}


def left(client: Any) -> list[dict[str, Any]]:
    return [item for page in client.get_paginator("scan").paginate(TableName=TABLE) for item in page["Items"]]


def between(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen after the first scan and before the first batch."""
    call = DynamoDBRequests.call
    waiting = [happens]
    lock = threading.Lock()

    def interrupted(self: Any, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        with lock:  # the other workers wait until it has happened
            if operation == "BatchExecuteStatement" and waiting:
                waiting.pop()()
        return call(self, action, operation, request)

    monkeypatch.setattr(DynamoDBRequests, "call", interrupted)


def test_of_a_thousand_expired_items_the_hundred_renewed_ones_are_left(
    ministack: Ministack, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys={"id": "S"})
    fill(client, TABLE, ({"id": {"S": f"n{number}"}, "ttl": OLD} for number in range(1000)))
    renewed = [{"id": {"S": f"n{number}"}, "ttl": LIVE} for number in range(0, 1000, 10)]
    between(monkeypatch, lambda: fill(client, TABLE, renewed))
    summary = handle(DELETE)
    assert {name: summary[name] for name in ("scanned", "deleted", "renewed", "failed", "success")} == {
        "scanned": 1000,
        "deleted": 900,
        "renewed": 100,
        "failed": 0,
        "success": True,
    }
    assert sorted(item["id"]["S"] for item in left(client)) == sorted(item["id"]["S"] for item in renewed)
    assert summary["write_units"] == 1000  # a condition that fails costs a unit too


@pytest.mark.parametrize(
    ("keys", "one", "two"),
    [
        ({"id": "S"}, {"id": {"S": 'quo"te'}}, {"id": {"S": "'; --"}}),
        ({"id": "N"}, {"id": {"N": "12345678901234567890123456789012345678"}}, {"id": {"N": "-0.001"}}),
        ({"id": "B"}, {"id": {"B": b"\x00\xff"}}, {"id": {"B": b"plain"}}),
        ({"p": "S", "s": "N"}, {"p": {"S": "a"}, "s": {"N": "1"}}, {"p": {"S": "a"}, "s": {"N": "2"}}),
        ({"p": "N", "s": "S"}, {"p": {"N": "1"}, "s": {"S": "x"}}, {"p": {"N": "1"}, "s": {"S": "y"}}),
        (
            {"p": "B", "s": "B"},
            {"p": {"B": b"a"}, "s": {"B": b"\x01"}},
            {"p": {"B": b"a"}, "s": {"B": b"\x02"}},
        ),
    ],
    ids=["S", "N", "B", "S and N", "N and S", "B and B"],
)
def test_keys_of_every_type(ministack: Ministack, keys: dict[str, str], one: Any, two: Any) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys=keys)
    fill(client, TABLE, [one | {"ttl": OLD}, two | {"ttl": LIVE}])
    assert handle(DELETE)["deleted"] == 1
    assert left(client) == [two | {"ttl": LIVE}]


def test_ttl_values_of_every_class(ministack: Ministack) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys={"id": "S"})
    seconds = NOW - 10 * DAY
    values: dict[str, Any] = {
        "A": {"N": str(seconds)},
        "A with a fraction": {"N": f"{seconds}.25"},
        "B": {"S": str(seconds)},
        "C": {"N": str(seconds * 1000)},
        "D": {"N": "1500000000"},
        "odd": {"N": "7"},
        "date": {"S": "2020-01-01"},
        "binary": {"B": b"1700000000"},
        "live": LIVE,
        "live string": {"S": LIVE["N"]},
    }
    fill(client, TABLE, [{"id": {"S": name}, "ttl": value} for name, value in values.items()])
    fill(client, TABLE, [{"id": {"S": "none"}}])
    summary = handle(DELETE)
    assert summary["expired"] == {"A": 2, "B": 1, "C": 1, "D": 1, "E": 0}
    assert (summary["implausible"], summary["deleted"]) == (3, 2)
    assert handle(DELETE | {"mode": "repair"})["repaired"] == 3
    now: dict[str, Any] = {item["id"]["S"]: item.get("ttl") for item in left(client)}
    assert now["B"] == now["C"] == {"N": str(seconds)}
    assert int(now["D"]["N"]) > NOW - 4 * DAY
    assert {name: now[name] for name in ("odd", "date", "binary", "live", "live string", "none")} == {
        **{name: values[name] for name in ("odd", "date", "binary", "live", "live string")},
        "none": None,
    }


def test_an_item_that_somebody_else_deleted(ministack: Ministack, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys={"id": "S"})
    fill(client, TABLE, [{"id": {"S": name}, "ttl": OLD} for name in ("here", "gone")])
    between(monkeypatch, lambda: client.delete_item(TableName=TABLE, Key={"id": {"S": "gone"}}))
    summary = handle(DELETE)
    assert (summary["deleted"], summary["failed"], left(client)) == (2, 0, [])


def test_an_item_of_400_kb(ministack: Ministack) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys={"id": "S"})
    fill(client, TABLE, [{"id": {"S": "big"}, "ttl": OLD, "body": {"S": "x" * 409_000}}])
    assert handle(DELETE)["deleted"] == 1
    assert left(client) == []


def test_a_dry_run_leaves_everything(ministack: Ministack) -> None:
    client = ministack.client("dynamodb")
    make_table(client, TABLE, keys={"id": "S"})
    fill(client, TABLE, [{"id": {"S": "a"}, "ttl": OLD}])
    assert handle({"table": "notifications", "mode": "delete"})["planned"] == 1
    assert len(left(client)) == 1
