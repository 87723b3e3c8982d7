"""What ``drift --format sarif`` prints is SARIF 2.1.0, as OASIS's own schema has it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped]

from drift_check.events import Request
from drift_check.model import Report
from ops.sarif import sarif
from tests.unit.drift_check.findings import finding
from tests.unit.ops.test_reports_for_tools import FINDINGS, PLACE

SCHEMA = Path(__file__).parents[3] / ".tools/sarif/sarif-2.1.0.json"
pytestmark = pytest.mark.skipif(
    not SCHEMA.exists(),
    reason="SARIF's schema is not at hand: make .tools/sarif/sarif-2.1.0.json needs npm",
)
HOSTILE = ["]]>", "\ud800", "\x0b", "\r\n", "", "[a](b)", " "]


def faults(document: Any) -> list[str]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    printed = json.loads(json.dumps(document))
    found = Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(printed)
    return sorted(f"{'/'.join(map(str, each.absolute_path))}: {each.message}" for each in found)


def report(**changes: Any) -> Report:
    given: dict[str, Any] = {"findings": FINDINGS, **changes}
    return Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), **given)


@pytest.mark.parametrize(
    "made",
    [
        report(),
        report(findings=[]),
        report(findings=[], error="every call was denied"),
        report(notes=["a note"], error="AWS did not answer"),
        report(findings=[finding(resource=word, attribute=word, reason=word) for word in HOSTILE]),
    ],
    ids=["drift", "in sync", "failed", "failed with findings", "hostile names"],
)
def test_a_report_is_valid(made: Report) -> None:
    assert faults(sarif(made, PLACE)) == []


def test_the_schema_refuses_what_is_no_sarif() -> None:
    document = sarif(report(), PLACE)
    document["runs"][0]["results"][0]["level"] = "critical"
    document["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["text"] = "unknown to SARIF"
    places = [fault.partition(":")[0] for fault in faults(document)]
    assert places == [
        "runs/0/invocations/0/toolExecutionNotifications/0",
        "runs/0/results/0/level",
    ]


def test_a_failed_run_says_so_and_why() -> None:
    (invocation,) = sarif(report(error="every call was denied"), PLACE)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0] == {
        "level": "error",
        "message": {"text": "every call was denied"},
    }
