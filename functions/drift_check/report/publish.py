"""Sends log, metrics, S3 files, messages, events, findings. What cannot be sent is logged, never fatal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from drift_check.findings import Severity
from drift_check.report import alert
from drift_check.report.as_html import page
from drift_check.report.as_json import asff, document, finding_json, heal_json, summary
from tradai_shared.alerts import PUT_EVENTS, publish_alert, put_event
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import AwsError, Status, TemporaryError
from tradai_shared.handler import count_lost_alert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aws_lambda_powertools import Logger, Metrics

    from drift_check.model import Report
    from drift_check.settings import Settings

DETAIL_TYPE, RESOLVED_TYPE = "Drift Detected", "Drift Resolved"
EVENT_VERSION = "1"  # of both; docs/events/ has their schemas
FINDINGS_IN_EVENT = 50
EVENT_BYTES = 200_000  # PutEvents takes 256 KB
MOST_LINES = 200
PREFIX = "drift"
IMPORT = "securityhub:BatchImportFindings"
FINDINGS_A_CALL = 100
READ_TOPIC = "sns:GetTopicAttributes"
PERMISSIONS = (PUT_EVENTS, "s3:PutObject", IMPORT, "sns:Publish", READ_TOPIC)
NO_TOPIC = {"NotFound", "NotFoundException", "InvalidParameter", "InvalidParameterException"}


def log(logger: Logger, report: Report) -> None:
    """One line a finding that counts or could not be read, one a heal, one for the run."""
    findings = [*report.open, *report.unknown]
    for finding in findings[:MOST_LINES]:
        logger.warning("finding", extra=finding_json(report, finding))
    if len(findings) > MOST_LINES:
        logger.warning("findings omitted", extra={"omitted": len(findings) - MOST_LINES})
    for healed in report.heals:
        level = logger.error if healed.status is Status.FAILED else logger.info
        level("heal", extra={"heal": heal_json(healed)})
    level = logger.error if report.error else logger.info
    level("run", extra={"summary": summary(report)})


def measure(metrics: Metrics, report: Report) -> None:
    """Open findings by severity, what could not be read, and heals."""
    open_findings = report.by_severity
    critical, high = open_findings.pop(Severity.CRITICAL), open_findings.pop(Severity.HIGH)
    counts = {
        "FindingsCritical": critical,
        "FindingsHigh": high,
        "FindingsOther": sum(open_findings.values()),
        "FindingsUnknown": max(len(report.unknown), bool(report.error)),
        "HealsDone": len(report.healed),
        "HealsFailed": len(report.failed) + len(report.plan.blocked),
    }
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)


def store(settings: Settings, report: Report, client: Callable[[str], Any], logger: Logger) -> None:
    """Write the report to S3 where a bucket is set."""
    if settings.report_bucket:
        _attempt(logger, _to_bucket, settings.report_bucket, report, client("s3"))


def to_security_hub(settings: Settings, report: Report, client: Callable[[str], Any], logger: Logger) -> None:
    """Import the findings where the deployment names its product; the next run sends all of them again."""
    if settings.security_hub and not (report.request.dry_run or report.error):
        findings = asff(report, settings.security_hub)
        if not _attempt(logger, _import, findings, client("securityhub")):
            report.notes.append("not verified: Security Hub has not taken every finding, the log says why")


def check_topic(settings: Settings, report: Report, client: Callable[[str], Any]) -> None:
    """Whether the alerts topic exists, so that it is not the first incident that shows that it does not.

    Of another region it is an invalid parameter. One that may not be read may still take messages.
    """
    if not (topic := settings.topic_arn):
        return
    try:
        with translate_errors(READ_TOPIC):
            client("sns").get_topic_attributes(TopicArn=topic)
    except AwsError as error:
        if error.code in NO_TOPIC:
            count_lost_alert(settings.environment)
            report.notes.append(
                f"no alert reaches anybody: {topic} does not exist in this region ({error.code})"
            )
        else:
            report.notes.append(f"not verified: whether {topic} takes alerts ({error.code})")


def notify(settings: Settings, report: Report, client: Callable[[str], Any], logger: Logger) -> bool:
    """Send a message and an event where there is news; True where every one of them was delivered.

    A dry run sends nothing. What was not delivered is sent again by the next run.
    """
    if report.request.dry_run or not _is_news(report):
        return False
    delivered = []
    if topic := settings.topic_arn:
        text = alert(report, settings.runbooks)
        delivered.append(_attempt(logger, publish_alert, client("sns"), topic, text))
        if not delivered[0]:
            count_lost_alert(settings.environment)
    events = (report.to_notify, DETAIL_TYPE, event_detail), (report.over, RESOLVED_TYPE, resolved_detail)
    for news, detail_type, detail in events:
        if news:
            delivered.append(_attempt(logger, put_event, client("events"), detail_type, detail(report)))
    return all(delivered)


def _is_news(report: Report) -> bool:
    """A failure that passes by itself is tried again by the next run, and no news."""
    lasting = False in [heal.temporary for heal in report.failed]
    return bool(report.to_notify or report.over or lasting or report.plan.blocked)


def _attempt(logger: Logger, send: Callable[..., None], *arguments: object) -> bool:
    try:
        send(*arguments)
    except AwsError as error:
        logger.exception("not sent", extra={"action": error.action})
        return False
    return True


def _to_bucket(bucket: str, report: Report, s3: Any) -> None:  # noqa: ANN401 - boto3's client
    bodies = {
        "json": ("application/json", json.dumps(document(report), indent=2)),
        "html": ("text/html; charset=utf-8", page(report)),
    }
    when = f"{report.started:%Y/%m/%d/%H%M%S}"
    for kind, (content_type, body) in bodies.items():
        for name in (when, "latest"):
            with translate_errors("s3:PutObject"):
                s3.put_object(
                    Bucket=bucket,
                    Key=f"{PREFIX}/{report.environment}/{name}.{kind}",
                    Body=body.encode(errors="replace"),
                    ContentType=content_type,
                )


def _import(findings: list[dict[str, Any]], hub: Any) -> None:  # noqa: ANN401 - boto3's client
    """Raises AwsError: also where Security Hub answers and has not taken a finding, once all were sent."""
    refused: list[dict[str, Any]] = []
    for start in range(0, len(findings), FINDINGS_A_CALL):
        with translate_errors(IMPORT):
            response = hub.batch_import_findings(Findings=findings[start : start + FINDINGS_A_CALL])
        refused += response.get("FailedFindings") or ()
    if refused:
        code, message = refused[0].get("ErrorCode", "Failed"), refused[0].get("ErrorMessage", "")
        raise TemporaryError(IMPORT, code, f"{len(refused)} findings not taken: {message}")


def event_detail(report: Report) -> str:
    """JSON with the findings to notify, the most important, as many as an event holds."""
    findings = [finding_json(report, finding) for finding in report.to_notify]
    return _detail(report, "findings", findings, summary=summary(report))


def resolved_detail(report: Report) -> str:
    """JSON with the findings that are over, as many as an event holds."""
    resolved = [
        {
            "id": finding_id,
            "check": record.check,
            "resource": record.resource,
            "first_seen": record.first_seen.isoformat(),
        }
        for finding_id, record in sorted(report.over.items())
    ]
    return _detail(report, "resolved", resolved)


def _detail(report: Report, name: str, rows: Sequence[object], **more: object) -> str:
    """As many of the first rows as fit; how many others there are."""
    included = rows[:FINDINGS_IN_EVENT]
    head = {"version": EVENT_VERSION, "environment": report.environment, **more}
    while True:
        text = json.dumps({**head, name: included, "omitted": len(rows) - len(included)})
        if len(text.encode()) <= EVENT_BYTES or not included:
            return text
        included = included[: len(included) // 2]
