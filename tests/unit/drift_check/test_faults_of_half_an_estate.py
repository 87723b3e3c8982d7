"""Half of the estate is gone, and each action is denied, throttled or cut off in turn: no finding is false.

What is missing must not be taken for what could not be read, nor the other way round.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from drift_check import checks
from drift_check.findings import FindingStatus
from drift_check.observe import READ_OPERATIONS
from drift_check.observe.observer import Observer
from drift_check.scan import Scanner
from simulator import estate
from tests.fakes.clock import FakeClock
from tests.unit.drift_check.moto_estate import AWS, Remembering, config
from tradai_shared import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.scan import Scan

    Client = Callable[[str], Any]

FAULTS = {
    "denied": ClientError({"Error": {"Code": "AccessDeniedException", "Message": "a test"}}, "a test"),
    "throttled": ClientError({"Error": {"Code": "ThrottlingException", "Message": "a test"}}, "a test"),
    "cut off": EndpointConnectionError(endpoint_url="https://nowhere.invented"),
}


def data_gone(client: Client) -> None:
    for table in list(config().dynamodb.tables.values())[:5]:
        client("dynamodb").delete_table(TableName=table.name)
    for key in ("logs", "mlflow"):
        client("s3").delete_bucket(Bucket=config().s3.buckets[key].name)
    database = config().rds.identifier
    client("rds").modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False)
    client("rds").delete_db_instance(DBInstanceIdentifier=database, SkipFinalSnapshot=True)


def access_gone(client: Client) -> None:
    pools = client("cognito-idp")
    for pool in pools.list_user_pools(MaxResults=60)["UserPools"]:
        pools.delete_user_pool(UserPoolId=pool["Id"])
    first = next(iter(config().secrets.values()))
    client("secretsmanager").delete_secret(SecretId=first.name, ForceDeleteWithoutRecovery=True)
    for api in client("apigateway").get_rest_apis()["items"]:
        client("apigateway").delete_rest_api(restApiId=api["id"])


def messages_gone(client: Client) -> None:
    for topic in client("sns").list_topics()["Topics"][:1]:
        client("sns").delete_topic(TopicArn=topic["TopicArn"])
    for url in client("sqs").list_queues()["QueueUrls"][:1]:
        client("sqs").delete_queue(QueueUrl=url)


def compute_gone(client: Client) -> None:
    ecs = config().ecs
    for service in list(ecs.services.values())[:3]:
        client("ecs").delete_service(cluster=ecs.cluster, service=service.name, force=True)
    for function in client("lambda").list_functions()["Functions"][:4]:
        client("lambda").delete_function(FunctionName=function["FunctionName"])


def nat_gone(client: Client) -> None:
    name = config().nat.group.name
    client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    client("cloudwatch").delete_alarms(AlarmNames=[config().nat.alarm])
    for image in client("ec2").describe_images(Owners=["self"])["Images"]:
        client("ec2").deregister_image(ImageId=image["ImageId"])


def network_gone(client: Client) -> None:
    ec2 = client("ec2")
    endpoints = [each["VpcEndpointId"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]
    ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints)
    for table in ec2.describe_route_tables()["RouteTables"]:
        if any(each.get("Main") for each in table["Associations"]):
            continue
        for association in table["Associations"]:
            ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
        ec2.delete_route_table(RouteTableId=table["RouteTableId"])


LOSSES = {
    "most": (data_gone, access_gone, messages_gone, compute_gone, nat_gone),
    "the network": (network_gone,),
    "the NAT": (nat_gone,),
}


@pytest.fixture(scope="module", params=LOSSES)
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    with patch.dict(os.environ, AWS), estate.account() as made:
        estate.build(config(), made)
        for lose in LOSSES[request.param]:
            lose(made)
        yield made


def scan(observer: Observer) -> Scan:
    with clock.use(FakeClock(clock.now())):
        return Scanner(config(), checks.ALL, observer).scan()


class Faulty:
    """The estate's clients, of which one operation fails."""

    def __init__(self, client: Client) -> None:
        self.made, self.operation, self.fault = client, "", FAULTS["denied"]
        self.refusals = 0

    def client(self, service: str) -> Any:
        made = self.made(service)
        made.meta.events.register("before-call.*.*", self.refuse, unique_id="a fault")
        return made

    def refuse(self, model: Any, **_: Any) -> None:
        if model.name.lower() == self.operation.replace("_", ""):
            self.refusals += 1
            raise self.fault


def test_what_is_missing_stays_told_and_what_fails_is_unknown_alone(client: Client) -> None:
    ordinary = scan(Observer(client))
    assert FindingStatus.MISSING in {finding.status for finding in ordinary.findings}
    assert not ordinary.unknown
    before = {assessed.finding.id: assessed for assessed in ordinary.assessed}
    faulty = Faulty(client)
    for action, reader in READ_OPERATIONS.items():
        known = {call: read for call, read in ordinary.reads.answers.items() if call.action != action}
        for name, fault in FAULTS.items():
            faulty.operation, faulty.fault, faulty.refusals = reader.operation, fault, 0
            after = scan(Remembering(faulty.client, known=known))
            assert bool(faulty.refusals) == (len(known) < len(ordinary.reads.answers)), (action, name)
            found = {finding.id: finding for finding in after.findings}
            new = [finding for identifier, finding in found.items() if identifier not in before]
            assert {(each.status, each.attribute) for each in new} <= {(FindingStatus.UNKNOWN, action)}, name
            lost = [assessed for identifier, assessed in before.items() if identifier not in found]
            assert all(action in {call.action for call in each.sources} for each in lost), (action, name)
