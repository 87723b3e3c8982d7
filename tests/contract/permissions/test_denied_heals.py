"""Every write of a heal is denied: each heal fails by the name of its action, and the run is no success.

``tests/contract/test_faults.py`` denies each read alone. Heals do not rest on each other, so one run denies
their writes together.
"""

from __future__ import annotations

from typing import Any, get_args

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from drift_check.actions import Remediation
from drift_check.model import ExitCode
from tests.contract.drift_scenarios import AUTOMATIC, ON_APPROVAL
from tests.contract.estate import live
from tests.contract.permissions.drift import FIRST
from tests.contract.permissions.iam import TAGGING, needs
from tests.contract.permissions.recorder import THROUGH
from tradai_shared.errors import Status

pytestmark = pytest.mark.any_python

OF_TAGGING = set(TAGGING.values())  # each denied alone in test_denied_tags
# of the same heal as AuthorizeSecurityGroupIngress, which is refused first
OF_RULES = {"ec2:AuthorizeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"}
READS = ("Describe", "Get", "Scan")
WRITES = {
    action
    for remediation in get_args(Remediation)
    for action in remediation.permissions
    if not action.split(":")[1].startswith(READS)
}


def refuse(client: Any, operation: str, given: dict[str, Any]) -> Any:
    service = client.meta.service_model.service_name
    if operation.startswith(READS) or not WRITES & {need.action for need in needs(service, operation, given)}:
        return THROUGH(client, operation, given)
    code = "UnauthorizedOperation" if service == "ec2" else "AccessDeniedException"
    raise ClientError({"Error": {"Code": code, "Message": "a test"}}, operation)


def test_each_heal_whose_write_is_denied_fails_by_the_name_of_its_action(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with live() as world:
        for case in FIRST:
            AUTOMATIC[case][1](world)
        for case, (_, spoil) in ON_APPROVAL.items():
            if case != "another TTL attribute":  # its table has none by now
                spoil(world)
        world.clock.advance(hours=2)
        approved = frozenset(finding.id for finding in world.report().findings)
        monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
        report = world.run(approve=approved)
        monkeypatch.undo()
    assert report.exit_code is not ExitCode.IN_SYNC
    assert {heal.status for heal in report.heals} == {Status.FAILED}
    named = {action for heal in report.heals for action in WRITES if action in heal.detail}
    assert all(any(action in heal.detail for action in WRITES) for heal in report.heals)
    assert WRITES - named == OF_TAGGING | OF_RULES
