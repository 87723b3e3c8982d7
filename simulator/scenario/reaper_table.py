"""A table to reap, its items, and what Lambda gives a handler: for tests, demonstrations and drills."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.config.models.base import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from types_boto3_dynamodb import DynamoDBClient

    from tradai_shared.config.models.data import Table

BATCH = 25


@dataclass
class Context:
    """Lambda's context, as far as the handler uses it."""

    now: Callable[[], datetime]
    ends: datetime
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """Until Lambda would end the invocation."""
        return int((self.ends - self.now()).total_seconds() * 1000)


def make_table(
    client: DynamoDBClient,
    name: str,
    *,
    keys: dict[str, str],
    ttl: str | None = "ttl",
    pitr: bool = True,
) -> None:
    """A table as the platform has it; ``keys`` are one or two names with their types."""
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": key, "KeyType": kind}  # type: ignore[typeddict-item] # a literal of the stubs
            for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": kind}  # type: ignore[typeddict-item] # the same
            for key, kind in keys.items()
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    if ttl:
        client.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl}
        )
    if pitr:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def fill(client: DynamoDBClient, name: str, items: Iterable[dict[str, Any]]) -> None:
    """Put items, 25 at a time."""
    requests: list[Any] = [{"PutRequest": {"Item": item}} for item in items]
    for start in range(0, len(requests), BATCH):
        client.batch_write_item(RequestItems={name: requests[start : start + BATCH]})


def fill_expired(client: DynamoDBClient, table: Table, expired: int = 30, live: int = 40) -> None:
    """Fill a table of the canonical configuration with items, some of which expired nine days ago."""
    if table.ttl is None:
        raise LookupError(table.name)
    now = int(time.time())
    ends = [now - 9 * DAY] * expired + [now + DAY] * live
    attributes = [part.name for part in (table.key.partition, table.key.sort) if part]
    fill(
        client,
        table.name,
        (
            {name: {"S": f"item-{number}"} for name in attributes} | {table.ttl.attribute: {"N": str(end)}}
            for number, end in enumerate(ends)
        ),
    )
