"""Where history is kept: by the live table's own key, or not at all, and the run goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from drift_check.findings import finding_id
from drift_check.history import History, Record
from drift_check.history_store import (
    HISTORY,
    KEPT,
    LEASE,
    HistoryKey,
    HistoryTable,
    LeaseHeldError,
    Stored,
    place,
)
from drift_check.observe.observations import Call, Known, Unknown
from tradai_shared.errors import AwsError, PermanentError, TemporaryError

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
    location = place(TABLE, "dev", described(stack="S", sort="S"), ON)
    assert isinstance(location, HistoryKey)
    return location


def test_the_key_is_that_of_the_live_table() -> None:
    assert set(here().key) == {"stack", "sort"}
    assert here().ttl == "expires_at"


def test_the_item_does_not_expire_where_ttl_is_off_or_unknown() -> None:
    for ttl in (OFF, Unknown(Call("dynamodb:DescribeTimeToLive"), "AccessDenied")):
        location = place(TABLE, "dev", described(id="S"), ttl)
        assert isinstance(location, HistoryKey)
        assert location.ttl is None


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
    problem = place(TABLE, "dev", table, OFF)
    assert isinstance(problem, str)
    assert why in problem


def table(client: Any) -> HistoryTable:
    return HistoryTable(client, here())


def kept(client: Any, history: History = KEPT_RECORDS) -> Stored:
    """The history, kept by a whole run."""
    run = table(client)
    run.save(history, run.acquire("a run", NOW).fencing, NOW, release=True)
    return table(client).load()


def test_what_was_kept_is_known_again(client: Any) -> None:
    assert kept(client).history == KEPT_RECORDS


def test_the_first_run_has_an_empty_history(client: Any) -> None:
    assert table(client).load().history == History()
    assert table(client).acquire("a run", NOW).history == History()


def test_an_item_that_nobody_renews_expires(client: Any) -> None:
    kept(client)
    (item,) = client.scan(TableName=TABLE)["Items"]
    assert int(item["expires_at"]["N"]) == int((NOW + KEPT).timestamp())
    assert timedelta(days=30) < KEPT


@pytest.mark.parametrize("content", ["no json", "[1]", '{"an-id": {"check": "tables"}}'])
def test_an_item_of_another_schema_costs_the_history_alone(client: Any, content: str) -> None:
    client.put_item(TableName=TABLE, Item={**here().key, HISTORY: {"S": content}})
    with pytest.raises(PermanentError, match="the item is no history"):
        table(client).load()


def test_a_table_that_refuses_costs_the_history_alone(client: Any) -> None:
    nowhere = HistoryTable(client, replace(here(), table="tradai-nothing-dev"))
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        nowhere.load()
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        nowhere.save(KEPT_RECORDS, 1, NOW)


def test_an_item_of_an_earlier_version_is_read_and_its_lease_is_free(client: Any) -> None:
    records = {"an-id": {"check": "tables", "resource": "a-table", "first_seen": NOW.isoformat()}}
    client.put_item(TableName=TABLE, Item={**here().key, HISTORY: {"S": json.dumps(records)}})
    stored = table(client).acquire("a run", NOW)
    assert stored.history == History({"an-id": Record("tables", "a-table", NOW)})


def test_the_refusal_of_a_second_run_names_the_first(client: Any) -> None:
    table(client).acquire("the first run", NOW)
    with pytest.raises(LeaseHeldError, match="the first run"):
        table(client).acquire("the second run", NOW + LEASE - timedelta(seconds=1))


def test_a_crash_blocks_nobody_for_longer_than_the_lease(client: Any) -> None:
    crashed = table(client)
    fencing = crashed.acquire("the crashed run", NOW).fencing
    later = NOW + LEASE + timedelta(seconds=1)
    assert table(client).acquire("the next run", later).fencing > fencing
    with pytest.raises(TemporaryError, match="LeaseLost"):  # the first was only slow
        crashed.save(KEPT_RECORDS, fencing, later)
    assert table(client).load().history == History()


def test_a_run_by_a_clock_that_is_a_day_ahead_blocks_nobody(client: Any) -> None:
    tomorrow = NOW + timedelta(days=1)
    fencing = table(client).acquire("a laptop", tomorrow).fencing
    assert table(client).acquire("the second run", NOW).fencing == fencing + 1
    with pytest.raises(TemporaryError, match="LeaseLost"):
        table(client).save(KEPT_RECORDS, fencing, tomorrow)


def test_a_released_lease_is_free_at_once(client: Any) -> None:
    kept(client)
    assert table(client).acquire("the next run", NOW).fencing == 2


def test_each_save_renews_the_lease(client: Any) -> None:
    first = table(client)
    fencing = first.acquire("the first run", NOW).fencing
    first.save(KEPT_RECORDS, fencing, NOW + LEASE)
    with pytest.raises(LeaseHeldError):
        table(client).acquire("the second run", NOW + LEASE * 1.5)


def test_a_history_of_ten_thousand_findings_is_kept_in_several_items(client: Any) -> None:
    records = {finding_id("tables", f"table-{number}", "ttl"): RECORD for number in range(10_000)}
    history = History({name: replace(record, digest="0123456789ab") for name, record in records.items()})
    assert kept(client, history).history == history
    items = client.scan(TableName=TABLE)["Items"]
    assert len(items) > 1
    assert max(len(json.dumps(item)) for item in items) < 400_000
    smaller = History(dict(list(history.records.items())[:10]))
    assert kept(client, smaller).history == smaller


def test_a_page_that_did_not_change_is_not_written_again(client: Any) -> None:
    run = table(client)
    fencing = run.acquire("a run", NOW).fencing
    run.save(KEPT_RECORDS, fencing, NOW)
    calls = run.calls
    run.save(KEPT_RECORDS, fencing, NOW)
    assert run.calls == calls + 1  # the lease


def test_an_older_run_overwrites_no_page_of_a_newer_one(client: Any) -> None:
    """The lease is one item and the pages are others: a run can lose it between two of them."""
    older, newer = table(client), table(client)
    fencing = older.acquire("an older run", NOW).fencing
    newest = newer.acquire("a newer run", NOW + LEASE * 2).fencing
    newer._save_page(1, "{}", newest, NOW)
    for number, token in ((1, fencing), (1, newest - 1)):
        with pytest.raises(AwsError, match="ConditionalCheckFailed"):
            older._save_page(number, '{"older": 1}', token, NOW)
    older._save_page(2, "{}", fencing, NOW)
    newer._save_page(2, "{ }", newest, NOW)


def test_the_history_is_read_as_it_was_last_written(client: Any) -> None:
    """DynamoDB answers with an earlier state otherwise, and an attempt that was just kept would be lost."""
    asked: list[bool] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb.GetItem",
        lambda params, **_: asked.append(params.get("ConsistentRead", False)),
    )
    table(client).load()
    assert asked == [True]
