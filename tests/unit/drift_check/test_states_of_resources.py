"""What is on its way: pending changes, indexes being deleted, draining services, images that are gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from drift_check import checks
from drift_check.checks.base import CheckContext
from drift_check.checks.nat import GROUPS, dependent_reads
from drift_check.checks.nat_group import VERSIONS
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
        ({"DBInstanceIdentifier": "elsewhere"}, "identifier", Severity.CRITICAL),
    ],
)
def test_a_pending_change_of_the_database_is_found(
    estate: Standing, pending: dict[str, Any], attribute: str, severity: Severity
) -> None:
    findings = found(estate, DATABASE, lambda answer: [answer[0] | {"PendingModifiedValues": pending}])
    assert set(findings) == {f"pending {attribute}"}
    assert findings[f"pending {attribute}"].severity is severity


@pytest.mark.parametrize("pending", [{}, {"AllocatedStorage": 200}, {"MasterUserPassword": "****"}])
def test_what_the_configuration_does_not_state_may_be_pending(
    estate: Standing, pending: dict[str, Any]
) -> None:
    assert found(estate, DATABASE, lambda answer: [answer[0] | {"PendingModifiedValues": pending}]) == {}


@pytest.mark.parametrize(
    "status", ["deleting", "stopped", "failed", "incompatible-restore", "inaccessible-encryption-credentials"]
)
def test_a_database_that_serves_nobody_is_found(estate: Standing, status: str) -> None:
    (finding,) = found(estate, DATABASE, lambda answer: [answer[0] | {"DBInstanceStatus": status}]).values()
    assert (finding.attribute, finding.observed) == ("status", status)
    assert finding.severity is Severity.CRITICAL


@pytest.mark.parametrize("status", ["backing-up", "modifying", "storage-optimization", "rebooting"])
def test_a_database_that_is_being_changed_serves(estate: Standing, status: str) -> None:
    assert found(estate, DATABASE, lambda answer: [answer[0] | {"DBInstanceStatus": status}]) == {}


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


@pytest.mark.parametrize(("days", "is_old"), [(80, False), (100, True)])
def test_the_finding_of_an_old_image_says_its_age(estate: Standing, days: int, *, is_old: bool) -> None:
    def aged(images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [images[0] | {"CreationDate": (NOW - timedelta(days=days)).isoformat()}]

    findings = found(estate, call_of(estate, "ec2:DescribeImages"), aged)
    assert set(findings) == ({"image.latest"} if is_old else set())
    made = f"made {(NOW - timedelta(days=days)).isoformat()}"
    assert all(finding.reason == made for finding in findings.values())


def test_a_failover_that_is_cut_off_after_three_seconds_is_critical(estate: Standing) -> None:
    name = config().nat.function

    def short(functions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each | ({"Timeout": 3} if each["FunctionName"] == name else {}) for each in functions]

    (finding,) = found(estate, Call("lambda:ListFunctions"), short).values()
    assert (finding.observed, finding.severity) == ("3 s", Severity.CRITICAL)


def launching(**data: Any) -> Callable[[Any], Any]:
    """The launch template's answer, with other data in its version."""

    def change(versions: Any) -> Any:
        return [versions[0] | {"LaunchTemplateData": versions[0]["LaunchTemplateData"] | data}]

    return change


@pytest.mark.parametrize(
    ("data", "attribute", "severity"),
    [
        ({"InstanceType": "t3.large"}, "next instance_type", Severity.MEDIUM),
        ({"MetadataOptions": {"HttpTokens": "optional"}}, "next imdsv2_required", Severity.HIGH),
        ({"Monitoring": {"Enabled": False}}, "next detailed_monitoring", Severity.LOW),
    ],
)
def test_what_the_next_nat_will_be_is_found_before_a_failover(
    estate: Standing, data: dict[str, Any], attribute: str, severity: Severity
) -> None:
    findings = found(estate, call_of(estate, VERSIONS), launching(**data))
    assert set(findings) == {attribute}
    assert findings[attribute].severity is severity


def test_what_a_template_leaves_open_is_not_judged(estate: Standing) -> None:
    def bare(versions: Any) -> Any:
        return [versions[0] | {"LaunchTemplateData": {"ImageId": "resolve:ssm:/an/image"}}]

    assert found(estate, call_of(estate, VERSIONS), bare) == {}


def test_the_type_of_a_template_that_a_policy_overrides_is_not_judged(estate: Standing) -> None:
    group, template = call_of(estate, GROUPS), call_of(estate, VERSIONS)
    answers = dict(estate.ordinary.reads.answers)
    described, versions = answers[group], answers[template]
    assert isinstance(described, Known)
    assert isinstance(versions, Known)
    specification = {"LaunchTemplateSpecification": described.value[0]["LaunchTemplate"]}
    policy = {"LaunchTemplate": specification | {"Overrides": [{"InstanceType": "t4g.nano"}]}}
    without = {name: value for name, value in described.value[0].items() if name != "LaunchTemplate"}
    answers[group] = Known([without | {"MixedInstancesPolicy": policy}], frozenset({group}))
    answers[template] = Known(launching(InstanceType="t3.large")(versions.value), frozenset({template}))
    scan = Scanner(config(), checks.ALL, Observer(estate.client)).evaluate(Reads(answers))
    assert not [finding for finding in scan.findings if finding.attribute.startswith("next ")]


def test_a_group_whose_template_is_gone_launches_nothing(estate: Standing) -> None:
    findings = found(estate, call_of(estate, VERSIONS), lambda _: None)
    assert findings["template state"].observed == "gone"
    assert set(findings) == {"template state"}


def test_the_image_of_the_next_launch_counts_and_not_the_running_one(estate: Standing) -> None:
    images = call_of(estate, "ec2:DescribeImages")
    other = Call("ec2:DescribeImages", "ami-0a1b2c3d4e5f60718")
    answers = dict(estate.ordinary.reads.answers)
    template = call_of(estate, VERSIONS)
    answer = answers[template]
    assert isinstance(answer, Known)
    changed = launching(ImageId=other.subject)(answer.value)
    answers |= {template: Known(changed, frozenset({template})), other: Known([], frozenset({other}))}
    assert other in dependent_reads(config(), template, changed)
    scan = Scanner(config(), checks.ALL, Observer(estate.client)).evaluate(Reads(answers))
    (gone,) = [finding for finding in scan.findings if finding.attribute == "image state"]
    assert gone.observed == "deregistered"
    answers |= {
        other: Known([{"State": "available"}], frozenset({other})),
        images: Known([], frozenset({images})),
    }
    scan = Scanner(config(), checks.ALL, Observer(estate.client)).evaluate(Reads(answers))
    assert not [finding for finding in scan.findings if finding.attribute == "image state"]
