"""Clocks that tests set."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tradai_shared import clock

if TYPE_CHECKING:
    from datetime import datetime


class Impatient:
    """A clock on which waiting takes no time, and hours pass when a test says so."""

    def __init__(self) -> None:
        self.time = clock.now()

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        del seconds

    def hours_pass(self) -> None:
        self.time += timedelta(hours=2)
