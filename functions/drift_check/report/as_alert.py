"""A run as a message to the alerts topic: what is new, what is over, what happens next, what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from drift_check.findings import Healing
from drift_check.report.as_markdown import MOST_IN_MESSAGE, headline, message
from tradai_shared.alerts import Alert
from tradai_shared.outcomes import Status

if TYPE_CHECKING:
    from drift_check.history import Record
    from drift_check.model import Report

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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
