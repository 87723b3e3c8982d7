"""A token bucket on consumed capacity units. Time comes in as epoch seconds, so that tests need no clock."""

from __future__ import annotations

import threading

BURST_SECONDS = 1.0
FALL = 0.5  # what a throttle leaves of the rate
FALL_EVERY_SECONDS = 1.0  # workers are throttled together: that is one throttle, not eight
RISE_A_SECOND = 0.05  # of the full rate: back in twenty seconds
FLOOR = 0.01  # of the full rate: never quite still


class TokenBucket:
    """Reserve units before a call, reconcile afterwards what it really consumed; workers share one.

    A reservation may go into debt: the wait that it answers is what pays it back. So a call of unknown size
    is let through and the ones after it wait.
    """

    def __init__(self, units_per_second: float, now: float) -> None:
        """Begin with one second's burst."""
        self._full = units_per_second
        self._rate = units_per_second
        self._tokens = units_per_second * BURST_SECONDS
        self._at = now
        self._fell_at = now - FALL_EVERY_SECONDS
        self._lock = threading.Lock()

    @property
    def rate(self) -> float:
        """The units a second that are allowed at the moment."""
        return self._rate

    def allow(self, units_per_second: float, now: float) -> None:
        """Another full rate from now on: less at once, more by rising to it."""
        with self._lock:
            self._refill(now)
            self._full = units_per_second
            self._rate = min(self._rate, units_per_second)

    def reserve(self, units: float, now: float) -> float:
        """Take ``units``; the answer is how many seconds to wait before using them."""
        with self._lock:
            self._refill(now)
            self._tokens -= units
            return max(0.0, -self._tokens / self._rate)

    def reconcile(self, reserved: float, consumed: float) -> None:
        """Give back, or take, the difference between what was reserved and what was consumed."""
        with self._lock:
            self._tokens += reserved - consumed

    def throttled(self, now: float) -> None:
        """Halve the rate; it rises again by itself."""
        with self._lock:
            self._refill(now)
            if now - self._fell_at >= FALL_EVERY_SECONDS:
                self._fell_at = now
                self._rate = max(self._full * FLOOR, self._rate * FALL)

    def _refill(self, now: float) -> None:
        elapsed = max(0.0, now - self._at)
        self._at = max(self._at, now)
        self._rate = min(self._full, self._rate + self._full * RISE_A_SECOND * elapsed)
        self._tokens = min(self._rate * BURST_SECONDS, self._tokens + self._rate * elapsed)
