"""The change log of the configuration's values, oldest first.

A version is that of the platform's document, then our own revision: 9.3.0+1.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Change:
    """A revision: what changed and why; for immutable values also how they are migrated, by path."""

    version: str
    day: date
    line: str
    migrations: Mapping[str, str] = field(default_factory=dict)


CHANGES = (
    Change(
        "9.3.0+1",
        date(2026, 11, 22),
        "Every value of the platform's document 9.3.0, with what its other pages say and what is assumed.",
    ),
    Change(
        "9.3.0+2",
        date(2026, 11, 27),
        "Each value names its page. What only pages of an earlier year say is assumed; workflow-state's key, "
        "on which two pages disagree, informs. Sizes of four functions and Spot come from newer pages.",
    ),
    Change(
        "9.3.0+3",
        date(2026, 11, 27),
        "An index may state its projection; no page says one.",
    ),
    Change(
        "9.3.0+4",
        date(2026, 11, 27),
        "Buckets state versioning, that plain HTTP is refused, and rules that expire objects; all assumed.",
    ),
    Change(
        "9.3.0+5",
        date(2026, 11, 27),
        "A second group of the NAT may be named; no page says one, so none is expected.",
    ),
    Change(
        "9.3.0+6",
        date(2026, 11, 27),
        "A table states whether only this region writes it; no page says so of any.",
    ),
    Change(
        "9.3.0+7",
        date(2026, 11, 28),
        "An index may state the attributes that its projection includes; no page says any.",
    ),
    Change(
        "9.3.0+8",
        date(2026, 11, 28),
        "The database may state that it is protected from deletion and encrypted; no page says so.",
    ),
)
