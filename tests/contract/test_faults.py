"""Each action that a run makes, denied, throttled, timed out, cut off: what rested on it is unknown, no more.

Whole runs of the loop over moto, with botocore's own retries.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.cognitoidp.models import cognitoidp_backends
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT

from drift_check.findings import FindingStatus
from drift_check.model import ExitCode
from drift_check.observe import READ_OPERATIONS
from tests.contract.estate import Live, live
from tests.contract.wire import FAULTS, Wire, no_waiting
from tradai_shared.aws.clients import ATTEMPTS, client_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.compare import AssessedFinding
    from drift_check.model import Report

pytestmark = pytest.mark.any_python


class Faulty:
    """A drifted estate, and the wire to it."""

    def __init__(self, world: Live) -> None:
        self.world, self.wire = world, Wire()
        session: Any = boto3.Session(region_name="eu-central-1")
        world.client = cache(
            lambda service: self.wire.join(session.client(service, config=client_config(pool=12)))
        )
        self.ordinary = {item.finding.id: item for item in world.scan().assessed}
        self.asked = set(self.wire.asked)

    def run(self, action: str, fault: str) -> Report:
        self.wire.failing, self.wire.fault = operation_of(self.world, action), FAULTS[fault]
        self.wire.asked.clear()
        return self.world.report()

    def resting_on(self, action: str) -> set[str]:
        return {name for name, item in self.ordinary.items() if action in actions(item)}


def actions(assessed_finding: AssessedFinding) -> set[str]:
    return {call.action for call in assessed_finding.sources}


def operation_of(world: Live, action: str) -> str:
    """As botocore's events spell it."""
    reader = READ_OPERATIONS[action]
    meta = world.client(reader.service).meta
    return f"{meta.service_model.service_id.hyphenize()}:{meta.method_to_api_mapping[reader.operation]}"


def code_of(fault: tuple[int, str] | Exception) -> str:
    return fault[1] if isinstance(fault, tuple) else type(fault).__name__


@pytest.fixture(scope="module")
def faulty() -> Iterator[Faulty]:
    with live() as world, no_waiting():
        spoil(world)
        yield Faulty(world)


def spoil(world: Live) -> None:
    """A difference of each of several services, and a pool without tags, which is found by listing all."""
    dynamodb = world.client("dynamodb")
    dynamodb.update_table(TableName="tradai-deployments-prod", DeletionProtectionEnabled=False)
    world.client("s3").delete_public_access_block(Bucket="tradai-configs-prod")
    world.client("s3").delete_bucket_tagging(Bucket="tradai-configs-prod")
    face_the_internet(world)
    let_a_list_in(world)
    start_more_tasks(world)
    world.client("events").disable_rule(Name="tradai-nat-group-events-prod")
    world.client("rds").modify_db_instance(DBInstanceIdentifier="tradai-prod", BackupRetentionPeriod=1)
    world.client("secretsmanager").delete_secret(SecretId="tradai/prod/exchange-keys")
    # moto's UntagResource is not implemented for pools
    (pool,) = cognitoidp_backends[ACCOUNT]["eu-central-1"].user_pools.values()
    pool.extended_config["UserPoolTags"] = {}


def face_the_internet(world: Live) -> None:
    """A load balancer that no configured group guards, with a listener."""
    elb = world.client("elbv2")
    subnets = [world.ids["subnet:public-1"], world.ids["subnet:public-2"]]
    (made,) = elb.create_load_balancer(
        Name="stranger", Subnets=subnets, SecurityGroups=[world.ids["group:ecs"]]
    )["LoadBalancers"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[answer]
    )


def let_a_list_in(world: Live) -> None:
    """The world as a prefix list, into a group that must not be open."""
    ec2 = world.client("ec2")
    made = ec2.create_managed_prefix_list(
        PrefixListName="everybody",
        Entries=[{"Cidr": "0.0.0.0/1"}, {"Cidr": "128.0.0.0/1"}],
        MaxEntries=2,
        AddressFamily="IPv4",
    )
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}
    peer = [{"PrefixListId": made["PrefixList"]["PrefixListId"]}]
    ec2.authorize_security_group_ingress(
        GroupId=world.ids["group:rds"], IpPermissions=[{**rule, "PrefixListIds": peer}]
    )


def start_more_tasks(world: Live) -> None:
    """Another number of tasks than stated: the check asks whether the service scales by itself."""
    ecs = world.config.ecs
    service = next(iter(ecs.services.values()))
    world.client("ecs").update_service(
        cluster=ecs.cluster, service=service.name, desiredCount=service.desired_count + 1
    )


def test_the_run_makes_every_call_of_the_catalogue(faulty: Faulty) -> None:
    assert faulty.asked == {operation_of(faulty.world, action) for action in READ_OPERATIONS}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("action", READ_OPERATIONS)
def test_a_failing_action_costs_only_what_rests_on_it(faulty: Faulty, action: str, fault: str) -> None:
    report = faulty.run(action, fault)
    by_id = {finding.id: finding for finding in report.findings}
    new = [finding for name, finding in by_id.items() if name not in faulty.ordinary]
    assert new
    assert {(finding.status, finding.attribute) for finding in new} == {(FindingStatus.UNKNOWN, action)}
    code = code_of(FAULTS[fault](READ_OPERATIONS[action].service))
    assert all(action in finding.reason and code in finding.reason for finding in new)
    lost = set(faulty.ordinary) - set(by_id)
    assert lost <= faulty.resting_on(action)
    assert report.exit_code is ExitCode.PARTIAL


@pytest.mark.parametrize(
    ("fault", "times"), [("denied", 1), ("throttled", 2 * ATTEMPTS), ("cut off", ATTEMPTS)]
)
def test_what_may_pass_is_tried_again(faulty: Faulty, fault: str, times: int) -> None:
    faulty.run("rds:DescribeDBInstances", fault)
    assert faulty.wire.asked.count("rds:DescribeDBInstances") == times
