"""What a comparison of AWS with the canonical configuration finds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
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
    """Severity, the worst first. Info raises no alarm and no exit code."""

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
    """Who may order the heal of a finding."""

    AUTOMATIC = "automatic"
    ON_APPROVAL = "on approval"
    NEVER = "never"  # a migration, or a decision that no program should take


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why a finding is accepted. ``until`` is its last day; None where the platform itself accepts it."""

    reason: str
    owner: str
    until: date | None = None
    content: str | None = None  # the digest that was accepted; None: the one that was present at first


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. ``check``, ``resource`` and ``attribute`` identify it from run to run."""

    check: str
    resource: str
    attribute: str
    status: FindingStatus
    desired: Json = None
    observed: Json = None
    severity: Severity = Severity.MEDIUM
    healing: Healing = Healing.NEVER
    provenance: Provenance
    reason: str
    path: str = ""  # of the desired value in the configuration
    waiver: Waiver | None = None
    first_seen: datetime | None = None
    digest: str = ""  # of its content: see content_digest
    place: str = ""  # environment, account and region

    @property
    def id(self) -> str:
        """Stable: the same difference has the same id in every run."""
        return finding_id(self.check, self.resource, self.attribute)

    @property
    def placed_digest(self) -> str:
        """Of the content in its place: another account may have the same under the same names."""
        return content_digest(self.digest, self.place) if self.place else self.digest

    @property
    def is_actionable(self) -> bool:
        """Whether it is drift that somebody must look at: known, not accepted, more than information."""
        return (
            self.status is not FindingStatus.UNKNOWN
            and self.waiver is None
            and self.severity is not Severity.INFO
        )


def content_digest(*content: object) -> str:
    """Short, and the same for the same content, in any order of keys.

    An id says which attribute differs. Approvals, waivers and notifications are about a content: the status,
    the desired and observed values, and what would be written.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def finding_id(check: str, resource: str, attribute: str) -> str:
    key = f"{check}|{resource}|{attribute}"
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()[:ID_LENGTH]


# By check and attribute; the first pattern that fits decides.
SEVERITIES: tuple[tuple[str, str, Severity], ...] = (
    ("*", "tags", Severity.LOW),
    ("tables", "existence", Severity.CRITICAL),
    ("tables", "deletion_protection", Severity.HIGH),
    ("tables", "point_in_time_recovery", Severity.HIGH),
    ("tables", "encrypted", Severity.HIGH),
    ("tables", "indexes.*", Severity.HIGH),
    ("tables", "ttl", Severity.HIGH),
    ("tables", "unexpected index", Severity.LOW),
    ("tables", "unexpected table", Severity.MEDIUM),
    ("database", "existence", Severity.CRITICAL),
    ("database", "backup_retention_days", Severity.HIGH),
    ("database", "multi_az", Severity.HIGH),
    ("database", "engine", Severity.HIGH),
    ("buckets", "existence", Severity.CRITICAL),
    ("buckets", "encryption", Severity.HIGH),
    ("access", "existence", Severity.CRITICAL),
    ("access", "mfa", Severity.HIGH),
    ("access", "deletion_protection", Severity.HIGH),
    ("nat", "existence", Severity.CRITICAL),
    ("nat", "boot.*", Severity.CRITICAL),
    ("nat", "*_size", Severity.HIGH),
    ("nat", "desired_capacity", Severity.HIGH),
    ("nat", "imdsv2_required", Severity.HIGH),
    ("nat", "image.latest", Severity.LOW),
    ("nat", "detailed_monitoring", Severity.LOW),
    ("nat", "actions enabled", Severity.HIGH),
    ("nat", "transition", Severity.HIGH),
    ("network", "default_route", Severity.CRITICAL),
    ("network", "route_table", Severity.HIGH),
    ("network", "existence", Severity.CRITICAL),
    ("network", "dns_*", Severity.HIGH),
    ("services", "environment.TRADING_MODE", Severity.HIGH),
    ("services", "environment.*_TABLE", Severity.HIGH),
    ("security_groups", "*gress", Severity.HIGH),
    ("security_groups", "protocols", Severity.HIGH),
    ("*", "existence", Severity.HIGH),
    ("functions", "*", Severity.LOW),
    ("logs", "*", Severity.LOW),
)


def severity_of(check: str, attribute: str) -> Severity:
    """The severity of an attribute's drift; medium where the table names none."""
    for of_check, of_attribute, severity in SEVERITIES:
        if fnmatchcase(check, of_check) and fnmatchcase(attribute, of_attribute):
            return severity
    return Severity.MEDIUM
