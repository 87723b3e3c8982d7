"""Virtual time: a heap of callbacks, and processes that sleep on it, one at a time.

A process is a thread, because the code under simulation (a handler, botocore's retries) blocks where it
sleeps. But only one runs at any moment: it gets the turn from the scheduler and gives it back when it sleeps
or ends. So races between invocations happen at every AWS call and at no other place, and the same seed gives
the same run.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MICROSECONDS = 1_000_000
START = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """Ends a process where it sleeps. Not an Exception: no handler survives its time-out by catching it."""


@dataclass(order=True)
class Timer:
    """A callback that waits for its time."""

    at: int
    order: int
    callback: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """The clock that stands in for ``tradai_shared.clock``'s, and the scheduler behind it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._now = 0  # microseconds since the start: whole numbers, so that sums are exact
        self._heap: list[Timer] = []
        self._order = itertools.count()
        self._processes: list[Process] = []
        self.running: Process | None = None
        self.after_step: list[Callable[[], None]] = []
        self.on_turn: list[Callable[[Process], None]] = []  # called as a process gets and gives back its turn

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now / MICROSECONDS

    def now(self) -> datetime:
        return self._start + timedelta(microseconds=self._now)

    def after(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Call back then."""
        now = self._now + round(max(seconds, 0) * MICROSECONDS)
        timer = Timer(now, next(self._order), callback)
        heapq.heappush(self._heap, timer)
        return timer

    def sleep(self, seconds: float) -> None:
        """Let the world run on: a process gives its turn away, the scenario advances the clock."""
        if self.running is None:
            self.advance(seconds)
        else:
            self.running.sleep(seconds)

    def spawn(
        self, name: str, work: Callable[[], object], ended: Callable[[Process], None] | None = None
    ) -> Process:
        """Start a process at this instant, after what is already due."""
        process = Process(self, name, work, ended)
        self._processes = [other for other in self._processes if not other.done]
        self._processes.append(process)
        process.wake_after(0)
        return process

    def advance(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, predicate: Callable[[], bool], limit: float) -> bool:
        """Run until the predicate holds after a step, at most ``limit`` seconds; return whether it does."""
        if self.running is not None:
            raise RuntimeError("only the scenario drives the clock; a process sleeps on it")
        end = self._now + round(limit * MICROSECONDS)
        self._look()  # reads what the scenario has just done
        while not predicate():
            if not self._heap or self._heap[0].at > end:
                self._now = end
                return predicate()
            self._step()
        return True

    def skip(self, seconds: float) -> None:
        """Pass time in which nothing happens: whatever is due comes as much later.

        For a world at rest and whole periods of its schedules alone: then nothing differs from the world that
        ran (tests/unit/benchmarks/test_year.py).
        """
        if self.running is not None:
            raise RuntimeError("only the scenario drives the clock; a process sleeps on it")
        passed = round(seconds * MICROSECONDS)
        self._now += passed
        for timer in self._heap:  # the same for all: the heap stays a heap
            timer.at += passed

    def _step(self) -> None:
        timer = heapq.heappop(self._heap)
        if timer.cancelled:
            return
        if timer.at < self._now:
            late = (self._now - timer.at) / MICROSECONDS
            raise RuntimeError(f"a callback was due {late:g} s ago: somebody moved the clock past its time")
        self._now = timer.at
        timer.callback()
        self._look()

    def _look(self) -> None:
        for observe in self.after_step:
            observe()

    def close(self) -> None:
        """End every process that still sleeps."""
        for process in self._processes:
            process.kill()


class Process:
    """Code that takes virtual time."""

    def __init__(
        self,
        clock: VirtualClock,
        name: str,
        work: Callable[[], object],
        ended: Callable[[Process], None] | None,
    ) -> None:
        self.name = name
        self.owner: Any = None  # what it runs for
        self.done = False
        self.result: object = None
        self.error: BaseException | None = None
        self._clock = clock
        self._work = work
        self._ended = ended
        self._killed = False
        self._wakeup: Timer | None = None
        self._turn = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        # A thread starts with an empty context, and the current clock is a context variable.
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), name=name, daemon=True)

    def wake_after(self, seconds: float) -> None:
        self._wakeup = self._clock.after(seconds, self._resume)

    def sleep(self, seconds: float) -> None:
        """Called by the process itself. Raises Killed when it is ended meanwhile."""
        if threading.current_thread() is not self._thread:
            raise RuntimeError(f"{self.name} sleeps in a thread of its own making: its order would be chance")
        if not self._killed:
            self.wake_after(seconds)
            self._back.release()
            self._turn.acquire()
        if self._killed:
            raise Killed(self.name)

    def kill(self) -> None:
        """End it now, at the point where it sleeps; it makes no further call."""
        if self.done:
            return
        if self._wakeup is not None:
            self._wakeup.cancel()
        self._killed = True
        self._resume()

    def _resume(self) -> None:
        before, self._clock.running = self._clock.running, self
        self._tell_turn()
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._turn.release()
        self._back.acquire()
        self._tell_turn()
        self._clock.running = before
        if self.done:
            self._thread.join()
            if self._ended is not None:
                self._ended(self)

    def _tell_turn(self) -> None:
        for observe in self._clock.on_turn:
            observe(self)

    def _run(self) -> None:
        try:
            if not self._killed:
                self.result = self._work()
        except BaseException as error:  # noqa: BLE001 - whatever ends a process is its outcome
            self.error = error
        self.done = True
        self._back.release()
