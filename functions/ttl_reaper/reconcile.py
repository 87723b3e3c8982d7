"""One table from its name to its result: observe, refuse or run, keep the checkpoint."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tradai_shared import clock
from tradai_shared.aws import dynamodb_requests
from tradai_shared.errors import AwsError, EventError, PermanentError
from ttl_reaper import checkpoint as checkpoints
from ttl_reaper import observe, planner
from ttl_reaper.apply import PacedRequests
from ttl_reaper.model import DesiredTable, LiveTable, ReapRequest, RunStatus
from ttl_reaper.rate_limiter import TokenBucket
from ttl_reaper.table_run import WORKERS, Callbacks, TableResult, TableRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from types_boto3_dynamodb import DynamoDBClient

    from ttl_reaper.apply import Requests
    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint import Checkpoint
    from ttl_reaper.checkpoint_store import Checkpoints
    from ttl_reaper.model import ItemOutcome, Tally


@dataclass(frozen=True, slots=True)
class RunDependencies:
    """What every table of an invocation is reaped with."""

    client: DynamoDBClient
    requests: Requests
    seconds_left: Callable[[], float]
    audit: Callable[[str], Audit]  # by table
    checkpoints: Checkpoints
    failed: Callable[[ItemOutcome], None] = lambda _: None
    progress: Callable[[Tally], None] = lambda _: None
    rng: random.Random = field(default_factory=random.Random)
    workers: int = WORKERS

    def paced(self, order: ReapRequest) -> PacedRequests:
        """A table has its own bucket."""
        bucket = TokenBucket(order.limits.write_units_per_second, clock.now().timestamp())
        return PacedRequests(self.requests, bucket, self.seconds_left, self.rng)


@contextmanager
def open_dependencies(  # noqa: PLR0913 - the one place where a run is put together
    seconds_left: Callable[[], float],
    audit: Callable[[str], Audit],
    checkpoints: Checkpoints,
    *,
    failed: Callable[[ItemOutcome], None] = lambda _: None,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> Iterator[RunDependencies]:
    """Make the clients, and close them at the end.

    Raises:
        PermanentError: there is no such profile, no region, or there are no credentials.
    """
    with dynamodb_requests.opened(
        pool=WORKERS, profile=profile, region=region, endpoint_url=endpoint_url
    ) as (client, requests):
        yield RunDependencies(client, requests, seconds_left, audit, checkpoints, failed)


def reap(
    dependencies: RunDependencies,
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
        live = observe.live_table(dependencies.client, desired.name)
        name = planner.attribute(desired, live)
        refused = planner.refusal(desired, live, order)
        if refused or name is None:
            return TableResult(desired.name, RunStatus.REFUSED, refused or "", live=live)
        begun = checkpoints.begin(live, name, order, int(clock.now().timestamp()))
        key = checkpoint_key(desired, order)
        start = _checked(given, begun) if given else _stored(dependencies, key, begun, restart=restart)
        result = _run(dependencies, desired, live, order, start, key)
    except AwsError as error:
        return TableResult(desired.name, RunStatus.FAILED, str(error))
    return replace(result, notes=_notes(desired, live))


def _run(  # noqa: PLR0913, PLR0917 - one caller, just above
    dependencies: RunDependencies,
    desired: DesiredTable,
    live: LiveTable,
    order: ReapRequest,
    start: Checkpoint,
    key: str,
) -> TableResult:
    callbacks = Callbacks(
        audit=dependencies.audit(desired.name),
        save=lambda checkpoint: dependencies.checkpoints.save(key, checkpoint),
        failed=dependencies.failed,
        progress=dependencies.progress,
    )
    result = TableRun(
        desired=desired,
        live=live,
        order=order,
        checkpoint=start,
        requests=dependencies.paced(order),
        callbacks=callbacks,
        workers=dependencies.workers,
    ).run()
    return _keep(dependencies, key, result)


def _keep(dependencies: RunDependencies, key: str, result: TableResult) -> TableResult:
    """Keep the checkpoint, or forget it; what was done is told even where that fails."""
    try:
        if result.checkpoint:
            dependencies.checkpoints.save(key, result.checkpoint)
        else:
            dependencies.checkpoints.forget(key)
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


def _stored(dependencies: RunDependencies, key: str, begun: Checkpoint, *, restart: bool) -> Checkpoint:
    """The checkpoint to go on from.

    Raises:
        PermanentError: its counts are impossible: beginning anew by itself would stretch max_deletes.
    """
    stored = None if restart else dependencies.checkpoints.load(key)
    if stored and not stored.tally.is_possible():
        problem = f"the counts of {key} are impossible; look at it, then send the event with restart: true"
        raise PermanentError("checkpoint", "ImpossibleCounts", problem)
    return stored if stored and checkpoints.mismatch(stored, begun) is None else begun


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
