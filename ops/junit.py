"""A run as JUnit's XML, for CI: a suite a check, a case a finding; a check without findings is a case too."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from drift_check import checks
from drift_check.findings import FindingStatus
from drift_check.report import difference
from tradai_shared.errors import visible

if TYPE_CHECKING:
    from drift_check.findings import Finding
    from drift_check.model import Report


def junit(report: Report) -> str:
    """Drift is a failure, what is unknown an error, what is accepted or only informs is skipped."""
    root = Element("testsuites", name=f"drift of {report.environment}")
    for check in checks.chosen(report.request.checks):
        findings = [each for each in report.findings if each.check == check.name]
        if findings or not report.error:  # in a run that failed, nothing is in sync
            _suite(root, check.name, findings)
    if report.error:
        suite = SubElement(root, "testsuite", name="run", tests="1", failures="0", errors="1", skipped="0")
        case = SubElement(suite, "testcase", classname="run", name="reading")
        SubElement(case, "error", message=text(report.error))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, name: str, findings: list[Finding]) -> None:
    kinds = [_kind(finding) for finding in findings]
    suite = SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(findings) or 1),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
    )
    if not findings:
        SubElement(suite, "testcase", classname=name, name="in sync")
    for finding, kind in zip(findings, kinds, strict=True):
        _case(suite, finding, kind)


def _case(suite: Element, finding: Finding, kind: str) -> None:
    case = SubElement(
        suite, "testcase", classname=finding.check, name=text(f"{finding.resource} {finding.attribute}")
    )
    words = finding.reason if kind == "error" else f"{difference(finding)}: {finding.reason}"
    if finding.waiver:
        words = f"accepted: {finding.waiver.reason}"
    outcome = SubElement(case, kind, message=text(words))
    if kind == "failure":
        outcome.set("type", finding.severity)
        outcome.text = f"id {finding.id}, heal {finding.healing}"


def _kind(finding: Finding) -> str:
    if finding.status is FindingStatus.UNKNOWN:
        return "error"
    return "failure" if finding.is_actionable else "skipped"


def text(words: str) -> str:
    """Without what no XML may have, and what would steer a terminal or turn the direction of text."""
    return visible(words, keep="\t\n")
