"""Sends what was planned, at the allowed rate, and sends again only what was throttled.

A lost answer may have been carried out. Sending the same statement again is safe: the key is gone, which
DynamoDB calls success, or the TTL is another, which fails the condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tradai_shared import clock
from tradai_shared.errors import AwsError, PermanentError, TemporaryError
from ttl_reaper.model import Candidate, ItemOutcome, Mode, Verdict
from ttl_reaper.partiql import consumed, outcomes, permission, request

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from ttl_reaper.classify import Window
    from ttl_reaper.rate_limiter import TokenBucket

ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


class OutOfTime(Exception):  # noqa: N818 - an end that is planned for, not an error
    """The invocation's end is too near for another call."""


class Requests(Protocol):
    """What carries a call; ``DynamoDBRequests`` outside tests."""

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send once; see ``DynamoDBRequests.call`` for what is raised."""
        ...


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of one batch."""

    outcomes: tuple[ItemOutcome, ...]
    units: float
    refused: AwsError | None = None  # the whole call was refused: the next one would be too


@dataclass(frozen=True, slots=True)
class PacedRequests:
    """One table's calls: paced by its token bucket, and none begins when the time is used up."""

    requests: Requests
    bucket: TokenBucket
    seconds_left: Callable[[], float]  # until no call may begin any more
    rng: random.Random  # jitter

    def read(self, action: str, operation: str, body: dict[str, Any], estimate: float) -> dict[str, Any]:
        """One call, tried again while it is throttled or lost.

        Raises:
            OutOfTime: no time is left to wait.
            TemporaryError: it still failed at the last attempt.
            PermanentError: it was refused.
        """
        for attempt in range(ATTEMPTS):
            self._acquire(estimate)
            try:
                reply = self.requests.call(action, operation, body)
            except TemporaryError:
                self.bucket.throttled(_now())
                if attempt == ATTEMPTS - 1:
                    raise
                self._pause(attempt)
            else:
                self.bucket.reconcile(estimate, consumed(reply))
                return reply
        raise AssertionError  # not reached: the last attempt returned or raised

    def execute_batch(self, text: str, mode: Mode, batch: Sequence[Candidate], window: Window) -> BatchResult:
        """Send a batch until each statement has a verdict, or the time or the attempts are used up."""
        pending = list(batch)
        settled: list[ItemOutcome] = []
        units = 0.0
        detail = "throttled"
        try:
            for attempt in range(ATTEMPTS):
                self._acquire(len(pending))
                try:
                    reply = self.requests.call(
                        permission(mode), "BatchExecuteStatement", request(text, mode, pending, window)
                    )
                    self.bucket.reconcile(len(pending), consumed(reply))
                    units += consumed(reply)
                    answered = outcomes(mode, pending, reply)
                except TemporaryError as error:
                    detail = error.code
                else:
                    settled += answered.settled
                    pending = list(answered.again)
                    if answered.condemned:
                        raise PermanentError(permission(mode), answered.condemned, "of a statement")
                if not pending:
                    return BatchResult(tuple(settled), units)
                self.bucket.throttled(_now())
                self._pause(attempt)
        except OutOfTime:
            return BatchResult((*settled, *_all(pending, Verdict.UNSETTLED)), units)
        except AwsError as error:
            return BatchResult((*settled, *_all(pending, Verdict.FAILED, error.code)), units, error)
        return BatchResult((*settled, *_all(pending, Verdict.FAILED, detail)), units)

    def _acquire(self, units: float) -> None:
        """Reserve units and wait until they may be used.

        Raises:
            OutOfTime: that would be too late; the units are given back.
        """
        wait = self.bucket.reserve(units, _now())
        if wait >= self.seconds_left():
            self.bucket.reconcile(units, 0)
            raise OutOfTime
        if wait:
            clock.sleep(wait)

    def _pause(self, attempt: int) -> None:
        """Wait before the next attempt, with full jitter: throttled workers must not come back together.

        Raises:
            OutOfTime: there is no time for that.
        """
        longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
        wait = self.rng.uniform(0, longest)
        if wait >= self.seconds_left():
            raise OutOfTime
        clock.sleep(wait)


def _all(items: Sequence[Candidate], verdict: Verdict, detail: str = "") -> list[ItemOutcome]:
    return [ItemOutcome(candidate, verdict, detail) for candidate in items]


def _now() -> float:
    return clock.now().timestamp()
