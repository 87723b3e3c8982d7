"""Makes the AWS reads concurrently. Each call fails alone; its dependent reads follow its answer at once."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from drift_check.observe.api_reads import IAM_ACTIONS, READ_OPERATIONS, ReadOperation
from drift_check.observe.observations import Call, Known, Read, Reads, Unknown
from tradai_shared import clock
from tradai_shared.aws.error_mapping import THROTTLED, translate_errors, whole_answer
from tradai_shared.errors import AwsError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from datetime import datetime

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
        """Ask the first calls, and what ``follow`` derives from each outcome, until none is left."""
        answers: dict[Call, Read[Any]] = {}
        asked: set[Call] = set()
        done: SimpleQueue[tuple[Call, Future[Read[Any]]]] = SimpleQueue()
        with ThreadPoolExecutor(self.workers) as pool:
            self._submit(pool, calls, asked, done)
            while len(answers) < len(asked):
                call, future = done.get()
                answer = answers[call] = future.result()
                self._submit(pool, dependent_reads(call, answer), asked, done)
                self.on_progress(len(answers), len(asked))
        return Reads(answers)

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        calls: Iterable[Call],
        asked: set[Call],
        done: SimpleQueue[tuple[Call, Future[Read[Any]]]],
    ) -> None:
        for call in calls:
            if call not in asked:
                asked.add(call)
                future = self._start(pool, call)
                future.add_done_callback(partial(_put, done, call))

    def _start(self, pool: ThreadPoolExecutor, call: Call) -> Future[Read[Any]]:
        client = self.client(READ_OPERATIONS[call.action].service)  # here, since sessions are not thread-safe
        return pool.submit(copy_context().run, self._read, client, call)

    def _read(self, client: Any, call: Call) -> Read[Any]:  # noqa: ANN401 - any of boto3's clients
        reader = READ_OPERATIONS[call.action]
        for is_last_try in (False, True):
            self._pace(call.action, reader)
            if self.deadline is not None and clock.now() > self.deadline:
                return Unknown(call, OUT_OF_TIME)
            try:
                return Known(_ask(client, reader, call, self._count), frozenset({call}))
            except TemporaryError as error:
                if is_last_try or error.code not in THROTTLED:
                    return Unknown(call, error.code)
                clock.sleep(THROTTLED_PAUSE_SECONDS)
            except AwsError as error:
                return _conclude(reader, call, error)
        raise AssertionError  # pragma: no cover - the loop always returns

    def _count(self) -> None:
        with self.counting:
            self.calls += 1

    def _pace(self, action: str, reader: ReadOperation) -> None:
        if reader.per_second is not None:
            self.limiters.setdefault(action, RateLimiter(reader.per_second)).take()


def _put(done: SimpleQueue[Any], call: Call, future: Future[Read[Any]]) -> None:
    done.put((call, future))


def _ask(client: Any, reader: ReadOperation, call: Call, count: Callable[[], None]) -> Any:  # noqa: ANN401 - AWS's answer
    action = IAM_ACTIONS.get(call.action, call.action)
    with whole_answer(action), translate_errors(action):
        count()
        if client.can_paginate(reader.operation):
            pages = client.get_paginator(reader.operation).paginate(**reader.ask(call.subject))
            return list(_joined(pages, reader, count))
        answer = getattr(client, reader.operation)(**reader.ask(call.subject))
        return _part(answer, reader)


def _joined(
    pages: Iterable[dict[str, Any]], reader: ReadOperation, count: Callable[[], None]
) -> Iterator[Any]:
    for number, page in enumerate(pages):
        if number:
            count()
        yield from _part(page, reader) or ()


def _part(answer: dict[str, Any], reader: ReadOperation) -> Any:  # noqa: ANN401 - AWS's answer
    """What is kept.

    Raises:
        TemporaryError: it is missing or empty where AWS never leaves it so, or the answer is a page in HTML.
    """
    kept = answer.get(reader.result) if reader.result else {k: answer[k] for k in answer if k != METADATA}
    if kept or kept == []:
        return kept
    headers = answer.get(METADATA, {}).get("HTTPHeaders", {})
    if reader.operation not in MAY_BE_EMPTY or "html" in headers.get("content-type", ""):
        raise TemporaryError(reader.operation, "UnexpectedAnswer", f"an answer without {reader.result}")
    return {}


def _conclude(reader: ReadOperation, call: Call, error: AwsError) -> Read[Any]:
    sources = frozenset({call})
    if error.code in reader.absent:
        return Known(None, sources)
    if error.code in reader.empty:
        return Known({}, sources)
    return Unknown(call, error.code)
