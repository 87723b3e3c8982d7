from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from simulator.scenario.reaper_table import make_table
from tradai_shared.errors import AccessDenied, EventError, SettingsError
from ttl_reaper import app, observe
from ttl_reaper.app import lambda_handler
from ttl_reaper.checkpoint_store import S3Checkpoints
from ttl_reaper.model import Candidate, ItemOutcome, Tally, TtlClass, Verdict

if TYPE_CHECKING:
    from tests.unit.ttl_reaper.conftest import World

DELETE = {"table": "notifications", "mode": "delete", "dry_run": False, "limits": {"max_fraction": 1.0}}


@pytest.fixture
def bucket(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    assert world.ids() == set()
    client = boto3.client("s3")
    client.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", "kept")
    return client


def lines(client: Any, stage: str) -> list[dict[str, Any]]:
    keys = [line["Key"] for line in client.list_objects_v2(Bucket="kept").get("Contents", [])]
    return [
        json.loads(line)
        for key in keys
        if stage in key
        for line in gzip.decompress(client.get_object(Bucket="kept", Key=key)["Body"].read()).splitlines()
    ]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(app.logger.registered_handler, "stream", stream)
    return stream


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def handle(world: World, event: Any, seconds: float = 900) -> Any:
    return json.loads(json.dumps(lambda_handler(event, world.context(seconds))))  # type: ignore[arg-type]


def test_the_answer_has_the_houses_form_and_counts_everything(world: World) -> None:
    world.put(a=world.days(-10), b={"S": "1700000000"}, live=world.days(1), odd={"N": "5"})
    answer = handle(world, DELETE)
    assert (answer["success"], answer["environment"]) == (True, "dev")
    assert "checkpoint" not in answer["data"]
    summary = answer["data"]["summary"]
    assert summary["expired"] == {"A": 1, "B": 1, "C": 0, "D": 0, "E": 0}
    assert {name: summary[name] for name in ("scanned", "implausible", "deleted", "renewed", "failed")} == {
        "scanned": 4,
        "implausible": 1,
        "deleted": 1,
        "renewed": 0,
        "failed": 0,
    }
    assert summary["write_units"] == 1
    assert summary["estimated_usd"] > 0
    assert [result["table"] for result in answer["data"]["results"]] == ["tradai-notifications-dev"]


def test_one_failing_table_never_stops_the_rest(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.put(a=world.days(-10))
    answer = handle(world, DELETE | {"table": None, "tables": ["health-state", "notifications"]})
    assert not answer["success"]
    assert [result["end"] for result in answer["data"]["results"]] == ["failed", "finished"]
    assert world.ids() == set()
    metrics = next(record for record in records(capsys.readouterr().out) if "_aws" in record)
    assert (metrics["ReapFailures"], metrics["ItemsDeleted"], metrics["environment"]) == ([1], [1], "dev")


def test_all_means_every_table_that_may_be_reaped(empty: World) -> None:
    for component in ("notifications", "drift-state"):
        make_table(empty.client, f"tradai-{component}-dev", keys={"id": "S"})
    ends = {result["table"]: result["end"] for result in handle(empty, {"tables": "all"})["data"]["results"]}
    assert ends["tradai-notifications-dev"] == ends["tradai-drift-state-dev"] == "finished"
    assert not {name for name in ends if "trading-state" in name or "deployments" in name}


def test_without_a_bucket_deleted_keys_go_to_the_log(world: World, log: io.StringIO) -> None:
    world.put(a=world.days(-10))
    handle(world, DELETE)
    [written] = [record for record in records(log.getvalue()) if record.get("message") == "Items written"]
    assert written["items"] == [
        {"verdict": "deleted", "key": {"notification_id": {"S": "a"}}, "ttl": world.days(-10), "class": "A"}
    ]


def test_with_a_bucket_every_key_is_written_there_before_and_after(world: World, bucket: Any) -> None:
    world.put(a=world.days(-10), b=world.days(-11))
    handle(world, DELETE)
    for stage, verdict in (("intended", "intended"), ("done", "deleted")):
        answer = lines(bucket, stage)
        assert {line["key"]["notification_id"]["S"] for line in answer} == {"a", "b"}
        assert {(line["verdict"], line["class"]) for line in answer} == {(verdict, "A")}


def test_when_the_audit_cannot_be_written_nothing_is_deleted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(a=world.days(-10))
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", "missing")
    assert not handle(world, DELETE)["success"]
    assert world.ids() == {"a"}


def test_the_next_schedule_goes_on_from_the_bucket(world: World, bucket: Any) -> None:
    world.put_many(90, days=-10)
    slow = DELETE | {"limits": {"max_fraction": 1.0, "write_units_per_second": 1}}
    first = handle(world, slow, seconds=app.SPARE_SECONDS + 40)
    assert first["data"]["results"][0]["end"] == "out_of_time"
    assert first["data"]["checkpoint"]["table"] == "tradai-notifications-dev"
    assert 0 < first["data"]["summary"]["deleted"] < 90
    second = handle(world, slow)
    assert second["data"]["summary"]["deleted"] == 90
    assert not [
        line for line in bucket.list_objects_v2(Bucket="kept")["Contents"] if "checkpoints/" in line["Key"]
    ]


def test_restart_leaves_the_kept_checkpoint_alone(world: World, bucket: Any) -> None:
    assert bucket
    world.put_many(90, days=-10)
    limited = DELETE | {"limits": {"max_fraction": 1.0, "max_deletes": 30}}
    for _ in range(2):
        assert handle(world, limited)["data"]["summary"]["deleted"] == 30
    assert len(world.ids()) == 60
    handle(world, limited | {"restart": True})
    assert len(world.ids()) == 30


def test_a_kept_checkpoint_with_impossible_counts_stops_its_table(
    world: World, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bucket
    world.put_many(60, days=-10)
    limited = DELETE | {"limits": {"max_fraction": 1.0, "max_deletes": 30}}
    handle(world, limited)
    load = S3Checkpoints.load

    def damaged(self: S3Checkpoints, name: str) -> Any:
        loaded = load(self, name)
        return loaded and loaded.model_copy(update={"tally": Tally(deleted=-(10**9))})

    monkeypatch.setattr(S3Checkpoints, "load", damaged)
    response = handle(world, limited)
    assert response["success"] is False
    assert "restart: true" in response["data"]["results"][0]["reason"]
    assert len(world.ids()) == 30


def test_it_stops_while_what_must_still_be_written_fits(world: World) -> None:
    world.put(a=world.days(-10))
    answer = handle(world, DELETE, seconds=app.SPARE_SECONDS)
    assert answer["data"]["results"][0]["end"] == "out_of_time"
    assert answer["success"]
    assert world.ids() == {"a"}


def test_a_failed_item_is_logged_by_its_keys_hash(log: io.StringIO) -> None:
    secret = Candidate({"id": {"S": "customer-4711"}}, {"N": "1"}, TtlClass.OVERDUE, 1)
    app._log_failure(ItemOutcome(secret, Verdict.FAILED, "ValidationError"))
    [record] = records(log.getvalue())
    assert record["code"] == "ValidationError"
    assert len(record["key_hash"]) == 12
    assert "4711" not in json.dumps(record)


def test_an_unknown_environment_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(SettingsError, match="ENVIRONMENT"):
        lambda_handler({"table": "notifications"}, world.context())  # type: ignore[arg-type]


def test_deletions_are_reported_even_where_the_checkpoint_cannot_be_kept(
    world: World, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AccessDenied("s3:DeleteObject", "AccessDenied", "no")

    assert bucket
    monkeypatch.setattr(S3Checkpoints, "forget", refuse)
    world.put(a=world.days(-10))
    answer = handle(world, DELETE)
    assert (answer["success"], answer["data"]["summary"]["deleted"]) == (False, 1)
    assert "s3:DeleteObject" in answer["data"]["unfinished"]


def test_an_error_in_one_table_leaves_the_others_their_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tables = observe.live_table, []

    def live_table(client: Any, name: str, *check: Any) -> Any:
        tables.append(name)
        if len(tables) == 1:
            raise KeyError("KeySchema")
        return real(client, name, *check)

    monkeypatch.setattr(observe, "live_table", live_table)
    response = handle(world, {"tables": "all"})
    assert response["success"] is False
    assert len(response["data"]["results"]) == len(tables) > 1
    assert "KeyError" in response["data"]["results"][0]["reason"]


def test_a_checkpoint_that_is_not_the_table_s_is_the_event_s_error(world: World) -> None:
    world.put_many(90, days=-10)
    slow = DELETE | {"limits": {"max_fraction": 1.0, "write_units_per_second": 1}}
    loaded = handle(world, slow, seconds=app.SPARE_SECONDS + 40)["data"]["checkpoint"]
    with pytest.raises(EventError, match="table_id"):
        handle(world, DELETE | {"checkpoint": loaded | {"table_id": "another"}})


def test_a_replayed_checkpoint_stretches_no_limit(world: World, bucket: Any) -> None:
    assert bucket
    world.put_many(300, days=-10)
    limits = {"max_fraction": 1.0, "max_deletes": 200, "write_units_per_second": 1}
    first = handle(world, DELETE | {"limits": limits}, seconds=app.SPARE_SECONDS + 40)
    replay = DELETE | {"limits": limits | {"write_units_per_second": 500}}
    for _ in range(3):
        handle(world, replay | {"checkpoint": first["data"]["checkpoint"]})
    assert len(world.ids()) == 100
