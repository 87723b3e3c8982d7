"""How long each part of a failover takes, in seconds, with its source beside it.

``cited``: published by AWS or measured and published by others. ``assumed``: nobody published it; a sensible
value, so what follows from it is an assumption too. Every figure of a simulation says "simulated".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Confidence(StrEnum):
    """How well a segment is known."""

    CITED = "cited"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time, drawn evenly from ``low`` to ``high`` seconds."""

    what: str
    low: float
    high: float
    sure: Confidence
    source: str

    @property
    def line(self) -> str:
        span = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
        return f"{self.what}: {span} s ({self.sure}: {self.source})"


CITED, ASSUMED = Confidence.CITED, Confidence.ASSUMED

# EC2
RUN_INSTANCES = Duration(
    "RunInstances", 1.4, 1.5, CITED, "published EC2 launch measurements: 1.4 to 1.5 s for the call"
)
PENDING = Duration(
    "pending to running", 4.9, 17.0, CITED, "published EC2 launch measurements: 4.9 to 17 s, t4g.nano 5.7 s"
)
SHUTTING_DOWN = Duration("shutting-down to terminated", 20.0, 45.0, ASSUMED, "AWS publishes no figure")
STOPPING = Duration("stopping to stopped", 10.0, 30.0, ASSUMED, "AWS publishes no figure")
DESCRIBE_LAG = Duration(
    "state event to what DescribeInstances shows", 0.0, 1.0, ASSUMED, "AWS: eventually consistent"
)
ADDRESS_LAG = Duration(
    "terminated to an Elastic IP that is shown as free",
    0.0,
    8.0,
    ASSUMED,
    "operators report seconds to minutes",
)

# The NAT's boot, after it is running
BOOT_PACKAGED = Duration(
    "boot to forwarding, everything on the image",
    2.4,
    3.2,
    CITED,
    "published boot measurements: 2.4 to 3.2 s",
)
BOOT_DNF = Duration(
    "boot to forwarding, dnf on a nano", 20.0, 60.0, CITED, "published boot logs: 20 to 60 s on 512 MB"
)

# Auto Scaling
STATUS_CHECK = Duration("between two EC2 status checks", 60.0, 60.0, CITED, "AWS: checks run every minute")
STATUS_CHECK_PHASE = Duration(
    "a fault until EC2's status check shows it", 0.0, 60.0, ASSUMED, "it falls anywhere between two checks"
)
WATCHMAN = Duration(
    "forwarding no more until the NAT's own mark says so",
    6.0,
    8.0,
    ASSUMED,
    "three failed connections, healing, three more, one call; measured in tests/kernel",
)
HEALTH_CHECK_PHASE = Duration(
    "first of those checks", 0.0, 60.0, ASSUMED, "a death falls anywhere between two checks"
)
IMPAIRED = Duration(
    "impaired until Auto Scaling counts it", 120.0, 240.0, ASSUMED, 'AWS says "a few minutes"'
)
GROUP_REACTION = Duration("Auto Scaling's own reaction", 1.0, 5.0, ASSUMED, "AWS publishes no figure")
HOOK_REACTION = Duration(
    "launch to the lifecycle action's event", 1.0, 8.0, ASSUMED, "AWS publishes no figure"
)
HOOK_PROCEED = Duration(
    "completed lifecycle action to the next state", 0.5, 2.0, ASSUMED, "AWS publishes no figure"
)
LAUNCH_BACKOFF = Duration(
    "pause after an abandoned launch, doubled each time", 5.0, 5.0, ASSUMED, "AWS slows such launches down"
)

# Events and functions
EVENT_TO_LAMBDA = Duration("event to Lambda", 0.3, 0.3, CITED, "published EventBridge latency: about 0.3 s")
SCHEDULE_PHASE = Duration(
    "first tick of the schedule", 0.0, 60.0, ASSUMED, "a death falls anywhere between two ticks"
)
COLD_START = Duration(
    "start of a new execution environment", 0.6, 1.2, ASSUMED, "to be measured on the built artefact"
)

ASYNC_QUEUE = Duration(
    "Lambda's queue: an asynchronous call to its start", 0.05, 1.0, ASSUMED, "AWS publishes no figure"
)
ON_FAILURE = Duration(
    "failed invocation to its destination's start", 0.1, 5.0, ASSUMED, "AWS publishes no figure"
)

PEER_SILENCE = Duration(
    "a peer that answers no more until the other one's event is put",
    3.1,
    4.2,
    ASSUMED,
    "three questions, one a second, and one call; measured in tests/kernel",
)

# The network
API_CALL = Duration(
    "an AWS call, there and back", 0.03, 0.12, ASSUMED, "in the region, without waiting for an effect"
)
ADDRESS_EFFECT = Duration(
    "AssociateAddress until packets follow", 3.0, 3.0, CITED, "published: about 3 s with an allocation id"
)
ROUTE_EFFECT = Duration("ReplaceRoute until packets follow", 0.2, 1.0, ASSUMED, "AWS publishes no figure")

ADDRESS_RETURNS = Duration(
    "an Elastic IP that leaves until an automatic address is back",
    20.0,
    300.0,
    ASSUMED,
    "AWS publishes no figure; operators report minutes",
)

ALL = tuple(value for value in list(globals().values()) if isinstance(value, Duration))


class DurationSampler:
    """Draws the segments of one world. Each has its own stream: one more draw of one moves no other."""

    def __init__(self, seed: int, fixed: Mapping[Duration, float] | None = None) -> None:
        """``fixed`` gives segments an exact length, in seconds."""
        self._fixed = dict(fixed or {})
        self._streams: dict[str, Random] = {}
        self._seed = seed

    def draw(self, segment: Duration) -> float:
        if segment in self._fixed:
            return self._fixed[segment]
        if segment.what not in self._streams:
            self._streams[segment.what] = Random(f"{self._seed} {segment.what}")
        return self._streams[segment.what].uniform(segment.low, segment.high)
