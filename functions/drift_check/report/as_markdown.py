"""A run as Markdown, for chat and mail."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from drift_check.findings import Healing
from drift_check.planner import approval_code
from tradai_shared.alerts import Alert
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.findings import Finding, Json
    from drift_check.history import Record
    from drift_check.model import Report

LONGEST = 80
LONGEST_REASON = 400
MOST_IN_MESSAGE = 40
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# An underscore within a word is none to Markdown: names stay readable as they are written.
MARKUP = re.compile(
    r"[\\`*\[\]<>|#~@]|(?<![^\W_])_|_(?![^\W_])|&(?=#|\w+;)|(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE
)
LIST_MARKER = re.compile(r"^(\d*)([-+.)])")


def headline(report: Report) -> str:
    """A summary in one line. An error stands alone: the findings of such a run are not to be used."""
    if report.error:
        return f"tradai {report.environment}: error: {report.error}"
    open_count, unknown = len(report.open), len(report.unknown)
    healed = sum(heal.status == "done" for heal in report.heals)
    left = " left" if healed else ""
    parts = [f"{open_count} difference{'s' if open_count != 1 else ''}{left}" if open_count else "in sync"]
    if unknown:
        parts.append(f"{unknown} could not be read")
    if healed:
        parts.append(f"{healed} healed")
    if report.failed:
        parts.append(f"{len(report.failed)} could not be healed")
    return f"tradai {report.environment}: {', '.join(parts)}"


def markdown(report: Report) -> str:
    """The whole report of a run."""
    return "\n".join(_lines(report)) + "\n"


def message(report: Report) -> str:
    """What is new or critical, in plain text that a phone shows well."""
    place = f"Account {report.account}, region {report.region}." if report.account else ""
    lines = [headline(report), *([place] if place else []), ""]
    by_severity = sorted(report.to_notify, key=lambda finding: finding.severity.rank)
    for finding in by_severity[:MOST_IN_MESSAGE]:
        lines.append(f"[{finding.severity}] {finding.resource} {finding.attribute}: {difference(finding)}")
        lines.append(f"    {cut(finding.reason)}. Healing: {finding.healing}. Finding {finding.id}")
        if finding.healing is Healing.ON_APPROVAL:
            lines.append(f"    Approve within 24 hours with {approval_code(finding, report.started)}")
    lines += _and_more(by_severity[MOST_IN_MESSAGE:])
    failures = [
        f"could not be healed: {heal.finding.resource} {heal.finding.attribute}: {cut(heal.detail)}"
        for heal in report.failed
    ]
    failures += [
        f"healing keeps failing: {finding.resource} {finding.attribute} ({finding.id})"
        for finding in report.plan.blocked
    ]
    lines += failures[:MOST_IN_MESSAGE]
    if len(failures) > MOST_IN_MESSAGE:
        lines.append(f"and {len(failures) - MOST_IN_MESSAGE} more that could not be healed")
    return "\n".join(lines + [cut(note) for note in report.notes])


def _and_more(findings: list[Finding]) -> list[str]:
    """A summary of what a message has no room for."""
    if not findings:
        return []
    counts = Counter(str(finding.severity) for finding in findings)
    kinds = ", ".join(f"{count} {severity}" for severity, count in counts.items())
    return [f"and {len(findings)} more ({kinds}): the report has them all"]


def cut(text: str) -> str:
    """Text cut to the longest reason that a message has room for."""
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 1]}…"


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


def difference(finding: Finding) -> str:
    """Observed against desired, short."""
    return f"is {short(finding.observed)}, should be {short(finding.desired)}"


def short(value: Json) -> str:
    """A value that fits into a line."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _cell(value: Json) -> str:
    return plain_text(short(value))


def plain_text(text: str) -> str:
    """Text that Markdown shows as it is, in one line; also GitHub's, which makes links of bare addresses."""
    escaped = MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
    return LIST_MARKER.sub(r"\1\\\2", escaped)


def code(text: str) -> str:
    """Text as code: in more backticks than it has itself."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def alert(report: Report, runbooks: str) -> Alert:
    """The message of a run that has news."""
    title = headline(report)
    lines = [line.strip() for line in message(report).splitlines()[1:] if line.strip()]
    over = [_over(report, finding_id, record) for finding_id, record in sorted(report.over.items())]
    lines += over[:MOST_IN_MESSAGE]
    if len(over) > MOST_IN_MESSAGE:
        lines.append(f"and {len(over) - MOST_IN_MESSAGE} more are over")
    healed = [heal.finding.resource for heal in report.heals if heal.status is Status.DONE]
    done = f"healed {', '.join(healed[:MOST_IN_MESSAGE])}" if healed else "nothing was changed"
    facts = (
        ("Since", f"{report.started:%Y-%m-%d %H:%M} UTC, when this check found it"),
        ("Done", done),
        (
            "Next",
            "the next check is in an hour; the same difference is not sent again unless it changes",
        ),
        ("You", _advice(report)),
        ("Runbook", f"{runbooks}/drift.md"),
    )
    return Alert(title, _summary(report), facts, tuple(lines))


def _summary(report: Report) -> str:
    if report.error:
        return f"The drift check of {report.environment} could not compare AWS with the configuration."
    news = []
    if report.to_notify:
        news.append(f"AWS differs from the canonical configuration of {report.environment}")
    if report.failed or report.plan.blocked:
        news.append(f"healing did not succeed in {report.environment}")
    if report.over:
        news.append(f"{len(report.over)} earlier differences of {report.environment} are over")
    text = "; ".join(news) or headline(report)
    return f"{text[0].upper()}{text[1:]}."


def _advice(report: Report) -> str:
    if any(finding.healing is Healing.ON_APPROVAL for finding in report.to_notify):
        return "approve what should be healed (tradai-ops findings approve), or correct the configuration"
    if report.to_notify or report.failed or report.plan.blocked:
        return f"look at each difference: tradai-ops findings list --env {report.environment}"
    return "nothing to do"


def _over(report: Report, finding_id: str, record: Record) -> str:
    lasted = report.started - record.first_seen
    length = f"{lasted // DAY} days" if lasted >= 2 * DAY else f"{lasted // HOUR} hours"
    return f"over: {record.resource}, after {length}. Finding {finding_id}"
