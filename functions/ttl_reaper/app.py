"""The handler. Reports by default; deletes only what its event names, and only what is still what it saw."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from tradai_shared import clock
from tradai_shared.aws import clients
from tradai_shared.config import canonical_config
from tradai_shared.errors import EventError
from tradai_shared.handler import invocation
from tradai_shared.observability import make_logger, make_metrics
from ttl_reaper import distributed_map, events, report, settings, tables
from ttl_reaper.audit import LogAudit, S3Audit, key_hash
from ttl_reaper.checkpoint_store import NoCheckpoints, S3Checkpoints
from ttl_reaper.model import RunStatus, Tally
from ttl_reaper.reconcile import RunDependencies, open_dependencies, reap
from ttl_reaper.table_run import TableResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    from ttl_reaper.audit import Audit
    from ttl_reaper.checkpoint_store import Checkpoints
    from ttl_reaper.events import SummaryEvent, WorkEvent
    from ttl_reaper.model import DesiredTable, ItemOutcome
    from ttl_reaper.report import ReapAnswer
    from ttl_reaper.settings import Settings

SERVICE = "ttl_reaper"
# No call begins later than this before the end. The longest, 3 attempts of 2 + 5 s with pauses, takes 24 s.
SPARE_SECONDS = 30.0

logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> ReapAnswer:
    """Reap, plan for the state machine, or add up what its runs came to.

    Raises:
        EventError: the event cannot be understood; nothing was touched.
    """
    with invocation(logger, context, metrics, error_metric="ReapErrors"):
        return _handle(event, context)


def _handle(event: dict[str, Any], context: LambdaContext) -> ReapAnswer:
    own = settings.Settings.from_env(os.environ)
    metrics.set_default_dimensions(environment=own.environment.value)
    parsed = events.parse(event)
    if isinstance(parsed, events.SummaryEvent):
        return _summary(parsed, own)
    selected = tables.select_tables(parsed, tables.tables(canonical_config(own.environment)))
    if parsed.action is events.WorkAction.PLAN:
        return _plan(distributed_map.plan(parsed, selected), own)
    audit, checkpoints = _stores(own, context.aws_request_id)
    with open_dependencies(_seconds_left(context), audit, checkpoints, failed=_failed) as dependencies:
        results = [_reaped(dependencies, table, parsed) for table in selected]
    return _answered(results, own)


def _plan(work: list[dict[str, Any]], own: Settings) -> ReapAnswer:
    data: report.ReapData = {"summary": {"runs": len(work)}, "results": [], "unfinished": "", "work": work}
    return {"success": True, "data": data, "environment": own.environment.value}


def _summary(event: SummaryEvent, own: Settings) -> ReapAnswer:
    success = all(result.success for result in event.results)
    metrics.add_metric("ReapFailures", MetricUnit.Count, sum(not result.success for result in event.results))
    results: list[dict[str, object]] = [result.model_dump(exclude_none=True) for result in event.results]
    lost = "; ".join(
        f"{result.table} {result.segment}: {result.reason}" for result in event.results if not result.success
    )
    data: report.ReapData = {
        "summary": distributed_map.merge_summaries(event.results),
        "results": results,
        "unfinished": lost,
    }
    return {"success": success, "data": data, "environment": own.environment.value}


def _reaped(dependencies: RunDependencies, table: DesiredTable, event: WorkEvent) -> TableResult:
    """One table. An error that nobody foresaw is that table's failure; the others go on.

    Raises:
        EventError: the event's checkpoint is not of this table.
    """
    try:
        return reap(dependencies, table, event.order, event.checkpoint, restart=event.restart)
    except EventError:
        raise
    except Exception as error:
        logger.exception("table failed", extra={"table": table.name})
        return TableResult(table.name, RunStatus.FAILED, f"{type(error).__name__}: {error}")


def _stores(own: Settings, run_id: str) -> tuple[Callable[[str], Audit], Checkpoints]:
    """Where the audit and the checkpoints are kept."""
    if own.bucket is None:
        return lambda table: LogAudit(logger, table), NoCheckpoints()
    s3, bucket = clients.s3(), own.bucket

    def audit(table: str) -> Audit:
        return S3Audit(s3, bucket, f"audit/{table}/{clock.now():%Y-%m-%d}/{clock.now():%H%M%S}-{run_id}")

    return audit, S3Checkpoints(s3, bucket, "checkpoints")


def _seconds_left(context: LambdaContext) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS


def _failed(outcome: ItemOutcome) -> None:
    logger.error("Item failed", extra={"key_hash": key_hash(outcome.candidate.key), "code": outcome.detail})


def _answered(results: Sequence[TableResult], own: Settings) -> ReapAnswer:
    answer = report.answer(results, own.environment.value)
    for result, line in zip(results, answer["data"]["results"], strict=True):
        log = logger.info if result.ok else logger.error
        log("Table ended", extra={name: value for name, value in line.items() if name != "checkpoint"})
    _measure(sum((result.spent for result in results), Tally()))
    metrics.add_metric("ReapFailures", MetricUnit.Count, sum(not result.ok for result in results))
    metrics.add_metric(
        "OutOfTime", MetricUnit.Count, sum(result.end is RunStatus.OUT_OF_TIME for result in results)
    )
    return answer


def _measure(spent: Tally) -> None:
    counts = {
        "ItemsScanned": spent.scanned,
        "ItemsExpired": sum(spent.expired.values()),
        "ItemsDeleted": spent.deleted,
        "ItemsRepaired": spent.repaired,
        "ItemsRenewed": spent.renewed,
        "ItemsFailed": spent.failed,
        "ReadUnits": spent.read_units,
        "WriteUnits": spent.write_units,
        "EstimatedUsd": report.usd(spent),
    }
    for name, value in counts.items():
        metrics.add_metric(name, MetricUnit.Count, value)
