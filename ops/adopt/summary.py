"""What adopt says at the end: taken, confirmed, and what remains."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.markup import escape

from drift_check.report.as_markdown import short
from ops.adopt.answers import described
from ops.adopt.model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.adopt.dialogue import Outcome


def summary(outcome: Outcome) -> Iterator[str]:
    """The lines, in rich's markup."""
    counted = Counter(decision.answer for decision in outcome.decisions)
    words = ", ".join(f"{counted[answer]} {answer}" for answer in Answer if counted[answer]) or "none"
    yield f"answers: {words}; {len(outcome.survey.confirmations)} assumed values are as AWS has them"
    for decision, reason in outcome.refused:
        lines = escape(reason).replace("\n", "; ")
        yield f"[red]not taken[/red] {decision.difference.id} {decision.difference.path}: {lines}"
    yield from _remaining(outcome)
    for unread in outcome.survey.unread:
        yield f"[magenta]not confirmed[/magenta]: {escape(unread)}"


def _remaining(outcome: Outcome) -> Iterator[str]:
    survey = outcome.survey
    unanswered = {difference.id for difference in outcome.unanswered}
    for difference in outcome.unanswered:
        yield f"[yellow]no answer[/yellow] {difference.id} {escape(described(difference))}"
    for difference in survey.differences:
        if difference.id not in unanswered:
            yield f"[yellow]remains drift[/yellow] {difference.id} {escape(described(difference))}"
    if survey.parameters:
        yield "[yellow]stack parameters[/yellow]: tradai-ops doctor --write finds these for samconfig.toml"
        for finding in survey.parameters:
            yield f"  {escape(finding.resource)} {escape(finding.attribute)}: {escape(finding.reason)}"
    if survey.tags:
        resources = escape(", ".join(finding.resource for finding in survey.tags))
        yield f"[yellow]remains drift[/yellow] required tags of {len(survey.tags)} resources: {resources}"
    if survey.not_stated:
        listed = ", ".join(f"{path} ({short(value)})" for path, value in survey.not_stated)
        yield f"not stated and not judged: {escape(listed)}"
