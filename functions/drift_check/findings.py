"""What a comparison of AWS with the canonical configuration finds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import partial
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
    def is_unknown(self) -> bool:
        return self.status is FindingStatus.UNKNOWN

    @property
    def is_actionable(self) -> bool:
        """Whether it is drift that somebody must look at: known, not accepted, more than information."""
        return not self.is_unknown and self.waiver is None and self.severity is not Severity.INFO


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


# Patterns of CHECK:ATTRIBUTE, the worst first; what none of them fits is medium.
SEVERITIES = {
    Severity.CRITICAL: (
        "tables:existence",
        "database:existence",
        "database:pending identifier",
        "database:ssl_enforced",
        "database:status",
        "buckets:existence",
        "buckets:public_access_blocked",
        "access:existence",
        "access:scheduled deletion",
        "nat:existence",
        "nat:boot.*",
        "functions:failover time-out",
        "nat:image state",
        "nat:live target",
        "nat:template state",
        "network:default_route",
        "network:existence",
        "security_groups:open_to_world",
        "security_groups:unexpected open group",
    ),
    Severity.HIGH: (
        "*:existence",
        "tables:deletion_protection",
        "tables:encrypted",
        "tables:indexes.*",
        "tables:point_in_time_recovery",
        "tables:status",
        "tables:ttl",
        "database:*backup_retention_days",
        "database:*engine",
        "database:*multi_az",
        "database:deletion_protection",
        "database:publicly accessible",
        "database:storage_encrypted",
        "buckets:encryption",
        "buckets:lifecycle",
        "access:associated_with",
        "access:deletion_protection",
        "access:mfa",
        "access:unexpected listener",
        "nat:*_size",
        "nat:*imdsv2_required",
        "nat:actions enabled",
        "nat:disabled schedule",
        "nat:address",
        "nat:desired_capacity",
        "nat:rule*",
        "nat:security group",
        "nat:suspended process",
        "nat:transition",
        "nat:unexpected hook",
        "network:dns_*",
        "network:route_table",
        "network:unexpected route",
        "services:environment.*_TABLE",
        "services:environment.TRADING_MODE",
        "services:status",
        "security_groups:*gress",
        "security_groups:ingress beside the web",
        "security_groups:protocols",
    ),
    Severity.LOW: (
        "*:tags",
        "tables:unexpected *index",
        "nat:*detailed_monitoring",
        "nat:image.latest",
        "functions:*",
        "logs:*",
    ),
    Severity.INFO: ("security_groups:accepted gap *",),
}


def severity_of(check: str, attribute: str) -> Severity:
    """The severity of an attribute's drift."""
    name = f"{check}:{attribute}"
    for severity, patterns in SEVERITIES.items():
        if any(map(partial(fnmatchcase, name), patterns)):
            return severity
    return Severity.MEDIUM
