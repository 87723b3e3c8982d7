"""The platform that the toolkit looks after, as its canonical configuration describes it: network and NAT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from simulator.lifecycle import LAUNCHING, TERMINATING
from tradai_shared.config import canonical_config, naming

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Platform:
    """The ids of what was built."""

    vpc: str
    subnet: str
    tables: list[str]
    allocation: str
    address: str
    group: str
    topic: str

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters for this platform."""
        return {
            "Environment": self.group.rsplit("-", 1)[-1],
            "NatAsgName": self.group,
            "NatEipAllocationId": self.allocation,
            "PrivateRouteTableIds": ",".join(self.tables),
            "AlertsTopicArn": self.topic,
        }


def build(env: naming.Environment, tables: int, *, launches_first: bool) -> Platform:
    """Make it all by AWS's own calls. The group launches its first instance once time passes."""
    config = canonical_config(env)
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=str(config.vpc.cidr))["Vpc"]["VpcId"]
    subnets = {subnet.name: _subnet(ec2, vpc, subnet) for subnet in config.vpc.subnets}
    for subnet in config.vpc.subnets:
        if subnet.tier == "public":
            ec2.modify_subnet_attribute(SubnetId=subnets[subnet.name], MapPublicIpOnLaunch={"Value": True})
    address = ec2.allocate_address(Domain="vpc")
    nat_subnet = subnets[config.nat.subnet]
    platform = Platform(
        vpc=vpc,
        subnet=nat_subnet,
        tables=[_private_table(ec2, vpc, env) for _ in range(tables)],
        allocation=address["AllocationId"],
        address=address["PublicIp"],
        group=naming.nat_asg_name(env),
        topic=boto3.client("sns").create_topic(Name=naming.topic_name("alerts", env))["TopicArn"],
    )
    _group(ec2, env, platform, config, launches_first=launches_first)
    return platform


def _subnet(ec2: Any, vpc: str, subnet: Any) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=str(subnet.cidr), AvailabilityZone=subnet.az)
    return str(made["Subnet"]["SubnetId"])


def _private_table(ec2: Any, vpc: str, env: str) -> str:
    tags = [{"Key": "Name", "Value": naming.private_route_table_name(env)}]
    made = ec2.create_route_table(
        VpcId=vpc, TagSpecifications=[{"ResourceType": "route-table", "Tags": tags}]
    )
    return str(made["RouteTable"]["RouteTableId"])


def _group(ec2: Any, env: str, platform: Platform, config: Any, *, launches_first: bool) -> None:
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    security = ec2.create_security_group(
        GroupName=naming.security_group_name("nat", env), Description="NAT", VpcId=platform.vpc
    )
    ec2.create_launch_template(
        LaunchTemplateName=naming.nat_instance_name(env),
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": config.nat.instance_type,
            "SecurityGroupIds": [security["GroupId"]],
        },
    )
    heartbeat = config.nat.lifecycle_hook.heartbeat_seconds
    policy = {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}}
    auto_scaling: Any = boto3.client("autoscaling")
    auto_scaling.create_auto_scaling_group(
        AutoScalingGroupName=platform.group,
        MinSize=config.nat.asg.min,
        MaxSize=config.nat.asg.max,
        DesiredCapacity=config.nat.asg.desired,
        VPCZoneIdentifier=platform.subnet,
        HealthCheckType=config.nat.asg.health_check,
        LaunchTemplate={"LaunchTemplateName": naming.nat_instance_name(env), "Version": "$Latest"},
        LifecycleHookSpecificationList=[
            _hook(naming.nat_launch_hook_name(env), LAUNCHING, heartbeat, "ABANDON"),
            _hook(naming.nat_terminate_hook_name(env), TERMINATING, heartbeat, "CONTINUE"),
        ],
        Tags=[{"Key": "Name", "Value": naming.nat_instance_name(env), "PropagateAtLaunch": True}],
        **(policy if launches_first else {}),
    )


def _hook(name: str, transition: str, heartbeat: int, default: str) -> dict[str, Any]:
    return {
        "LifecycleHookName": name,
        "LifecycleTransition": transition,
        "HeartbeatTimeout": heartbeat,
        "DefaultResult": default,
    }
