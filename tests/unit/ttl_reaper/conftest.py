"""A world for the reaper: moto held to AWS's behaviour, a clock that stands still, one table."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context, fill, make_table
from tests.fakes.clock import FakeClock
from tradai_shared import clock
from tradai_shared.config.models.base import DAY
from ttl_reaper.checkpoint_store import NoCheckpoints
from ttl_reaper.dependencies import RunDependencies, open_dependencies
from ttl_reaper.model import DesiredTable, Limits, Mode, ReapRequest, Segments
from ttl_reaper.planner import DEFAULT_CLASSES
from ttl_reaper.reconcile import reap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

    from ttl_reaper.results import TableResult

TABLE = "tradai-notifications-dev"


@dataclass
class Recorder:
    """An audit that remembers."""

    intended: list[Any] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)

    def record_planned(self, candidates: Any) -> None:
        self.intended += candidates

    def record_outcome(self, outcomes: Any) -> None:
        self.outcomes += outcomes

    def flush(self) -> None: ...


@dataclass
class World:
    opened: RunDependencies
    client: DynamoDBClient
    clock: FakeClock
    wire: Any
    audit: Recorder = field(default_factory=Recorder)
    seconds_left: Callable[[], float] = lambda: 600.0
    desired: DesiredTable = field(
        default_factory=lambda: DesiredTable(
            "notifications", TABLE, "ttl", ttl_confirmed=True, may_be_reaped=True
        )
    )
    failed: list[Any] = field(default_factory=list)
    progress: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:
        return "World()"  # a failing property prints it

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def days(self, days: float) -> dict[str, str]:
        return {"N": str(int(self.now + days * DAY))}

    def put(self, **ttls: dict[str, Any] | None) -> None:
        fill(
            self.client,
            TABLE,
            (
                {"notification_id": {"S": key}, "body": {"S": "x"}} | ({"ttl": ttl} if ttl else {})
                for key, ttl in ttls.items()
            ),
        )

    def put_many(self, count: int, days: float, prefix: str = "n") -> None:
        self.put(**{f"{prefix}{number}": self.days(days - number / DAY) for number in range(count)})

    def ids(self) -> set[str]:
        return set(self.ttls())

    def ttls(self) -> dict[str, Any]:
        items = self.client.get_paginator("scan").paginate(TableName=TABLE).search("Items")
        return {item["notification_id"]["S"]: item.get("ttl") for item in items}

    def dependencies(self, **other: Any) -> RunDependencies:
        usual: dict[str, Any] = {
            "requests": self.wire,
            "audit": lambda _: self.audit,
            "seconds_left": self.seconds_left,
            "rng": random.Random(1),
            "on_progress": self.progress.append,
            "workers": 1,
        }
        return replace(self.opened, **(usual | other))

    def reap(self, order: ReapRequest | None = None, checkpoint: Any = None, **other: Any) -> TableResult:
        return reap(self.dependencies(**other), self.desired, order or an_order(), checkpoint)

    def context(self, seconds: float = 900) -> Context:
        return Context(self.clock.now, self.clock.now() + timedelta(seconds=seconds))


def an_order(mode: Mode = Mode.DELETE, **changed: Any) -> ReapRequest:
    usual: dict[str, Any] = {
        "mode": mode,
        "dry_run": False,
        "classes": DEFAULT_CLASSES[mode],
        "limits": Limits(max_fraction=1.0),
        "segments": Segments(2),
    }
    return ReapRequest(**(usual | changed))


@pytest.fixture
def order() -> Callable[..., ReapRequest]:
    return an_order


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """AWS without a table."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.delenv("REAPER_AUDIT_BUCKET", raising=False)
    hand = FakeClock()
    with mock_aws(), strict(), clock.use(hand):
        failed: list[Any] = []
        nothing = Recorder()
        with open_dependencies(
            lambda _: nothing, NoCheckpoints(), lambda: 600.0, on_failure=failed.append
        ) as opened:
            yield World(opened, opened.client, hand, opened.requests, failed=failed)


@pytest.fixture
def world(empty: World) -> World:
    """AWS with the platform's notifications table, TTL and PITR on."""
    make_table(empty.client, TABLE, keys={"notification_id": "S"})
    return empty
