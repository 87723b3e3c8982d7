"""A run as the message of what is new, in plain text for mail and chat."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from drift_check.findings import Healing
from drift_check.planner import approval_code
from tradai_shared.alerts import Alert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.findings import Finding, Json
    from drift_check.history import Record
    from drift_check.model import Report

LONGEST = 80
LONGEST_REASON = 400
MOST_IN_MESSAGE = 40
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def headline(report: Report) -> str:
    """A summary in one line. An error stands alone: the findings of such a run are not to be used."""
    if report.error:
        return f"tradai {report.environment}: error: {report.error}"
    open_count, unknown = len(report.open), len(report.unknown)
    healed = len(report.healed)
    left = " left" if healed else ""
    parts = [f"{open_count} difference{'s' if open_count != 1 else ''}{left}" if open_count else "in sync"]
    if unknown:
        parts.append(f"{unknown} could not be read")
    if healed:
        parts.append(f"{healed} healed")
    if report.failed:
        parts.append(f"{len(report.failed)} could not be healed")
    return f"tradai {report.environment}: {', '.join(parts)}"


def alert(report: Report, runbooks: str) -> Alert:
    """The message of a run that has news."""
    healed = [heal.finding.resource for heal in report.healed]
    done = f"healed {', '.join(healed[:MOST_IN_MESSAGE])}" if healed else "nothing was changed"
    facts = (
        ("Since", f"{report.started:%Y-%m-%d %H:%M} UTC, when this check found it"),
        ("Done", done),
        ("Next", "the next check is in an hour; the same difference is not sent again unless it changes"),
        ("You", _advice(report)),
        ("Runbook", f"{runbooks}drift.md"),
    )
    lines = [line.strip() for text in _lines(report) for line in text.splitlines()]
    return Alert(headline(report), _summary(report), facts, tuple(filter(None, lines)))


def _lines(report: Report) -> Iterator[str]:
    """What is new or critical, the worst first; what could not be healed; what is over."""
    if report.account:
        yield f"Account {report.account}, region {report.region}."
    by_severity = sorted(report.to_notify, key=attrgetter("severity.rank"))
    for finding in by_severity[:MOST_IN_MESSAGE]:
        yield f"[{finding.severity}] {finding.resource} {finding.attribute}: {difference(finding)}"
        yield f"{cut(finding.reason)}. Healing: {finding.healing}. Finding {finding.id}"
        if finding.healing is Healing.ON_APPROVAL:
            yield f"Approve within 24 hours with {approval_code(finding, report.started)}"
    if left := by_severity[MOST_IN_MESSAGE:]:
        counts = Counter([str(finding.severity) for finding in left])
        kinds = ", ".join([f"{count} {severity}" for severity, count in counts.items()])
        yield f"and {len(left)} more ({kinds}): the report has them all"
    yield from _bounded(
        [
            f"could not be healed: {heal.finding.resource} {heal.finding.attribute}: {cut(heal.detail)}"
            for heal in report.failed
        ]
        + [
            f"healing keeps failing: {finding.resource} {finding.attribute} ({finding.id})"
            for finding in report.plan.blocked
        ],
        "more that could not be healed",
    )
    yield from map(cut, report.notes)
    over = [_over(report, finding_id, record) for finding_id, record in sorted(report.over.items())]
    yield from _bounded(over, "more are over")


def _bounded(lines: list[str], more: str) -> Iterator[str]:
    yield from lines[:MOST_IN_MESSAGE]
    if len(lines) > MOST_IN_MESSAGE:
        yield f"and {len(lines) - MOST_IN_MESSAGE} {more}"


def cut(text: str, most: int = LONGEST_REASON) -> str:
    """Text cut to the longest reason that a message has room for."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def to_text(value: Json) -> str:
    """A value in words."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def short(value: Json) -> str:
    """A value that fits into a line."""
    return cut(to_text(value), LONGEST)


def difference(finding: Finding) -> str:
    """Observed against desired, short."""
    return f"is {short(finding.observed)}, should be {short(finding.desired)}"


def _summary(report: Report) -> str:
    if report.error:
        return f"The drift check of {report.environment} could not compare AWS with the configuration."
    news = []
    if report.to_notify:
        news.append(f"AWS differs from the canonical configuration of {report.environment}")
    if report.failed or report.plan.blocked:
        news.append(f"healing did not succeed in {report.environment}")
    if report.over:
        count = len(report.over)
        verb = "difference of {} is" if count == 1 else "differences of {} are"
        news.append(f"{count} earlier {verb.format(report.environment)} over")
    text = "; ".join(news) or headline(report)
    return f"{text[0].upper()}{text[1:]}."


def _advice(report: Report) -> str:
    if Healing.ON_APPROVAL in [finding.healing for finding in report.to_notify]:
        return "approve what should be healed (tradai-ops findings approve), or correct the configuration"
    if report.to_notify or report.failed or report.plan.blocked:
        return f"look at each difference: tradai-ops findings list --env {report.environment}"
    return "nothing to do"


def _over(report: Report, finding_id: str, record: Record) -> str:
    lasted = report.started - record.first_seen
    length = f"{lasted // DAY} days" if lasted >= 2 * DAY else f"{lasted // HOUR} hours"
    return f"over: {record.resource}, after {length}. Finding {finding_id}"
