"""The messages of a reaper's trouble: at its begin and its end, each cause once."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from tests.unit.ttl_reaper.test_app import handle
from tradai_shared.config.naming import Environment
from tradai_shared.errors import TemporaryError
from ttl_reaper.events import SegmentResult
from ttl_reaper.messages import LATE, Ended, ended, of_plan, send_messages
from ttl_reaper.model import RunStatus, Tally
from ttl_reaper.results import TableResult, not_begun
from ttl_reaper.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.unit.ttl_reaper.conftest import World

SCHEMAS = Path(__file__).parents[3] / "docs/events"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-dev"
OWN = Settings(Environment.DEV, 1.0, "kept", TOPIC)
REFUSED = Ended("t", "report", "refused", "TTL is off")
WELL = Ended("t", "report", "", "every segment was read")


class Messages:
    """The bucket is moto's, the topic and the bus are recorded."""

    def __init__(self, s3: Any) -> None:
        self.s3, self.sns, self.bus = s3, Mock(), Mock()
        self.bus.put_events.return_value = {"FailedEntryCount": 0, "Entries": [{}]}

    def client(self, service: str) -> Any:
        return {"s3": self.s3, "sns": self.sns, "events": self.bus}[service]

    def run(self, *results: Ended, own: Settings = OWN) -> list[str]:
        """The detail-types that this run sent; every event is what its schema says."""
        self.sns.reset_mock()
        self.bus.put_events.reset_mock()
        send_messages(own, results, self.client)
        entries = [call.kwargs["Entries"][0] for call in self.bus.put_events.call_args_list]
        kinds = [checked(entry) for entry in entries]
        assert len(self.sns.publish.call_args_list) == (len(kinds) if own.topic_arn else 0)
        return kinds

    @property
    def text(self) -> str:
        return str(json.loads(self.sns.publish.call_args.kwargs["Message"])["default"])


def checked(entry: dict[str, str]) -> str:
    kind = entry["DetailType"]
    schema = json.loads((SCHEMAS / f"{kind.lower().replace(' ', '-')}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(entry["Detail"]))
    return kind


@pytest.fixture
def sent(empty: World, monkeypatch: pytest.MonkeyPatch) -> Messages:
    assert empty.now
    monkeypatch.setenv("REAPER_AUDIT_BUCKET", "kept")
    client = boto3.client("s3")
    client.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return Messages(client)


def test_a_trouble_has_a_message_at_its_begin_and_one_at_its_end(sent: Messages) -> None:
    assert sent.run(REFUSED) == ["Reap Failed"]
    assert "TTL is off" in sent.text
    assert re.search(r"Since: [-0-9]+ [:0-9]+ UTC", sent.text)
    assert "tradai-ops reap --env dev --table t\n" in sent.text
    assert "docs/runbooks/reap-failed.md" in sent.text
    assert sent.run(REFUSED) == []
    assert sent.run(Ended("t", "report", "refused", "TTL is off, in other words")) == []
    assert sent.run(WELL) == ["Reap Recovered"]
    assert " UTC, when the trouble began" in sent.text
    assert "docs/runbooks/reap-failed.md" in sent.text
    assert sent.run(WELL) == []
    assert sent.run(REFUSED) == ["Reap Failed"]


def test_another_cause_is_news_and_keeps_the_begin_of_the_trouble(sent: Messages, empty: World) -> None:
    began = empty.clock.now()
    sent.run(REFUSED)
    empty.clock.advance(days=1)
    assert sent.run(Ended("t", "report", "failed", "AccessDenied")) == ["Reap Failed"]
    assert f"{began:%Y-%m-%d %H:%M:%S}" in sent.text


def test_several_tables_share_a_message(sent: Messages) -> None:
    assert sent.run(REFUSED, Ended("u", "report", "failed", "no")) == ["Reap Failed"]
    assert "t, u" in sent.text


def test_a_report_that_works_ends_no_trouble_of_a_deletion(sent: Messages) -> None:
    sent.run(Ended("t", "delete", "guard", "max_deletes is reached"))
    assert sent.run(WELL) == []
    assert sent.run(Ended("t", "delete", "", "out of time", is_whole=False)) == []
    assert sent.run(Ended("t", "delete", "", "finished")) == ["Reap Recovered"]


def test_the_next_run_sends_what_was_not_sent(sent: Messages) -> None:
    sent.bus.put_events.return_value = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Internal"}]}
    with pytest.raises(TemporaryError):
        sent.run(REFUSED)
    sent.bus.put_events.return_value = {"FailedEntryCount": 0, "Entries": [{}]}
    assert sent.run(REFUSED) == ["Reap Failed"]


def test_without_a_topic_an_event_is_sent_and_without_a_bucket_none(sent: Messages) -> None:
    assert sent.run(REFUSED, own=Settings(Environment.DEV, 1.0, "kept")) == ["Reap Failed"]
    assert sent.run(Ended("u", "report", "failed", ""), own=Settings(Environment.DEV, 1.0, None)) == []


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        (TableResult("t", RunStatus.FINISHED, ""), ""),
        (TableResult("t", RunStatus.OUT_OF_TIME, ""), ""),
        (TableResult("t", RunStatus.OUT_OF_TIME, "", is_late=True), LATE),
        (TableResult("t", RunStatus.FINISHED, "", spent=Tally(failed=1)), "items failed"),
        (TableResult("t", RunStatus.OUT_OF_TIME, "", spent=Tally(failed=1)), "items failed"),
        (TableResult("t", RunStatus.GUARD, ""), "guard"),
    ],
)
def test_what_counts_as_trouble(result: TableResult, cause: str) -> None:
    assert ended(result, "delete").cause == cause


def test_a_plan_has_a_message_for_each_table_and_a_rehearsed_one_none() -> None:
    results = [
        SegmentResult(table="t", segment=0, success=True),
        SegmentResult(table="t", segment=1, success=False, end="guard", reason="max_deletes is reached"),
        SegmentResult(table="u", segment=0, success=True),
    ]
    assert [(one.table, one.cause) for one in of_plan(results, {"mode": "delete"})] == [
        ("t", "guard"),
        ("u", ""),
    ]
    assert of_plan(results, {"mode": "delete", "dry_run": True}) == []


@pytest.mark.parametrize(
    ("event", "is_sent"),
    [
        ({"tables": "all"}, True),
        ({"table": "notifications", "mode": "delete", "dry_run": True}, False),
        ({"table": "notifications", "mode": "delete", "dry_run": False}, True),
    ],
)
def test_the_handler_sends_messages_and_a_rehearsal_does_not(
    empty: World,
    monkeypatch: pytest.MonkeyPatch,
    event: dict[str, Any],
    is_sent: bool,  # noqa: FBT001 - a parameter
) -> None:
    """No table is there: each one failed."""
    ended_runs = list[Ended]()

    def record(_own: Settings, results: Iterable[Ended], _client: object) -> None:
        ended_runs.extend(results)

    monkeypatch.setattr("ttl_reaper.messages.send_messages", record)
    assert not handle(empty, event)["success"]
    assert bool(ended_runs) is is_sent
    assert all(one.cause == "failed" for one in ended_runs)


def test_a_table_that_no_run_begins_has_one_message_after_a_week(sent: Messages, empty: World) -> None:
    waiting = ended(not_begun("t"), "report")
    for _ in range(7):
        assert sent.run(waiting) == []
        empty.clock.sleep(86_400)
    assert sent.run(waiting) == ["Reap Failed"]
    assert "no run has begun it since" in sent.text
    empty.clock.sleep(86_400)
    assert sent.run(waiting) == []
    assert sent.run(WELL) == ["Reap Recovered"]


def test_a_table_that_was_begun_meanwhile_waits_for_a_new_week(sent: Messages, empty: World) -> None:
    waiting = ended(not_begun("t"), "report")
    begun = ended(TableResult("t", RunStatus.OUT_OF_TIME, "time is up"), "report")
    for result in (waiting, begun, waiting):
        assert sent.run(result) == []
        empty.clock.sleep(5 * 86_400)
