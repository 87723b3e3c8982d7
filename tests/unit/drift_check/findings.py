"""Findings to judge by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tradai_shared.config.marks import Provenance
from tradai_shared.drift.judge import Judged
from tradai_shared.drift.remedies import EnableRecovery, Remedy
from tradai_shared.findings import Finding, FindingStatus, Healing, Severity

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


def judged(*remedies: Remedy, **changes: Any) -> Judged:
    return Judged(finding(**changes), remedies or (EnableRecovery(TABLE),), frozenset())
