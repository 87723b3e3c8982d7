"""A run as data: the function's answer, the file in S3, the command line's --format json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.findings import Severity

if TYPE_CHECKING:
    from drift_check.apply.healer import HealOutcome
    from drift_check.findings import Finding, Waiver
    from drift_check.reconcile import Report
    from tradai_shared.outcomes import Answer


def summary(report: Report) -> dict[str, object]:
    """The run in a few figures."""
    return {
        "mode": str(report.request.mode),
        "dry_run": report.request.dry_run,
        "status": report.exit_code.name.lower().replace("_", " "),
        "open": len(report.open),
        "by_severity": {
            str(severity): sum(one.severity is severity for one in report.open)
            for severity in Severity
            if severity is not Severity.INFO
        },
        "unknown": len(report.unknown),
        "accepted": sum(one.waiver is not None for one in report.findings),
        "informative": sum(one.severity is Severity.INFO and one.waiver is None for one in report.findings),
        "new": len(report.changes.new),
        "resolved": len(report.changes.resolved),
        "healed": sum(heal.status == "done" for heal in report.heals),
        "heals_failed": len(report.failed),
        "notes": report.notes,
        "calls": report.calls,
        "seconds": round(report.seconds, 3),
    }


def answer(report: Report) -> Answer:
    """The platform's own form of an answer. Partial is not success: somebody must give the permission."""
    return {
        "success": not report.unknown and not report.failed,
        "data": {"summary": summary(report), "results": [finding(report, one) for one in report.findings]},
        "environment": report.environment,
    }


def document(report: Report) -> dict[str, Any]:
    """Everything about a run."""
    return {
        **answer(report),
        "started": report.started.isoformat(timespec="seconds"),
        "heals": [heal(one) for one in report.heals],
        "not_healed": [
            {"id": one.id, "resource": one.resource, "attribute": one.attribute, "reason": reason}
            for one, reason in report.plan.refused
        ],
    }


def finding(report: Report, one: Finding) -> dict[str, object]:
    """One finding, flat."""
    told: dict[str, object] = {
        "id": one.id,
        "check": one.check,
        "resource": one.resource,
        "attribute": one.attribute,
        "status": str(one.status),
        "severity": str(one.severity),
        "desired": one.desired,
        "observed": one.observed,
        "healing": str(one.healing),
        "provenance": str(one.provenance),
        "path": one.path,
        "reason": one.reason,
        "new": one.id in report.changes.new,
        "first_seen": one.first_seen.isoformat(timespec="seconds") if one.first_seen else None,
        "waiver": waiver(one.waiver) if one.waiver else None,
    }
    return told


def waiver(one: Waiver) -> dict[str, object]:
    until = one.until.isoformat() if one.until else None
    return {"reason": one.reason, "owner": one.owner, "until": until}


def heal(heal_outcome: HealOutcome) -> dict[str, object]:
    """How one was mended, with the exact calls."""
    return {
        "id": heal_outcome.finding.id,
        "resource": heal_outcome.finding.resource,
        "attribute": heal_outcome.finding.attribute,
        "status": str(heal_outcome.status),
        "detail": heal_outcome.detail,
        "calls": [write.shown() for write in heal_outcome.writes],
    }
