from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tradai_shared.errors import EventError
from ttl_reaper import events
from ttl_reaper.app import lambda_handler
from ttl_reaper.model import Limits, Mode, Segments, TtlClass

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

SAMPLES = sorted((Path(__file__).parents[3] / "events" / "ttl_reaper").glob("*.json"))
T = {"table": "notifications"}
KEPT: dict[str, Any] = {
    "table": "tradai-notifications-dev",
    "table_id": "1",
    "attribute": "ttl",
    "mode": "report",
    "dry_run": True,
    "classes": ["A"],
    "started": 1,
    "grace_seconds": 0,
    "item_count": 1,
    "total_segments": 1,
    "positions": [],
}
BAD: list[tuple[Any, str]] = [
    ({}, "table"),
    ([], "event"),
    ("reap", "event"),
    (T | {"tables": ["drift-state"]}, "table"),
    ({"tables": []}, "tables"),
    ({"tables": "some"}, "tables"),
    ({"tables": ["notifications", "notifications"]}, "tables"),
    ({"tables": ["notifications", 3]}, "tables.1"),
    ({"tables": ["notifications", "nothing"]}, "tables.1"),
    ({"table": ""}, "table"),
    ({"table": 3}, "table"),
    ({"table": "customers"}, "table"),
    ({"table": "tradai-notifications-prod"}, "table"),
    ({"table": "trading-state"}, "table"),
    ({"table": "tradai-config-versions-dev"}, "table"),
    ({"table": "deployments"}, "table"),
    ({"tabel": "notifications"}, "tabel"),
    (T | {"mode": "purge"}, "mode"),
    (T | {"dry_run": "false"}, "dry_run"),
    (T | {"dry_run": 0}, "dry_run"),
    (T | {"classes": []}, "classes"),
    (T | {"classes": ["F"]}, "classes.0"),
    (T | {"mode": "delete", "classes": ["A", "E"]}, "classes"),
    (T | {"mode": "repair", "classes": ["A"]}, "classes"),
    (T | {"limits": {"max_deletes": 0}}, "limits.max_deletes"),
    (T | {"limits": {"max_deletes": "many"}}, "limits.max_deletes"),
    (T | {"limits": {"max_fraction": 0}}, "limits.max_fraction"),
    (T | {"limits": {"max_fraction": 1.01}}, "limits.max_fraction"),
    (T | {"limits": {"write_units_per_second": 0}}, "limits.write_units_per_second"),
    (T | {"limits": {"grace_seconds": -1}}, "limits.grace_seconds"),
    (T | {"limits": {"max_delete": 1}}, "limits.max_delete"),
    (T | {"segments": {"total": 0}}, "segments.total"),
    (T | {"segments": {"total": 65}}, "segments.total"),
    (T | {"segments": {"total": 4, "index": 4}}, "segments.index"),
    (T | {"segments": {"index": 1}}, "segments.total"),
    (T | {"checkpoint": {"version": 2}}, "checkpoint.version"),
    (T | {"checkpoint": KEPT, "restart": True}, "checkpoint"),
    ({"tables": "all", "checkpoint": KEPT}, "checkpoint"),
    (T | {"checkpoint": KEPT}, "checkpoint.table_id"),
    (T | {"allow_without_pitr": "yes"}, "allow_without_pitr"),
    (T | {"allow_without_pitr": ["notification"]}, "allow_without_pitr.0"),
    (T | {"allow_without_pitr": ["notifications", 1]}, "allow_without_pitr.1"),
    (T | {"action": "purge"}, "action"),
    (T | {"action": "plan", "segments": {"total": 2, "index": 1}}, "segments.index"),
    ({"action": "summary"}, "results"),
    ({"action": "summary", "results": [{"table": "x"}]}, "results.0.segment"),
    ({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}, "version"),
]


@pytest.mark.parametrize(("event", "field"), BAD, ids=lambda value: value if isinstance(value, str) else "")
def test_a_bad_event_names_its_field_and_touches_nothing(world: World, event: Any, field: str) -> None:
    world.put(a=world.days(-10))
    with pytest.raises(EventError) as raised:
        lambda_handler(event, world.context())  # type: ignore[arg-type]
    assert raised.value.field == field
    assert raised.value.problem
    assert world.ids() == {"a"}


def test_the_default_is_a_report_and_a_dry_run() -> None:
    order = events.parse(T).request  # type: ignore[union-attr]
    assert (order.mode, order.dry_run, order.writes) == (Mode.REPORT, True, False)
    assert order.limits == Limits(100_000, 0.5, 500.0, 72 * 3600)
    assert order.segments == Segments(8)


def test_deleting_is_a_dry_run_until_the_event_says_otherwise() -> None:
    assert not events.parse(T | {"mode": "delete"}).request.writes  # type: ignore[union-attr]
    assert events.parse(T | {"mode": "delete", "dry_run": False}).request.writes  # type: ignore[union-attr]


@pytest.mark.parametrize(("mode", "classes"), [("report", "ABCDE"), ("delete", "A"), ("repair", "BCD")])
def test_each_mode_has_its_own_classes(mode: str, classes: str) -> None:
    order = events.parse(T | {"mode": mode}).request  # type: ignore[union-attr]
    assert order.classes == {TtlClass(class_) for class_ in classes}


def test_every_sample_event_is_understood() -> None:
    assert SAMPLES
    for sample in SAMPLES:
        events.parse(json.loads(sample.read_text()))
