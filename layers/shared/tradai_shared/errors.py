"""How a call, an action and a run end: exceptions, outcomes of planned writes, a function's answer.

TradaiError
├─ SettingsError      a deployment variable is missing or malformed
├─ EventError         an event that cannot be understood; nothing was changed
├─ ConfigError        a canonical configuration that does not validate
├─ EgressDownError    the egress probe's verdict: nothing beyond the NAT answers
├─ WrongEgressAddressError   the egress probe's verdict: requests leave from another address
└─ AwsError           an AWS call that failed, after botocore's own retries
   ├─ TemporaryError   worth another try: throttled, timed out, a server's fault
   └─ PermanentError   the same call will fail again
      └─ AccessDenied   a permission is missing; what was to be read is unknown
"""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypedDict, TypeVar

MOST_SHOWN = 1_000  # characters of a message
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxlevel = 3
# A name that announces a secret. An ARN's ``:secret:`` does not, since the secret's own name follows it, nor
# does that name, a path, nor a code of AWS's, such as ExpiredToken.
CONFIDENTIAL_NAME = r"""[\w.-]*(?:signature|token|authorization|passwo?r?d|(?<!:)secret(?:string|binary)?
    |(?:secret|access|private|api)[_-]?key)"""
# After it, a value in text, JSON, XML, Python, a header or a query; or what an URL has before its host.
SECRET = re.compile(
    rf"""((?<![\w./-])(?<!failed\ with\ ){CONFIDENTIAL_NAME}["'\\]*\s*[:=>]\s*
    (?:b(?=\\*["']))?(?:(?:basic|bearer|aws4-\S+)\s+)?)
    (?:(\\*["'])(?:(?!(?<!\\)\2).)*|[^\s"'\\&,;<>(){{}}\[\]]+)|(?<=://)[^\s/@"'\\]+(?=@)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
REDACTED = "(secret)"


def redacted(text: str) -> str:
    """The text without what a name in it calls a secret, such as a token that AWS repeats in an error."""
    return SECRET.sub(lambda match: f"{match[1] or ''}{match[2] or ''}{REDACTED}", text)


def shown(value: object) -> str:
    """A value of an event or an answer as a message can carry it: short, on one line, printable."""
    return _SHORT.repr(value)


def printable(text: str) -> str:
    """A message on one line, of a bounded length, whatever an event's own names put into it."""
    return visible(redacted(text)[:MOST_SHOWN])


def visible(text: str, keep: str = "") -> str:
    """With what steers a terminal, turns the direction of text or is half a character written out.

    ``keep``: characters that stay though they are not printable, such as a line break.
    """
    return "".join(each if each.isprintable() or each in keep else ascii(each)[1:-1] for each in text)


class TradaiError(Exception):
    """Base of all errors that the toolkit raises on purpose. Lambda itself logs an error's text."""

    def __init__(self, text: str = "") -> None:
        """Keep the text without secrets."""
        super().__init__(redacted(text))


class SettingsError(TradaiError):
    """A deployment variable is missing or malformed."""

    def __init__(self, variable: str, problem: str) -> None:
        """Name the variable and what is wrong with it."""
        super().__init__(f"{variable}: {problem}")
        self.variable = variable
        self.problem = redacted(problem)


class EventError(TradaiError):
    """An event that cannot be understood. Raised before anything is changed, so that the queue keeps it."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the event's field and what is wrong with it; both may repeat what the event has."""
        self.field, self.problem = printable(field), printable(problem)
        super().__init__(f"{self.field}: {self.problem}")


class ConfigError(TradaiError):
    """A canonical configuration, built in or a deployment's own, that does not validate."""

    def __init__(self, path: str, problem: str) -> None:
        """Name the value's path and what is wrong with it."""
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = redacted(problem)


class EgressDownError(TradaiError):
    """No host beyond the NAT answers. Fails the invocation: Lambda then calls its on-failure destination."""

    def __init__(self, silent: int, rounds: int) -> None:
        """Say how many rounds of tries nobody answered, and of how many."""
        super().__init__(f"in {silent} of {rounds} rounds nothing beyond the NAT answered")
        self.silent = silent
        self.rounds = rounds


class WrongEgressAddressError(TradaiError):
    """The private subnets are seen by another address than the Elastic IP. Ends the invocation as well."""

    def __init__(self, expected: str, observed: tuple[str, ...]) -> None:
        """Name the Elastic IP and what was seen instead."""
        super().__init__(f"seen as {', '.join(observed)} instead of {expected}")
        self.expected = expected
        self.seen = observed


class AwsError(TradaiError):
    """An AWS call that failed, botocore's retries included."""

    def __init__(self, action: str, code: str, message: str) -> None:
        """Keep the action as IAM spells it (``ec2:ReplaceRoute``), AWS's error code and its message."""
        message = printable(" ".join(message.split()))
        super().__init__(f"{action} failed with {code}: {message}")
        self.action = action
        self.code = code
        self.message = message


class TemporaryError(AwsError):
    """Throttled, timed out or a server error: the same call may succeed if it is repeated."""


class PermanentError(AwsError):
    """The same call will fail again unless the resources or the request change."""


class AccessDenied(PermanentError):  # noqa: N818 - the name that AWS and operators use
    """A permission is missing. What was to be read is unknown, never drift and never fine."""


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
