"""Where history is kept: one item of the infra-drift-state table, whose real key is the live table's.

A table that cannot serve costs the history, never the run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from drift_check.history import History, from_json, to_json
from drift_check.observe.observations import Known
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.config.naming import drift_check_function_name
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from types_boto3_dynamodb import DynamoDBClient

    from drift_check.observe.observations import Read

COMPONENT = "infra-drift-state"
DESCRIBE, TTL = "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"
PERMISSIONS = ("dynamodb:GetItem", "dynamodb:PutItem")
HISTORY = "history"
KEPT = timedelta(days=90)  # TTL of the item after the last run


@dataclass(frozen=True, slots=True)
class HistoryKey:
    """The item of one environment. ``ttl`` is the live table's attribute, where TTL is on."""

    table: str
    key: Mapping[str, Any]
    ttl: str | None


def place(table: str, env: str, described: Read[Any], ttl: Read[Any]) -> HistoryKey | str:
    """The item's place by the live table's own key, or why it cannot serve."""
    if not isinstance(described, Known):
        return f"{described.call.action} failed with {described.code}"
    if described.value is None:
        return "the table does not exist"
    types = {
        attribute_definition["AttributeName"]: attribute_definition["AttributeType"]
        for attribute_definition in described.value["AttributeDefinitions"]
    }
    names = [key_element["AttributeName"] for key_element in described.value["KeySchema"]]
    if unfit := [name for name in names if types[name] != "S"]:
        return f"its key {unfit[0]} is no text"
    value = {"S": drift_check_function_name(env)}
    on = isinstance(ttl, Known) and (ttl.value or {}).get("TimeToLiveStatus") == "ENABLED"
    attribute = ttl.value.get("AttributeName") if on and isinstance(ttl, Known) else None
    return HistoryKey(table, dict.fromkeys(names, value), attribute)


def load(client: DynamoDBClient, location: HistoryKey) -> History | str:
    """The history, empty at the first run, or why it cannot be had."""
    try:
        with translate_errors("dynamodb:GetItem"):
            item = client.get_item(TableName=location.table, Key=location.key, ConsistentRead=True).get(
                "Item", {}
            )
        return from_json(json.loads(item.get(HISTORY, {}).get("S", "{}")))
    except AwsError as error:
        return str(error)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return f"the item was written by somebody else: {error}"


def save(client: DynamoDBClient, location: HistoryKey, history: History, now: datetime) -> str | None:
    """Keep it; None, or why that failed."""
    item = {**location.key, HISTORY: {"S": json.dumps(to_json(history))}}
    if location.ttl:
        item[location.ttl] = {"N": str(int((now + KEPT).timestamp()))}
    try:
        with translate_errors("dynamodb:PutItem"):
            client.put_item(TableName=location.table, Item=item)
    except AwsError as error:
        return str(error)
    return None
