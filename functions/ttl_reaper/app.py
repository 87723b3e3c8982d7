"""The handler. Reports by default; deletes only what its event names, and only what is still what it saw."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from tradai_shared import clock
from tradai_shared.alerts import PERMISSION as PUBLISH
from tradai_shared.aws import clients
from tradai_shared.config import canonical_config
from tradai_shared.errors import AwsError
from tradai_shared.handler import count_lost_alert, invocation, make_logger, make_metrics
from ttl_reaper import distributed_map, events, map_summary, messages, report, settings, tables
from ttl_reaper.audit import LogAudit, S3Audit, key_hash
from ttl_reaper.checkpoint_store import NoCheckpoints, S3Checkpoints, written_results
from ttl_reaper.dependencies import RunDependencies, open_dependencies
from ttl_reaper.model import Mode, RunStatus, Tally
from ttl_reaper.reconcile import reap
from ttl_reaper.results import TableResult, isolated, not_begun

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
# No call begins later than this before the end. What may still be under way or to be written then: a call of
# DynamoDB (3 attempts of 2 + 5 s with pauses of 1 and 2 s), and in S3 the audit, the tally, the
# checkpoint and a plan's mark (2 attempts each, with a pause of 1 s).
S3_ATTEMPTS = 2
SPARE_SECONDS = 24.0 + 4 * 15.0

logger = make_logger(SERVICE)
metrics = make_metrics(SERVICE)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> ReapAnswer:
    """Reap, plan for the state machine, or add up the results of its runs.

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
    chosen = tables.select_tables(parsed, tables.tables(canonical_config(own.environment)))
    if parsed.action is events.WorkAction.PLAN:
        return _plan(distributed_map.plan_document(parsed, chosen, context.aws_request_id), own)
    audit, checkpoints = _storage(own, context.aws_request_id)
    with open_dependencies(
        audit,
        checkpoints,
        _seconds_left(context),
        on_failure=_log_failure,
        max_units_per_second=own.max_units_per_second,
    ) as dependencies:
        shared = replace(dependencies, sharers=_sharers(parsed, checkpoints))
        results = _reap_in_turn(shared, chosen, parsed)
    answer = _report(results, own)
    if not parsed.plan and (not parsed.dry_run or parsed.mode is Mode.REPORT):
        _send_messages(own, [messages.ended(result, parsed.mode.value) for result in results])
    return _run_of_plan(parsed, answer, checkpoints) if parsed.plan and own.bucket else answer


def _plan(document: dict[str, Any], own: Settings) -> ReapAnswer:
    data: report.ReapData = {
        "summary": {"runs": len(document["work"])},
        "results": [],
        "unfinished": "",
        "order": document["order"],
        "work": document["work"],
        "concurrency": document["concurrency"],
        "ledger": document["ledger"],
    }
    return {"success": True, "data": data, "environment": own.environment.value}


def _sharers(event: WorkEvent, checkpoints: Checkpoints) -> Callable[[], int] | None:
    """The most runs of the event's plan that can be working on its table now."""
    share = event.plan
    if share is None:
        return None

    def count() -> int:
        ended = isolated(lambda: checkpoints.count_ended(f"{share.id}/{event.table}"))
        return share.sharers(0 if isinstance(ended, AwsError) else ended)

    return count


def _run_of_plan(event: WorkEvent, answer: ReapAnswer, checkpoints: Checkpoints) -> ReapAnswer:
    """The answer without its checkpoint, which may be too large for a state and is in the bucket."""
    data = answer["data"]
    if data["end"] == RunStatus.OUT_OF_TIME:
        data["stored"] = True
    elif event.plan and event.segments:
        ended, run = f"{event.plan.id}/{event.table}", str(event.segments.index)
        isolated(lambda: checkpoints.mark_ended(ended, run))  # else its share of the rate stays unused
    data.pop("checkpoint", None)
    return answer


def _summary(event: SummaryEvent, own: Settings) -> ReapAnswer:
    ended, where = _map_pass(event)
    another = map_summary.next_pass(ended) if own.bucket else None
    summary, count = map_summary.whole_summary(ended)
    failed = [] if another else [result for result in ended.results if not result.is_well]
    reasons = [] if another else map_summary.guard_reasons(ended)
    if not another:
        metrics.add_metric("ReapFailures", MetricUnit.Count, count)
    for result in failed[: map_summary.MOST_EXAMPLES]:
        logger.error("Run failed", extra=result.model_dump(exclude_none=True))
    if not another:
        _send_messages(own, messages.of_plan(ended.results, ended.order))
    lines = [*reasons, *(f"{map_summary.run_name(result)}: {result.reason}" for result in failed)]
    examples = failed[: map_summary.MOST_EXAMPLES]
    data: report.ReapData = {
        "summary": summary,
        "results": [result.model_dump(exclude_none=True) for result in examples],
        "unfinished": "; ".join(lines)[: report.MOST_CHARACTERS],
        "failures": map_summary.failures(failed) | ({"all": where} if where else {}),
    }
    if another:
        data |= another  # type: ignore[typeddict-item]  # order, work, concurrency and ledger
    return {"success": not another and not count, "data": data, "environment": own.environment.value}


def _send_messages(own: Settings, results: Sequence[messages.Ended]) -> None:
    """A message that cannot be sent fails no table; the next run sends its own."""
    made = {"s3": lambda: clients.s3(attempts=S3_ATTEMPTS), "sns": clients.sns, "events": clients.events}

    def client(service: str) -> Any:  # noqa: ANN401 - any of boto3's clients
        return made[service]()

    problem = isolated(lambda: messages.send_messages(own, results, client))
    if problem is not None:
        if problem.action == PUBLISH:
            count_lost_alert(own.environment)
        logger.error("not sent", extra={"problem": str(problem)})


def _map_pass(event: SummaryEvent) -> tuple[map_summary.MapPass, str | None]:
    """The results of the pass's runs, and where the state machine has put them."""
    order, ledger = event.order or {}, event.ledger or {}
    if not isinstance(event.results, events.WrittenResults):
        return map_summary.MapPass(event.results, order, ledger), None
    place = event.results.ResultWriterDetails
    written = written_results(clients.s3(attempts=S3_ATTEMPTS), place.Bucket, place.Key)
    results = [events.SegmentResult.model_validate(result) for result in written]
    return map_summary.MapPass(results, order, ledger), f"s3://{place.Bucket}/{place.Key}"


def _reap_in_turn(
    dependencies: RunDependencies, chosen: Sequence[DesiredTable], event: WorkEvent
) -> list[TableResult]:
    """Every table, each with its share of the time that is left; what it leaves over the others share."""
    results = []
    for number, table in enumerate(chosen):
        if dependencies.seconds_left() <= 0 and number:
            results.append(not_begun(table.name))
            continue
        share = replace(dependencies, seconds_left=_share(dependencies.seconds_left, len(chosen) - number))
        results.append(reap(share, table, event.request, event.checkpoint, restart=event.restart))
    return results


def _share(seconds_left: Callable[[], float], tables: int) -> Callable[[], float]:
    spared = seconds_left() * (tables - 1) / tables
    return lambda: seconds_left() - spared


def _storage(own: Settings, run_id: str) -> tuple[Callable[[str], Audit], Checkpoints]:
    """Where the audit and the checkpoints are stored."""
    if own.bucket is None:
        return lambda table: LogAudit(logger, table), NoCheckpoints()
    s3, bucket = clients.s3(attempts=S3_ATTEMPTS), own.bucket

    def audit(table: str) -> Audit:
        return S3Audit(s3, bucket, f"audit/{table}/{clock.now():%Y-%m-%d}/{clock.now():%H%M%S}-{run_id}")

    return audit, S3Checkpoints(s3, bucket)


def _seconds_left(context: LambdaContext) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS


def _log_failure(outcome: ItemOutcome) -> None:
    logger.error("Item failed", extra={"key_hash": key_hash(outcome.candidate.key), "code": outcome.detail})


def _report(results: Sequence[TableResult], own: Settings) -> ReapAnswer:
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
