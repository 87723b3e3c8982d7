"""What a comparison of AWS with the canonical configuration finds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import date, datetime

    from tradai_shared.config.provenance import Provenance

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ID_LENGTH = 12
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)  # an answer of an unexpected form


class FindingStatus(StrEnum):
    """How AWS differs; what could not be read is unknown, never drift and never fine."""

    DRIFTED = "drifted"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much it matters, the worst first. Info raises no alarm and no exit code."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Healing(StrEnum):
    """Who may mend it."""

    AUTOMATIC = "automatic"
    ON_APPROVAL = "on approval"
    NEVER = "never"  # a migration, or a decision that no program should take


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding is accepted. ``until`` is its last day; None where the platform itself accepts it."""

    reason: str
    owner: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference. ``check``, ``resource`` and ``attribute`` identify it from run to run."""

    check: str
    resource: str
    attribute: str
    status: FindingStatus
    desired: Json
    observed: Json
    severity: Severity
    healing: Healing
    provenance: Provenance
    reason: str
    path: str = ""  # of the desired value in the configuration
    waiver: Waiver | None = None
    first_seen: datetime | None = None

    @property
    def id(self) -> str:
        """Stable: the same difference has the same id in every run."""
        return finding_id(self.check, self.resource, self.attribute)

    @property
    def counts(self) -> bool:
        """Whether it is drift that somebody must look at: known, not accepted, more than information."""
        return (
            self.status is not FindingStatus.UNKNOWN
            and self.waiver is None
            and self.severity is not Severity.INFO
        )


def finding_id(check: str, resource: str, attribute: str) -> str:
    told = f"{check}|{resource}|{attribute}"
    return hashlib.sha256(told.encode()).hexdigest()[:ID_LENGTH]
