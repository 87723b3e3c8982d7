"""The figures of a timeline, as JSON and as the page shows them. Each says that it is simulated."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulator.engine import durations

if TYPE_CHECKING:
    from simulator.demo.timeline import Timeline


def figures(
    story: Timeline, seed: int, options: list[str], stated: tuple[int, int], place: dict[str, str]
) -> dict[str, Any]:
    """Everything that the page says, for a program to read."""
    return {
        "simulated": True,
        **place,
        "seed": seed,
        "options": options,
        "outage_seconds_simulated": None if story.outage is None else round(story.outage, 3),
        "outage_seconds_stated_by_the_platform": list(stated),
        "outages_simulated": story.outages,
        "steps_simulated": [asdict(step) for step in story.steps],
        "invocations_simulated": story.invocations,
        "aws_calls_simulated": story.calls,
        "aws_writes_simulated": story.writes,
        "machines": story.machines,
        "route_tables": story.tables,
        "timeline_simulated": {
            "spans": [asdict(span) for span in story.spans],
            "moments": [asdict(moment) for moment in story.moments],
        },
        "segments": [
            {
                "what": duration.what,
                "seconds": [duration.low, duration.high],
                "sure": str(duration.sure),
                "source": duration.source,
            }
            for duration in durations.ALL
        ],
    }
