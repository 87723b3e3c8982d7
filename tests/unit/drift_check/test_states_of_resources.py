"""What is on its way: pending changes, indexes being deleted, draining services, images that are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.checks.base import CheckContext
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, Reads
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from tests.unit.drift_check.moto_estate import Standing, config

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.findings import Finding

NOW = datetime(2026, 11, 27, tzinfo=UTC)
DATABASE = Call("rds:DescribeDBInstances", "tradai-dev")
WORKFLOWS = Call("dynamodb:DescribeTable", "tradai-workflow-state-dev")
SECRET = Call("secretsmanager:DescribeSecret", "tradai/dev/exchange-keys")


def found(estate: Standing, call: Call, change: Callable[[Any], Any]) -> dict[str, Finding]:
    """By attribute, the findings that a changed answer brings."""
    answers = dict(estate.ordinary.reads.answers)
    answer = answers[call]
    assert isinstance(answer, Known)
    answers[call] = Known(change(answer.value), frozenset({call}))
    scan = Scanner(config(), checks.ALL, Observer(estate.client)).evaluate(Reads(answers))
    ordinary = {finding.id for finding in estate.ordinary.findings}
    return {finding.attribute: finding for finding in scan.findings if finding.id not in ordinary}


def call_of(estate: Standing, action: str) -> Call:
    return next(call for call in estate.ordinary.reads.answers if call.action == action)


@pytest.mark.parametrize(
    ("pending", "attribute", "severity"),
    [
        ({"MultiAZ": True}, "multi_az", Severity.INFO),  # what dev is to be is only assumed
        ({"BackupRetentionPeriod": 0}, "backup_retention_days", Severity.HIGH),
        ({"DBInstanceClass": "db.t3.nano"}, "instance_class", Severity.MEDIUM),
        ({"EngineVersion": "16.1"}, "version", Severity.MEDIUM),
    ],
)
def test_a_pending_change_of_the_database_is_found(
    estate: Standing, pending: dict[str, Any], attribute: str, severity: Severity
) -> None:
    findings = found(estate, DATABASE, lambda answer: [answer[0] | {"PendingModifiedValues": pending}])
    assert set(findings) == {f"pending {attribute}"}
    assert findings[f"pending {attribute}"].severity is severity


def test_an_index_that_is_being_deleted_is_found(estate: Standing) -> None:
    def deleting(table: dict[str, Any]) -> dict[str, Any]:
        first, *others = table["GlobalSecondaryIndexes"]
        return table | {"GlobalSecondaryIndexes": [first | {"IndexStatus": "DELETING"}, *others]}

    (finding,) = found(estate, WORKFLOWS, deleting).values()
    assert (finding.observed, finding.severity) == ("is being deleted", Severity.HIGH)


def test_a_local_index_that_nobody_stated_is_found(estate: Standing) -> None:
    local = {"LocalSecondaryIndexes": [{"IndexName": "by-day"}]}
    (finding,) = found(estate, WORKFLOWS, lambda table: table | local).values()
    assert (finding.attribute, finding.observed) == ("unexpected local index", "by-day")


def test_the_finding_of_a_secret_says_how_long_it_can_be_restored(estate: Standing) -> None:
    answers = dict(estate.ordinary.reads.answers)
    described = answers[SECRET]
    assert isinstance(described, Known)
    answers[SECRET] = Known(described.value | {"DeletedDate": NOW + timedelta(days=9, hours=1)})
    context = CheckContext(config(), Reads(answers), NOW)
    states = {state.path: state for state in checks.access.CHECK.evaluate(context)}
    assert states["secrets.exchange-keys"].facts[0].reason.endswith("gone for good in 9 days")


def test_a_draining_service_is_found(estate: Standing) -> None:
    def draining(services: list[dict[str, Any]]) -> list[dict[str, Any]]:
        first, *others = services
        return [first | {"status": "DRAINING"}, *others]

    call = call_of(estate, "ecs:DescribeServices")
    (finding,) = found(estate, call, draining).values()
    assert (finding.attribute, finding.observed) == ("status", "DRAINING")


@pytest.mark.parametrize(
    ("images", "observed"),
    [(None, "deregistered"), ([], "deregistered"), ([{"State": "disabled"}], "disabled")],
)
def test_an_image_that_cannot_be_launched_is_critical_and_nothing_else(
    estate: Standing, images: list[dict[str, Any]] | None, observed: str
) -> None:
    call = call_of(estate, "ec2:DescribeImages")
    findings = found(estate, call, lambda old: [old[0] | images[0]] if images else images)
    assert set(findings) == {"image state"}
    assert findings["image state"].observed == observed
    assert findings["image state"].severity is Severity.CRITICAL


def test_a_failover_that_is_cut_off_after_three_seconds_is_critical(estate: Standing) -> None:
    name = config().nat.function

    def short(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each | ({"Timeout": 3} if each["FunctionName"] == name else {}) for each in functions]

    (finding,) = found(estate, Call("lambda:ListFunctions"), short).values()
    assert (finding.observed, finding.severity) == ("3 s", Severity.CRITICAL)
