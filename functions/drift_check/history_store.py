"""Keeps the history, and the lease of the run that may write, in the infra-drift-state table.

The item's key is the live table's own. A history that is too large for one item goes on in further items.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zlib import crc32

from drift_check.history import History, from_json, to_json
from drift_check.observe.observations import Unknown
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.config.naming import drift_check_function_name
from tradai_shared.errors import AwsError, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from types_boto3_dynamodb import DynamoDBClient

    from drift_check.history import Record
    from drift_check.observe.observations import Read

COMPONENT = "infra-drift-state"
DESCRIBE, TTL = "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"
GET, PUT, UPDATE = "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"
PERMISSIONS = (GET, PUT, UPDATE)
HISTORY, PAGES = "history", "pages"
FENCING, HOLDER, LEASE_UNTIL = "fencing", "holder", "lease_until"
KEPT = timedelta(days=90)  # TTL of the item after the last run
# Longer than the function's time-out of 120 s, so that no living run loses it, and short for a crashed one.
LEASE = timedelta(seconds=150)
PAGE_BYTES = 300_000  # an item holds 400 kB
MOST_PAGES = 64
REFUSED, LEASE_LOST = "ConditionalCheckFailedException", "LeaseLost"


@dataclass(frozen=True, slots=True)
class HistoryKey:
    """The item of one environment. ``ttl`` is the live table's attribute, where TTL is on."""

    table: str
    key: Mapping[str, Any]
    ttl: str | None

    def page(self, number: int) -> dict[str, Any]:
        """The key of a further item; page 0 is the item itself."""
        return {name: {"S": f"{value['S']}#{number}"} for name, value in self.key.items()}


@dataclass(frozen=True, slots=True)
class Stored:
    """The item as it was read."""

    history: History
    fencing: int = 0
    holder: str = ""
    lease_until: datetime | None = None


class LeaseHeldError(Exception):
    """Another run is at work."""


def place(table: str, env: str, described: Read[Any], ttl: Read[Any]) -> HistoryKey | str:
    """The item's key by the live table's schema, or why the table cannot keep the history."""
    key = described.map_present(_key_types)
    if isinstance(key, Unknown):
        return f"{key.call.action} failed with {key.code}"
    if key.value is None:
        return "the table does not exist"
    if unfit := [name for name, kind in key.value.items() if kind != "S"]:
        return f"its key {unfit[0]} is no text"
    value = {"S": drift_check_function_name(env)}
    live = ttl.value_or(None) or {}
    attribute = live.get("AttributeName") if live.get("TimeToLiveStatus") == "ENABLED" else None
    return HistoryKey(table, dict.fromkeys(key.value, value), attribute)


def _key_types(described: dict[str, Any]) -> dict[str, str]:
    """The type of each attribute of a table's key, by name."""
    types = {each["AttributeName"]: each["AttributeType"] for each in described["AttributeDefinitions"]}
    return {element["AttributeName"]: types[element["AttributeName"]] for element in described["KeySchema"]}


@dataclass(slots=True)
class HistoryTable:
    """Reads and writes one environment's history. ``calls`` counts the calls that were made."""

    client: DynamoDBClient
    location: HistoryKey
    calls: int = 0
    written: dict[int, str] = field(default_factory=dict)  # the pages as the table has them

    def load(self) -> Stored:
        """What is stored, empty at the first run.

        Raises:
            AwsError: it cannot be read; PermanentError where the item has another schema.
        """
        return self._parse(self._get(self.location.key))

    def acquire(self, holder: str, now: datetime) -> Stored:
        """Take the lease, with a fencing token that is higher than every earlier one.

        Raises:
            LeaseHeldError: another run has it; the message says which, and until when.
            AwsError: the table refuses.
        """
        names = {"#h": HOLDER, "#u": LEASE_UNTIL, "#f": FENCING}
        values = {
            ":h": {"S": holder},
            ":u": _number(now + LEASE),
            ":now": _number(now),
            ":far": _number(now + 2 * LEASE),  # by a clock that is wrong: it would block for long
            ":one": {"N": "1"},
        }
        is_free = "attribute_not_exists(#u) OR #u < :now OR #u > :far"
        item = self._update("SET #h = :h, #u = :u ADD #f :one", is_free, names, values)
        if item is not None:
            return self._parse(item)
        holding = self.load()
        until = f"{holding.lease_until:%H:%M:%S} UTC" if holding.lease_until else "it ends"
        raise LeaseHeldError(f"another run ({holding.holder}) is at work, until {until} at the latest")

    def save(self, history: History, fencing: int, now: datetime, *, release: bool = False) -> None:
        """Keep the history, and the lease for its whole length again, or release it.

        Raises:
            TemporaryError: another run has taken the lease; nothing was written.
            AwsError: the table refuses.
        """
        pages = split(history)
        until = now - timedelta(seconds=1) if release else now + LEASE
        names = {"#u": LEASE_UNTIL, "#f": FENCING, "#p": PAGES}
        values = {":f": {"N": str(fencing)}, ":u": _number(until), ":p": {"N": str(len(pages))}}
        sets = "SET #u = :u, #p = :p"
        if self.written.get(0) != pages[0]:
            names["#history"], values[":history"] = HISTORY, {"S": pages[0]}
            sets += ", #history = :history"
        if self.location.ttl:
            names["#ttl"], values[":ttl"] = self.location.ttl, _number(now + KEPT)
            sets += ", #ttl = :ttl"
        if self._update(sets, "#f = :f", names, values) is None:
            raise TemporaryError(UPDATE, LEASE_LOST, "another run has taken the lease")
        self.written[0] = pages[0]
        for number, page in enumerate(pages):
            if self.written.get(number) != page:
                self._save_page(number, page, fencing, now)

    def _save_page(self, number: int, page: str, fencing: int, now: datetime) -> None:
        token = {"N": str(fencing)}
        item = {**self.location.page(number), HISTORY: {"S": page}, FENCING: token}
        if self.location.ttl:
            item[self.location.ttl] = _number(now + KEPT)
        self.calls += 1
        with translate_errors(PUT):
            self.client.put_item(
                TableName=self.location.table,
                Item=item,
                ConditionExpression="attribute_not_exists(#f) OR #f <= :f",
                ExpressionAttributeNames={"#f": FENCING},
                ExpressionAttributeValues={":f": token},
            )
        self.written[number] = page

    def _update(self, update: str, condition: str, names: dict[str, str], values: dict[str, Any]) -> Any:  # noqa: ANN401 - an item
        """The item as it is then; None where the condition does not hold."""
        self.calls += 1
        try:
            with whole_answer(UPDATE), translate_errors(UPDATE):
                return self.client.update_item(
                    TableName=self.location.table,
                    Key=self.location.key,
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                )["Attributes"]
        except AwsError as error:
            if error.code != REFUSED:
                raise
            return None

    def _get(self, key: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an item
        self.calls += 1
        with whole_answer(GET), translate_errors(GET):
            return self.client.get_item(TableName=self.location.table, Key=key, ConsistentRead=True).get(
                "Item", {}
            )

    def _parse(self, item: Mapping[str, Any]) -> Stored:
        """The history of an item and of its further pages. A page that a crash left out is empty."""
        number = min(int(item.get(PAGES, {}).get("N", "1")), MOST_PAGES)
        further = [self._get(self.location.page(page)) for page in range(1, number)]
        pages = [part.get(HISTORY, {}).get("S", "{}") for part in (item, *further)]
        records: dict[str, Record] = {}
        try:
            for page in pages:
                records |= from_json(json.loads(page)).records
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problem = f"the item is no history: {error}"
            raise PermanentError(GET, "OtherSchema", problem) from None
        self.written = dict(enumerate(pages)) if HISTORY in item else {}
        until = item.get(LEASE_UNTIL, {}).get("N")
        return Stored(
            History(records),
            int(item.get(FENCING, {}).get("N", "0")),
            item.get(HOLDER, {}).get("S", ""),
            datetime.fromtimestamp(int(until), UTC) if until else None,
        )


class HistoryUse(StrEnum):
    """What a run does with the history."""

    NONE = "none"
    READ = "read"
    ATTEMPTS = "attempts"  # of heals alone: what is new stays new for the run that notifies
    ALL = "all"


@dataclass(slots=True)
class Session:
    """The history during a run. ``fencing`` is the lease's token; None where the run may not write it."""

    history: History
    table: HistoryTable | None = None
    fencing: int | None = None
    may_heal: bool = True

    def save(self, *, release: bool = False) -> None:
        """Raises AwsError: it was not kept. With LeaseLost this run writes no more: another one does."""
        if self.table is None or self.fencing is None:
            return
        try:
            self.table.save(self.history, self.fencing, clock.now(), release=release)
        except AwsError as error:
            if error.code == LEASE_LOST:
                self.fencing = None
            raise


def split(history: History) -> list[str]:
    """The history as JSON, in as few pages as items can hold."""
    records = to_json(history)
    number = 1
    while True:
        pages = [
            json.dumps(
                {name: record for name, record in records.items() if crc32(name.encode()) % number == page}
            )
            for page in range(number)
        ]
        if max(map(len, pages)) <= PAGE_BYTES or number >= MOST_PAGES:
            return pages
        number *= 2


def _number(time: datetime) -> dict[str, str]:
    return {"N": str(int(time.timestamp()))}
