"""The loop that asks: paced, each call once, throttling backed off from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from drift_check.observe.observations import Call, Known, Unknown
from drift_check.observe.observer import Observer, RateLimiter
from tests.fakes.clock import FakeClock
from tradai_shared import clock

TABLES = Call("dynamodb:ListTables")


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
    with clock.use(FakeClock()):
        return Observer(lambda _: client).observe(calls, lambda *_: ()).answers[TABLES]


def test_no_more_than_so_many_calls_begin_within_a_second() -> None:
    fake_clock, pace = FakeClock(), RateLimiter(per_second=10)
    with clock.use(fake_clock):
        began = []
        for _ in range(35):
            pace.take()
            began.append(fake_clock.now())
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


def test_an_answer_without_what_it_is_asked_for_says_nothing_of_existence() -> None:
    """A table that does not exist is shown by an error code; an answer without it is garbled."""
    call = Call("dynamodb:DescribeTable", "a")
    client: Any = Client("", 0)
    client.describe_table = lambda **_: {}
    with clock.use(FakeClock()):
        answers = Observer(lambda _: client).observe([call], lambda *_: ()).answers
    assert answers[call] == Unknown(call, "UnexpectedAnswer")
