"""The verdict on the latest rounds of requests. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Try:
    """One request to one endpoint. ``address`` is the caller's where the endpoint returns it."""

    endpoint: str
    answered: bool
    address: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """All endpoints asked at the same moment."""

    tries: tuple[Try, ...]

    @property
    def silent(self) -> bool:
        """Whether no endpoint answered. If only some fail, the fault is theirs and not the NAT's."""
        return not any(attempt.answered for attempt in self.tries)

    def astray(self, expected: tuple[str, ...]) -> bool:
        """Whether every endpoint that returned the caller's address saw none of the expected ones."""
        observed = {attempt.address for attempt in self.tries if attempt.address}
        return bool(expected) and bool(observed) and observed.isdisjoint(expected)


class Verdict(StrEnum):
    """The result of the rounds so far."""

    UP = "up"
    SUSPECT = "suspect"  # the last round was bad, too few of them were
    DOWN = "down"
    WRONG_ADDRESS = "wrong address"


@dataclass(frozen=True, slots=True)
class Rule:
    """How many of the last rounds must have failed for a verdict."""

    failed: int
    of: int


RULE = Rule(failed=3, of=4)


def judge(rounds: Sequence[Round], expected: tuple[str, ...], rule: Rule = RULE) -> Verdict:
    """Decide on the latest rounds. Rounds older than the rule's window do not count."""
    latest = rounds[-rule.of :]
    if sum(round_.silent for round_ in latest) >= rule.failed:
        return Verdict.DOWN
    if sum(round_.astray(expected) for round_ in latest) >= rule.failed:
        return Verdict.WRONG_ADDRESS
    if latest and (latest[-1].silent or latest[-1].astray(expected)):
        return Verdict.SUSPECT
    return Verdict.UP
