"""What happens to the NATs in a year, drawn from a seed. How often a NAT dies is assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

DAY = 86_400.0
YEAR = 365 * DAY
MONTH = YEAR / 12
APART = 7200.0  # seconds between two incidents: none meets the one before
ZONE_BACK = 1800.0  # seconds without capacity in the lost zone


class Kind(StrEnum):
    """What happens to the NAT of one group."""

    TERMINATED = "terminated"
    STOPPED = "stopped"
    IMPAIRED = "status check impaired"
    NOT_FORWARDING = "running but not forwarding"
    REFRESH = "image refresh"
    ZONE_LOST = "zone lost for 30 min"


DEATHS = (Kind.TERMINATED, Kind.STOPPED, Kind.IMPAIRED, Kind.NOT_FORWARDING)


@dataclass(frozen=True, slots=True)
class Incident:
    """``at``: seconds after the year's start. ``group``: 0 is the first group, 1 the standby's."""

    at: float
    kind: Kind
    group: int = 0


def draw(seed: int, groups: int) -> tuple[Incident, ...]:
    """A death and an image refresh a month for each NAT, and once in the year the loss of the first zone."""
    drawn = [incident for group in range(groups) for incident in _of_group(seed, group)]
    drawn.append(Incident(Random(f"year {seed} zone").uniform(DAY, YEAR - DAY), Kind.ZONE_LOST))
    apart: list[Incident] = []
    for incident in sorted(drawn, key=lambda incident: incident.at):
        earliest = apart[-1].at + APART if apart else 0.0
        apart.append(replace(incident, at=max(incident.at, earliest)))
    return tuple(apart)


def _of_group(seed: int, group: int) -> list[Incident]:
    """The second group is refreshed after the first, as CloudFormation does."""
    deaths, refreshes = Random(f"year {seed} deaths {group}"), Random(f"year {seed} refreshes")
    drawn = []
    for month in range(12):
        start, end = month * MONTH + DAY, (month + 1) * MONTH - DAY
        drawn.append(Incident(round(deaths.uniform(start, end), 1), deaths.choice(DEATHS), group))
        drawn.append(Incident(round(refreshes.uniform(start, end) + group * APART, 1), Kind.REFRESH, group))
    return drawn
