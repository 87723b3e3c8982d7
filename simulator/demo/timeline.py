"""The timeline of a failover: what happened, in seconds after the NAT's death, in words for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

LAUNCH_ACTION = "EC2 Instance-launch Lifecycle Action"
SHORT = {
    LAUNCH_ACTION: "launch action",
    "EC2 Instance-terminate Lifecycle Action": "terminate action",
    "EC2 Instance State-change Notification": "instance state",
    "EC2 Instance Launch Successful": "launched",
    "EC2 Instance Launch Unsuccessful": "launch failed",
    "EC2 Instance Terminate Successful": "terminated",
    "reconcile": "schedule",
    "NAT Peer Silent": "peer silent",
}
# Answers that mean that another run was first: nothing was changed, and it is no error.
HARMLESS = {
    ("CompleteLifecycleAction", "ValidationError"): "its hook was answered already",
    ("AssociateAddress", "Resource.AlreadyAssociated"): "leaves the address where it serves",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the platform's failover flow: its own words, when it happened, and how it went."""

    flow: str
    at: float | None
    what: str


@dataclass(frozen=True, slots=True)
class Interval:
    """Something that lasted; ``end`` is None where it goes on."""

    lane: str
    start: float
    end: float | None
    what: str


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened at once."""

    lane: str
    at: float
    what: str
    failed: bool = False


@dataclass(frozen=True)
class Timeline:
    """What a reader wants to know of a run. All times are virtual seconds after its beginning."""

    flow: str  # what the steps are called together
    steps: list[Step]
    spans: list[Interval]
    moments: list[TimelineEvent]
    outages: dict[str, list[tuple[float, float | None]]]
    machines: dict[str, str]  # NAT 1, NAT 2, ... and their ids
    tables: dict[str, str]  # ids and their names in the story
    invocations: int
    calls: int
    writes: int
    lasted: float

    @property
    def totals(self) -> dict[str, float | None]:
        """Seconds without egress, by table; None where it lasts."""
        return {
            table: None
            if any(end is None for _, end in spans)
            else sum((end or 0) - start for start, end in spans)
            for table, spans in self.outages.items()
        }

    @property
    def outage(self) -> float | None:
        """Seconds of the worst table's outages together; None where one still lasts."""
        known = [total for total in self.totals.values() if total is not None]
        return max(known) if len(known) == len(self.totals) else None

    @property
    def uneven(self) -> bool:
        """Whether the tables fared differently."""
        known = [float("inf") if total is None else total for total in self.totals.values()]
        return max(known) - min(known) > 1


def trigger_of(event: dict[str, Any]) -> str:
    """What an invocation was started by, in a word or two."""
    kind = str(event.get("detail-type") or event.get("action", "?"))
    return SHORT.get(kind, kind)


def in_order_of_time(steps: Iterable[Step]) -> list[Step]:
    """A step without a time stays behind the one that comes before it in the flow."""
    ranked, time = list[tuple[float, Step]](), 0.0
    for step in steps:
        time = time if step.at is None else step.at
        ranked.append((time, step))
    return [step for _, step in sorted(ranked, key=lambda pair: pair[0])]
