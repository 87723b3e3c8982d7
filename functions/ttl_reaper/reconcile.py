"""One table from its name to its result: observe, refuse or run, store the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.config.models.base import DAY
from tradai_shared.errors import AwsError, EventError, PermanentError
from ttl_reaper import checkpoint as checkpoints
from ttl_reaper import observe, planner
from ttl_reaper.apply import OutOfTime
from ttl_reaper.model import DesiredTable, ReapRequest, RunStatus
from ttl_reaper.results import TableResult, isolated, not_begun
from ttl_reaper.table_run import TableRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.dependencies import RunDependencies

WEEK_SECONDS = 7 * DAY


@dataclass(frozen=True, slots=True)
class Start:
    """Where a run begins, and what an operator should know of it."""

    checkpoint: Checkpoint
    notes: tuple[str, ...] = ()
    is_late: bool = False


def reap(
    dependencies: RunDependencies,
    desired: DesiredTable,
    request: ReapRequest,
    given: Checkpoint | None = None,
    *,
    restart: bool = False,
) -> TableResult:
    """Run one request on one table. Whatever fails is this table's failure: the others have their turn.

    Raises:
        EventError: ``given`` is not a checkpoint of this request on this table.
    """
    result = isolated(lambda: _in_time(dependencies, desired, request, given, restart=restart))
    if isinstance(result, AwsError):
        return TableResult(desired.name, RunStatus.FAILED, str(result), checkpoint=given)
    return result


def _in_time(
    dependencies: RunDependencies,
    desired: DesiredTable,
    request: ReapRequest,
    given: Checkpoint | None,
    *,
    restart: bool,
) -> TableResult:
    """Run, unless the time ends before the run has begun: then the stored checkpoint is as it was.

    A run that is given no time at all begins nevertheless: it answers with its checkpoint.
    """
    had_time = dependencies.seconds_left() > 0

    def check_time() -> None:
        if had_time and dependencies.seconds_left() <= 0:
            raise OutOfTime

    try:
        return _reap(dependencies, desired, request, given, restart=restart, check_time=check_time)
    except OutOfTime:
        return not_begun(desired.name, given)


def _reap(  # noqa: PLR0913 - what a table's run is made of
    dependencies: RunDependencies,
    desired: DesiredTable,
    request: ReapRequest,
    given: Checkpoint | None,
    *,
    restart: bool,
    check_time: Callable[[], None],
) -> TableResult:
    live = observe.live_table(dependencies.client, desired.name, check_time)
    attribute = planner.attribute(desired, live)
    refused = planner.refusal(desired, live, request)
    notes = planner.notes(desired, live, request)
    request = planner.within_capacity(request, live, dependencies.max_units_per_second)
    if refused or attribute is None:
        return TableResult(desired.name, RunStatus.REFUSED, refused or "", live=live, notes=notes)
    begun = checkpoints.begin(live, attribute, request, int(clock.now().timestamp()))
    key = checkpoint_key(desired, request)
    check_time()
    start = (
        _given(dependencies, key, given, begun)
        if given
        else _stored(dependencies, key, begun, restart=restart)
    )
    run = TableRun(
        dependencies,
        live,
        request,
        start.checkpoint,
        native_is_off=planner.native_is_off(desired, live) is not None,
        save=lambda checkpoint: dependencies.checkpoints.save(key, checkpoint),
    )
    result = _stored_result(dependencies, key, run)
    return replace(result, notes=(*notes, *start.notes), is_late=start.is_late)


def _stored_result(dependencies: RunDependencies, key: str, run: TableRun) -> TableResult:
    """Run, then store the checkpoint or forget it; what was done is reported even where that fails."""
    result = run.run()
    problem = isolated(lambda: _store(dependencies, key, run, result))
    if problem is None:
        return result
    reason = f"{result.reason}; its checkpoint was not kept: {problem}"
    return replace(result, end=RunStatus.FAILED, reason=reason)


def _store(dependencies: RunDependencies, key: str, run: TableRun, result: TableResult) -> None:
    if result.checkpoint:
        dependencies.checkpoints.save(key, result.checkpoint)
    else:
        dependencies.checkpoints.forget(key, run.checkpoint)


def checkpoint_key(desired: DesiredTable, request: ReapRequest) -> str:
    """Requests that differ in what they do never take each other's checkpoint for their own."""
    mode = request.mode.value + ("-dry" if request.dry_run else "")
    segments = request.segments
    part = "" if segments.index is None else f"-{segments.index}-of-{segments.total}"
    if segments.stride is not None:
        part += f"-by-{segments.stride}"
    return f"{desired.name}-{mode}{part}"


def _stored(dependencies: RunDependencies, key: str, begun: Checkpoint, *, restart: bool) -> Start:
    """The stored checkpoint, or a new one.

    Raises:
        PermanentError: its counts are impossible: beginning anew by itself would stretch max_deletes.
    """
    stored = None if restart else dependencies.checkpoints.load(key)
    if stored is None:
        return Start(begun)
    if not stored.tally.is_possible():
        problem = f"the counts of {key} are impossible; look at it, then send the event with restart: true"
        raise PermanentError("checkpoint", "ImpossibleCounts", problem)
    different = checkpoints.mismatch(stored, begun)
    if different:
        return Start(begun, (f"begun anew: the stored checkpoint is another run's or too old ({different})",))
    days = (begun.started - stored.started) // DAY
    if begun.started - stored.started >= WEEK_SECONDS:
        note = f"this run began {days} days ago and has not reached the table's end"
        return Start(stored, (note,), is_late=True)
    return Start(stored)


def _given(dependencies: RunDependencies, key: str, given: Checkpoint, begun: Checkpoint) -> Start:
    """The event's checkpoint, with the higher of its tally and the recorded one.

    Raises:
        EventError: it is another run's, too old, or its counts are impossible.
    """
    if different := checkpoints.mismatch(given, begun):
        raise EventError(f"checkpoint.{different}", "is not this order's on this table as it is now")
    recorded = dependencies.checkpoints.tally(key, given.started)
    return Start(checkpoints.with_higher_tally(given, recorded))
