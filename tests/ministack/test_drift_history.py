"""The history and its lease by another stand-in's conditional updates than moto's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from drift_check.history import History, Record
from drift_check.history_store import LEASE, HistoryKey, HistoryTable, LeaseHeldError
from tradai_shared.errors import TemporaryError

if TYPE_CHECKING:
    from tests.ministack.conftest import Ministack

TABLE = "tradai-infra-drift-state-dev"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HISTORY = History({"0123456789ab": Record("tables", "a-table", NOW, digest="a-digest")})


def test_one_run_at_a_time_keeps_the_history(ministack: Ministack) -> None:
    client = ministack.client("dynamodb")
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "stack_name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "stack_name", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    location = HistoryKey(TABLE, {"stack_name": {"S": "tradai-drift-check-dev"}}, "ttl")
    first, second = HistoryTable(client, location), HistoryTable(client, location)
    fencing = first.acquire("the first run", NOW).fencing
    with pytest.raises(LeaseHeldError, match="the first run"):
        second.acquire("the second run", NOW)
    first.save(HISTORY, fencing, NOW)
    later = NOW + LEASE + timedelta(seconds=1)
    taken = second.acquire("the second run", later)
    assert taken.history == HISTORY
    assert taken.fencing > fencing
    with pytest.raises(TemporaryError, match="LeaseLost"):
        first.save(History(), fencing, later)
    second.save(taken.history, taken.fencing, later, release=True)
    assert HistoryTable(client, location).acquire("the third run", later).history == HISTORY
