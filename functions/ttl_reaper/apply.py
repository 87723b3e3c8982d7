"""Sends what was planned, at the allowed rate, and sends again what was refused for the moment.

A lost answer may have been carried out. Sending the same statement again is safe: the key is gone, which
DynamoDB calls success, or the TTL is another, which fails the condition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tradai_shared import clock
from tradai_shared.aws.error_mapping import THROTTLED
from tradai_shared.errors import AwsError, TemporaryError
from ttl_reaper import partiql
from ttl_reaper.model import Candidate, ItemOutcome, Mode, Verdict

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from ttl_reaper.classify import Window
    from ttl_reaper.rate_limiter import TokenBucket

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
DEFER_AFTER = 10  # answers: about 25 s
# A request that fails for so long ends the run; in Lambda its time is over before.
PATIENCE_SECONDS = 900.0
NAP_SECONDS = 1.0  # so that an end of time that comes early is noticed


class OutOfTime(Exception):  # noqa: N818 - an end that is planned for, not an error
    """The invocation's end is too near for another call."""


class Requests(Protocol):
    """What sends a call; ``DynamoDBRequests`` in production."""

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send once; see ``DynamoDBRequests.call`` for what is raised."""
        ...


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of one batch."""

    outcomes: tuple[ItemOutcome, ...]
    units: float
    refused: AwsError | None = None  # the next batch would be refused too
    uncertain: int = 0  # unsettled items that a call with a lost answer may have changed


@dataclass(frozen=True, slots=True)
class Batch:
    """Items whose statements are sent together."""

    statement: str
    mode: Mode
    candidates: Sequence[Candidate]
    window: Window


@dataclass(frozen=True, slots=True)
class Sender:
    """One table's calls, which share a rate and a time."""

    requests: Requests
    bucket: TokenBucket
    seconds_left: Callable[[], float]  # until no call may begin any more
    rng: random.Random  # jitter

    def read(self, action: str, operation: str, body: dict[str, Any], estimate: float) -> dict[str, Any]:
        """One call, tried again while it is throttled or lost; ``estimate`` is in read units.

        Raises:
            OutOfTime: no time is left to wait.
            TemporaryError: it has failed for PATIENCE_SECONDS.
            PermanentError: it was refused.
        """
        began, attempt = _now(), 0
        while True:
            self.acquire(estimate)
            try:
                reply = self.requests.call(action, operation, body)
            except TemporaryError:
                if _now() - began >= PATIENCE_SECONDS:
                    raise
                self._back_off(attempt)
                attempt += 1
            else:
                self.bucket.reconcile(estimate, partiql.consumed(reply))
                return reply

    def execute_batch(self, batch: Batch, may_defer: Callable[[int], bool] = lambda _: False) -> BatchResult:
        """Send a batch until each of its statements has a verdict, or the time is used up.

        ``may_defer`` says whether so many items may be carried on by the checkpoint: then a few items that
        are refused again and again do not hold up the others.
        """
        progress = _Progress(list(batch.candidates))
        refused = None
        try:
            while progress.pending and not refused and progress.verdict is Verdict.UNSETTLED:
                answered, consumed = self._send(batch, progress.pending)
                progress.add(answered, consumed)
                refused = answered.refused
                if answered.refused is None and progress.pending:
                    refused = self._again(batch, progress, may_defer)
        except OutOfTime:
            progress.code = ""
        unsettled_items = _all(progress.pending, progress.verdict, progress.code)
        uncertain = len(progress.pending) if progress.answer_lost else 0
        return BatchResult((*progress.settled, *unsettled_items), progress.units, refused, uncertain)

    def _again(
        self, batch: Batch, progress: _Progress, may_defer: Callable[[int], bool]
    ) -> TemporaryError | None:
        """Wait for another try, or defer what is pending; an error where that has lasted too long."""
        progress.attempt += 1
        code, count = progress.code, len(progress.pending)
        if code in partiql.PASSING and progress.attempt >= DEFER_AFTER and may_defer(count):
            progress.verdict = Verdict.DEFERRED
        elif _now() - progress.began >= PATIENCE_SECONDS:
            return TemporaryError(partiql.permission(batch.mode), code, "refused for too long")
        else:
            self._back_off(progress.attempt)
        return None

    def _send(self, batch: Batch, pending: list[Candidate]) -> tuple[partiql.Answered, float]:
        """Send what is pending once; the units that it consumed."""
        self.acquire(len(pending))
        body = partiql.request(batch.statement, batch.mode, pending, batch.window)
        try:
            reply = self.requests.call(partiql.permission(batch.mode), "BatchExecuteStatement", body)
            answered = partiql.answered(batch.mode, pending, reply)
        except TemporaryError as error:
            return partiql.Answered([], pending, error.code, lost=True), 0.0
        except AwsError as error:
            return partiql.Answered([], pending, error.code, error), 0.0
        consumed = partiql.consumed(reply)
        self.bucket.reconcile(len(pending), consumed)
        return answered, consumed

    def acquire(self, units: float) -> None:
        """Reserve units and wait until they may be used.

        Raises:
            OutOfTime: that would be too late; the units are given back.
        """
        wait = self.bucket.reserve(units, _now())
        try:
            self._wait(wait)
        except OutOfTime:
            self.bucket.reconcile(units, 0)
            raise

    def _back_off(self, attempt: int) -> None:
        """Slow down, and wait with full jitter, so that throttled calls are not all repeated at once."""
        self.bucket.throttled(_now())
        longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(attempt, 10))
        self._wait(self.rng.uniform(0, longest))

    def _wait(self, seconds: float) -> None:
        """Wait in short steps.

        Raises:
            OutOfTime: there is no time for that.
        """
        while True:
            if seconds >= self.seconds_left():
                raise OutOfTime
            if seconds <= 0:
                return
            nap = min(seconds, NAP_SECONDS)
            clock.sleep(nap)
            seconds -= nap


@dataclass(slots=True)
class _Progress:
    """The state of a batch that is being sent."""

    pending: list[Candidate]
    settled: list[ItemOutcome] = field(default_factory=list)
    units: float = 0.0
    code: str = ""  # of the latest answer that left something pending
    attempt: int = 0
    verdict: Verdict = Verdict.UNSETTLED  # of what stays pending
    answer_lost: bool = False  # a call may have been carried out
    began: float = field(default_factory=lambda: clock.now().timestamp())

    def add(self, answered: partiql.Answered, consumed: float) -> None:
        self.settled += answered.settled
        self.units += consumed
        self.pending, self.code = answered.pending, answered.code
        self.answer_lost |= answered.lost and answered.code not in THROTTLED


def unsettled(items: Sequence[Candidate], refused: AwsError, *, sent: bool = False) -> BatchResult:
    """A batch that was not sent, or with ``sent`` one whose answer is lost."""
    outcomes = tuple(_all(items, Verdict.UNSETTLED, refused.code))
    return BatchResult(outcomes, 0.0, refused, len(items) if sent else 0)


def _all(items: Sequence[Candidate], verdict: Verdict, detail: str = "") -> list[ItemOutcome]:
    return [ItemOutcome(candidate, verdict, detail) for candidate in items]


def _now() -> float:
    return clock.now().timestamp()
