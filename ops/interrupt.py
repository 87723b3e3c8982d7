"""Handles Ctrl-C: the run sends no further request, and still records those that it has sent."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED = 130  # as a shell counts a program that SIGINT ended
DAY_SECONDS = 86_400.0


@dataclass
class Interrupt:
    """Whether SIGINT came."""

    came: bool = False
    asks: bool = False  # a question is open, and nothing is under way

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While this lasts the first SIGINT ends the process, as at any other prompt."""
        self.asks = True
        try:
            yield
        finally:
            self.asks = False

    def seconds_left(self) -> float:
        """A terminal has no end to stop before, until it is interrupted."""
        return 0.0 if self.came else DAY_SECONDS

    @classmethod
    @contextmanager
    def caught(cls) -> Iterator[Interrupt]:
        """While this lasts the first SIGINT is noted; a second one ends the process as usual."""
        interrupt = cls()
        if threading.current_thread() is not threading.main_thread():
            yield interrupt  # only the main thread may handle signals
            return
        before = signal.getsignal(signal.SIGINT)

        def note(*_: object) -> None:
            interrupt.came = True
            signal.signal(signal.SIGINT, before)
            if interrupt.asks:
                raise KeyboardInterrupt

        signal.signal(signal.SIGINT, note)
        try:
            yield interrupt
        finally:
            signal.signal(signal.SIGINT, before)
