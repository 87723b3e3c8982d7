"""Values that adopt asks about and takes, and what then is drift and what is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends

from tests.unit.ops.adopt.renamed_estate import ENV, Account, account
from tests.unit.ops.adopt.test_renamed_account import as_acme, knowing
from tradai_shared.config.build import build

if TYPE_CHECKING:
    from tradai_shared.config.overrides import OverrideFile

pytestmark = pytest.mark.any_python

TAGS = {"cost-center": ["4711"], "Stage": ["Live"]}
VALUES = {"rds.version": "16.3", "nat.lifecycle_hooks.launch.heartbeat_seconds": 420}


def findings(made: Account, file: OverrideFile) -> list[tuple[str, str]]:
    return [
        (finding.attribute, str(finding.observed))
        for finding in made.scan(file).findings
        if not finding.waiver
    ]


def test_a_hooks_heartbeat_and_another_major_version_are_taken() -> None:
    with account(as_acme, VALUES) as made:
        file = made.adopt(knowing(made)).file
        assert file.values["nat"]["lifecycle_hooks"] == {"launch": {"heartbeat_seconds": 420}}
        assert build(ENV, file).rds.version == "16"
        assert findings(made, file) == []
        identifier = made.truth.rds.identifier
        made.client("rds").modify_db_instance(DBInstanceIdentifier=identifier, EngineVersion="16.9")
        assert findings(made, file) == []


def test_flow_logs_and_endpoints_that_stand_and_do_not_work_are_found() -> None:
    with account(as_acme, {}) as made:
        file = made.adopt(knowing(made)).file
        ec2, backend = made.client("ec2"), ec2_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"]
        (log,) = ec2.describe_flow_logs()["FlowLogs"]
        # the log stays active, as on AWS, where its bucket refuses it
        backend.flow_logs[log["FlowLogId"]].deliver_logs_status = "FAILED"
        assert findings(made, file) == [("flow_logs", "False")]
        for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
            ec2.modify_vpc_endpoint(
                VpcEndpointId=endpoint["VpcEndpointId"], RemoveRouteTableIds=endpoint["RouteTableIds"]
            )
        assert ("gateway", "[]") in findings(made, file)


def test_tags_of_other_names_are_required_from_then_on() -> None:
    required = {"Project": None, "Environment": None, "ManagedBy": None, **TAGS}
    with account(as_acme, {"required_tags": required}) as made:
        file = made.adopt(knowing(made)).file
        assert build(ENV, file).required_tags == {name: tuple(values) for name, values in TAGS.items()}
        assert findings(made, file) == []
        assert made.adopt(knowing(made), file).asked == []
        subnet = made.built.ids["subnet:private-2"]
        made.client("ec2").delete_tags(Resources=[subnet], Tags=[{"Key": "Stage"}])
        assert [attribute for attribute, _ in findings(made, file)] == ["tags"]
