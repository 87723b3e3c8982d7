"""Shares of time and rate, and an end that comes before Lambda's, whatever hangs."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.client import BaseClient

from simulator.scenario.reaper_table import make_table
from tradai_shared.errors import TemporaryError
from ttl_reaper import app, events, planner
from ttl_reaper.app import SPARE_SECONDS, _reap_in_turn, lambda_handler
from ttl_reaper.audit import S3Audit
from ttl_reaper.checkpoint_store import S3Checkpoints
from ttl_reaper.model import Limits, RunStatus, Segments
from ttl_reaper.rate_limiter import TokenBucket

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

SLOWLY = {"mode": "delete", "dry_run": False, "limits": {"max_fraction": 1.0, "write_units_per_second": 1}}
# A call to S3 that hangs: two attempts of 2 + 5 s and a pause of 1 s.
HANGS_SECONDS = 15


@pytest.fixture
def bucket(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert empty.now
    boto3.client("s3").create_bucket(
        Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", "kept")


def hang(world: World, monkeypatch: pytest.MonkeyPatch, since: int) -> list[int]:
    """From a moment on every call to S3 hangs; the moments at which one did."""
    hung: list[int] = []
    for owner, name in ((S3Checkpoints, "_put"), (S3Checkpoints, "_get"), (S3Audit, "_put")):
        real = getattr(owner, name)

        def call(*given: Any, real: Any = real) -> Any:
            if world.now < since:
                return real(*given)
            hung.append(world.now)
            world.clock.sleep(HANGS_SECONDS)
            raise TemporaryError("s3", "ReadTimeout", "")

        monkeypatch.setattr(owner, name, call)
    return hung


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("before_the_end", [SPARE_SECONDS + 60, 300, 900])
@pytest.mark.parametrize("tables", [1, 3])
def test_the_answer_comes_before_lambdas_end_where_s3_hangs(
    empty: World, monkeypatch: pytest.MonkeyPatch, before_the_end: float, tables: int
) -> None:
    components = ["notifications", "drift-state", "idempotency"][:tables]
    for component in components:
        name = f"tradai-{component}-dev"
        make_table(empty.client, name, keys={"notification_id": "S"})
        monkeypatch.setattr("tests.unit.ttl_reaper.conftest.TABLE", name)
        empty.put_many(1200, days=-10)
    ends = empty.now + 900
    hung = hang(empty, monkeypatch, int(ends - before_the_end))
    context: Any = empty.context(900)
    answer: Any = json.loads(json.dumps(lambda_handler(SLOWLY | {"tables": components}, context)))
    assert hung
    assert empty.now <= ends
    assert answer["success"] is False
    assert len(answer["data"]["results"]) == tables


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("before_the_end", [SPARE_SECONDS + 1, SPARE_SECONDS + 48, SPARE_SECONDS + 70])
def test_the_answer_comes_before_lambdas_end_where_describes_hang(
    world: World, monkeypatch: pytest.MonkeyPatch, before_the_end: float
) -> None:
    """Each answers at the end of its third attempt: three of 2 + 5 s, with pauses of 1 and 2 s."""
    world.put_many(1200, days=-10)
    real = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's one way to every operation

    def call(client: Any, operation: str, request: Any) -> Any:
        if operation.startswith("Describe"):
            world.clock.sleep(24)
        return real(client, operation, request)

    hung = hang(world, monkeypatch, world.now)
    context: Any = world.context(before_the_end)
    ends = world.now + before_the_end
    with monkeypatch.context() as patched:
        patched.setattr(BaseClient, "_make_api_call", call)
        answer: Any = lambda_handler(SLOWLY | {"table": "notifications"}, context)
    assert world.now <= ends
    assert answer["data"]["results"][0]["end"] == ("failed" if hung else "out_of_time")
    assert len(world.ids()) == 1200


@pytest.mark.usefixtures("bucket")
def test_a_table_for_which_no_time_is_left_is_not_touched_and_says_so(world: World, order: Any) -> None:
    dependencies = world.dependencies(seconds_left=lambda: 0.0)
    event: Any = SimpleNamespace(request=order(), checkpoint=None, restart=False)
    missing = replace(world.desired, name="tradai-missing-dev")
    results = _reap_in_turn(dependencies, [world.desired, missing, missing], event)[1:]
    assert [result.end for result in results] == [RunStatus.OUT_OF_TIME] * 2
    assert all("no time was left" in result.reason for result in results)


@pytest.mark.usefixtures("bucket")
def test_a_table_whose_end_is_not_reached_for_a_week_is_reported(world: World) -> None:
    world.put_many(2000, days=-10)
    event = SLOWLY | {"table": "notifications"}
    answers: list[Any] = []
    for _ in range(2):
        answer: Any = lambda_handler(event, world.context(SPARE_SECONDS + 40))  # type: ignore[arg-type]
        assert answer["data"]["end"] == "out_of_time"
        answers.append(answer)
        world.clock.sleep(8 * 86_400)
    assert [answer["success"] for answer in answers] == [True, False]
    assert "began 8 days ago" in json.dumps(answers[1]["data"]["results"])


def test_a_finished_segments_rate_goes_to_the_others(
    world: World, order: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert planner.page_items(400, 8) == 500
    assert planner.page_items(400, 4) == 1000
    monkeypatch.setattr(planner, "FEWEST_PAGE_ITEMS", 3)
    world.put_many(60, days=-10)
    limits: list[int] = []
    real = planner.page_items

    def page_items(rate: float, unfinished: int) -> int:
        limits.append(unfinished)
        return real(rate, unfinished)

    monkeypatch.setattr(planner, "page_items", page_items)
    slow = Limits(max_fraction=1.0, write_units_per_second=1)
    assert world.reap(order(limits=slow, segments=Segments(8))).end is RunStatus.FINISHED
    assert limits[0] == 8
    assert any(0 < number < 8 for number in limits)


def test_what_other_runs_of_a_plan_leave_of_the_rate_is_taken_over(world: World, order: Any) -> None:
    world.put_many(400, days=-10)
    began = world.now
    request = order(limits=Limits(max_fraction=1.0, write_units_per_second=1), sharers=10)
    assert world.reap(request, sharers=lambda: 10).end is RunStatus.FINISHED
    alone = world.now - began
    world.put_many(400, days=-10)
    began = world.now
    assert world.reap(request, sharers=lambda: 1).end is RunStatus.FINISHED
    assert world.now - began < alone / 4


def test_a_bucket_that_is_allowed_less_falls_at_once_and_more_by_rising() -> None:
    limiter = TokenBucket(100, 0)
    limiter.allow(10, 0)
    assert limiter.rate == 10
    limiter.allow(200, 0)
    limiter.reserve(0, 10)
    assert limiter.rate == 110


@pytest.mark.usefixtures("bucket")
def test_a_run_of_a_plan_marks_its_end_and_leaves_its_checkpoint_in_the_bucket(world: World) -> None:
    world.put_many(90, days=-10)
    store = S3Checkpoints(boto3.client("s3"), "kept")
    share = {
        "table": "notifications",
        "segments": {"total": 2, "index": 0, "stride": 2},
        "plan": {"id": "p", "runs": 2, "at_once": 2},
    }
    stopped: Any = lambda_handler(SLOWLY | share, world.context(SPARE_SECONDS + 30))  # type: ignore[arg-type]
    assert (stopped["data"]["end"], stopped["data"]["stored"]) == ("out_of_time", True)
    assert "checkpoint" not in stopped["data"]
    assert store.count_ended("p/notifications") == 0
    done: Any = lambda_handler(SLOWLY | share, world.context())  # type: ignore[arg-type]
    assert done["data"]["end"] == "finished"
    assert store.count_ended("p/notifications") == 1
    parsed: Any = events.parse(SLOWLY | share)
    count: Any = app._sharers(parsed, store)
    assert count() == 1
