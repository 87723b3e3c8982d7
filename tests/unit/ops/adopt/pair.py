"""A second NAT beside that of a built account, in a group of its own and under a name of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.unit.ops.adopt.renamed_estate import Account

SUBNET = "subnet:public-2"


def stand_by(made: Account, name: str) -> None:
    """As the first: template, sizes, hooks, tags, and an instance that is set up alike."""
    nat, ec2, autoscaling = made.truth.nat, made.client("ec2"), made.client("autoscaling")
    first = _group(autoscaling, nat.group.name)
    tags = [{"Key": tag["Key"], "Value": tag["Value"], "PropagateAtLaunch": True} for tag in first["Tags"]]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": nat.name},
        MinSize=first["MinSize"],
        MaxSize=first["MaxSize"],
        DesiredCapacity=first["DesiredCapacity"],
        HealthCheckType=first["HealthCheckType"],
        VPCZoneIdentifier=made.built.ids[SUBNET],
        Tags=tags,
    )
    for key, hook in nat.lifecycle_hooks.items():
        autoscaling.put_lifecycle_hook(
            AutoScalingGroupName=name,
            LifecycleHookName=hook.name,
            LifecycleTransition=str(hook.transition),
            HeartbeatTimeout=hook.heartbeat_seconds or 300,
            DefaultResult="ABANDON" if key == "launch" else "CONTINUE",
        )
    instance_id = _group(autoscaling, name)["Instances"][0]["InstanceId"]
    ec2.modify_instance_metadata_options(InstanceId=instance_id, HttpTokens="required")
    ec2.monitor_instances(InstanceIds=[instance_id])
    (described,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    interface = described["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})


def _group(autoscaling: Any, name: str) -> dict[str, Any]:
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return dict(groups[0])
