"""What AWS says: the live table, and its items a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.aws.error_mapping import translate_errors
from ttl_reaper.classify import LATEST
from ttl_reaper.model import LiveTable, TtlStatus
from ttl_reaper.partiql import consumed

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TableDescriptionTypeDef

    from ttl_reaper.checkpoint import Checkpoint, Position
    from ttl_reaper.model import Item

SCAN = "dynamodb:Scan"
PERMISSIONS = (
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    SCAN,
)


def live_table(client: DynamoDBClient, name: str, check_time: Callable[[], None] = lambda: None) -> LiveTable:
    """Read what the guards need; ``check_time`` is called before each call and may end the reading.

    Raises:
        AccessDenied: a permission is missing; what could not be read is unknown, so nothing is done.
        PermanentError: there is no such table.
        TemporaryError: throttled or a server's fault, after botocore's own retries.
    """
    check_time()
    with translate_errors("dynamodb:DescribeTable"):
        table = client.describe_table(TableName=name)["Table"]
    check_time()
    with translate_errors("dynamodb:DescribeTimeToLive"):
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    check_time()
    with translate_errors("dynamodb:DescribeContinuousBackups"):
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return LiveTable(
        name=name,
        table_id=table.get("TableId") or table["CreationDateTime"].isoformat(),
        status=table["TableStatus"],
        item_count=table.get("ItemCount", 0),
        key_names=tuple(part["AttributeName"] for part in table["KeySchema"]),
        index_count=len(table.get("GlobalSecondaryIndexes", [])),
        ttl_status=TtlStatus(ttl.get("TimeToLiveStatus", "DISABLED")),
        ttl_attribute=ttl.get("AttributeName"),
        pitr=recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        size_bytes=table.get("TableSizeBytes", 0),
        local_index_count=len(table.get("LocalSecondaryIndexes", [])),
        stream_view=_stream_view(table),
        replicas=_replicas(client, table),
        strongly_consistent=table.get("MultiRegionConsistency") == "STRONG",
        write_capacity=_write_capacity(table),
    )


def _stream_view(table: TableDescriptionTypeDef) -> str | None:
    stream = table.get("StreamSpecification", {})
    return str(stream.get("StreamViewType", "enabled")) if stream.get("StreamEnabled") else None


def _replicas(client: DynamoDBClient, table: TableDescriptionTypeDef) -> tuple[str, ...]:
    """The other regions: DescribeTable lists this one too in some versions of global tables."""
    regions = {replica.get("RegionName", "") for replica in table.get("Replicas", [])}
    return tuple(sorted(regions - {"", client.meta.region_name}))


def _write_capacity(table: TableDescriptionTypeDef) -> float | None:
    """The least of the table's and its indexes' own limits, provisioned or on demand; None: no own limit."""
    limits = [
        limit
        for described in (table, *table.get("GlobalSecondaryIndexes", []))
        for limit in (
            described.get("ProvisionedThroughput", {}).get("WriteCapacityUnits", 0),
            described.get("OnDemandThroughput", {}).get("MaxWriteRequestUnits", 0),
        )
        if limit > 0
    ]
    return float(min(limits)) if limits else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of one segment."""

    segment: int
    items: list[Item]
    scanned: int  # read and paid for, the ones that the filter left out included
    units: float
    after: dict[str, Any] | None  # where the next page begins; None: that was the last


def scan_request(table: LiveTable, checkpoint: Checkpoint, position: Position, limit: int) -> dict[str, Any]:
    """The body of Scan: keys and TTL only, eventually consistent (half the price; the condition decides).

    The filter leaves out items without TTL and those that are plainly alive. It saves no read units, only the
    cost of carrying and judging them here; whatever passes it is judged again.
    """
    keys = {f"#k{number}": name for number, name in enumerate(table.key_names)}
    return {
        "TableName": table.name,
        "Segment": position.segment,
        "TotalSegments": checkpoint.total_segments,
        "Limit": limit,
        "ProjectionExpression": ", ".join([*keys, "#t"]),
        "FilterExpression": "attribute_exists(#t) AND NOT #t BETWEEN :cutoff AND :latest",
        "ExpressionAttributeNames": {**keys, "#t": checkpoint.attribute},
        "ExpressionAttributeValues": {
            ":cutoff": {"N": str(checkpoint.window.cutoff)},
            ":latest": {"N": str(LATEST)},
        },
        "ReturnConsumedCapacity": "TOTAL",
        **({"ExclusiveStartKey": position.after} if position.after else {}),
    }


def page(segment: int, reply: dict[str, Any]) -> Page:
    """Read Scan's answer."""
    return Page(
        segment=segment,
        items=reply.get("Items", []),
        scanned=reply.get("ScannedCount", 0),
        units=consumed(reply),
        after=reply.get("LastEvaluatedKey"),
    )
