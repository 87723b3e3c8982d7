"""The platform that the toolkit looks after, as its canonical configuration describes it: network and NAT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from simulator.aws.lifecycle_actions import LAUNCHING, TERMINATING
from tradai_shared.config import canonical_config, naming

if TYPE_CHECKING:
    from tradai_shared.config import CanonicalConfig
    from tradai_shared.config.models.network import Subnet


ADDRESS = "203.0.113.24"  # of the range that is kept for documentation


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
    vpc = ec2.create_vpc(CidrBlock=config.network.vpc.cidr)["Vpc"]["VpcId"]
    nat_subnet = _subnet(ec2, vpc, config.network.subnets[config.nat.subnet])
    address = ec2.allocate_address(Domain="vpc", Address=ADDRESS)
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


def _subnet(ec2: Any, vpc: str, subnet: Subnet) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=subnet.cidr, AvailabilityZone=subnet.availability_zone)
    subnet_id = str(made["Subnet"]["SubnetId"])
    ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    return subnet_id


def _private_table(ec2: Any, vpc: str, env: str) -> str:
    tags = [{"Key": "Name", "Value": naming.private_route_table_name(env)}]
    made = ec2.create_route_table(
        VpcId=vpc, TagSpecifications=[{"ResourceType": "route-table", "Tags": tags}]
    )
    return str(made["RouteTable"]["RouteTableId"])


def _group(ec2: Any, env: str, platform: Platform, config: CanonicalConfig, *, launches_first: bool) -> None:
    image = ec2.register_image(Name="al2023-ami-kernel-default-arm64", Architecture="arm64")["ImageId"]
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
    heartbeat = config.nat.lifecycle_hooks["launch"].heartbeat_seconds or 300
    policy = {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}}
    auto_scaling: Any = boto3.client("autoscaling")
    auto_scaling.create_auto_scaling_group(
        AutoScalingGroupName=platform.group,
        MinSize=config.nat.group.min_size,
        MaxSize=config.nat.group.max_size,
        DesiredCapacity=config.nat.group.desired_capacity,
        VPCZoneIdentifier=platform.subnet,
        HealthCheckType=str(config.nat.group.health_check),
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
