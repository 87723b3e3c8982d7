"""Each permission that tag:TagResources needs besides its own, denied alone.

TagResources succeeds all the same, and says in its answer which resource was refused, and why:
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from drift_check.actions import AddTags
from drift_check.apply.healer import Healer
from tests.contract.drift_scenarios import tags_gone
from tests.contract.estate import live
from tests.contract.permissions.iam import TAGGING, needs
from tests.contract.permissions.recorder import THROUGH
from tests.contract.permissions.roles import deployed
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drift_check.compare import AssessedFinding
    from drift_check.findings import Finding

pytestmark = pytest.mark.any_python


def refusing(action: str) -> Any:
    """Botocore's call of an account whose role lacks the action."""

    def call(client: Any, operation: str, given: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if operation != "TagResources" or action not in {
            need.action for need in needs(service, operation, given)
        }:
            return THROUGH(client, operation, given)
        (arn,) = given["ResourceARNList"]
        message = f"User: arn:aws:iam::123456789012:role/drift is not authorized to perform: {action}"
        refused = {"StatusCode": 400, "ErrorCode": "AccessDeniedException", "ErrorMessage": message}
        return {"FailedResourcesMap": {arn: refused}}

    return call


def by_permission(assessed: Sequence[AssessedFinding]) -> dict[str, AssessedFinding]:
    """One finding of missing tags for each permission of a service."""
    found: dict[str, AssessedFinding] = {}
    for each in assessed:
        for remediation in each.remediations:
            if isinstance(remediation, AddTags):
                service = remediation.arn.partition(":")[0]
                found.setdefault(TAGGING.get(service, service), each)
    return found


def attempted(_: Finding) -> None:
    """The history of attempts is another test's."""


def test_each_denied_alone_is_told_by_its_name_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    granted = deployed("prod", DriftMode="heal", VpcId="vpc-0a").statements("DriftCheckRole")
    assert {action for part in granted.values() for action in part["Action"]} >= set(TAGGING.values())
    with live() as world:
        tags_gone(world)
        world.clock.advance(hours=2)
        reconciler = world.reconciler()
        scan = reconciler.scanner.scan()
        findings = by_permission(scan.assessed)
        assert findings.keys() >= set(TAGGING.values())
        healer = Healer(reconciler.scanner, reconciler.builder, scan, dry_run=False, before_write=attempted)
        allowed = findings["ec2"]
        for action in sorted(set(TAGGING.values())):
            monkeypatch.setattr(BaseClient, "_make_api_call", refusing(action))
            denied = healer.heal(findings[action])
            assert (denied.status, denied.temporary) == (Status.FAILED, False), action
            assert f"perform: {action}" in denied.detail
            assert healer.heal(allowed).status is Status.DONE, action
            allowed = findings[action]
