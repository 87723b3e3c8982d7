"""What adopt says at the end: taken, confirmed, and what remains."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from drift_check.report import short
from ops.adopt.answers import described
from ops.adopt.model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.adopt.dialogue import Outcome
    from ops.adopt.model import Difference

SHOWN = 6  # candidates of a name
OPEN, DRIFT, REFUSED, UNREAD = "yellow", "yellow", "red", "magenta"


def summary(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Lines with their styles."""
    counted = Counter(decision.answer for decision in outcome.decisions)
    words = ", ".join(f"{counted[answer]} {answer}" for answer in Answer if counted[answer]) or "none"
    yield f"answers: {words}; {len(outcome.survey.confirmations)} assumed values are as AWS has them", ""
    for decision, reason in outcome.refused:
        lines = reason.replace("\n", "; ")
        yield f"not taken {decision.difference.id} {decision.difference.path}: {lines}", REFUSED
    yield from _remaining(outcome)
    for unread in sorted(outcome.unread):
        yield f"not confirmed: {unread}", UNREAD


def _remaining(outcome: Outcome) -> Iterator[tuple[str, str]]:
    survey = outcome.survey
    unanswered = {difference.id for difference in outcome.unanswered}
    for difference in outcome.unanswered:
        yield f"no answer {difference.id} {difference.path}: {described(difference)}", OPEN
    for difference in remaining(outcome):
        if difference.id not in unanswered:
            yield f"remains drift {difference.id} {difference.path}: {described(difference)}", DRIFT
    if survey.parameters:
        yield "stack parameters: tradai-ops doctor --write finds these for samconfig.toml", OPEN
        for finding in survey.parameters:
            yield f"  {finding.resource} {finding.attribute}: {finding.reason}", ""
    if survey.tags:
        resources = ", ".join(finding.resource for finding in survey.tags)
        yield f"remains drift: required tags of {len(survey.tags)} resources: {resources}", DRIFT
    if survey.not_stated:
        listed = ", ".join(f"{path} ({short(value)})" for path, value in survey.not_stated)
        yield f"not stated and not judged: {listed}", ""


def remaining(outcome: Outcome) -> list[Difference]:
    """The differences from the file as it is to be written."""
    return list(outcome.survey.differences)


def to_json(outcome: Outcome) -> dict[str, Any]:
    """For programs: every difference with the answers that it accepts, and what remains."""
    survey = outcome.survey
    return {
        "differences": [_difference(each) for each in outcome.asked],
        "answers": [
            {"id": decision.difference.id, "answer": decision.answer, "value": decision.value}
            for decision in outcome.decisions
        ],
        "refused": [{"id": each.difference.id, "reason": reason} for each, reason in outcome.refused],
        "remains": [_difference(each) for each in remaining(outcome)],
        "confirmed": [asdict(confirmation) for confirmation in survey.confirmations],
        "parameters": [f"{each.resource} {each.attribute}: {each.reason}" for each in survey.parameters],
        "tags": [finding.resource for finding in survey.tags],
        "not_stated": dict(survey.not_stated),
        "unread": sorted(outcome.unread),
    }


def _difference(difference: Difference) -> dict[str, Any]:
    return {
        "id": difference.id,
        "class": difference.kind,
        "path": difference.path,
        "subject": difference.subject,
        "configured": difference.configured,
        "live": difference.live,
        "provenance": difference.provenance,
        "insecure": difference.insecure,
        "reason": difference.reason,
        "answers": list(difference.choices),
        "default": difference.default,
        "proposals": [asdict(proposal) for proposal in difference.proposals[:SHOWN]],
    }
