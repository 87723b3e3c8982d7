"""The platform's NAT in moto's server: as much of an estate as the samples of events/ are about."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from moto.server import ThreadedMotoServer

from tradai_shared.config import naming

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"
ACCOUNT = "123456789012"
CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
IMAGE = "ami-12c6146b"  # one of those that moto begins with
SAMPLE_INSTANCE = "i-0123456789abcdef0"  # the samples' NAT


@dataclass(frozen=True, slots=True)
class Estate:
    """A group of one NAT, one private route table that points at nothing, a free address, the topic."""

    endpoint: str
    instance_id: str
    interface_id: str
    allocation_id: str
    table_id: str

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name=REGION, endpoint_url=self.endpoint, **CREDENTIALS)

    @property
    def default_route(self) -> str | None:
        """The interface that the private table's 0.0.0.0/0 points at."""
        tables = self.client("ec2").describe_route_tables(RouteTableIds=[self.table_id])["RouteTables"]
        routes = {route.get("DestinationCidrBlock"): route for route in tables[0]["Routes"]}
        interface = routes.get("0.0.0.0/0", {}).get("NetworkInterfaceId")
        return str(interface) if interface else None


@contextmanager
def estate(environment: str) -> Iterator[Estate]:
    """A fresh one behind moto's server on loopback, for as long as the context lasts."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield _build(f"http://{host}:{port}", environment)
    finally:
        server.stop()


def _build(endpoint: str, environment: str) -> Estate:
    ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=endpoint, **CREDENTIALS)
    sns = boto3.client("sns", region_name=REGION, endpoint_url=endpoint, **CREDENTIALS)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=_named_table(environment))["RouteTable"]
    sns.create_topic(Name=naming.topic_name("alerts", environment))
    instance_id = _group(endpoint, environment, subnet)
    reservations = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    return Estate(
        endpoint=endpoint,
        instance_id=instance_id,
        interface_id=reservations[0]["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"],
        allocation_id=ec2.allocate_address(Domain="vpc")["AllocationId"],
        table_id=table["RouteTableId"],
    )


def _named_table(environment: str) -> Any:
    name = {"Key": "Name", "Value": naming.private_route_table_name(environment)}
    return [{"ResourceType": "route-table", "Tags": [name]}]


def _group(endpoint: str, environment: str, subnet: str) -> str:
    """The group with both hooks; the id of its one instance."""
    ec2 = boto3.client("ec2", region_name=REGION, endpoint_url=endpoint, **CREDENTIALS)
    autoscaling = boto3.client("autoscaling", region_name=REGION, endpoint_url=endpoint, **CREDENTIALS)
    data = {"ImageId": IMAGE, "InstanceType": "t4g.nano"}
    made = ec2.create_launch_template(LaunchTemplateName="nat", LaunchTemplateData=data)
    name = naming.nat_asg_name(environment)
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=subnet,
        LaunchTemplate={"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"]},
    )
    for hook, transition in (
        (naming.nat_launch_hook_name(environment), "autoscaling:EC2_INSTANCE_LAUNCHING"),
        (naming.nat_terminate_hook_name(environment), "autoscaling:EC2_INSTANCE_TERMINATING"),
    ):
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=name,
            LifecycleHookName=hook,
            LifecycleTransition=transition,
            HeartbeatTimeout=300,
        )
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    return str(groups["AutoScalingGroups"][0]["Instances"][0]["InstanceId"])
