"""The platform that the toolkit looks after, as its canonical configuration describes it: network and NAT."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from simulator.aws.lifecycle_actions import LAUNCHING, TERMINATING
from tradai_shared.config import canonical_config, naming

if TYPE_CHECKING:
    from tradai_shared.config import CanonicalConfig
    from tradai_shared.config.models.network import Subnet


ADDRESS = "203.0.113.24"  # of the range that is kept for documentation
STANDBY_ADDRESS = "203.0.113.25"
SECOND_SUBNET = "public-2"


class Standby(StrEnum):
    """Whether there is a second group, and whose address it serves with."""

    NONE = "none"
    SHARED = "shared"
    OWN = "own"


@dataclass(frozen=True)
class Names:
    """Names that differ between accounts. Empty: the canonical one of the environment."""

    group: str = ""
    launch_hook: str = ""
    terminate_hook: str = ""
    table: str = ""

    def of(self, env: str) -> Names:
        """The same, with the canonical names in place of empty ones."""
        return Names(
            self.group or naming.nat_asg_name(env),
            self.launch_hook or naming.nat_launch_hook_name(env),
            self.terminate_hook or naming.nat_terminate_hook_name(env),
            self.table or naming.private_route_table_name(env),
        )


@dataclass(frozen=True)
class Platform:
    """The ids of what was built."""

    env: str
    hooks: tuple[str, str]
    vpc: str
    subnet: str
    tables: list[str]
    allocation: str
    address: str
    group: str
    topic: str
    standby: str = ""  # the second group
    standby_allocation: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.group, self.standby) if self.standby else (self.group,)

    @property
    def allocations(self) -> dict[str, str]:
        """The allocation that the members of each group serve with."""
        own = {self.standby: self.standby_allocation} if self.standby_allocation else {}
        return {**dict.fromkeys(self.groups, self.allocation), **own}

    @property
    def _hook_names(self) -> str:
        """Empty where they have the canonical names, as in a deployment that names none."""
        canonical = (naming.nat_launch_hook_name(self.env), naming.nat_terminate_hook_name(self.env))
        return "" if self.hooks == canonical else ",".join(self.hooks)

    @property
    def parameters(self) -> dict[str, str]:
        """The template's parameters for this platform."""
        return {
            "Environment": self.env,
            "NatAsgName": self.group,
            "NatHookNames": self._hook_names,
            "NatEipAllocationId": self.allocation,
            "PrivateRouteTableIds": ",".join(self.tables),
            "AlertsTopicArn": self.topic,
            "NatStandbyAsgName": self.standby,
            "NatStandbyAddress": "own" if self.standby_allocation else "shared",
            "NatStandbyEipAllocationId": self.standby_allocation,
        }


def build(
    env: naming.Environment,
    tables: int,
    *,
    launches_first: bool,
    standby: Standby = Standby.NONE,
    names: Names | None = None,
) -> Platform:
    """Make it all by AWS's own calls. The groups launch their first instances once time passes."""
    config, names = canonical_config(env), (names or Names()).of(env)
    ec2: Any = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock=config.network.vpc.cidr)["Vpc"]["VpcId"]
    nat_subnet = _subnet(ec2, vpc, config.network.subnets[config.nat.subnet])
    address = ec2.allocate_address(Domain="vpc", Address=ADDRESS)
    platform = Platform(
        env=str(env),
        hooks=(names.launch_hook, names.terminate_hook),
        vpc=vpc,
        subnet=nat_subnet,
        tables=[_private_table(ec2, vpc, names.table) for _ in range(tables)],
        allocation=address["AllocationId"],
        address=address["PublicIp"],
        group=names.group,
        topic=boto3.client("sns").create_topic(Name=naming.topic_name("alerts", env))["TopicArn"],
        standby=naming.nat_standby_asg_name(env) if standby is not Standby.NONE else "",
        standby_allocation=_own_allocation(ec2) if standby is Standby.OWN else "",
    )
    _launch_template(ec2, env, platform, config)
    make = partial(_group, platform, config=config, launches_first=launches_first)
    make(platform.group, platform.subnet)
    if platform.standby:
        second = _subnet(ec2, vpc, config.network.subnets[SECOND_SUBNET])
        make(platform.standby, second)
    return platform


def _own_allocation(ec2: Any) -> str:
    return str(ec2.allocate_address(Domain="vpc", Address=STANDBY_ADDRESS)["AllocationId"])


def _subnet(ec2: Any, vpc: str, subnet: Subnet) -> str:
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=subnet.cidr, AvailabilityZone=subnet.availability_zone)
    subnet_id = str(made["Subnet"]["SubnetId"])
    ec2.modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    return subnet_id


def _private_table(ec2: Any, vpc: str, name: str) -> str:
    tags = [{"Key": "Name", "Value": name}]
    made = ec2.create_route_table(
        VpcId=vpc, TagSpecifications=[{"ResourceType": "route-table", "Tags": tags}]
    )
    return str(made["RouteTable"]["RouteTableId"])


def _launch_template(ec2: Any, env: str, platform: Platform, config: CanonicalConfig) -> None:
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


def _group(
    platform: Platform, name: str, subnet: str, *, config: CanonicalConfig, launches_first: bool
) -> None:
    env, (launch_hook, terminate_hook) = platform.env, platform.hooks
    heartbeat = config.nat.lifecycle_hooks["launch"].heartbeat_seconds or 300
    policy = {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}}
    auto_scaling: Any = boto3.client("autoscaling")
    auto_scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=config.nat.group.min_size,
        MaxSize=config.nat.group.max_size,
        DesiredCapacity=config.nat.group.desired_capacity,
        VPCZoneIdentifier=subnet,
        HealthCheckType=str(config.nat.group.health_check),
        LaunchTemplate={"LaunchTemplateName": naming.nat_instance_name(env), "Version": "$Latest"},
        LifecycleHookSpecificationList=[
            _hook(launch_hook, LAUNCHING, heartbeat, "ABANDON"),
            _hook(terminate_hook, TERMINATING, heartbeat, "CONTINUE"),
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
