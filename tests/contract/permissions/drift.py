"""tradai-drift-check over a live estate: every read, every heal, every message."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

from drift_check import app, history_store
from tests.contract.drift_scenarios import AUTOMATIC, ON_APPROVAL
from tests.contract.estate import Live, invoked, live
from tests.contract.permissions.arns import arn
from tests.contract.permissions.recorder import Recorder
from tests.contract.permissions.roles import deployed
from tests.contract.test_faults import face_the_internet, let_a_list_in, start_more_tasks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.permissions.policy import Need
    from tests.contract.stack import Stack
    from tests.fakes.clock import FakeClock

REPORTS = "drift-reports-of-somebody"
# in this order: what reopens a group comes after what empties it
FIRST = (
    "TTL off",
    "recovery off",
    "protection off",
    "public access",
    "rule gone",
    "open to the world",
    "check on",
    "route gone",
    "rule disabled",
    "tags gone",
)


@cache
def recorded(folder: Path) -> tuple[Stack, frozenset[Need]]:
    """What one life of the function asked for; ``folder`` takes the estate's own values."""
    own = folder / "own.json"
    recorder = Recorder()
    with live() as world:
        stack = deployed(
            "prod",
            DriftMode="heal",
            DriftReportBucket=REPORTS,
            DriftMaxHeals="50",
            DriftSecurityHub="true",
            NatAsgName="tradai-nat-asg-prod",
            VpcId=world.ids["vpc"],
        )
        hours = world.clock
        own.write_text(json.dumps({"values": world.own}), encoding="utf-8")
        world.client("s3").create_bucket(
            Bucket=REPORTS, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        variables = stack.template.function("DriftCheckFunction").environment
        with patch.dict(os.environ, {**variables, "CANONICAL_CONFIG_PATH": str(own)}), recorder.connected():
            stand_in(recorder)
            live_through(world, recorder, hours)
    return stack, frozenset(recorder.recorded)


def stand_in(recorder: Recorder) -> None:
    """New clients, as in a new execution environment; the failover answers here."""
    app.session.cache_clear()
    app.client.cache_clear()

    def failover(params: dict[str, Any], **given: Any) -> Any:
        with recorder.acting(on=False):  # by its own role
            return invoked(params, **given)

    app.client("lambda").meta.events.register("before-call.lambda.Invoke", failover)


def live_through(world: Live, recorder: Recorder, hours: FakeClock) -> None:
    for case in FIRST:
        AUTOMATIC[case][1](world)
    forget_the_pool(world)
    world.client("ec2").revoke_security_group_egress(
        GroupId=world.ids["group:nat"], IpPermissions=egress(world, "group:nat")
    )
    run(recorder, hours)
    hours.advance(hours=2)
    for _, spoil in ON_APPROVAL.values():
        spoil(world)
    results = run(recorder, hours, mode="report")["data"]["results"]
    approved = [result["approval"] for result in results if result["healing"] == "on approval"]
    assert len(approved) >= len(ON_APPROVAL)
    run(recorder, hours, approve=approved)
    face_the_internet(world)
    let_a_list_in(world)
    start_more_tasks(world)
    with patch.object(history_store, "PAGE_BYTES", 500):  # a history of several items
        run(recorder, hours, mode="report")
    beside_another_run(world, recorder, hours)


def beside_another_run(world: Live, recorder: Recorder, hours: FakeClock) -> None:
    table = world.config.dynamodb.tables[history_store.COMPONENT].name
    dynamodb = app.client("dynamodb")
    (item,) = [item for item in dynamodb.scan(TableName=table)["Items"] if "lease_until" in item]
    until = str(int(hours.time.timestamp()) + 2 * 3600 + 100)  # the run begins two hours later
    dynamodb.put_item(TableName=table, Item={**item, "lease_until": {"N": until}})
    assert "another run" in run(recorder, hours, mode="report")["data"]["summary"]["notes"][0]


def forget_the_pool(world: Live) -> None:
    """Without any tag it is found by listing all pools."""
    pool = arn("cognito-idp", f"userpool/{world.ids['pool']}")
    every = list(world.config.required_tags)
    world.client("resourcegroupstaggingapi").untag_resources(ResourceARNList=[pool], TagKeys=every)


def run(recorder: Recorder, hours: FakeClock, **asked: Any) -> Any:
    """Two hours later, so that nothing waits for the last write to settle."""
    hours.advance(hours=2)
    with recorder.acting():
        arn = "arn:aws:lambda:eu-central-1:123456789012:function:tradai-drift-check"
        context = Mock(aws_request_id="a-test", invoked_function_arn=arn)
        answer = app.lambda_handler({"mode": "heal", "dry_run": False, **asked}, context)
    assert answer["data"]["summary"]["heals_failed"] == 0
    return answer


def egress(world: Live, name: str) -> Any:
    group = world.client("ec2").describe_security_groups(GroupIds=[world.ids[name]])["SecurityGroups"][0]
    return group["IpPermissionsEgress"]
