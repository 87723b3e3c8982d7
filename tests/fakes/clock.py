"""The clock that tests set."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class FakeClock:
    """Time moves only where a test moves it, or where the code under test sleeps."""

    time: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)

    def advance(self, **duration: float) -> None:
        """Move on by timedelta's arguments: ``advance(hours=2)``."""
        self.time += timedelta(**duration)
