"""Actions as data, their outcomes, and the answer that every function returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypedDict, TypeVar

if TYPE_CHECKING:
    from tradai_shared.errors import AwsError


class Action(Protocol):
    """One write that a planner orders. Frozen dataclasses satisfy it."""

    @property
    def reason(self) -> str:
        """Why the write is ordered, as a sentence for an operator."""
        ...


class Status(StrEnum):
    """How an action ended."""

    DONE = "done"
    ALREADY = "already"  # another run did it first, with the same result
    FAILED = "failed"
    PLANNED = "planned"  # a dry run


A = TypeVar("A", bound=Action)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[A]):
    """An action and how it ended; ``detail`` says what AWS answered where that matters.

    ``error`` is the refusal of a failed action, where there was one.
    """

    action: A
    status: Status
    detail: str = ""
    temporary: bool = False  # of a failure: whether another try may succeed
    error: AwsError | None = None

    @property
    def settled(self) -> bool:
        """Whether AWS is now in the state that the action wanted."""
        return self.status in {Status.DONE, Status.ALREADY}


class AnswerData(TypedDict):
    """What was done, counted and listed."""

    summary: dict[str, object]
    results: list[dict[str, object]]


class Answer(TypedDict):
    """The platform's own form of a function's answer."""

    success: bool
    data: AnswerData
    environment: str
