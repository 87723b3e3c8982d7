"""A run as data: the answer, the file in S3, findings for Security Hub, the command line's output."""

from __future__ import annotations

import json
from datetime import UTC
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from drift_check.findings import Healing, Severity
from drift_check.planner import approval_code

if TYPE_CHECKING:
    from datetime import datetime

    from drift_check.apply.healer import HealOutcome
    from drift_check.findings import Finding, Waiver
    from drift_check.history import Record
    from drift_check.model import Report
    from tradai_shared.errors import Answer

ANSWER_BYTES, FEW = 4_000_000, 200
TITLE, DESCRIPTION, NAME = 256, 1024, 512  # characters that ASFF takes
SHOWN = ("digest", "check", "resource", "attribute", "desired", "observed", "path", "reason")
SHOWN_AS_TEXT = ("status", "severity", "healing", "provenance")
ASFF_SEVERITY = {Severity.INFO: "INFORMATIONAL"}
ASFF_RESOURCES = {
    "buckets": "AwsS3Bucket",
    "database": "AwsRdsDbInstance",
    "functions": "AwsLambdaFunction",
    "security_groups": "AwsEc2SecurityGroup",
    "services": "AwsEcsService",
    "tables": "AwsDynamoDbTable",
}


def summary(report: Report) -> dict[str, object]:
    """The run in a few figures."""
    return {
        "mode": str(report.request.mode),
        "dry_run": report.request.dry_run,
        "status": report.exit_code.name.lower().replace("_", " "),
        "open": len(report.open),
        "by_severity": {str(severity): count for severity, count in report.by_severity.items()},
        "unknown": len(report.unknown),
        "accepted": len(report.accepted),
        "informative": len(report.informative),
        "new": len(report.changes.new),
        "resolved": len(report.changes.resolved),
        "healed": len(report.healed),
        "heals_failed": len(report.failed),
        "notes": report.notes,
        "error": report.error or None,
        "region": report.region,
        "calls": report.calls,
        "seconds": round(report.seconds, 3),
    }


def answer(report: Report) -> Answer:
    """The platform's own form of an answer, within Lambda's 6 MB. Partial is not success."""
    whole = whole_answer(report)
    results = whole["data"]["results"]
    included = _within(results, ANSWER_BYTES)
    if len(included) == len(results):
        return whole
    summary_of_part = {**whole["data"]["summary"], "results_omitted": len(results) - len(included)}
    return {**whole, "data": {"summary": summary_of_part, "results": included}}


def _within(results: list[dict[str, object]], most: int) -> list[dict[str, object]]:
    """The first results, as many as that many bytes of JSON hold; few always fit."""
    if len(results) <= FEW:
        return results
    sizes = accumulate([len(json.dumps(result)) for result in results])
    return [result for result, size in zip(results, sizes, strict=True) if size <= most]


def whole_answer(report: Report) -> Answer:
    """The answer with every finding, the most important first."""
    return {
        "success": not report.error and not report.unknown and not report.failed,
        "data": {
            "summary": summary(report),
            "results": [finding_json(report, finding) for finding in report.findings],
        },
        "environment": report.environment,
    }


def document(report: Report) -> dict[str, Any]:
    """Everything about a run."""
    return {
        **whole_answer(report),
        "account": report.account or None,
        "region": report.region,
        "started": report.started.isoformat(timespec="seconds"),
        "heals": [heal_json(heal) for heal in report.heals],
        "not_healed": [
            {"id": finding.id, "resource": finding.resource, "attribute": finding.attribute, "reason": reason}
            for finding, reason in report.plan.refused
        ],
    }


def finding_json(report: Report, finding: Finding) -> dict[str, object]:
    """One finding, flat."""
    return {
        "id": finding.id,
        "approval": _approval(report, finding),
        **{name: getattr(finding, name) for name in SHOWN},
        **{name: str(getattr(finding, name)) for name in SHOWN_AS_TEXT},
        "new": finding.id in report.changes.new,
        "first_seen": finding.first_seen.isoformat(timespec="seconds") if finding.first_seen else None,
        "waiver": waiver_json(finding.waiver) if finding.waiver else None,
    }


def _approval(report: Report, finding: Finding) -> str | None:
    """What approves the finding as it is now, for 24 hours."""
    if finding.healing is not Healing.ON_APPROVAL or finding.waiver:
        return None
    return approval_code(finding, report.started)


def waiver_json(waiver: Waiver) -> dict[str, object]:
    until = waiver.until.isoformat() if waiver.until else None
    return {"reason": waiver.reason, "owner": waiver.owner, "until": until, "content": waiver.content}


def heal_json(heal: HealOutcome) -> dict[str, object]:
    """The outcome of one heal, with its exact calls."""
    return {
        "id": heal.finding.id,
        "resource": heal.finding.resource,
        "attribute": heal.finding.attribute,
        "status": str(heal.status),
        "detail": heal.detail,
        "calls": [write.shown() for write in heal.writes],
    }


def asff(report: Report, product: str) -> list[dict[str, Any]]:
    """Drift as Security Hub takes it: open findings active, accepted and resolved ones archived.

    ``product`` is the ARN of the account's own product: it has partition, region and account. What is
    unknown is no finding.
    https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
    """
    accepted = [finding for finding in report.findings if finding.waiver and finding.waiver.until]
    known = {finding.id for finding in report.findings}
    closed = [item for item in sorted(report.resolved.items()) if item[0] not in known]
    return [
        *[_differing(report, product, finding) for finding in report.open],
        *[{**_differing(report, product, finding), "RecordState": "ARCHIVED"} for finding in accepted],
        *[_resolved(report, product, name, record) for name, record in closed],
    ]


def _differing(report: Report, product: str, finding: Finding) -> dict[str, Any]:
    values = f"AWS has {json.dumps(finding.observed)}, desired {json.dumps(finding.desired)}"
    created, name = finding.first_seen or report.started, f"{finding.check}/{finding.attribute}"
    label = ASFF_SEVERITY.get(finding.severity, str(finding.severity).upper())
    return {
        **_finding(report, product, finding.id, name, finding.resource, created),
        "Severity": {"Label": label, "Original": str(finding.severity)},
        "Title": _plain(f"{finding.resource}: {finding.attribute} {finding.status}", TITLE),
        "Description": _plain(f"{finding.reason}. {values}", DESCRIPTION),
        "Compliance": {"Status": "FAILED"},
    }


def _resolved(report: Report, product: str, finding_id: str, record: Record) -> dict[str, Any]:
    return {
        **_finding(report, product, finding_id, record.check, record.resource, record.first_seen),
        "Severity": {"Label": "INFORMATIONAL"},
        "Title": _plain(f"{record.resource}: resolved", TITLE),
        "Description": "It is as the configuration states, or no longer there.",
        "Compliance": {"Status": "PASSED"},
        "RecordState": "ARCHIVED",
    }


def _finding(  # noqa: PLR0913, PLR0917 - what every finding has, resolved or not
    report: Report, product: str, finding_id: str, name: str, resource: str, created: datetime
) -> dict[str, Any]:
    """The id keeps it one finding through all runs; ``name``: the check, and the attribute."""
    _, partition, _, region, account, _ = product.split(":", 5)
    return {
        "SchemaVersion": "2018-10-08",
        "Id": f"{region}/{account}/tradai-drift/{report.environment}/{finding_id}",
        "ProductArn": product,
        "AwsAccountId": account,
        "GeneratorId": _plain(f"tradai-drift-check/{name}", NAME),
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": _instant(created),
        "UpdatedAt": _instant(report.started),
        "RecordState": "ACTIVE",
        "Resources": [
            {
                "Type": ASFF_RESOURCES.get(name.partition("/")[0], "Other"),
                "Id": _plain(resource, NAME),
                "Partition": partition,
                "Region": region,
            }
        ],
    }


def _plain(text: str, most: int) -> str:
    """One line of UTF-8: Security Hub refuses a finding with another."""
    return " ".join(text.encode(errors="replace").decode().split())[:most]


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
