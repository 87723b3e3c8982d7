"""The DynamoDB tables: keys, indexes, TTL, recovery, encryption, billing, protection, unexpected tables."""

from __future__ import annotations

from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any

from drift_check.actions import (
    ChargeOnDemand,
    CreateIndex,
    DisableTtl,
    EnableRecovery,
    EnableTtl,
    ProtectTable,
)
from drift_check.checks.base import (
    TAGS,
    UNCONFIGURED,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    follows_naming,
    having,
    presence,
    present_in_all,
    sorted_values,
    unexpected_resources,
)
from drift_check.observe import PACED
from drift_check.observe.observations import Call, first_known
from tradai_shared.config.models.data import BillingMode, Projection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.actions import Remediation
    from drift_check.observe.observations import Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.data import Index, KeyAttribute, Table

ROOT = "dynamodb.tables"
DESCRIBE = "dynamodb:DescribeTable"
SERVING = {"ACTIVE", "UPDATING"}  # a table that is being updated serves
SERVES = "serves"
GLOBAL = "GlobalSecondaryIndexes"
PROJECTED = {"projection": "ProjectionType", "attributes": "NonKeyAttributes"}
TTL_ON = {"ENABLED", "ENABLING"}


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    """The rate-limited reads first, so that the others are made while those wait."""
    names = [table.name for table in config.dynamodb.tables.values()]
    yield from [Call(action, name) for name in names for action in PACED]
    yield from [Call(DESCRIBE, name) for name in names]
    yield Call("dynamodb:ListTables")
    yield TAGS


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    for key, table in ctx.config.dynamodb.tables.items():
        yield _table(ctx, f"{ROOT}.{key}", table)
    ours = {table.name for table in ctx.config.dynamodb.tables.values()}
    follows = follows_naming(ctx.config, ours)

    def unexpected_tables(names: list[str]) -> list[str]:
        return sorted(filter(follows, set(names) - ours))

    unexpected = ctx.get("dynamodb:ListTables").map(unexpected_tables)
    yield unexpected_resources(
        ROOT, "tables", "naming.resource", "unexpected table", unexpected, UNCONFIGURED
    )


def _table(ctx: CheckContext, path: str, table: Table) -> ResourceState:
    name = table.name
    described, recovers = ctx.get(DESCRIBE, name), _recovers(ctx, table)
    exists = first_known(
        present_in_all(described, *[ctx.get(action, name) for action in PACED]),
        ctx.get("dynamodb:ListTables").map(lambda names: name in names),
    )
    return ResourceState(
        path,
        name,
        f"{path}.name",
        exists,
        (
            AttributeState(
                "status",
                described.map_present(
                    lambda t: "ACTIVE" if t["TableStatus"] in SERVING else t["TableStatus"]
                ),
                desired="ACTIVE",
                reason="a table that is not active does not serve",
            ),
            *_keys(described),
            *_indexes(described, table),
            _ttl(ctx, path, table, recovers),
            AttributeState(
                "point_in_time_recovery",
                recovers,
                remediations=(EnableRecovery(name),) if table.point_in_time_recovery else (),
            ),
            AttributeState(
                "billing_mode",
                described.get("BillingModeSummary", {}).get("BillingMode", BillingMode.PROVISIONED),
                remediations=() if table.billing_mode is BillingMode.PROVISIONED else (ChargeOnDemand(name),),
            ),
            # with an AWS-owned key where none is described
            AttributeState("encrypted", presence(described)),
            AttributeState(
                "deletion_protection",
                described.get("DeletionProtectionEnabled", default=False),
                remediations=(ProtectTable(name),) if table.deletion_protection else (),
            ),
        ),
        tags=ctx.tags(f"dynamodb:table/{name}"),
        arn=f"dynamodb:table/{name}",
    )


def _keys(described: Read[Any]) -> Iterator[AttributeState]:
    for position, role in enumerate(("partition", "sort")):
        yield AttributeState(
            f"key.{role}",
            described.map_present(partial(_attribute, position=position)),
            reason="a table's key cannot change: a new table and a migration of its items",
        )


def _attribute(
    table: dict[str, Any], *, position: int, index: dict[str, Any] | None = None
) -> dict[str, str] | None:
    """The attribute at a position of the key, of an index or of the table itself."""
    by_role = sorted((index or table)["KeySchema"], key=lambda key: key["KeyType"] != "HASH")
    if position >= len(by_role):
        return None
    name = by_role[position]["AttributeName"]
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    return {"name": name, "type": types[name]}


def _indexes(described: Read[Any], table: Table) -> Iterator[AttributeState]:
    for name, index in table.indexes.items():
        observed = described.map_present(partial(_index, name=name, stated=index))
        missing = observed.value_or(observed) is None and index.projection is not Projection.INCLUDE
        remediations = (_create_index(table.name, name, index),) if missing else ()
        yield AttributeState(f"indexes.{name}", observed, remediations=remediations)
        for field, key in PROJECTED.items():
            yield AttributeState(
                f"indexes.{name}.{field}",
                described.map_present(partial(_projection, name=name, key=key, stated=getattr(index, field))),
                reason="queries by it find other attributes of the items than stated",
            )
        yield AttributeState(
            f"indexes.{name} status",
            described.map_present(partial(_named, name=name))
            .get("IndexStatus")
            .map(
                lambda status: "is being deleted" if status == "DELETING" else SERVES  # being built, it will
            ),
            desired=SERVES,
            reason="queries by it fail soon, or do already",
        )
    names = described.get(GLOBAL, ()).map_present(partial(sorted_values, key="IndexName"))
    yield each_unexpected(
        "unexpected index",
        names.map_present(lambda names: [name for name in names if name not in table.indexes]),
        "the configuration does not know it; every write to the table pays for it",
    )
    yield each_unexpected(
        "unexpected local index",
        described.get("LocalSecondaryIndexes", ()).map_present(partial(sorted_values, key="IndexName")),
        "the configuration has none; it limits each partition key to 10 GB",
    )


def _named(table: dict[str, Any], *, name: str) -> dict[str, Any]:
    """The index of that name; empty where there is none, which is a finding of its own."""
    return having(table.get(GLOBAL, []), key="IndexName", value=name) or {}


def _index(table: dict[str, Any], *, name: str, stated: Index) -> dict[str, Any] | None:
    """The index as the configuration describes it; its projection, as stated, is a fact of its own."""
    if not (index := _named(table, name=name)):
        return None
    partition, sort = [_attribute(table, position=position, index=index) for position in (0, 1)]
    return {
        "partition": partition,
        "sort": sort,
        "projection": stated.projection,
        "attributes": stated.attributes,
    }


def _projection(table: dict[str, Any], *, name: str, key: str, stated: object) -> object:
    index = _named(table, name=name)
    return index["Projection"].get(key, []) if index else stated


def _create_index(table: str, name: str, index: Index) -> CreateIndex:
    def pair(attribute: KeyAttribute) -> tuple[str, str]:
        return (attribute.name, str(attribute.type))

    sort = pair(index.sort) if index.sort else None
    return CreateIndex(table, name, pair(index.partition), sort, str(index.projection or Projection.ALL))


def _recovers(ctx: CheckContext, table: Table) -> Read[bool]:
    backups = ctx.get("dynamodb:DescribeContinuousBackups", table.name)
    status = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    return status.map(partial(eq, "ENABLED"))


def _ttl(ctx: CheckContext, path: str, table: Table, recovers: Read[bool]) -> AttributeState:
    described = ctx.get("dynamodb:DescribeTimeToLive", table.name)

    def attribute(ttl: dict[str, Any]) -> str | None:
        # DISABLED may still show an attribute
        return ttl.get("AttributeName") if ttl.get("TimeToLiveStatus") in TTL_ON else None

    desired = table.ttl.attribute if table.ttl else None
    ttl = described.value_or(None) or {}
    status = ttl.get("TimeToLiveStatus")
    remediations: tuple[Remediation, ...] = ()
    if status == "ENABLED":
        remediations = (DisableTtl(table.name, ttl["AttributeName"]),)
    elif desired and status == "DISABLED":
        remediations = (EnableTtl(table.name, desired, recovers.value_or(None)),)
    return AttributeState(
        "ttl",
        described.map_present(attribute),
        desired=desired,
        path=f"{path}.ttl.attribute" if table.ttl else f"{path}.ttl",
        remediations=remediations,
    )


CHECK = Check("tables", initial_reads, evaluate)
