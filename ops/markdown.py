"""A run of drift_check as a Markdown page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from drift_check.report import headline, short
from tradai_shared.alerts import escaped
from tradai_shared.errors import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.findings import Finding, Json
    from drift_check.model import Report

# Of an address, which GitHub makes a link of though nothing marks it.
ADDRESS = re.compile(r"(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)


def markdown(report: Report) -> str:
    """The whole report of a run."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {plain_text(headline(report))}"
    yield ""
    yield f"{report.started:%Y-%m-%d %H:%M} UTC, {report.calls} calls in {report.seconds:.1f} s."
    yield from (f"\n> {plain_text(note)}" for note in report.notes)
    yield from _section("Differences", report.open)
    yield from _unknown(report.unknown)
    yield from _heals(report)
    findings = [
        finding for finding in report.findings if not finding.is_actionable and finding not in report.unknown
    ]
    yield from _section("Assumed, contradicted or accepted", findings)


def _section(title: str, findings: Iterable[Finding]) -> Iterator[str]:
    rows = [
        f"| {finding.severity} | {plain_text(finding.resource)} | {plain_text(finding.attribute)} "
        f"| {_cell(finding.desired)} | {_cell(finding.observed)} | {finding.healing} "
        f"| {plain_text(finding.waiver.reason if finding.waiver else finding.reason)} | `{finding.id}` |"
        for finding in findings
    ]
    if rows:
        yield f"\n## {title}\n"
        yield "| severity | resource | attribute | desired | observed | healing | why | id |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from rows


def _unknown(findings: list[Finding]) -> Iterator[str]:
    if findings:
        yield "\n## Could not be read\n"
        yield from (f"- {plain_text(f'{finding.resource}: {finding.reason}')}" for finding in findings)


def _heals(report: Report) -> Iterator[str]:
    if report.heals:
        yield "\n## Heals\n"
    for heal in report.heals:
        detail = f": {plain_text(heal.detail)}" if heal.detail else ""
        yield f"- {heal.status}: {plain_text(f'{heal.finding.resource} {heal.finding.attribute}')}{detail}"
        for write in heal.writes:
            yield f"  - {code(write.action)} {code(json.dumps(write.parameters))}"


def _cell(value: Json) -> str:
    return plain_text(short(value))


def plain_text(text: str) -> str:
    """Text that Markdown shows as it is, in one line; also GitHub's, which makes links of bare addresses."""
    return ADDRESS.sub(r"\\\g<0>", escaped(text))


def code(text: str) -> str:
    """Text as code: in more backticks than it has itself."""
    line = visible(" ".join(text.split()))
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"
