"""How much a difference matters, by check and attribute; the first pattern that fits decides."""

from __future__ import annotations

from fnmatch import fnmatchcase

from drift_check.findings import Severity

CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

SEVERITIES: tuple[tuple[str, str, Severity], ...] = (
    ("*", "tags", LOW),
    ("tables", "existence", CRITICAL),
    ("tables", "deletion_protection", HIGH),
    ("tables", "point_in_time_recovery", HIGH),
    ("tables", "encrypted", HIGH),
    ("tables", "ttl", HIGH),
    ("tables", "unexpected index", LOW),
    ("tables", "unexpected table", MEDIUM),
    ("database", "existence", CRITICAL),
    ("database", "backup_retention_days", HIGH),
    ("database", "multi_az", HIGH),
    ("buckets", "existence", CRITICAL),
    ("buckets", "encryption", HIGH),
    ("access", "existence", CRITICAL),
    ("access", "mfa", HIGH),
    ("access", "deletion_protection", HIGH),
    ("nat", "existence", CRITICAL),
    ("nat", "boot.*", CRITICAL),
    ("nat", "*_size", HIGH),
    ("nat", "desired_capacity", HIGH),
    ("nat", "imdsv2_required", HIGH),
    ("nat", "image.latest", LOW),
    ("network", "default_route", CRITICAL),
    ("network", "route_table", HIGH),
    ("network", "existence", CRITICAL),
    ("security_groups", "*gress", HIGH),
    ("security_groups", "protocols", HIGH),
    ("*", "existence", HIGH),
    ("functions", "*", LOW),
    ("logs", "*", LOW),
)


def severity_of(check: str, attribute: str) -> Severity:
    """Medium where nothing else is said."""
    for of_check, of_attribute, severity in SEVERITIES:
        if fnmatchcase(check, of_check) and fnmatchcase(attribute, of_attribute):
            return severity
    return MEDIUM
