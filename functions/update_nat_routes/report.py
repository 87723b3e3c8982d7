"""What one run saw, did and left; its log lines, metrics, the message to a person and the answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from tradai_shared import alerts
from tradai_shared.aws import clients as aws
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import Answer, AwsError, Status
from tradai_shared.handler import count_lost_alert
from update_nat_routes import messages
from update_nat_routes.planner.notes import UNGUARDED, Note, NoteKind, refusal_notes
from update_nat_routes.planner.plan import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from aws_lambda_powertools import Logger, Metrics
    from types_boto3_ec2 import EC2Client

    from update_nat_routes.actions import Broken
    from update_nat_routes.apply import Result
    from update_nat_routes.events import Trigger
    from update_nat_routes.model import Instance, Observed
    from update_nat_routes.planner.lifecycle_hooks import Wait
    from update_nat_routes.settings import Settings

FAILED_STEP = "TRADAI-NAT-FAILED"  # the boot script's one line where a step failed
PERMISSIONS = ("ec2:GetConsoleOutput", "sns:Publish")
# The template's MaximumEventAgeInSeconds: an older time is that of a sample or a drill.
OLDEST_EVENT = timedelta(seconds=300)


@dataclass(slots=True)
class Report:
    """What one run saw, did and left. ``results`` holds the last outcome of each action, by its key.

    ``planned``: the world was read at least once, so that ``plan`` says something about it. ``blind``: the
    last reading lacks the group, the tables or the instances, for want of a permission. ``restored_at``: when
    the reading ``restored`` showed that the outage was over that this run ended. ``down_at_first``: what had
    no egress in the first reading.
    """

    trigger: Trigger
    started: datetime
    plan: Plan = field(default_factory=Plan)
    results: dict[str, Result] = field(default_factory=dict)
    routes_replaced: set[str] = field(default_factory=set)
    instances_replaced: set[str] = field(default_factory=set)
    unproven_moves: bool = False
    failover_seconds: float | None = None
    restored_at: datetime | None = None
    restored: Observed | None = None
    first_observed: Observed | None = None
    down_at_first: tuple[str, ...] = ()
    waiting: Wait | None = None
    error: AwsError | None = None
    alert_failed: str | None = None
    broken: set[Broken] = field(default_factory=set)
    relevant: bool = True
    planned: bool = False
    blind: bool = False

    def began(self, instance: Instance | None) -> datetime:
        """When the outage by this instance's end began: its own time, else the event's, else this run's."""
        ended = self.trigger.terminated_instance
        if instance and instance.died_at and instance.instance_id != ended:
            return instance.died_at
        event_time = self.trigger.at
        return event_time if event_time and self.started - event_time < OLDEST_EVENT else self.started

    @property
    def failed(self) -> list[Result]:
        return [result for result in self.results.values() if result.status is Status.FAILED]

    @property
    def notes(self) -> tuple[Note, ...]:
        """The plan's, and what the refusals of this run say."""
        return (*self.plan.notes, *refusal_notes(self.error, self.failed))

    @property
    def unguarded(self) -> bool:
        return any(note.kind in UNGUARDED for note in self.notes)

    @property
    def success(self) -> bool:
        return self.error is None and not self.failed and not self.unguarded


def log_outcomes(logger: Logger, report: Report) -> None:
    """Log one line for each outcome, note and broken assumption, and one for the run."""
    for result in report.results.values():
        level = logger.error if result.status is Status.FAILED else logger.info
        level("action", extra=_result(result))
    for note in report.notes:
        logger.warning("note", extra={"note": note.kind, "subject": note.subject, "reason": note.reason})
    for assumption, subject in sorted(report.broken):
        fields = {"assumption": assumption.name, "subject": subject, "reason": str(assumption)}
        logger.warning("assumption broken", extra=fields)
    if report.error:
        logger.error(
            "AWS could not be read", extra={"action": report.error.action, "error": str(report.error)}
        )
    logger.info("run", extra={"summary": summary(report), "success": report.success})


def emit_metrics(metrics: Metrics, report: Report) -> None:
    """Emit what this run itself observed or wrote; docs/events.md lists the metrics."""
    if not report.relevant:
        return
    denied = [note for note in report.plan.notes if note.kind is NoteKind.ROLE_REFUSED]
    failures = len(report.failed) + len(denied) + bool(report.error)
    metrics.add_metric("ActionsFailed", MetricUnit.Count, failures)
    observed = report.planned or report.error is None
    if observed or report.unguarded:
        metrics.add_metric("Unguarded", MetricUnit.Count, int(report.unguarded))
    if observed:
        _emit_state(metrics, report)
    if report.broken:
        metrics.add_metric("AssumptionsBroken", MetricUnit.Count, len(report.broken))
    if report.routes_replaced:
        metrics.add_metric("RoutesReplaced", MetricUnit.Count, len(report.routes_replaced))
    if report.instances_replaced:
        metrics.add_metric("InstancesReplaced", MetricUnit.Count, len(report.instances_replaced))
    if report.failover_seconds is not None:
        metrics.add_metric("FailoverSeconds", MetricUnit.Seconds, report.failover_seconds)
        _emit_by_kind(metrics, report.trigger.kind, report.failover_seconds)


def _emit_by_kind(metrics: Metrics, kind: str, seconds: float) -> None:
    """Emit it again with the trigger as dimension, so that outages by cause can be compared."""
    name, namespace = "FailoverSeconds", metrics.provider.namespace
    with single_metric(name=name, unit=MetricUnit.Seconds, value=seconds, namespace=namespace) as by_kind:
        dimensions = {"service": metrics.provider.service, **metrics.dimension_set, "kind": str(kind)}
        for dimension, value in dimensions.items():
            by_kind.add_dimension(dimension, value)


def _emit_state(metrics: Metrics, report: Report) -> None:
    """A run that could not read everything is no pass; nat-schedule-silent alarms on missing passes.

    Nor does it say that nothing is down: what it did not read may be.
    """
    kinds = [note.kind for note in report.notes]
    if not report.error and not report.blind:
        metrics.add_metric("Passes", MetricUnit.Count, 1)
    if report.plan.egress_down or not report.blind:
        metrics.add_metric("EgressDown", MetricUnit.Count, int(bool(report.plan.egress_down)))
    metrics.add_metric("EgressUnverified", MetricUnit.Count, int(bool(report.plan.egress_unverified)))
    metrics.add_metric("Maintenance", MetricUnit.Count, int(NoteKind.MAINTENANCE in kinds))
    metrics.add_metric("NatUnproven", MetricUnit.Count, int(report.plan.unproven))
    metrics.add_metric("ProcessesSuspended", MetricUnit.Count, kinds.count(NoteKind.SUSPENDED))
    if report.plan.standby_ready is not None:
        metrics.add_metric("StandbyReady", MetricUnit.Count, int(report.plan.standby_ready))


def build_response(settings: Settings, report: Report) -> Answer:
    """The platform's own form of an answer."""
    results = [_result(result) for result in report.results.values()]
    results += [{"note": str(note.kind), **_without_kind(asdict(note))} for note in report.notes]
    if report.error:
        results.append({"action": report.error.action, "status": "failed", "detail": str(report.error)})
    return {
        "success": report.success,
        "data": {"summary": summary(report), "results": results},
        "environment": str(settings.environment),
    }


def summary(report: Report) -> dict[str, object]:
    """What the run did, as the answer's ``summary``."""
    return {
        "trigger": str(report.trigger.kind),
        "concerned": report.relevant,
        "dry_run": report.trigger.dry_run,
        "gateway": report.plan.gateway.instance_id if report.plan.gateway else None,
        "routes_replaced": len(report.routes_replaced),
        "egress_down": list(report.plan.egress_down),
        "egress_unverified": list(report.plan.egress_unverified),
        "tables": {name: str(state) for name, state in report.plan.tables.items()},
        "unguarded": report.unguarded,
        "maintenance": any(note.kind is NoteKind.MAINTENANCE for note in report.notes),
        "unproven": report.plan.unproven,
        "standby_ready": report.plan.standby_ready,
        "waiting": report.waiting.reason if report.waiting else None,
        "failover_seconds": report.failover_seconds,
        "alert_failed": report.alert_failed,
    }


def publish_alert(settings: Settings, report: Report, ec2: EC2Client, logger: Logger) -> None:
    """Publish what is news of an incident or needs a person; the alarms cover the rest.

    One that cannot be sent is logged, counted (AlertsFailed) and named in the answer; the run has not failed.
    """
    alert = messages.alert(settings, report, lambda instance_id: boot_failure(ec2, instance_id, logger))
    if alert is None or settings.topic_arn is None:
        return
    try:
        alerts.publish_alert(aws.sns(), settings.topic_arn, alert)
    except AwsError as error:
        report.alert_failed = str(error)
        count_lost_alert(settings.environment)
        logger.exception("alert not sent", extra={"lines": alert.text.splitlines()})


def boot_failure(ec2: EC2Client, instance_id: str, logger: Logger) -> str:
    """The console's last line on a failed step of the boot script; a phrase where there is none."""
    try:
        with translate_errors("ec2:GetConsoleOutput"):
            output = ec2.get_console_output(InstanceId=instance_id, Latest=True).get("Output", "")
    except AwsError as error:
        logger.warning("console not read", extra={"instance_id": instance_id, "error": str(error)})
        return f"unknown ({error.code})"
    failed = [line for line in output.splitlines() if FAILED_STEP in line]
    return failed[-1].strip() if failed else "nothing of a failed step"


def _result(result: Result) -> dict[str, object]:
    return {
        "action": type(result.action).__name__,
        "target": result.action.target,
        "status": str(result.status),
        "reason": result.action.reason,
        "detail": result.detail,
    }


def _without_kind(note: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in note.items() if name != "kind"}
