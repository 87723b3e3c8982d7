"""What ``drift --format junit`` prints is JUnit's XML as the schema of Jenkins has it."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drift_check.events import Request
from drift_check.model import Report
from ops.junit import junit
from tests.unit.drift_check.findings import finding
from tests.unit.ops.test_reports_for_tools import FINDINGS
from tests.unit.ops.test_sarif_schema import HOSTILE

TOOL = Path(__file__).parents[3] / ".tools/xsd"
VALIDATE = """
import sys, xmlschema
print([(e.path, e.reason) for e in xmlschema.XMLSchema(sys.argv[1]).iter_errors(sys.stdin.read())])
"""
pytestmark = pytest.mark.skipif(
    not (TOOL / ".ready").exists(),
    reason="JUnit's schema is not at hand: make .tools/xsd/.ready needs a package registry",
)


def faults(document: str) -> str:
    command = [str(TOOL / "bin/python"), "-X", "utf8", "-c", VALIDATE, str(TOOL / "junit-10.xsd")]
    given = document.encode()
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout.decode().strip()  # noqa: S603 - ours


def report(**changes: Any) -> Report:
    given: dict[str, Any] = {"findings": FINDINGS, **changes}
    return Report("dev", Request(), datetime(2026, 11, 27, tzinfo=UTC), **given)


@pytest.mark.parametrize(
    "made",
    [
        report(),
        report(findings=[], error="every call was denied"),
        report(findings=[finding(resource=word, attribute=word, reason=word) for word in HOSTILE]),
    ],
    ids=["drift", "failed", "hostile names"],
)
def test_a_report_is_valid(made: Report) -> None:
    assert faults(junit(made)) == "[]"


def test_the_schema_refuses_what_is_no_junit() -> None:
    assert "severity" in faults(junit(report()).replace('type="', 'severity="'))
