"""Findings to judge by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from drift_check.actions import EnableRecovery, Remediation
from drift_check.compare import AssessedFinding
from drift_check.findings import Finding, FindingStatus, Healing, Severity
from tradai_shared.config.provenance import Provenance

TABLE = "tradai-deployments-dev"


def finding(**changes: Any) -> Finding:
    ordinary = Finding(
        check="tables",
        resource=TABLE,
        attribute="point_in_time_recovery",
        status=FindingStatus.DRIFTED,
        desired=True,
        observed=False,
        severity=Severity.HIGH,
        healing=Healing.AUTOMATIC,
        provenance=Provenance.SEED,
        reason="a test",
        path="dynamodb.tables.deployments.point_in_time_recovery",
    )
    return replace(ordinary, **changes)


def unknown() -> Finding:
    return finding(attribute="dynamodb:DescribeContinuousBackups", status=FindingStatus.UNKNOWN)


def assessed(*remediations: Remediation, **changes: Any) -> AssessedFinding:
    return AssessedFinding(finding(**changes), remediations or (EnableRecovery(TABLE),), frozenset())
