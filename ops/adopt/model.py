"""What adopt asks about, and the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drift_check.findings import Finding, Json
    from tradai_shared.config.provenance import Provenance


class UnreadError(Exception):
    """A call failed; the text names it."""


class DifferenceClass(StrEnum):
    """The classes of differences, in the order of the questions."""

    NAME = "name"  # nothing of that name exists
    VALUE = "value"
    TAG = "tag"
    UNEXPECTED = "unexpected"  # exists and no configuration knows it
    RULE = "rule"  # no value of the configuration spells it out


class Answer(StrEnum):
    """What shall hold from now on."""

    TAKE = "take"  # the live value
    KEEP = "keep"  # the configured value: the difference is drift
    ABSENT = "absent"  # this account does not have it
    NOT_JUDGED = "not-judged"  # nothing is compared with it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live resource that may be the one that a configured name means.

    ``traits`` are properties to compare with configured ones. ``relation`` says in words what ties it to
    the platform, where anything does.
    """

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, Json] = field(default_factory=dict)
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A live value to take, with the reason why it is proposed."""

    value: Json
    reason: str = ""
    is_clear: bool = True  # no other is about as likely


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, about one value of the configuration or one resource.

    ``path`` is where a taken value is written, ``section`` what absent and not judged are about; either is
    empty where that answer cannot be given.
    """

    id: str
    kind: DifferenceClass
    path: str
    section: str
    subject: str
    configured: Json
    live: Json
    provenance: Provenance
    proposals: tuple[Proposal, ...] = ()
    insecure: bool = False
    reason: str = ""
    finding_ids: frozenset[str] = frozenset()

    @property
    def choices(self) -> tuple[Answer, ...]:
        """The answers that it accepts."""
        choices = [Answer.TAKE] if self.proposals else []
        choices.append(Answer.KEEP)
        if self.section and self.kind is DifferenceClass.NAME:
            choices.append(Answer.ABSENT)
        if self.section and not self.insecure:
            choices.append(Answer.NOT_JUDGED)
        return tuple(choices)

    @property
    def is_safe_to_take(self) -> bool:
        """Whether it may be taken unasked: nobody wrote the value down, and it harms nothing."""
        return bool(self.proposals) and not (
            self.insecure or self.provenance.is_settled or not self.proposals[0].is_clear
        )

    @property
    def default(self) -> Answer:
        """What an empty answer means."""
        if self.is_safe_to_take:
            return Answer.TAKE
        is_name = self.kind is DifferenceClass.NAME
        return Answer.TAKE if is_name and self.proposals and self.proposals[0].is_clear else Answer.KEEP

    def is_named_by(self, identifier: str) -> bool:
        return identifier == self.id or identifier in self.finding_ids or identifier == self.path


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer to a difference; ``value`` is what is taken."""

    difference: Difference
    answer: Answer
    value: Json = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A value that nobody was sure of, and that AWS has."""

    path: str
    value: Json


@dataclass(frozen=True, slots=True)
class Survey:
    """One reading of an account, compared with one configuration."""

    differences: tuple[Difference, ...]
    confirmations: tuple[Confirmation, ...]
    unread: tuple[str, ...]
    parameters: tuple[Finding, ...]  # what the stack's parameters name, and doctor finds
    tags: tuple[Finding, ...]  # of single resources
    not_stated: tuple[tuple[str, Json], ...]  # live values that nothing is compared with
    no_answer: bool = False  # of no call
    parameter_group: str = ""  # that the database uses
    pool_id: str = ""
