"""Makes moto's DynamoDB strict where a bulk deleter would otherwise prove nothing.

moto 5.2 executes a PartiQL DELETE whose WHERE holds a non-key condition without honouring it: it deletes the
live item, or answers 500. It fails where a filter compares values of different types. It has no limit of 25
statements. Inside ``strict()`` it does all of that as AWS documents it, for the statements that the toolkit
sends: DELETE and UPDATE with ``?`` parameters, equality on the whole key and on one further attribute.
Any other statement is refused loudly rather than answered wrongly.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from moto.core.responses import ActionResult
from moto.dynamodb.comparisons import (
    FuncBetween,
    Op,
    OpGreaterThan,
    OpGreaterThanOrEqual,
    OpLessThan,
    OpLessThanOrEqual,
)
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.responses import DynamoHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.dynamodb.models.table import Table

MOST_STATEMENTS = 25
KILOBYTE = 1024
ORDERS = (OpLessThan, OpLessThanOrEqual, OpGreaterThan, OpGreaterThanOrEqual)
NAME = r'"((?:[^"]|"")+)"'
DELETE = re.compile(rf"DELETE FROM {NAME} WHERE (.+)")  # noqa: S608 - a pattern
UPDATE = re.compile(rf"UPDATE {NAME} SET {NAME}=\? WHERE (.+)")  # noqa: S608 - a pattern
TERM = re.compile(rf"{NAME}\s*=\s*\?")


@dataclass(frozen=True)
class Statement:
    """A statement understood."""

    table: str
    where: dict[str, dict[str, Any]]
    sets: dict[str, dict[str, Any]] | None  # None: DELETE


class StatementError(Exception):
    """What DynamoDB answers for one statement inside an HTTP 200."""

    def __init__(self, code: str, message: str) -> None:
        """Keep a BatchStatementErrorCodeEnum and its message."""
        super().__init__(message)
        self.code = code
        self.message = message


@contextmanager
def strict() -> Iterator[None]:
    """Hold moto to AWS's behaviour for as long as the context lasts; use it inside ``mock_aws``."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(DynamoHandler, "batch_execute_statement", _batch))
        stack.enter_context(patch.object(DynamoDBBackend, "describe_time_to_live", _describe_ttl))
        for comparison in ORDERS:
            stack.enter_context(patch.object(comparison, "expr", _same_type_only(comparison.expr)))
        stack.enter_context(patch.object(FuncBetween, "expr", _between))
        stack.enter_context(patch.object(Item, "is_within_segment", _within_segment))
        yield


def _same_type_only(compare: Callable[[Op, Item], bool]) -> Callable[[Op, Item], bool]:
    """Values of different types are in no order: the comparison is false, not an error."""

    def compared(self: Op, item: Item) -> bool:
        return bool(self.lhs.get_type(item) == self.rhs.get_type(item) and compare(self, item))

    return compared


def _between(self: FuncBetween, item: Item) -> bool:
    kinds = {operand.get_type(item) for operand in (self.attr, self.start, self.end)}
    return len(kinds) == 1 and bool(self.start.expr(item) <= self.attr.expr(item) <= self.end.expr(item))


def _within_segment(self: Item, segments: tuple[int | None, int | None]) -> bool:
    """Binary keys have their segment too, on which moto fails."""
    number, total = segments
    value = self.hash_key.value
    raw = value if isinstance(value, bytes) else str(value).encode()
    return total is None or zlib.crc32(raw) % total == number


def _describe_ttl(self: DynamoDBBackend, table_name: str) -> dict[str, Any]:
    """A missing table is ResourceNotFoundException; moto's own code does not exist."""
    ttl: dict[str, Any] = self.get_table(table_name).ttl
    return ttl


def _batch(self: DynamoHandler) -> ActionResult:
    statements = self.body.get("Statements", [])
    if not 1 <= len(statements) <= MOST_STATEMENTS:
        raise MockValidationException(
            "1 validation error detected: Value at 'statements' failed to satisfy constraint: "
            "Member must have length less than or equal to 25"
        )
    units: dict[str, float] = {}
    responses = [_execute(self.dynamodb_backend, statement, units) for statement in statements]
    result: dict[str, Any] = {"Responses": responses}
    if self.body.get("ReturnConsumedCapacity", "NONE") != "NONE":
        result["ConsumedCapacity"] = [
            {"TableName": table, "CapacityUnits": consumed} for table, consumed in units.items()
        ]
    return ActionResult(result)


def _execute(backend: DynamoDBBackend, given: dict[str, Any], units: dict[str, float]) -> dict[str, Any]:
    statement = _parse(given["Statement"], given.get("Parameters", []))
    try:
        if statement.table not in backend.tables:
            raise StatementError("ResourceNotFound", "Requested resource not found")  # noqa: TRY301 - one answer for all
        table = backend.tables[statement.table]
        item = _find(table, statement)
        units[statement.table] = units.get(statement.table, 0.0) + _units(table, item)
        _write(table, statement, item)
    except StatementError as error:
        return {"Error": {"Code": error.code, "Message": error.message}}
    return {"TableName": statement.table}


def _parse(text: str, parameters: list[dict[str, Any]]) -> Statement:
    values = iter(parameters)
    if match := DELETE.fullmatch(text):
        table, where = match.groups()
        return Statement(_plain(table), _terms(where, values), None)
    if match := UPDATE.fullmatch(text):
        table, name, where = match.groups()
        sets = {_plain(name): next(values)}
        return Statement(_plain(table), _terms(where, values), sets)
    raise NotImplementedError(f"this stand-in does not know the statement {text}")


def _terms(where: str, values: Iterator[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    terms: dict[str, dict[str, Any]] = {}
    for part in where.split(" AND "):
        match = TERM.fullmatch(part.strip())
        if match is None:
            raise NotImplementedError(f"this stand-in does not know the condition {part}")
        terms[_plain(match[1])] = next(values)
    return terms


def _plain(quoted: str) -> str:
    return quoted.replace('""', '"')


def _find(table: Table, statement: Statement) -> Item | None:
    missing = set(table.table_key_attrs) - set(statement.where)
    if missing:
        raise StatementError(
            "ValidationError", "Where clause does not contain a mandatory equality on all key attributes"
        )
    key = {name: DynamoType(statement.where[name]) for name in table.table_key_attrs}
    kinds = {definition["AttributeName"]: definition["AttributeType"] for definition in table.attr}
    if any(value.type != kinds[name] for name, value in key.items()):
        raise StatementError("ValidationError", "The provided key element does not match the schema")
    sort = key[table.range_key_attr] if table.range_key_attr else None
    item: Item | None = table.get_item(key[table.hash_key_attr], sort)
    return item


def _write(table: Table, statement: Statement, item: Item | None) -> None:
    """The condition and the write, in one step as under DynamoDB's lock on the item."""
    if item is None:
        if statement.sets is None:
            return  # deleting what is not there succeeds
        raise StatementError("ConditionalCheckFailed", "The conditional request failed")
    for name, value in statement.where.items():
        if name not in item.attrs or item.attrs[name] != DynamoType(value):
            raise StatementError("ConditionalCheckFailed", "The conditional request failed")
    if statement.sets is None:
        sort = item.attrs[table.range_key_attr] if table.range_key_attr else None
        table.delete_item(item.attrs[table.hash_key_attr], sort)
        return
    changed = json.loads(json.dumps(item.to_json()["Attributes"]))
    table.put_item(changed | statement.sets)


def _units(table: Table, item: Item | None) -> float:
    """One unit a kilobyte begun, and as much again for each index that holds the item; at least one."""
    if item is None:
        return 1.0
    held = sum(all(name in item.attrs for name in index.schema_key_attrs) for index in table.global_indexes)
    return float(max(1, math.ceil(item.size() / KILOBYTE)) * (1 + held))
