"""What a run reports, in each form, and to whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from drift_check.apply.healer import HealOutcome
from drift_check.events import Request
from drift_check.findings import Severity
from drift_check.history import Changes, Record
from drift_check.model import ExitCode, Report
from drift_check.report import alert, headline
from drift_check.report.as_html import page
from drift_check.report.as_json import answer, document
from drift_check.report.publish import notify, store
from drift_check.settings import Settings
from ops import output
from ops.markdown import markdown
from tests.unit.drift_check.findings import finding, unknown
from tradai_shared.config.naming import Environment
from tradai_shared.errors import Status

TOPIC = "arn:aws:sns:eu-central-1:123456789012:tradai-alerts-dev"


def report(**changes: Any) -> Report:
    ordinary = {
        "findings": [finding()],
        "to_notify": [finding()],
        "changes": Changes(new=frozenset({finding().id})),
    }
    made = Report("dev", Request(), datetime(2026, 11, 22, tzinfo=UTC))
    for name, value in (ordinary | changes).items():
        setattr(made, name, value)
    return made


def sent(outcome: Report, clients: Mock) -> Mock:
    settings = Settings(Environment.DEV, report_bucket="reports", topic_arn=TOPIC)
    store(settings, outcome, lambda service: getattr(clients, service), Mock())
    notify(settings, outcome, lambda service: getattr(clients, service), Mock())
    return clients


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], ExitCode.IN_SYNC),
        ([finding(severity=Severity.INFO)], ExitCode.IN_SYNC),
        ([finding()], ExitCode.DRIFT),
        ([finding(), unknown()], ExitCode.PARTIAL),
    ],
)
def test_the_exit_code_says_what_was_found(findings: list[Any], code: ExitCode) -> None:
    assert report(findings=findings).exit_code is code


def test_a_run_that_nobody_answered_is_an_error() -> None:
    assert report(findings=[unknown()], error="none of 9 reads was answered").exit_code is ExitCode.ERROR


def test_what_could_not_be_read_is_no_success() -> None:
    assert answer(report())["success"]
    assert not answer(report(findings=[unknown()]))["success"]


def test_a_failed_heal_is_no_success() -> None:
    assert not answer(report(heals=[HealOutcome(finding(), Status.FAILED, "refused")]))["success"]


def test_the_answer_has_the_form_of_the_house() -> None:
    outcome = answer(report())
    assert set(outcome) == {"success", "data", "environment"}
    assert outcome["data"]["results"][0]["id"] == finding().id
    assert document(report())["started"] == "2026-11-22T00:00:00+00:00"


def test_every_form_names_the_finding_and_its_id() -> None:
    outcome = report()
    for text in (markdown(outcome), alert(outcome, "docs/runbooks/").text, page(outcome)):
        assert finding().resource in text
        assert finding().id in text
    assert headline(outcome) == "tradai dev: 1 difference"
    after_a_heal = report(heals=[HealOutcome(finding(), Status.DONE)])
    assert headline(after_a_heal) == "tradai dev: 1 difference left, 1 healed"


def test_the_page_loads_nothing_and_escapes_what_aws_says() -> None:
    text = page(report(findings=[finding(observed="<script>alert(1)</script>")]))
    assert "<script" not in text
    assert "http" not in text


def test_news_go_to_the_bucket_the_topic_and_the_bus() -> None:
    clients = sent(report(), Mock())
    keys = {call.kwargs["Key"] for call in clients.s3.put_object.call_args_list}
    assert {"drift/dev/latest.html", "drift/dev/latest.json", "drift/dev/2026/11/22/000000.json"} <= keys
    assert clients.sns.publish.call_args.kwargs["TopicArn"] == TOPIC
    (entry,) = clients.events.put_events.call_args.kwargs["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("tradai.ops", "Drift Detected")


@pytest.mark.parametrize("quiet", [{"to_notify": []}, {"request": Request(dry_run=True)}])
def test_no_news_and_dry_runs_disturb_nobody(quiet: dict[str, Any]) -> None:
    clients = sent(report(**quiet), Mock())
    clients.sns.publish.assert_not_called()
    clients.events.put_events.assert_not_called()


def test_a_failed_heal_is_notified_though_nothing_is_new() -> None:
    clients = sent(report(to_notify=[], heals=[HealOutcome(finding(), Status.FAILED, "refused")]), Mock())
    assert "refused" in clients.sns.publish.call_args.kwargs["Message"]


def test_what_cannot_be_sent_stops_nothing() -> None:
    clients = Mock()
    clients.s3.put_object.side_effect = ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")
    sent(report(), clients)
    clients.sns.publish.assert_called_once()


@pytest.mark.parametrize("refusing", ["publish", "put_events", None])
def test_only_a_delivered_message_counts_as_delivered(refusing: str | None) -> None:
    clients = Mock()
    error = ClientError({"Error": {"Code": "AccessDenied"}}, "Publish")
    for service, operation in (("sns", "publish"), ("events", "put_events")):
        if operation == refusing:
            getattr(getattr(clients, service), operation).side_effect = error
    settings = Settings(Environment.DEV, topic_arn=TOPIC)
    delivered = notify(settings, report(), lambda service: getattr(clients, service), Mock())
    assert delivered is (refusing is None)


@pytest.mark.parametrize(("refused", "delivered"), [(1, False), (0, True)])
def test_an_event_of_what_is_over_counts_too(refused: int, delivered: bool) -> None:  # noqa: FBT001 - a table's column
    clients = Mock()
    clients.events.put_events.return_value = {"FailedEntryCount": refused}
    settings = Settings(Environment.DEV, topic_arn=TOPIC)
    assert notify(settings, resolved(), lambda service: getattr(clients, service), Mock()) is delivered


def test_markdown_shows_what_aws_says_as_text() -> None:
    text = markdown(report(findings=[finding(resource="a|b", observed="[x](http://evil) `c`\n# <b>")]))
    assert "a\\|b" in text
    assert "\\[x\\]" in text
    assert "\n# <b>" not in text


def test_the_table_prints_markup_of_aws_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(report(findings=[finding(resource="[/x]", reason="[bold]"), unknown()], notes=["[/note]"]))
    shown = capsys.readouterr().out
    assert "[/x]" in shown
    assert "[/note]" in shown


SCHEMAS = Path(__file__).parents[3] / "docs" / "events"


def resolved(*, notified: bool = True) -> Report:
    began = datetime(2026, 11, 21, 20, tzinfo=UTC)
    record = Record("tables", "tradai-runs-dev", began, notified_at=began if notified else None)
    changes = Changes(resolved=frozenset({"abc123"}))
    return report(findings=[], to_notify=[], changes=changes, resolved={"abc123": record})


def events(clients: Mock) -> dict[str, Any]:
    entries = [entry for call in clients.events.put_events.call_args_list for entry in call.kwargs["Entries"]]
    assert {entry["Source"] for entry in entries} <= {"tradai.ops"}
    return {entry["DetailType"]: json.loads(entry["Detail"]) for entry in entries}


@pytest.mark.parametrize("outcome", [report(), resolved()], ids=["Drift Detected", "Drift Resolved"])
def test_every_event_has_a_version_and_is_what_its_schema_says(outcome: Report) -> None:
    clients = Mock()
    clients.events.put_events.return_value = {"FailedEntryCount": 0}
    sent(outcome, clients)
    ((detail_type, detail),) = events(clients).items()
    schema = json.loads((SCHEMAS / f"{detail_type.lower().replace(' ', '-')}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(detail)
    assert detail["version"] in schema["title"]


def message_of(clients: Mock) -> str:
    return str(json.loads(clients.sns.publish.call_args.kwargs["Message"])["default"])


def test_a_message_says_what_is_new_what_comes_next_and_what_to_do() -> None:
    clients = Mock()
    clients.events.put_events.return_value = {"FailedEntryCount": 0}
    sent(report(), clients)
    text = message_of(clients)
    assert text.startswith("AWS differs from the canonical configuration of dev.")
    for label in (
        "Since: 2026-11-22 00:00",
        "Done: nothing",
        "Next: ",
        "You: ",
        "docs/runbooks/drift.md",
    ):
        assert label in text


def test_a_notified_finding_has_a_message_when_it_is_over() -> None:
    clients = Mock()
    clients.events.put_events.return_value = {"FailedEntryCount": 0}
    sent(resolved(), clients)
    assert "over: tradai-runs-dev, after 4 hours. Finding abc123" in message_of(clients)
    assert "1 earlier difference of dev is over." in message_of(clients)
    assert "You: nothing to do" in message_of(clients)


def test_what_nobody_was_notified_of_ends_without_a_message() -> None:
    clients = Mock()
    sent(resolved(notified=False), clients)
    assert not clients.sns.publish.called
    assert not clients.events.put_events.called
