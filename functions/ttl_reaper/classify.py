"""What a TTL value is. Pure; the one place that decides whether an item has expired.

DynamoDB deletes by a top-level Number in epoch seconds that is not more than five years old, and by nothing
else. Everything here is judged against one window that is fixed when the run starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tradai_shared.config.models.base import DAY
from ttl_reaper.model import TtlClass, TtlState, Value

FIVE_YEARS = 5 * 365 * DAY
EARLIEST = 1_420_070_400  # 2015-01-01: nothing of the platform is older, so an older value is no such time
LATEST = 4_102_444_800  # 2100-01-01
REPAIR_MARGIN = 30 * DAY  # a repaired value must not pass five years before native TTL has come round
MAX_DIGITS = 40  # DynamoDB's Numbers have 38


@dataclass(frozen=True, slots=True)
class Window:
    """The cut-off times of a run, in epoch seconds; they are fixed at its start."""

    started: int
    grace_seconds: int

    @property
    def cutoff(self) -> int:
        """A TTL before this is overdue."""
        return self.started - self.grace_seconds

    @property
    def too_old(self) -> int:
        """A TTL before this is ignored by DynamoDB's own deletion."""
        return self.started - FIVE_YEARS


@dataclass(frozen=True, slots=True)
class Expired:
    """An expired value: its class and the point in time that it means, in whole epoch seconds."""

    ttl_class: TtlClass
    epoch: int


def classify(value: Value | None, window: Window) -> Expired | TtlState:
    """Judge one TTL attribute's value, given in wire form."""
    if not value:
        return TtlState.NO_TTL
    [(kind, raw)] = value.items()
    number = _number(kind, raw)
    if number is None:
        return TtlState.IMPLAUSIBLE
    milliseconds = number > LATEST
    seconds = number / 1000 if milliseconds else number
    if not EARLIEST <= seconds <= LATEST:
        return TtlState.IMPLAUSIBLE
    if seconds >= window.cutoff:
        return TtlState.LIVE
    return Expired(_class(kind, milliseconds=milliseconds, old=seconds < window.too_old), int(seconds))


def _class(kind: str, *, milliseconds: bool, old: bool) -> TtlClass:
    if kind == "S":
        return TtlClass.STRING
    if milliseconds:
        return TtlClass.MILLISECONDS
    return TtlClass.OLD if old else TtlClass.OVERDUE


def _number(kind: str, raw: object) -> Decimal | None:
    """The value as a number; a String counts only where it is plain digits, never a date to be guessed."""
    if not isinstance(raw, str) or len(raw) > MAX_DIGITS:
        return None
    match kind:
        case "N":
            return _decimal(raw)
        case "S" if raw.isascii() and raw.isdigit():
            return Decimal(raw)
        case _:
            return None


def _decimal(raw: str) -> Decimal | None:
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def repaired(epoch: int, window: Window) -> int:
    """The epoch value that lets native TTL delete: the right one, or the cut-off where that is too old."""
    return epoch if epoch >= window.too_old + REPAIR_MARGIN else window.cutoff
