"""drift_check may read what its checks ask, write what its remedies declare where it heals, and no more."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from drift_check import actions, history_store
from drift_check.observe import IAM_ACTIONS, READ_OPERATIONS
from drift_check.report import publish
from tests.contract.stack import ENVIRONMENTS, Stack, samples
from tradai_shared.config import canonical_config

READS = {IAM_ACTIONS.get(action, action) for action in READ_OPERATIONS}
HEALS = {action for remediation in get_args(actions.Remediation) for action in remediation.permissions}
SENDS = {*publish.PERMISSIONS, *history_store.PERMISSIONS}
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}


def statements(**parameters: str) -> dict[str, Any]:
    return Stack("prod", **parameters).statements("DriftCheckRole")


def allowed(**parameters: str) -> set[str]:
    return {action for statement in statements(**parameters).values() for action in statement["Action"]}


def test_by_default_it_reads_and_sends_and_writes_nothing_else() -> None:
    assert allowed(DriftReportBucket="reports", DriftSecurityHub="true") == READS | SENDS | BY_LAMBDA
    assert not {"s3:PutObject", publish.IMPORT} & allowed()


def test_healing_adds_what_the_remedies_declare_and_nothing_else() -> None:
    assert allowed(DriftMode="heal") - allowed() == HEALS


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("action", ["ec2:CreateTags", "autoscaling:CreateOrUpdateTags"])
def test_it_sets_no_tag_of_ec2_but_the_required_ones(env: str, action: str) -> None:
    """With another one, such as a route table's Name, it could have the failover route that table.

    A tag of the group goes to each instance that is launched, also the one that calls it ready.
    """
    tagging = [
        statement
        for statement in Stack(env, DriftMode="heal").statements("DriftCheckRole").values()
        if action in statement["Action"]
    ]
    required = sorted(canonical_config(env).required_tags)
    assert [statement.get("Condition") for statement in tagging] == [
        {"ForAllValues:StringEquals": {"aws:TagKeys": required}}
    ]


def test_the_lease_outlives_every_run_of_the_function() -> None:
    timeout = Stack("prod")["DriftCheckFunction"]["Timeout"]
    assert timeout < history_store.LEASE.total_seconds() < 2 * timeout


def test_it_keeps_its_history_in_one_table() -> None:
    (table,) = statements()["KeepHistory"]["Resource"]
    assert table.endswith(":table/tradai-infra-drift-state-prod")


@pytest.mark.parametrize("mode", ["report", "heal"])
def test_the_schedule_asks_for_what_the_deployment_allows(mode: str) -> None:
    function = Stack("dev", DriftMode=mode)["DriftCheckFunction"]
    schedule = function["Events"]["Hourly"]["Properties"]
    assert schedule["Input"] == f'{{"mode":"{mode}","dry_run":false}}'
    assert function["Environment"]["Variables"]["DRIFT_MODE"] == mode


def test_there_are_samples() -> None:
    assert set(samples("drift_check")) == {"report", "heal", "heal-dry-run", "approve"}
