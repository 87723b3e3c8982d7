"""Asks about every difference, round by round, until a round brings no new one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ops.adopt.draft import decided, is_declined, refusal_of, with_confirmations
from ops.adopt.model import Answer, Decision, DifferenceClass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ops.adopt.model import Difference, Survey
    from tradai_shared.config.naming import Environment
    from tradai_shared.config.overrides import OverrideFile

ROUNDS = 8  # a VPC leads to its groups, a cluster to its services, each to its values


@dataclass(slots=True)
class Outcome:
    """The file as it is to be written, and what the last look left."""

    file: OverrideFile
    survey: Survey
    asked: list[Difference] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    refused: list[tuple[Decision, str]] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)  # calls that failed in any look

    @property
    def unanswered(self) -> list[Difference]:
        answered = {decision.difference.id for decision in self.decisions}
        return [difference for difference in self.asked if difference.id not in answered]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """``look`` reads the account and compares it with a file; ``answer`` gives None where nobody answers.

    A name without an answer is looked at as if its first proposal were taken: so the values behind it are
    asked about in the same run.
    """

    env: Environment
    day: date
    look: Callable[[OverrideFile], Survey]
    answer: Callable[[Difference], Decision | None]

    def run(self, file: OverrideFile) -> Outcome:
        outcome = Outcome(file, self.look(file))
        outcome.unread.update(outcome.survey.unread)
        guess, survey, seen = file, outcome.survey, set[str]()
        for _ in range(ROUNDS):
            unseen = [each for each in survey.differences if each.id not in seen]
            undecided = [each for each in unseen if not is_declined(file, each.id, each.live)]
            new = without_unexpected(undecided)
            seen.update(each.id for each in new)
            outcome.asked += new
            answers = [(each, self.answer(each)) for each in new]
            decisions = [decision for _, decision in answers if decision]
            outcome.decisions += decisions
            outcome.file, refused = decided(outcome.file, decisions, self.day, refusal_of(self.env))
            outcome.refused += refused
            guessed = [guess_of(each) for each, decision in answers if decision is None]
            trial = [*decisions, *(each for each in guessed if each)]
            guess, _ = decided(guess, trial, self.day, refusal_of(self.env))
            if len(new) == len(undecided) and all(each.answer is Answer.KEEP for each in trial):
                break
            survey = self.look(guess)
            outcome.unread.update(survey.unread)
        outcome.survey = self.look(outcome.file)
        outcome.unread.update(outcome.survey.unread)
        outcome.file = with_confirmations(outcome.file, outcome.survey.confirmations, self.day)
        return outcome


def without_unexpected(differences: list[Difference]) -> list[Difference]:
    """While names are open, an unexpected resource may be the one that an open name means."""
    if not any(each.kind is DifferenceClass.NAME for each in differences):
        return differences
    return [each for each in differences if each.kind is not DifferenceClass.UNEXPECTED]


def guess_of(difference: Difference) -> Decision | None:
    """The most likely live name, to look behind it."""
    if difference.kind is not DifferenceClass.NAME or not difference.proposals:
        return None
    first = difference.proposals[0]
    return Decision(difference, Answer.TAKE, first.value) if first.is_clear else None


def refused_again(outcome: Outcome) -> Outcome:
    """With what the configuration refuses kept as drift, so that the next run does not ask again."""
    declined = dict(outcome.file.declined)
    for decision, _ in outcome.refused:
        declined[decision.difference.id] = decision.difference.live
    return replace(outcome, file=outcome.file.model_copy(update={"declined": declined}))
