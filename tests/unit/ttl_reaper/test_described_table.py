"""What DescribeTable says of streams, replicas, indexes and sizes reaches report, guards and estimate."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ttl_reaper import observe, planner, report
from ttl_reaper.model import DesiredTable, LiveTable, Mode

HERE, ELSEWHERE = {"RegionName": "eu-central-1"}, {"RegionName": "ap-south-1"}
DESIRED = DesiredTable("orders", "orders", "gone_at", ttl_confirmed=True, may_be_reaped=True)
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}}
PROVISIONED = {"ProvisionedThroughput": {"WriteCapacityUnits": 900}}
SLOWER = [{"ProvisionedThroughput": {"WriteCapacityUnits": 70}}]


def described(**more: Any) -> LiveTable:
    table = {"TableId": "1", "TableStatus": "ACTIVE", "KeySchema": [{"AttributeName": "id"}], **more}
    client: Any = SimpleNamespace(
        meta=SimpleNamespace(region_name="eu-central-1"),
        describe_table=lambda **_: {"Table": table},
        describe_time_to_live=lambda **_: {
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "gone_at"}
        },
        describe_continuous_backups=lambda **_: {
            "ContinuousBackupsDescription": {
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}
            }
        },
    )
    return observe.live_table(client, "orders")


@pytest.mark.parametrize(("mode", "noted"), [(Mode.REPORT, True), (Mode.DELETE, True), (Mode.REPAIR, False)])
def test_a_stream_is_noted_before_anything_is_deleted(order: Any, mode: Mode, *, noted: bool) -> None:
    """After repair DynamoDB deletes: its records carry its own userIdentity."""
    notes = planner.notes(DESIRED, described(**STREAM), order(mode))
    assert ["a stream (OLD_IMAGE)" in note for note in notes] == [True] * noted
    off = described(StreamSpecification={"StreamEnabled": False, "StreamViewType": "OLD_IMAGE"})
    assert planner.notes(DESIRED, off, order(mode)) == ()


@pytest.mark.parametrize(
    ("more", "note", "refused"),
    [
        ({"Replicas": [HERE]}, "", False),
        ({"Replicas": [HERE, ELSEWHERE]}, "eventually consistent, with replicas in ap-south-1", True),
        ({"Replicas": [ELSEWHERE], "MultiRegionConsistency": "EVENTUAL"}, "eventually consistent", True),
        ({"Replicas": [ELSEWHERE], "MultiRegionConsistency": "STRONG"}, "strongly consistent", False),
    ],
)
@pytest.mark.parametrize("mode", [Mode.DELETE, Mode.REPAIR])
def test_replicas_are_noted_and_refused_by_their_consistency(
    order: Any, mode: Mode, more: dict[str, Any], note: str, *, refused: bool
) -> None:
    live = described(**more)
    assert note in " ".join(planner.notes(DESIRED, live, order(Mode.REPORT)))
    assert bool(planner.notes(DESIRED, live, order(Mode.REPORT))) is bool(note)
    assert bool(planner.refusal(DESIRED, live, order(mode))) is refused
    assert planner.refusal(DESIRED, live, order(Mode.REPORT)) is None


@pytest.mark.parametrize(
    ("more", "units"),
    [
        ({}, 250),  # of no known size: a unit each
        ({"TableSizeBytes": 3584 * 10, "ItemCount": 10}, 1000),  # 3.5 kB
        ({"TableSizeBytes": 1024 * 10, "ItemCount": 10}, 250),
        ({"GlobalSecondaryIndexes": [{}, {}], "LocalSecondaryIndexes": [{}]}, 1000),
        ({"TableSizeBytes": 1025, "ItemCount": 1, "LocalSecondaryIndexes": [{}]}, 1000),
    ],
)
def test_the_estimate_counts_sizes_and_every_index(more: dict[str, Any], units: int) -> None:
    assert report.estimated_units(250, described(**more)) == units


@pytest.mark.parametrize(
    ("more", "capacity"),
    [
        ({}, None),
        (PROVISIONED, 900),
        (
            PROVISIONED | {"GlobalSecondaryIndexes": [{"ProvisionedThroughput": {"WriteCapacityUnits": 70}}]},
            70,
        ),
        ({"OnDemandThroughput": {"MaxWriteRequestUnits": 400}}, 400),
        ({"OnDemandThroughput": {"MaxWriteRequestUnits": -1}}, None),  # no limit
    ],
)
def test_the_least_capacity_of_table_and_indexes_bounds_the_rate(
    more: dict[str, Any], capacity: float | None
) -> None:
    assert described(**more).write_capacity == capacity
