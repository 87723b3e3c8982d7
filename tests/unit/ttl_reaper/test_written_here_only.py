"""A global table with eventually consistent replicas is reaped only where one region alone writes it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tradai_shared.config import canonical_config
from ttl_reaper import observe, tables
from ttl_reaper.app import SPARE_SECONDS, lambda_handler
from ttl_reaper.model import Limits, RunStatus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.ttl_reaper.conftest import World

DELETE = {"table": "notifications", "mode": "delete", "dry_run": False, "limits": {"max_fraction": 1.0}}
SLOWLY = DELETE | {"limits": {"max_fraction": 1.0, "write_units_per_second": 1}}


@pytest.fixture
def is_global(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = observe.live_table
    monkeypatch.setattr(observe, "live_table", lambda *given: replace(real(*given), replicas=("eu-west-1",)))
    world.put_many(90, days=-10)


def configure(monkeypatch: pytest.MonkeyPatch, folder: Path, *, here_only: bool) -> None:
    own = {"values": {"dynamodb": {"tables": {"notifications": {"written_here_only": here_only}}}}}
    file = folder / f"own-{here_only}.json"
    file.write_text(json.dumps(own), encoding="utf-8")
    monkeypatch.setenv("CANONICAL_CONFIG_PATH", str(file))


def handle(world: World, event: Any, seconds: float = 900) -> Any:
    return json.loads(json.dumps(lambda_handler(event, world.context(seconds))))["data"]  # type: ignore[arg-type]


def test_no_table_is_written_here_only_until_a_deployment_says_so() -> None:
    for env in ("dev", "staging", "prod"):
        assert not any(table.written_here_only for table in tables.tables(canonical_config(env)))


@pytest.mark.usefixtures("is_global")
@pytest.mark.parametrize(("here_only", "end"), [(False, "refused"), (True, "finished")])
def test_the_configuration_decides_in_delete_mode(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, here_only: bool, end: str
) -> None:
    configure(monkeypatch, tmp_path, here_only=here_only)
    assert handle(world, DELETE)["results"][0]["end"] == end
    assert len(world.ids()) == (0 if here_only else 90)


@pytest.mark.usefixtures("is_global")
def test_a_checkpoint_does_not_go_on_where_another_region_writes_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(monkeypatch, tmp_path, here_only=True)
    stopped = handle(world, SLOWLY, SPARE_SECONDS + 40)
    assert stopped["end"] == "out_of_time"
    left = len(world.ids())
    assert 0 < left < 90
    configure(monkeypatch, tmp_path, here_only=False)
    refused = handle(world, SLOWLY | {"checkpoint": stopped["checkpoint"]})
    assert (refused["end"], len(world.ids())) == ("refused", left)
    configure(monkeypatch, tmp_path, here_only=True)
    assert handle(world, SLOWLY | {"checkpoint": stopped["checkpoint"]})["end"] == "finished"
    assert world.ids() == set()


def test_a_table_that_became_global_after_the_run_began_is_refused_on_resume(
    world: World, monkeypatch: pytest.MonkeyPatch, order: Any
) -> None:
    world.put_many(60, days=-10)
    limited = order(limits=Limits(max_deletes=40, max_fraction=1.0))
    first = world.reap(limited)
    real = observe.live_table
    monkeypatch.setattr(observe, "live_table", lambda *given: replace(real(*given), replicas=("eu-west-1",)))
    raised = order(limits=Limits(max_deletes=100, max_fraction=1.0))
    assert world.reap(raised, first.checkpoint).end is RunStatus.REFUSED
    assert len(world.ids()) == 20
