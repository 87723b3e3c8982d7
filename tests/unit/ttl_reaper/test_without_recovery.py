"""Recovery is asked for table by table: by the configuration, and lifted only for tables that are named."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.scenario.reaper_table import fill, make_table
from tests.unit.ttl_reaper.map_events import events_of
from tradai_shared.config import canonical_config
from ttl_reaper import distributed_map, events, tables
from ttl_reaper.app import lambda_handler

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

BOTH = ["notifications", "idempotency"]
DELETE = {"mode": "delete", "dry_run": False, "limits": {"max_fraction": 1.0}}


@pytest.fixture
def bare(world: World) -> World:
    """Two tables of expired items without recovery: it is expected of one of them only."""
    make_table(world.client, "tradai-idempotency-dev", keys={"id": "S"}, ttl="expiration")
    fill(world.client, "tradai-idempotency-dev", [{"id": {"S": "a"}, "expiration": world.days(-20)}])
    world.put(a=world.days(-20))
    for name in BOTH:
        world.client.update_continuous_backups(
            TableName=f"tradai-{name}-dev",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
        )
    return world


def ends(world: World, **event: Any) -> dict[str, str]:
    answer = json.loads(json.dumps(lambda_handler(DELETE | event, world.context())))  # type: ignore[arg-type]
    return {line["table"].split("-")[1]: line["end"] for line in answer["data"]["results"]}


@pytest.mark.parametrize(
    ("allowed", "notifications"),
    [
        ({}, "refused"),
        ({"allow_without_pitr": ["idempotency"]}, "refused"),
        ({"allow_without_pitr": ["notifications"]}, "finished"),
        ({"allow_without_pitr": ["tradai-notifications-dev"]}, "finished"),
        ({"allow_without_pitr": True}, "finished"),  # the older spelling: the tables that the event names
    ],
)
def test_only_a_named_table_is_written_without_recovery(
    bare: World, allowed: dict[str, Any], notifications: str
) -> None:
    assert ends(bare, tables=BOTH, **allowed) == {"idempotency": "finished", "notifications": notifications}


def test_true_for_all_tables_names_none(bare: World) -> None:
    parsed: Any = events.parse(DELETE | {"tables": "all", "allow_without_pitr": True})
    assert not parsed.request.allow_without_pitr
    answer: Any = lambda_handler({"table": "notifications"}, bare.context())  # type: ignore[arg-type]
    [note] = answer["data"]["results"][0]["notes"]
    assert note.startswith("point-in-time recovery is off")


@pytest.mark.parametrize("about", [{"tables": "all"}, {"tables": BOTH}])
def test_a_plan_s_runs_inherit_the_names_and_not_the_older_flag(about: dict[str, Any]) -> None:
    """Each run is about one table: true in its event would name that table."""
    event: Any = events.parse({"action": "plan", "allow_without_pitr": True} | about)
    chosen = tables.select_tables(event, tables.tables(canonical_config("dev")))
    named = set() if about["tables"] == "all" else set(BOTH)
    document = distributed_map.plan_document(event, chosen, "plan")
    runs: Any = [events.parse(run) for run in events_of(document)]
    assert {run.request.allow_without_pitr for run in runs} == {frozenset(named)}


def test_the_configuration_alone_can_expect_no_recovery(bare: World, order: Any) -> None:
    bare.desired = replace(bare.desired, pitr_expected=False)
    result = bare.reap(order())
    assert (result.tally.deleted, result.notes) == (1, ())
