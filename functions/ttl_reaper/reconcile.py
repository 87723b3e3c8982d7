"""One table from its name to its result: observe, refuse or run, keep the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.errors import AwsError, EventError, PermanentError
from ttl_reaper import checkpoint as checkpoints
from ttl_reaper import observe, planner
from ttl_reaper.model import DesiredTable, LiveTable, ReapRequest, RunStatus
from ttl_reaper.table_run import WORKERS, Callbacks, TableResult, TableRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from types_boto3_dynamodb import DynamoDBClient

    from ttl_reaper.apply import BatchDependencies
    from ttl_reaper.audit import Audit, Checkpoints
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.model import ItemOutcome, Tally


@dataclass(frozen=True, slots=True)
class RunDependencies:
    """What every table of an invocation is done with."""

    client: DynamoDBClient
    tools: Callable[[ReapRequest], BatchDependencies]  # a table has its own pace
    audit: Callable[[str], Audit]
    checkpoints: Checkpoints
    failed: Callable[[ItemOutcome], None] = lambda _: None
    progress: Callable[[Tally], None] = lambda _: None
    workers: int = WORKERS


def reap(
    room: RunDependencies,
    desired: DesiredTable,
    order: ReapRequest,
    given: Checkpoint | None = None,
    *,
    restart: bool = False,
) -> TableResult:
    """Run one order on one table.

    Raises:
        EventError: ``given`` is not a checkpoint of this order on this table.
    """
    try:
        live = observe.live_table(room.client, desired.name)
        name = planner.attribute(desired, live)
        refused = planner.refusal(desired, live, order)
        if refused or name is None:
            return TableResult(desired.name, RunStatus.REFUSED, refused or "", live=live)
        begun = checkpoints.begin(live, name, order, int(clock.now().timestamp()))
        kept_as = checkpoint_key(desired, order)
        start = _checked(given, begun) if given else _kept(room, kept_as, begun, restart=restart)
        result = _run(room, desired, live, order, start, kept_as)
    except AwsError as error:
        return TableResult(desired.name, RunStatus.FAILED, str(error))
    return replace(result, notes=_notes(desired, live))


def _run(  # noqa: PLR0913, PLR0917 - one caller, just above
    room: RunDependencies,
    desired: DesiredTable,
    live: LiveTable,
    order: ReapRequest,
    start: Checkpoint,
    kept_as: str,
) -> TableResult:
    hooks = Callbacks(
        audit=room.audit(desired.name),
        save=lambda kept: room.checkpoints.save(kept_as, kept),
        failed=room.failed,
        progress=room.progress,
    )
    result = TableRun(
        desired=desired,
        live=live,
        order=order,
        checkpoint=start,
        tools=room.tools(order),
        hooks=hooks,
        workers=room.workers,
    ).run()
    return _keep(room, kept_as, result)


def _keep(room: RunDependencies, kept_as: str, result: TableResult) -> TableResult:
    """Keep the checkpoint, or forget it; what was done is told even where that fails."""
    try:
        if result.checkpoint:
            room.checkpoints.save(kept_as, result.checkpoint)
        else:
            room.checkpoints.forget(kept_as)
    except AwsError as error:
        return replace(
            result, end=RunStatus.FAILED, reason=f"{result.reason}; its checkpoint was not kept: {error}"
        )
    return result


def checkpoint_key(desired: DesiredTable, order: ReapRequest) -> str:
    """Orders that differ in what they do never take each other's checkpoint for their own."""
    how = order.mode.value + ("-dry" if order.dry_run else "")
    segments = order.segments
    part = "" if segments.index is None else f"-{segments.index}-of-{segments.total}"
    return f"{desired.name}-{how}{part}"


def _kept(room: RunDependencies, kept_as: str, begun: Checkpoint, *, restart: bool) -> Checkpoint:
    """The checkpoint to go on from.

    Raises:
        PermanentError: its counts are impossible: beginning anew by itself would stretch max_deletes.
    """
    kept = None if restart else room.checkpoints.load(kept_as)
    if kept and not kept.tally.is_possible():
        problem = (
            f"the counts of {kept_as} are impossible; look at it, then send the event with restart: true"
        )
        raise PermanentError("checkpoint", "ImpossibleCounts", problem)
    return kept if kept and checkpoints.mismatch(kept, begun) is None else begun


def _checked(given: Checkpoint, begun: Checkpoint) -> Checkpoint:
    if wrong := checkpoints.mismatch(given, begun):
        raise EventError(f"checkpoint.{wrong}", "is not this order's on this table as it is now")
    return given


def _notes(desired: DesiredTable, live: LiveTable) -> tuple[str, ...]:
    """What an operator should know besides the figures."""
    off = planner.native_is_off(desired, live)
    if off:
        return (f"class E: {off}",)
    if live.ttl_attribute != desired.ttl_attribute:
        return (
            f"TTL is on {live.ttl_attribute!r}; the configuration only assumes {desired.ttl_attribute!r}",
        )
    return ()
