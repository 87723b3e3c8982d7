"""Each value of the configuration, changed alone, gives its own finding and no other: from the models."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest

from drift_check.findings import FindingStatus
from tests.unit.drift_check.config_mutation import another, changed
from tests.unit.drift_check.moto_estate import Standing, config
from toolchain.docs.unchecked_values import UNCHECKED, why_unchecked
from tradai_shared.config import leaves

if TYPE_CHECKING:
    from drift_check.findings import Finding

# What else must be reported when a value changes, since it is wrong then too.
CONSEQUENCES = (
    ("dynamodb.tables.*.name", "naming.resource", "the table of the former name is unexpected"),
    ("dynamodb.tables.workflow-state.name", "service_environment.workflow_table", "services name the table"),
    ("nat.lifecycle_hooks.*.name", "nat.group.name", "the hook of the former name is unexpected"),
    ("s3.buckets.*.name", "naming.resource", "the bucket of the former name is unexpected"),
    ("network.security_groups.*.name", "network.vpc.cidr", "the open group of the former name is unexpected"),
    ("network.subnets.*.tier", "network.network_acls.one_per_tier", "an ACL is of one tier"),
    ("network.security_groups.*.name", "network.security_groups.rds.ingress", "a rule names the group"),
    ("rds.ssl_parameter", "rds.ssl_enforced", "another parameter is not set"),
)
# A value that only permits, or whose demand this estate meets anyway, has tests of its own.
NOTHING_TO_TELL = (
    "network.security_groups.*.open_to_world",
    "service_environment.obsolete",
    "service_environment.variables.*.required_when",
)
CASES = {
    path: other
    for path, value in leaves(config())
    if path != "environment" and (other := another(value, path)) is not None
}


def findings_of(estate: Standing, path: str) -> list[Finding]:
    """The findings that the changed value brings."""
    ordinary = {finding.id for finding in estate.ordinary.findings}
    after = estate.scan(changed(config(), path, CASES[path])).findings
    return [result for result in after if result.id not in ordinary]


def is_about(finding: Finding, path: str) -> bool:
    return path == finding.path or path.startswith(f"{finding.path}.")


@pytest.mark.parametrize("path", [path for path in CASES if not why_unchecked(path)])
def test_a_changed_value_has_its_finding_and_no_other_has(estate: Standing, path: str) -> None:
    findings = findings_of(estate, path)
    expected = {target for pattern, target, _ in CONSEQUENCES if fnmatchcase(path, pattern)}
    others = {finding.path for finding in findings if not is_about(finding, path)}
    assert others <= expected
    if not any(fnmatchcase(path, pattern) for pattern in NOTHING_TO_TELL):
        assert findings
    assert all(finding.status is not FindingStatus.UNKNOWN for finding in findings)


@pytest.mark.parametrize("path", [path for path in CASES if why_unchecked(path)])
def test_what_is_said_not_to_be_judged_is_not(estate: Standing, path: str) -> None:
    expected = {target for pattern, target, _ in CONSEQUENCES if fnmatchcase(path, pattern)}
    assert {result.path for result in findings_of(estate, path)} == expected


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in UNCHECKED])
def test_every_exception_is_about_some_value(pattern: str) -> None:
    assert any(fnmatchcase(path, pattern) for path, _ in leaves(config()))


def test_the_estate_made_from_the_configuration_has_only_accepted_findings(estate: Standing) -> None:
    findings = estate.ordinary.findings
    assert {finding.attribute for finding in findings} == {"accepted gap udp/53", "accepted gap udp/123"}
    assert all(finding.waiver for finding in findings)
