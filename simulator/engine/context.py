"""What all parts of one simulated world share: the clock, the journal, and the durations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.engine.durations import Duration, DurationSampler
    from simulator.engine.journal import Journal
    from simulator.engine.virtual_clock import Timer, VirtualClock


@dataclass(frozen=True)
class SimulationContext:
    """Shared by the parts of one world."""

    clock: VirtualClock
    journal: Journal
    pace: DurationSampler

    def after(self, segment: Duration, callback: Callable[[], None]) -> Timer:
        """Call back when a segment, drawn afresh, is over."""
        return self.clock.after(self.pace.draw(segment), callback)
