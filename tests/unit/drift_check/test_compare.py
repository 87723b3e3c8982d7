"""What a difference is worth: immutable, assumed, accepted, waived."""

from __future__ import annotations

import datetime as dt

import pytest

from drift_check import checks
from drift_check.actions import EnableRecovery
from drift_check.checks.base import PRESENT, AttributeState, ResourceState
from drift_check.compare import compare
from drift_check.findings import Finding, FindingStatus, Healing, Severity, finding_id
from drift_check.observe.observations import Known
from drift_check.scan import waived
from tests.unit.drift_check.config_mutation import changed
from tests.unit.drift_check.findings import assessed
from tests.unit.drift_check.moto_estate import Standing, config
from tradai_shared.config import is_immutable, leaves, provenance_of
from tradai_shared.config.overrides import Waiver
from tradai_shared.config.provenance import Provenance

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def only(estate: Standing, path: str, value: object) -> Finding:
    """The one finding that a changed value brings, where it brings one."""
    (result,) = [
        finding for finding in estate.scan(changed(config(), path, value)).findings if not finding.waiver
    ]
    return result


def test_an_immutable_value_is_critical_and_never_healed(estate: Standing) -> None:
    result = only(estate, "network.vpc.cidr", "10.9.0.0/16")
    assert (result.severity, result.healing) == (Severity.CRITICAL, Healing.NEVER)
    assert "migration" in result.reason


def test_a_remedy_of_an_immutable_value_is_not_even_proposed() -> None:
    fact = AttributeState("cidr", Known("10.9.0.0/16"), remediations=(EnableRecovery("a-table"),))
    (result,) = compare(
        config(), "network", ResourceState("network.vpc", "vpc", "network.vpc.cidr", PRESENT, (fact,))
    )
    assert (result.remediations, result.finding.healing) == ((), Healing.NEVER)


def test_an_assumed_value_only_informs(estate: Standing) -> None:
    path = "dynamodb.tables.notifications.ttl.attribute"
    assert provenance_of(config(), path) is Provenance.ASSUMED
    result = only(estate, path, "expiry")
    assert result.severity is Severity.INFO
    assert not result.is_actionable


@pytest.mark.parametrize(
    ("attribute", "severity"),
    [("open_to_world", Severity.CRITICAL), ("description", Severity.INFO), ("vpc", Severity.INFO)],
)
def test_a_group_that_the_internet_reaches_counts_though_nobody_confirmed_that_it_must_not(
    attribute: str, severity: Severity
) -> None:
    path = "network.security_groups.rds"
    assert provenance_of(config(), f"{path}.open_to_world") is Provenance.ASSUMED
    fact = AttributeState("".join([*attribute]), Known(value=True), "other", path=f"{path}.open_to_world")
    (result,) = compare(
        config(), "security_groups", ResourceState(path, "a-group", f"{path}.name", PRESENT, (fact,))
    )
    actionable = severity is Severity.CRITICAL
    assert (result.finding.severity, result.finding.is_actionable) == (severity, actionable)


def test_a_documented_value_counts(estate: Standing) -> None:
    result = only(estate, "rds.backup_retention_days", 30)
    assert (result.desired, result.observed, result.is_actionable) == (30, 7, True)


def test_an_id_depends_on_check_resource_and_attribute_alone(estate: Standing) -> None:
    assert (
        only(estate, "rds.backup_retention_days", 30).id == only(estate, "rds.backup_retention_days", 14).id
    )
    assert len({finding_id("a", "b", "c"), finding_id("a", "b", "d"), finding_id("a", "x", "c")}) == 3


@pytest.mark.parametrize(("day", "holds"), [(22, True), (21, False)])
def test_a_waiver_holds_through_its_last_day(day: int, *, holds: bool) -> None:
    candidate = assessed()
    waiver = Waiver(finding=candidate.finding.id, reason="why", owner="who", until=dt.date(2026, 11, day))
    (result,) = waived([candidate], [waiver], NOON)
    assert (result.finding.waiver is not None) is holds
    assert result.finding.is_actionable is not holds


def test_no_waiver_hides_what_could_not_be_read() -> None:
    candidate = assessed(status=FindingStatus.UNKNOWN)
    waiver = Waiver(finding=candidate.finding.id, reason="why", owner="who", until=dt.date(2026, 12, 1))
    (result,) = waived([candidate], [waiver], NOON)
    assert result.finding.waiver is None


def test_no_finding_of_an_immutable_value_may_be_healed(estate: Standing) -> None:
    for path, value in leaves(config()):
        if is_immutable(config(), path) and isinstance(value, str) and value:
            other = "10.9.0.0/24" if "cidr" in path else f"{value}x"
            findings = estate.scan(changed(config(), path, other)).findings
            assert {finding.healing for finding in findings} == {Healing.NEVER}, path


def test_checks_have_names_of_their_own() -> None:
    assert len(checks.BY_NAME) == len(checks.ALL)
