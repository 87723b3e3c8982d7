"""Which guard refuses, which stops, and which items go together. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from ttl_reaper.classify import Expired, classify
from ttl_reaper.model import (
    Candidate,
    DesiredTable,
    Guard,
    Item,
    LiveTable,
    Mode,
    ReapRequest,
    Tally,
    TtlClass,
    TtlState,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ttl_reaper.checkpoint import Checkpoint

# UPDATING serves reads and writes; other states do not, or not for long (DescribeTable's TableStatus).
SERVING_STATES = frozenset({"ACTIVE", "UPDATING"})
# Of fewer items a fraction says nothing: half of one item is none.
FRACTION_COUNTS_FROM = 1000
PAGE_ITEMS = 1000
FEWEST_PAGE_ITEMS = 25
ROUND_SECONDS = 10  # a round should not last longer at the allowed rate, or the checkpoint would stand still
DEFAULT_CLASSES = {
    Mode.REPORT: frozenset(TtlClass),
    Mode.DELETE: frozenset({TtlClass.OVERDUE}),
    Mode.REPAIR: frozenset({TtlClass.STRING, TtlClass.MILLISECONDS, TtlClass.OLD}),
}
# What may be named: E is never touched, and there is nothing to repair in a right value.
ALLOWED_CLASSES = {
    Mode.REPORT: frozenset(TtlClass),
    Mode.DELETE: frozenset(TtlClass) - {TtlClass.DISABLED},
    Mode.REPAIR: DEFAULT_CLASSES[Mode.REPAIR],
}


def native_is_off(desired: DesiredTable, live: LiveTable) -> str | None:
    """Why every expired item of this table is of class E, or None where native TTL works as configured."""
    if not live.ttl_is_on:
        return "TTL is off on the live table; drift_check can turn it on, which deletes for nothing"
    if desired.ttl_confirmed and live.ttl_attribute != desired.ttl_attribute:
        return (
            f"TTL is on {live.ttl_attribute!r}, but the confirmed attribute is {desired.ttl_attribute!r}; "
            "drift_check reports the details"
        )
    return None


def attribute(desired: DesiredTable, live: LiveTable) -> str | None:
    """The attribute to read by: the live table's, or where TTL is off the canonical one, to report only."""
    return live.ttl_attribute if live.ttl_is_on else desired.ttl_attribute


def refusal(desired: DesiredTable, live: LiveTable, request: ReapRequest) -> str | None:
    """Why this order must not run on this table, or None where it may. A dry run is refused alike."""
    return _unreadable(desired, live) or (
        None if request.mode is Mode.REPORT else _unsafe(desired, live, request)
    )


def _unreadable(desired: DesiredTable, live: LiveTable) -> str | None:
    read_by = attribute(desired, live)
    if not desired.may_be_reaped:
        return "the configuration says that this table is never reaped"
    if read_by is None:
        return "the table has no TTL attribute, live or canonical"
    if read_by in live.key_names:
        return "the TTL attribute is part of the key"
    return None if live.status in SERVING_STATES else f"the table is {live.status}"


def _unsafe(desired: DesiredTable, live: LiveTable, request: ReapRequest) -> str | None:
    if off := native_is_off(desired, live):
        return off
    if lacks_recovery(desired, live) and not is_named_without_pitr(desired, request):
        return (
            "point-in-time recovery is off, and the configuration expects it: a mistake could not be undone; "
            f'an event that names the table ("allow_without_pitr": ["{desired.component}"]) goes on'
        )
    if live.replicas and not live.strongly_consistent and not desired.written_here_only:
        return (
            f"a global table, eventually consistent, with replicas in {', '.join(live.replicas)}: an "
            "item that is renewed there within the lag would be lost"
        )
    return None


def lacks_recovery(desired: DesiredTable, live: LiveTable) -> bool:
    """Whether point-in-time recovery is off where the configuration expects it."""
    return desired.pitr_expected and not live.pitr


def is_named_without_pitr(desired: DesiredTable, request: ReapRequest) -> bool:
    """Whether the event names this table as one that may be written without recovery."""
    return not request.allow_without_pitr.isdisjoint({desired.component, desired.name})


def notes(desired: DesiredTable, live: LiveTable, request: ReapRequest) -> tuple[str, ...]:
    """What an operator should know besides the figures, before anything is deleted."""
    about = (_attribute_note(desired, live), _recovery_note(desired, live, request))
    return tuple(note for note in (*about, *_writing_notes(live, request)) if note)


def _attribute_note(desired: DesiredTable, live: LiveTable) -> str | None:
    off = native_is_off(desired, live)
    if off:
        return f"class E: {off}"
    if live.ttl_is_on and live.ttl_attribute != desired.ttl_attribute:
        return f"TTL is on {live.ttl_attribute!r}; the configuration only assumes {desired.ttl_attribute!r}"
    return None


def _recovery_note(desired: DesiredTable, live: LiveTable, request: ReapRequest) -> str | None:
    if not lacks_recovery(desired, live):
        return None
    if is_named_without_pitr(desired, request):
        return "point-in-time recovery is off and the event goes on: what is written cannot be restored"
    return "point-in-time recovery is off: delete and repair are refused until the event names this table"


def _writing_notes(live: LiveTable, request: ReapRequest) -> Iterator[str]:
    if live.stream_view and request.mode is not Mode.REPAIR:
        yield (
            f"a stream ({live.stream_view}) reads this table: deletions by the reaper, class A too, do not "
            "carry the userIdentity of TTL's own; after repair DynamoDB deletes, and its records do"
        )
    if live.replicas:
        consistency = "strongly" if live.strongly_consistent else "eventually"
        yield f"a global table, {consistency} consistent, with replicas in {', '.join(live.replicas)}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A page's expired items of the classes that a run is for, and what was counted of all of them."""

    candidates: list[Candidate]
    tally: Tally


def judge(items: Sequence[Item], key_names: Sequence[str], checkpoint: Checkpoint, *, off: bool) -> Judged:
    """Judge a page's items; ``off`` says that native TTL does not work on this table."""
    candidates: list[Candidate] = []
    expired = dict.fromkeys(TtlClass, 0)
    implausible = 0
    window = checkpoint.window
    for item in items:
        value = item.get(checkpoint.attribute)
        verdict = classify(value, window)
        if isinstance(verdict, Expired) and value:
            ttl_class = TtlClass.DISABLED if off else verdict.ttl_class
            expired[ttl_class] += 1
            if ttl_class in checkpoint.classes:
                key = {name: item[name] for name in key_names}
                candidates.append(Candidate(key, value, ttl_class, verdict.epoch))
        elif verdict is TtlState.IMPLAUSIBLE:
            implausible += 1
    return Judged(candidates, Tally(expired=expired, implausible=implausible))


def allowance(request: ReapRequest, item_count: int, scanned: int, changed: int) -> tuple[int, Guard]:
    """How many more items may be changed, and the guard that says so.

    A run of some segments has their share of what ItemCount (hours old), or the floor where that is more,
    allows: whatever the segments hold, the runs together go no further than the table's fraction. What a
    share leaves over goes to the runs that it stopped (``map_summary``).
    """
    limits = request.limits
    share = len(request.segments.mine) / request.segments.total
    if share == 1:
        return table_allowance(limits.max_deletes, limits.max_fraction, max(item_count, scanned), changed)
    by_number = limits.max_deletes - changed
    if limits.max_fraction >= 1:
        return max(0, by_number), Guard.MAX_DELETES
    floored = item_count < FRACTION_COUNTS_FROM
    table = FRACTION_COUNTS_FROM if floored else item_count * limits.max_fraction
    by_fraction = int(table * share) - changed
    if by_fraction < by_number:
        return max(0, by_fraction), Guard.MAX_FRACTION
    return max(0, by_number), Guard.MAX_DELETES


def table_allowance(max_deletes: int, max_fraction: float, known: int, changed: int) -> tuple[int, Guard]:
    """How many more items of a whole table may be changed, and the guard that says so.

    ``known`` is the larger of ItemCount and what was really scanned. Of fewer than FRACTION_COUNTS_FROM items
    only the number counts, and a fraction of 1 stops nothing.
    """
    by_fraction = int(known * max_fraction) - changed
    by_number = max_deletes - changed
    if known >= FRACTION_COUNTS_FROM and max_fraction < 1 and by_fraction < by_number:
        return max(0, by_fraction), Guard.MAX_FRACTION
    return max(0, by_number), Guard.MAX_DELETES


def within_capacity(request: ReapRequest, live: LiveTable, default: float) -> ReapRequest:
    """The request at no more than the table's and its indexes' own write capacity, else ``default``.

    Runs that share the table share its capacity.
    """
    bound = (live.write_capacity or default) / request.sharers
    limits = request.limits
    if limits.write_units_per_second <= bound:
        return request
    return replace(request, limits=replace(limits, write_units_per_second=bound))


def page_items(units_per_second: float, unfinished: int) -> int:
    """How many items a segment's page may hold, so that a round fits the rate that is allowed.

    The rate is shared by the segments that are unfinished: a finished one's part goes to the others.
    """
    a_round = units_per_second * ROUND_SECONDS / max(1, unfinished)
    return int(min(PAGE_ITEMS, max(FEWEST_PAGE_ITEMS, a_round)))


def interleave(pages: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """Deal the segments' items out in turn: neighbours in a segment tend to share a partition."""
    return [item for item in chain.from_iterable(zip_longest(*pages)) if item is not None]


def batches(items: Sequence[Candidate], size: int) -> Iterator[Sequence[Candidate]]:
    """Cut into pieces of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
