"""The NAT: a group of one instance with its hooks, address, routes, alarm and rules."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from simulator.moto_patches.network import DEFAULT_ROUTE
from tradai_shared.config.models.network import DefaultRoute

if TYPE_CHECKING:
    from simulator.estate import Estate

IMAGE_NAME = "al2023-ami-2026.1-arm64"
RULES = ("group-events", "instance-states")


def build(estate: Estate) -> None:
    ec2, autoscaling = estate.client("ec2"), estate.client("autoscaling")
    group(estate, ec2, autoscaling)
    hooks(estate, autoscaling)
    instance(estate, ec2, autoscaling)
    routes(estate, ec2)
    if estate.deployed:
        alarm_and_rules(estate)


def image(estate: Estate, ec2: Any) -> str:
    desired = estate.config.nat.image
    made: str = ec2.register_image(
        Name=IMAGE_NAME, Architecture=str(desired.architecture), RootDeviceName="/dev/xvda"
    )["ImageId"]
    return made


def group(estate: Estate, ec2: Any, autoscaling: Any) -> None:
    nat = estate.config.nat
    template = {
        "ImageId": image(estate, ec2),
        "InstanceType": nat.instance_type,
        "SecurityGroupIds": [estate.ids["group:nat"]],
        "MetadataOptions": {"HttpTokens": "required" if nat.imdsv2_required else "optional"},
        "Monitoring": {"Enabled": nat.detailed_monitoring},
    }
    ec2.create_launch_template(LaunchTemplateName=nat.name, LaunchTemplateData=template)
    tags = [*estate.tags, {"Key": "Name", "Value": nat.name}]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=nat.group.name,
        LaunchTemplate={"LaunchTemplateName": nat.name},
        MinSize=nat.group.min_size,
        MaxSize=nat.group.max_size,
        DesiredCapacity=nat.group.desired_capacity,
        HealthCheckType=str(nat.group.health_check),
        VPCZoneIdentifier=estate.ids[f"subnet:{nat.subnet}"],
        Tags=[tag | {"PropagateAtLaunch": True} for tag in tags],
    )


def hooks(estate: Estate, autoscaling: Any) -> None:
    for key, hook in estate.config.nat.lifecycle_hooks.items():
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=estate.config.nat.group.name,
            LifecycleHookName=hook.name,
            LifecycleTransition=str(hook.transition),
            HeartbeatTimeout=hook.heartbeat_seconds or 300,
            DefaultResult="ABANDON" if key == "launch" else "CONTINUE",
        )


def instance(estate: Estate, ec2: Any, autoscaling: Any) -> None:
    nat = estate.config.nat
    response = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[nat.group.name])
    nat_id = estate.ids["nat"] = response["AutoScalingGroups"][0]["Instances"][0]["InstanceId"]
    # moto's groups do not hand these from the launch template to the instance
    tokens = "required" if nat.imdsv2_required else "optional"
    ec2.modify_instance_metadata_options(InstanceId=nat_id, HttpTokens=tokens)
    if nat.detailed_monitoring:
        ec2.monitor_instances(InstanceIds=[nat_id])
    described = ec2.describe_instances(InstanceIds=[nat_id])["Reservations"][0]["Instances"][0]
    interface = estate.ids["interface"] = described["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=interface, SourceDestCheck={"Value": nat.boot.source_destination_check}
    )
    if nat.boot.eip_associated:
        allocation = estate.ids["allocation"] = _address(estate, ec2)
        ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface)


def _address(estate: Estate, ec2: Any) -> str:
    tags = [{"ResourceType": "elastic-ip", "Tags": estate.tags}]
    made: str = ec2.allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"]
    return made


def routes(estate: Estate, ec2: Any) -> None:
    for role, table in estate.config.network.route_tables.items():
        if table.default_route is DefaultRoute.NAT:
            ec2.create_route(
                RouteTableId=estate.ids[f"table:{role}"],
                DestinationCidrBlock=DEFAULT_ROUTE,
                NetworkInterfaceId=estate.ids["interface"],
            )


def alarm_and_rules(estate: Estate) -> None:
    """The alarm and the rules; the function itself is made with the others."""
    config = estate.config
    estate.client("cloudwatch").put_metric_alarm(
        AlarmName=config.nat.alarm,
        Namespace="TradAI/Ops",
        MetricName="EgressDown",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=0,
        Period=60,
        Statistic="Maximum",
        AlarmActions=[f"arn:aws:sns:{config.region}:123456789012:alerts"],
        Tags=estate.tags,
    )
    for rule in RULES:
        estate.client("events").put_rule(
            Name=f"tradai-nat-{rule}-{config.environment}",
            EventPattern=json.dumps({"source": ["aws.autoscaling"]}),
            Tags=estate.tags,
        )


def code() -> bytes:
    """The smallest archive that Lambda takes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("app.py", "def lambda_handler(event, context): return {}")
    return held.getvalue()
