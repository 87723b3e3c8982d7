"""doctor line by line: one account for each line that no other test shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures
GROUP = "acme-egress"
ANYWHERE = {"DestinationCidrBlock": "0.0.0.0/0"}


def new_table(world: Account, vpc: str | None = None, **tags: str) -> str:
    ec2 = world.client("ec2")
    table: str = ec2.create_route_table(VpcId=vpc or world.vpc)["RouteTable"]["RouteTableId"]
    marks = [{"Key": key.replace("__", ":"), "Value": value} for key, value in tags.items()]
    if marks:
        ec2.create_tags(Resources=[table], Tags=marks)
    return table


def reroute(world: Account, **target: str) -> None:
    world.client("ec2").delete_route(RouteTableId=world.table, **ANYWHERE)
    if target:
        world.client("ec2").create_route(RouteTableId=world.table, **ANYWHERE, **target)


def name_the_table(world: Account) -> None:
    tags = [{"Key": "Name", "Value": "tradai-private-rt-prod"}]
    world.client("ec2").create_tags(Resources=[world.table], Tags=tags)


def two_vpcs(world: Account) -> None:
    name_the_table(world)
    other = world.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    new_table(world, other, Name="tradai-private-rt-prod")


def leaves_by_a_nat_gateway(world: Account) -> None:
    ec2 = world.client("ec2")
    name_the_table(world)
    subnet = world.subnet
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    reroute(world, NatGatewayId=gateway)


def leaves_by_an_internet_gateway(world: Account) -> None:
    ec2 = world.client("ec2")
    name_the_table(world)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=world.vpc)
    reroute(world, GatewayId=gateway)


def leaves_by_a_peering(world: Account) -> None:
    ec2 = world.client("ec2")
    name_the_table(world)
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=world.vpc, PeerVpcId=other)["VpcPeeringConnection"]
    reroute(world, VpcPeeringConnectionId=peering["VpcPeeringConnectionId"])


def no_default_route(world: Account) -> None:
    name_the_table(world)
    reroute(world)


def table_of_a_stack(world: Account) -> None:
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "network"}]
    world.client("ec2").create_tags(Resources=[world.table], Tags=tags)


def no_instance_wanted(world: Account) -> None:
    world.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=GROUP, MinSize=0, DesiredCapacity=0
    )
    name_the_table(world)


def a_group_by_another_name(world: Account) -> None:
    """The route leads to an instance of no group, and one group has nat in its name."""
    ec2, autoscaling = world.client("ec2"), world.client("autoscaling")
    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    started = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=world.subnet)
    reroute(world, InstanceId=started["Instances"][0]["InstanceId"])
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="their-nat",
        LaunchConfigurationName="acme",
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=world.subnet,
    )


def put_hook(world: Account, name: str, seconds: int = 300, end: str = "LAUNCHING") -> None:
    world.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=GROUP,
        LifecycleHookName=name,
        LifecycleTransition=f"autoscaling:EC2_INSTANCE_{end}",
        HeartbeatTimeout=seconds,
    )


def a_hook_of_codedeploy(world: Account) -> None:
    put_hook(world, "CodeDeploy-managed-automatic-launch-deployment-hook-acme")


def notified_and_named(world: Account) -> None:
    world.notified["acme-up"] = topic = world.client("sns").create_topic(Name="theirs")["TopicArn"]
    queue = "arn:aws:sqs:eu-central-1:123456789012:mover"
    world.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)


def no_address(world: Account) -> None:
    ec2 = world.client("ec2")
    association = ec2.describe_addresses()["Addresses"][0]["AssociationId"]
    ec2.disassociate_address(AssociationId=association)


def a_neighbour(world: Account) -> None:
    world.client("ec2").create_network_interface(SubnetId=world.subnet)


def a_large_quota(world: Account) -> None:
    world.quota = 1000


def pending_subscription(world: Account) -> None:
    world.confirmed = {}


def deploy(world: Account, *alarms: str) -> None:
    """A stack of ours with these alarms; moto's CloudFormation makes none, so that the fixture lists them."""
    template = (
        '{"Parameters": {"NatMss": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::SNS::Topic"}}}'
    )
    world.client("cloudformation").create_stack(
        StackName="tradai-ops-prod",
        TemplateBody=template,
        Parameters=[{"ParameterKey": "NatMss", "ParameterValue": "1340"}],
    )
    world.stack_alarms = list(alarms)
    for name in alarms:
        world.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=[world.topic],
        )


def deployed(world: Account) -> None:
    deploy(world, "a-1", "a-2")


def an_alarm_is_gone(world: Account) -> None:
    deployed(world)
    world.client("cloudwatch").delete_alarms(AlarmNames=["a-2"])


def an_alarm_is_silent(world: Account) -> None:
    deployed(world)
    world.client("cloudwatch").disable_alarm_actions(AlarmNames=["a-1"])


def nothing(_: Account) -> None:
    return


@dataclass(frozen=True)
class Case:
    """An account made so, what samconfig.toml says, and the line that follows."""

    make: Callable[[Account], None]
    level: str
    subject: str
    text: str
    configured: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.level} {self.subject}: {self.text[:30]}"


ABSENT = "rtb-0123456789abc7ef0"
CASES = [
    Case(nothing, "info", "identity", "account 123456789012, region eu-central-1"),
    Case(nothing, "ok", "TABLE", "leaves by an instance"),
    Case(two_vpcs, "do", "route tables", "are in 2 VPCs"),
    Case(
        nothing, "do", "route tables", f"{ABSENT} do not exist", {"PrivateRouteTableIds": f"{ABSENT},TABLE"}
    ),
    Case(leaves_by_a_nat_gateway, "info", "TABLE", "leaves by the NAT Gateway nat-"),
    Case(leaves_by_an_internet_gateway, "info", "TABLE", "no instance: the function leaves it alone"),
    Case(leaves_by_a_peering, "info", "TABLE", "leaves by pcx-"),
    Case(
        leaves_by_an_internet_gateway,
        "info",
        "TABLE",
        "the function takes it over",
        {"NatTakeOverRoutes": "true"},
    ),
    Case(no_default_route, "info", "TABLE", "has no default route to an instance"),
    Case(table_of_a_stack, "info", "TABLE", "stack network manages it"),
    Case(nothing, "info", "group", "the stack makes its own", {"CreateNat": "true"}),
    Case(nothing, "ok", "group", f"{GROUP} is the NAT's", {"NatAsgName": GROUP}),
    Case(no_instance_wanted, "do", "group", "wants no instance (desired 0)", {"NatAsgName": GROUP}),
    Case(nothing, "info", "group", "has one subnet"),
    Case(a_group_by_another_name, "do", "group", "groups with nat in their name: their-nat"),
    Case(nothing, "info", "egress", "nothing would show that the NAT forwards"),
    Case(a_hook_of_codedeploy, "info", "hook CodeDeploy-", "CodeDeploy is notified of it"),
    Case(notified_and_named, "do", "hook acme-up", "somebody else answers", {"NatHookNames": "acme-up"}),
    Case(notified_and_named, "do", "hook acme-up", ":theirs (arn:aws:sqs:", {"NatHookNames": "acme-up"}),
    Case(lambda world: put_hook(world, "acme-up", 30), "do", "hook acme-up", "ends after 30 s"),
    Case(lambda world: put_hook(world, "acme-web"), "do", "hooks", "several launch hooks: acme-up, acme-web"),
    Case(nothing, "ok", "hook acme-up", "300 s, then ABANDON"),
    Case(nothing, "ok", "address", "is with i-"),
    Case(no_address, "info", "address", "its public address changes at each replacement"),
    Case(nothing, "ok", "concurrency", "quota is 10"),
    Case(a_large_quota, "info", "concurrency", "a reservation is possible"),
    Case(pending_subscription, "do", "alerts", "no confirmed subscription"),
    Case(nothing, "ok", "alerts", "1 confirmed subscriptions"),
    Case(nothing, "info", "stack", "tradai-ops-prod is not deployed"),
    Case(deployed, "info", "stack", "NatMss is deployed as '1340' and is not in samconfig.toml"),
    Case(deployed, "ok", "alarms", "all 2 alarms of tradai-ops-prod are live and send"),
    Case(an_alarm_is_gone, "do", "alarms", "1 of 2 alarms of tradai-ops-prod are gone from CloudWatch: a-2"),
    Case(an_alarm_is_silent, "do", "alarms", "a-1 carry out no action"),
    Case(a_neighbour, "info", "NAT subnets", "1 interfaces of others are in them"),
    Case(a_neighbour, "info", "NAT subnets", "meets these too: eni-"),
    Case(nothing, "info", "runbooks", "links in messages lead to the stack's dashboard"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_an_account_made_so_gives_this_line(
    case: Case, account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, account, config, capsys)


def check(case: Case, account: Account, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case.make(account)
    given = {name: value.replace("TABLE", account.table) for name, value in case.configured.items()}
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", given))
    _, document = diagnosis(config, capsys)
    subject = case.subject.replace("TABLE", account.table)
    said = [
        line["text"]
        for line in document["lines"]
        if line["subject"].startswith(subject) and line["level"] == case.level
    ]
    assert any(case.text in text for text in said), document["lines"]
