"""Ten thousand findings: each message, event, answer and log stays within what AWS takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest

from drift_check.apply.healer import HealOutcome
from drift_check.events import Request
from drift_check.findings import Finding, Healing, Severity
from drift_check.history import MOST_RECORDS, Changes, History, compare, remember
from drift_check.model import Report
from drift_check.planner import HealPlan
from drift_check.report import alert, publish
from drift_check.report.as_json import answer, document
from drift_check.settings import Settings
from tests.unit.drift_check.findings import finding
from tradai_shared.config.naming import Environment
from tradai_shared.errors import Status

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MANY = 10_000
LONG = "a reason that goes on and on " * 200


def findings(count: int = MANY) -> list[Finding]:
    return [
        finding(
            resource=f"tradai-table-{number}-dev",
            severity=Severity.CRITICAL if number == count - 1 else Severity.LOW,
            healing=Healing.ON_APPROVAL,
            observed=["a-value"] * 50,
            reason=LONG,
        )
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def report() -> Report:
    all_findings = findings()
    report = Report("dev", Request(), NOW, "eu-central-1", all_findings, to_notify=all_findings, notes=[LONG])
    report.changes = Changes(new=frozenset(finding.id for finding in all_findings))
    report.heals = [HealOutcome(finding, Status.FAILED, LONG) for finding in all_findings[:1000]]
    report.plan = HealPlan((), (), tuple(all_findings[:1000]))
    return report


def test_a_message_is_a_summary_that_begins_with_the_worst(report: Report) -> None:
    message = alert(report, "runbooks/")
    text = message.text
    assert len(text.encode()) < 100_000
    assert message.lines[0].startswith("[critical]")
    assert f"and {MANY - 40} more ({MANY - 40} low)" in text
    assert "more that could not be healed" in text


def test_an_event_holds_as_many_as_the_bus_takes(report: Report) -> None:
    detail = publish.event_detail(report)
    assert len(detail.encode()) < 256_000
    content = json.loads(detail)
    assert len(content["findings"]) + content["omitted"] == MANY
    assert content["findings"]


def test_an_answer_stays_within_lambdas_size_and_says_what_it_omits(report: Report) -> None:
    whole: dict[str, Any] = dict(answer(report))
    assert len(json.dumps(whole).encode()) < 6_000_000
    data = whole["data"]
    assert data["summary"]["open"] == MANY
    assert data["summary"]["results_omitted"] + len(data["results"]) == MANY
    assert len(document(report)["data"]["results"]) == MANY  # the file has them all


def test_a_log_is_bounded(report: Report) -> None:
    logger = Mock()
    publish.log(logger, report)
    assert logger.warning.call_count == publish.MOST_LINES + 1


def test_a_history_is_bounded_and_what_it_has_is_no_news() -> None:
    all_findings = findings(MOST_RECORDS + 10)
    history = remember(
        History(), compare(History(), all_findings, {"tables"}), all_findings, all_findings, NOW
    )
    assert len(history.records) == MOST_RECORDS
    remembered = [finding for finding in all_findings if finding.id in history.records]
    assert not compare(history, remembered, {"tables"}).new


def test_an_event_that_the_bus_did_not_take_is_not_delivered() -> None:
    clients = Mock()
    clients.events.put_events.return_value = {
        "FailedEntryCount": 1,
        "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "a test"}],
    }
    report = Report("dev", Request(), NOW, findings=[finding()], to_notify=[finding()])
    settings = Settings(Environment.DEV)
    assert not publish.notify(settings, report, lambda service: getattr(clients, service), Mock())
    clients.events.put_events.return_value = {"FailedEntryCount": 0, "Entries": [{"EventId": "an-id"}]}
    assert publish.notify(settings, report, lambda service: getattr(clients, service), Mock())
