"""The words of the reaper: classes, modes, what was seen of a table, what is to be done, what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

# One attribute's value in wire form: {"N": "1600000000"}, {"B": "<base64>"}.
Value: TypeAlias = dict[str, Any]
Item: TypeAlias = dict[str, Value]


class TtlClass(StrEnum):
    """Why an expired item is still there."""

    OVERDUE = "A"  # a right value, expired longer ago than the grace period: native TTL is late
    STRING = "B"  # stored as String: native TTL never deletes it
    MILLISECONDS = "C"  # in milliseconds: to native TTL it lies tens of thousands of years ahead
    OLD = "D"  # older than five years: native TTL leaves it alone
    DISABLED = "E"  # native TTL is off, or on another attribute than the confirmed canonical one


class TtlState(StrEnum):
    """What else a TTL value can be. None of these is ever touched."""

    LIVE = "live"  # not expired, or within the grace period
    NO_TTL = "no_ttl"  # the attribute is absent
    IMPLAUSIBLE = "implausible"  # before 2015, beyond 2100, or no point in time at all


class Mode(StrEnum):
    """What is done to expired items."""

    REPORT = "report"
    DELETE = "delete"
    REPAIR = "repair"


class TtlStatus(StrEnum):
    """DescribeTimeToLive's own words."""

    ENABLING = "ENABLING"
    ENABLED = "ENABLED"
    DISABLING = "DISABLING"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class DesiredTable:
    """What the canonical configuration says of a table."""

    component: str
    name: str
    ttl_attribute: str | None
    ttl_confirmed: bool  # written down or seen, rather than assumed
    may_be_reaped: bool
    pitr_expected: bool = True  # without it in the configuration, its absence is no reason to refuse
    written_here_only: bool = False  # of a global table: no other region writes it


@dataclass(frozen=True, slots=True)
class LiveTable:
    """What AWS says of a table."""

    name: str
    table_id: str
    status: str
    item_count: int  # hours old
    key_names: tuple[str, ...]
    index_count: int  # each global index costs a further write unit for an item that it holds
    ttl_status: TtlStatus
    ttl_attribute: str | None
    pitr: bool
    size_bytes: int = 0  # hours old
    local_index_count: int = 0
    stream_view: str | None = None  # None: no stream
    replicas: tuple[str, ...] = ()  # the other regions of a global table
    strongly_consistent: bool = False  # the replicas: MultiRegionConsistency STRONG
    write_capacity: float | None = None  # units a second that the table is limited to; None: not known

    @property
    def ttl_is_on(self) -> bool:
        """Whether DynamoDB deletes, or is about to."""
        return self.ttl_status in {TtlStatus.ENABLED, TtlStatus.ENABLING}


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go."""

    max_deletes: int = 100_000
    max_fraction: float = 0.5
    write_units_per_second: float = 500.0
    grace_seconds: int = 72 * 3600  # native TTL goes first: it is free


@dataclass(frozen=True, slots=True)
class Segments:
    """Into how many segments the scan is cut, and which of them are this run's."""

    total: int
    index: int | None = None  # None: all of them
    stride: int | None = None  # with index: it and every stride-th after it

    @property
    def mine(self) -> tuple[int, ...]:
        """The numbers of this run's segments."""
        if self.index is None:
            return tuple(range(self.total))
        return tuple(range(self.index, self.total, self.stride or self.total))


@dataclass(frozen=True, slots=True)
class ReapRequest:
    """What is to be done to one table."""

    mode: Mode
    dry_run: bool
    classes: frozenset[TtlClass]
    limits: Limits
    segments: Segments
    allow_without_pitr: frozenset[str] = frozenset()  # tables that the event names, as it spells them
    sharers: int = 1  # runs at work on the table at one time, this one included: they divide its capacity

    @property
    def writes(self) -> bool:
        """Whether this request may change anything at all."""
        return self.mode is not Mode.REPORT and not self.dry_run


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expired item that was seen, with the very value that made it one."""

    key: Item
    ttl: Value
    ttl_class: TtlClass
    epoch: int  # the point in time that the value means, in seconds


class Verdict(StrEnum):
    """How one item ended."""

    DELETED = "deleted"  # gone: by this statement, or by somebody else before it
    REPAIRED = "repaired"
    RENEWED = "renewed"  # its TTL is no longer the one that was seen: kept
    FAILED = "failed"
    DEFERRED = "deferred"  # refused for the moment, ten times: the checkpoint carries it on
    UNSETTLED = "unsettled"  # time ran out first: the checkpoint stays before it


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """A candidate and how it ended; ``detail`` is AWS's error code where it failed."""

    candidate: Candidate
    verdict: Verdict
    detail: str = ""


class Guard(StrEnum):
    """What stops a run that is under way."""

    MAX_DELETES = "max_deletes"
    MAX_FRACTION = "max_fraction"


class RunStatus(StrEnum):
    """How a table's run ended."""

    FINISHED = "finished"
    OUT_OF_TIME = "out_of_time"
    GUARD = "guard"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted."""

    scanned: int = 0
    expired: dict[TtlClass, int] = field(default_factory=dict)
    implausible: int = 0
    planned: int = 0  # in a dry run: what would have been sent
    deleted: int = 0
    repaired: int = 0
    renewed: int = 0
    failed: int = 0
    uncertain: int = (
        0  # sent, and the answer lost or the run killed: they may be changed, so limits count them
    )
    read_units: float = 0.0
    write_units: float = 0.0
    failed_codes: dict[str, int] = field(default_factory=dict)  # of the failed: AWS's error codes

    def is_possible(self) -> bool:
        """Whether a run can have counted this: nothing is negative, or a limit would be stretched by it."""
        counts = (
            self.scanned,
            self.implausible,
            self.planned,
            self.deleted,
            self.repaired,
            self.renewed,
            self.failed,
            self.uncertain,
            self.read_units,
            self.write_units,
            *self.expired.values(),
            *self.failed_codes.values(),
        )
        return min(counts) >= 0

    @property
    def settled(self) -> int:
        """Items that need no further try."""
        return self.deleted + self.repaired + self.renewed + self.failed

    @property
    def changed(self) -> int:
        """Items that the limits count: on the safe side, what may be changed too."""
        return self.deleted + self.repaired + self.uncertain

    def __add__(self, other: Tally) -> Tally:
        """Both counted together."""
        return Tally(
            scanned=self.scanned + other.scanned,
            expired=dict(Counter(self.expired) + Counter(other.expired)),
            implausible=self.implausible + other.implausible,
            planned=self.planned + other.planned,
            deleted=self.deleted + other.deleted,
            repaired=self.repaired + other.repaired,
            renewed=self.renewed + other.renewed,
            failed=self.failed + other.failed,
            uncertain=self.uncertain + other.uncertain,
            read_units=self.read_units + other.read_units,
            write_units=self.write_units + other.write_units,
            failed_codes=dict(Counter(self.failed_codes) + Counter(other.failed_codes)),
        )
