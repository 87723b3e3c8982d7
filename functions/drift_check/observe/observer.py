"""Makes the AWS reads concurrently. Each call fails alone; its dependent reads follow its answer at once."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from drift_check.observe import IAM_ACTIONS, READ_OPERATIONS, ReadOperation
from drift_check.observe.observations import Call, Known, Reads, Unknown
from tradai_shared import clock
from tradai_shared.aws.error_mapping import THROTTLED, translate_errors, whole_answer
from tradai_shared.errors import AwsError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from datetime import datetime

    from drift_check.observe.observations import Read

WORKERS = 12
# botocore has tried three times by then; one more chance when the account's bucket has refilled.
THROTTLED_PAUSE_SECONDS = 1.0
OUT_OF_TIME = "OutOfTime"
METADATA = "ResponseMetadata"  # botocore's own
# Where AWS leaves out what there is none of; of a bucket's versioning what was never set.
MAY_BE_EMPTY = {"list_queues", "get_rest_apis", "get_stages", "get_bucket_versioning"}


def no_progress(_done: int, _known: int) -> None:
    """Reports no progress."""


@dataclass(slots=True)
class RateLimiter:
    """At most ``per_second`` calls begin within any second; the rest wait."""

    per_second: int
    began: deque[datetime] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        with self.lock:
            if len(self.began) == self.per_second:
                spent = (clock.now() - self.began.popleft()).total_seconds()
                if spent < 1:
                    clock.sleep(1 - spent)
            self.began.append(clock.now())


@dataclass(slots=True)
class Observer:
    """Reads with the given clients; ``client`` makes or finds one by boto3's name for the service."""

    client: Callable[[str], Any]
    workers: int = WORKERS
    on_progress: Callable[[int, int], None] = no_progress
    deadline: datetime | None = None  # no call begins later
    calls: int = 0  # each page is one
    counting: threading.Lock = field(default_factory=threading.Lock)
    limiters: dict[str, RateLimiter] = field(default_factory=dict)

    def observe(
        self, calls: Iterable[Call], dependent_reads: Callable[[Call, Read[Any]], Iterable[Call]]
    ) -> Reads:
        """Make these calls, and those that ``dependent_reads`` derives from each answer."""
        answers: dict[Call, Read[Any]] = {}
        asked: set[Call] = set()
        done: SimpleQueue[Future[tuple[Call, Read[Any]]]] = SimpleQueue()
        with ThreadPoolExecutor(self.workers) as pool:
            while True:
                for call in calls:
                    if call not in asked:
                        asked.add(call)
                        # here, since sessions are not thread-safe
                        client = self.client(READ_OPERATIONS[call.action].service)
                        future = pool.submit(copy_context().run, self._answer, client, call)
                        future.add_done_callback(done.put)
                if answers:
                    self.on_progress(len(answers), len(asked))
                if len(answers) == len(asked):
                    return Reads(answers)
                call, answer = done.get().result()
                answers[call] = answer
                calls = dependent_reads(call, answer)

    def _answer(self, client: Any, call: Call) -> tuple[Call, Read[Any]]:  # noqa: ANN401 - any of boto3's clients
        return call, self._read(client, call)

    def _read(self, client: Any, call: Call) -> Read[Any]:  # noqa: ANN401 - as above
        reader, sources = READ_OPERATIONS[call.action], frozenset({call})
        for is_last_try in (False, True):
            if reader.per_second is not None:
                self.limiters.setdefault(call.action, RateLimiter(reader.per_second)).take()
            if self.deadline is not None and clock.now() > self.deadline:
                return Unknown(call, OUT_OF_TIME)
            try:
                return Known(_ask(client, reader, call, self._count), sources)
            except TemporaryError as error:
                if is_last_try or error.code not in THROTTLED:
                    return Unknown(call, error.code)
                clock.sleep(THROTTLED_PAUSE_SECONDS)
            except AwsError as error:
                if error.code in reader.absent:
                    return Known(None, sources)
                return Known({}, sources) if error.code in reader.empty else Unknown(call, error.code)
        raise AssertionError  # pragma: no cover - the loop always returns

    def _count(self) -> None:
        with self.counting:
            self.calls += 1


def _ask(client: Any, reader: ReadOperation, call: Call, count: Callable[[], None]) -> Any:  # noqa: ANN401 - AWS's answer
    action = IAM_ACTIONS.get(call.action, call.action)
    parameters = reader.ask(call.subject)
    with whole_answer(action), translate_errors(action):
        count()
        if not client.can_paginate(reader.operation):
            return _part(getattr(client, reader.operation)(**parameters), reader)
        objects: list[Any] = []
        for number, page in enumerate(client.get_paginator(reader.operation).paginate(**parameters)):
            if number:
                count()
            objects += _part(page, reader) or ()
        return objects


def _part(answer: dict[str, Any], reader: ReadOperation) -> Any:  # noqa: ANN401 - AWS's answer
    """The part of the answer that the checks read.

    Raises:
        TemporaryError: it is missing or empty where AWS never leaves it so, or the answer is a page in HTML.
    """
    part = answer.get(reader.result) if reader.result else {k: answer[k] for k in answer if k != METADATA}
    if part or part == []:
        return part
    headers = answer.get(METADATA, {}).get("HTTPHeaders", {})
    if reader.operation not in MAY_BE_EMPTY or "html" in headers.get("content-type", ""):
        raise TemporaryError(reader.operation, "UnexpectedAnswer", f"an answer without {reader.result}")
    return {}
