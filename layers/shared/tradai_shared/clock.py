"""The clock of the whole toolkit. Planners get its time as ``now``; the simulator replaces it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock(Protocol):
    """Time as the toolkit needs it."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


_SYSTEM = SystemClock()
_current: ContextVar[Clock] = ContextVar("clock", default=_SYSTEM)


def now() -> datetime:
    """The current clock's time, aware, in UTC."""
    return _current.get().now()


def sleep(seconds: float) -> None:
    """Sleep so many seconds on the current clock."""
    _current.get().sleep(seconds)


@contextmanager
def use(clock: Clock) -> Iterator[None]:
    """Use another clock within the context."""
    token = _current.set(clock)
    try:
        yield
    finally:
        _current.reset(token)
