"""A run as SARIF 2.1.0, for code scanning. A finding keeps its fingerprint; what is unknown is no result.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from drift_check.findings import Severity
from drift_check.report import difference
from tradai_shared.errors import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drift_check.findings import Finding
    from drift_check.model import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub's scale: critical over 9, high from 7, medium from 4.
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
STATED_IN = "docs/canonical-config.md"  # the file that shows each desired value
FINGERPRINT = "findingId/v1"


def sarif(report: Report, place: Mapping[str, str]) -> dict[str, Any]:
    """The document; ``place`` is account, region and environment."""
    unknown = {finding.id for finding in report.unknown}
    findings = [finding for finding in report.findings if finding.id not in unknown]
    by_severity = sorted(findings, key=lambda finding: finding.severity.rank, reverse=True)
    rules = {rule_id(finding): finding for finding in by_severity}  # each with its worst
    driver = {
        "name": "tradai-ops drift",
        "version": version("tradai-ops"),
        "rules": [_rule(name, finding) for name, finding in sorted(rules.items(), key=str)],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"tradai-drift/{report.environment}/"},
        "invocations": [
            {
                "executionSuccessful": not report.error,
                "startTimeUtc": f"{report.started:%Y-%m-%dT%H:%M:%SZ}",
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "properties": dict(place),
        "results": [_result(finding) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_id(finding: Finding) -> str:
    """Of a kind of resource and one of its attributes; an attribute's own name may follow a space."""
    return f"{finding.check}/{'-'.join(finding.attribute.split())}"


def _rule(name: str, finding: Finding) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": _message(f"{finding.check}: {finding.attribute}"),
        "properties": {"security-severity": SCORES[finding.severity]},
    }


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": rule_id(finding),
        "level": LEVELS[finding.severity],
        "message": _message(
            f"{finding.resource} {finding.attribute} {difference(finding)}: {finding.reason}"
        ),
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": STATED_IN}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": visible(finding.resource), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": {"status": finding.status, "severity": finding.severity, "path": finding.path},
    }
    if finding.waiver:
        result["suppressions"] = [{"kind": "external", "justification": visible(finding.waiver.reason)}]
    return result


def _message(text: str) -> dict[str, str]:
    """A plain text message; ``[text](target)`` in it would be a link (SARIF 2.1.0, section 3.11.6)."""
    return {"text": visible(text).replace("](", "] (")}


def _notifications(report: Report) -> list[dict[str, Any]]:
    """What could not be read, and what the run says about itself."""
    texts = [f"{finding.resource}: {finding.reason}" for finding in report.unknown]
    errors = [report.error] if report.error else []
    return [
        *({"level": "error", "message": _message(text)} for text in errors),
        *({"level": "warning", "message": _message(text)} for text in texts),
        *({"level": "note", "message": _message(text)} for text in report.notes),
    ]
