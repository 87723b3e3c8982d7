"""Where history is kept: by the live table's own key, or not at all, and the run goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from drift_check.history import History, Record
from drift_check.history_store import HISTORY, KEPT, HistoryKey, load, place, save
from drift_check.observe.observations import Call, Known, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "tradai-infra-drift-state-dev"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORD = Record("tables", "a-table", NOW, notified_at=NOW, attempted_at=NOW, failures=2)
KEPT_RECORDS = History({"an-id": RECORD})


def described(**keys: str) -> Known[Any]:
    """A table with these key attributes and their types."""
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()]
    schema = [{"AttributeName": name} for name in keys]
    return Known({"AttributeDefinitions": attributes, "KeySchema": schema})


OFF = Known({"TimeToLiveStatus": "DISABLED"})
ON = Known({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"})


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName=TABLE,
            KeySchema=[
                {"AttributeName": "stack", "KeyType": "HASH"},
                {"AttributeName": "sort", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "stack", "AttributeType": "S"},
                {"AttributeName": "sort", "AttributeType": "S"},
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


def here() -> HistoryKey:
    found = place(TABLE, "dev", described(stack="S", sort="S"), ON)
    assert isinstance(found, HistoryKey)
    return found


def test_the_key_is_that_of_the_live_table() -> None:
    assert set(here().key) == {"stack", "sort"}
    assert here().ttl == "expires_at"


def test_the_item_does_not_expire_where_ttl_is_off_or_unknown() -> None:
    for ttl in (OFF, Unknown(Call("dynamodb:DescribeTimeToLive"), "AccessDenied")):
        found = place(TABLE, "dev", described(id="S"), ttl)
        assert isinstance(found, HistoryKey)
        assert found.ttl is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (Unknown(Call("dynamodb:DescribeTable", TABLE), "AccessDenied"), "AccessDenied"),
        (Known(None), "does not exist"),
        (described(id="N"), "id is no text"),
        (described(id="S", number="N"), "number is no text"),
    ],
)
def test_a_table_that_cannot_serve_says_why(table: Any, why: str) -> None:
    found = place(TABLE, "dev", table, OFF)
    assert isinstance(found, str)
    assert why in found


def test_what_was_kept_is_known_again(client: Any) -> None:
    assert save(client, here(), KEPT_RECORDS, NOW) is None
    assert load(client, here()) == KEPT_RECORDS


def test_the_first_run_has_an_empty_history(client: Any) -> None:
    assert load(client, here()) == History()


def test_an_item_that_nobody_renews_expires(client: Any) -> None:
    save(client, here(), KEPT_RECORDS, NOW)
    (item,) = client.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + KEPT).timestamp())
    assert timedelta(days=30) < KEPT


@pytest.mark.parametrize("content", ["no json", "[1]", '{"an-id": {"check": "tables"}}'])
def test_an_item_of_somebody_else_costs_the_history_alone(client: Any, content: str) -> None:
    client.put_item(TableName=TABLE, Item={**here().key, HISTORY: {"S": content}})
    assert "somebody else" in str(load(client, here()))


def test_a_table_that_refuses_costs_the_history_alone(client: Any) -> None:
    nowhere = replace(here(), table="tradai-nothing-dev")
    assert "ResourceNotFoundException" in str(load(client, nowhere))
    assert "ResourceNotFoundException" in str(save(client, nowhere, KEPT_RECORDS, NOW))
