"""A run as SARIF and as JUnit's XML."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import fromstring

import pytest

from drift_check.events import Request
from drift_check.findings import Severity, Waiver
from drift_check.model import Report
from ops import app
from ops.junit import junit
from ops.sarif import sarif
from tests.unit.drift_check.findings import finding, unknown

if TYPE_CHECKING:
    from typing import Any
    from xml.etree.ElementTree import Element

PLACE = {"account": "123456789012", "region": "eu-central-1", "environment": "dev"}
WAIVED = Waiver("until the migration", "platform", date(2027, 1, 31))
FINDINGS = [
    finding(),
    finding(resource="tradai-other-dev", waiver=WAIVED),
    finding(attribute="note", severity=Severity.INFO),
    finding(check="buckets", resource="a\x00b <&>", attribute="encryption", severity=Severity.CRITICAL),
    unknown(),
]


def report(**changes: Any) -> Report:
    return Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), findings=FINDINGS, **changes)


def run_of(made: Report) -> dict[str, Any]:
    (run,) = sarif(made, PLACE)["runs"]
    return dict(run)


def test_a_result_keeps_its_fingerprint_when_its_values_change() -> None:
    first = run_of(report())["results"][0]
    other = Report("dev", Request(), datetime(2026, 11, 28, tzinfo=UTC), findings=[finding(observed="x")])
    assert first["partialFingerprints"] == run_of(other)["results"][0]["partialFingerprints"]
    assert first["partialFingerprints"] == {"findingId/v1": finding().id}


def test_levels_follow_severities_and_a_waiver_suppresses() -> None:
    results = run_of(report())["results"]
    assert [result["level"] for result in results] == ["error", "error", "note", "error"]
    assert [bool(result.get("suppressions")) for result in results] == [False, True, False, False]


def test_each_result_has_its_rule() -> None:
    run = run_of(report())
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == rules
    assert "tables/point_in_time_recovery" in rules


def test_the_order_of_findings_changes_neither_rules_nor_fingerprints() -> None:
    several = [finding(resource=str(severity), severity=severity) for severity in Severity]
    several.append(finding(attribute="two\nlines  apart"))
    runs = [
        run_of(Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), findings=ordered))
        for ordered in (several, several[::-1])
    ]
    rules, others = (run["tool"]["driver"]["rules"] for run in runs)
    assert rules == others
    assert [rule["properties"]["security-severity"] for rule in rules] == ["9.5", "8.0"]
    assert rules[1]["id"] == "tables/two-lines-apart"
    prints, reverse = ([each["partialFingerprints"] for each in run["results"]] for run in runs)
    assert prints == reverse[::-1]


@pytest.mark.parametrize("word", ["]]>", "\ud800", "\ufffe", "\x0b", "\r\n", "\"'<&>", "\N{GRINNING FACE}"])
def test_any_name_stays_one_case_and_one_result(word: str) -> None:
    made = Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), findings=[finding(resource=word)])
    (case,) = suites(made)["tables"]
    assert case.attrib["name"].endswith(" point_in_time_recovery")
    assert json.loads(json.dumps(run_of(made)))["results"][0]["ruleId"] == "tables/point_in_time_recovery"


def test_ten_thousand_findings_are_ten_thousand_results_and_cases() -> None:
    many = [finding(resource=f"tradai-{number}-dev") for number in range(10_000)]
    made = Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), findings=many)
    prints = {each["partialFingerprints"]["findingId/v1"] for each in run_of(made)["results"]}
    assert (len(prints), len(list(suites(made)["tables"]))) == (10_000, 10_000)


def test_what_is_unknown_is_a_notification_and_no_result() -> None:
    run = run_of(report(notes=["a note"]))
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    levels = [each["level"] for each in invocation["toolExecutionNotifications"]]
    assert levels == ["warning", "note"]
    assert len(run["results"]) == 4


def test_a_run_that_read_nothing_is_no_success() -> None:
    (invocation,) = run_of(report(error="every call was denied"))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "every call was denied"


def suites(made: Report) -> dict[str, Element]:
    return {suite.attrib["name"]: suite for suite in fromstring(junit(made))}  # noqa: S314 - our own


def test_a_suite_counts_failures_errors_and_what_is_skipped() -> None:
    tables = suites(report())["tables"].attrib
    counted = [tables[name] for name in ("tests", "failures", "errors", "skipped")]
    assert counted == ["4", "1", "1", "2"]


def test_a_check_without_findings_is_a_case_that_passes() -> None:
    (case,) = suites(report())["network"]
    assert case.attrib["name"] == "in sync"
    assert list(case) == []


def test_text_of_aws_cannot_break_the_document() -> None:
    (case,) = suites(report())["buckets"]
    assert case.attrib["name"] == "a\\x00b <&> encryption"
    assert case[0].attrib["type"] == "critical"


def test_a_run_that_read_nothing_is_an_error() -> None:
    assert suites(report(error="every call was denied"))["run"].attrib["errors"] == "1"


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_a_run_that_never_began_is_printed_as_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["tradai-ops", "drift", "--env", "qa", "--format", form])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    printed = capsys.readouterr().out
    if form == "junit":
        (suite,) = fromstring(printed)  # noqa: S314 - our own
        assert suite.attrib["errors"] == "1", "no check says that it is in sync"
        assert "'qa' is none of dev" in suite[0][0].attrib["message"]
        return
    (invocation,) = json.loads(printed)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert "'qa' is none of dev" in notification["message"]["text"]
