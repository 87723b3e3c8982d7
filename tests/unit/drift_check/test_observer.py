"""The loop that asks: paced, each call once, throttling backed off from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from tradai_shared import clock
from tradai_shared.drift.observe.reader import Observer, Pace
from tradai_shared.drift.reads import Call, Known, Unknown

TABLES = Call("dynamodb:ListTables")


class Ticking:
    """A clock that sleeping moves on."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Client:
    """Refuses so often, then answers."""

    def __init__(self, code: str, times: int) -> None:
        self.code, self.left, self.asked = code, times, 0

    def can_paginate(self, operation: str) -> bool:
        del operation
        return False

    def list_tables(self) -> dict[str, Any]:
        self.asked += 1
        self.left -= 1
        if self.left >= 0:
            raise ClientError({"Error": {"Code": self.code, "Message": "a test"}}, "ListTables")
        return {"TableNames": ["a"]}


def observe(client: Client, *calls: Call) -> Any:
    with clock.use(Ticking()):
        return Observer(lambda _: client).observe(calls, lambda *_: ()).answers[TABLES]


def test_no_more_than_so_many_calls_begin_within_a_second() -> None:
    ticking, pace = Ticking(), Pace(per_second=10)
    with clock.use(ticking):
        began = []
        for _ in range(35):
            pace.take()
            began.append(ticking.now())
    for first, eleventh in zip(began, began[10:], strict=False):
        assert eleventh - first >= timedelta(seconds=1)


def test_a_throttled_call_is_asked_again() -> None:
    assert isinstance(observe(Client("ThrottlingException", 1), TABLES), Known)


def test_a_call_that_stays_throttled_is_unknown() -> None:
    assert observe(Client("ThrottlingException", 9), TABLES) == Unknown(TABLES, "ThrottlingException")


def test_a_denied_call_is_not_asked_again() -> None:
    client = Client("AccessDenied", 9)
    assert isinstance(observe(client, TABLES), Unknown)
    assert client.asked == 1


def test_a_call_that_two_checks_want_is_asked_once() -> None:
    client = Client("", 0)
    observe(client, TABLES, TABLES)
    assert client.asked == 1


def test_what_was_begun_is_used_once_and_then_asked_afresh() -> None:
    client = Client("", 0)
    observer = Observer(lambda _: client)
    observer.begin([TABLES])
    for asked in (1, 2):
        answers = observer.observe([TABLES], lambda *_: ()).answers
        assert isinstance(answers[TABLES], Known)
        assert client.asked == asked


class Waiting(Client):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__("", 0)
        self.let = Event()

    def list_tables(self) -> dict[str, Any]:
        self.let.wait(timeout=10)
        return super().list_tables()


def test_what_was_begun_in_vain_is_given_up() -> None:
    client, waiting = Waiting(), Call("dynamodb:ListTables", "behind it")
    observer = Observer(lambda _: client, workers=1)
    observer.begin([TABLES, waiting])
    observer.close()
    client.let.set()
    assert isinstance(observer.begun[TABLES].result(), Known)
    assert observer.begun[waiting].cancelled()
