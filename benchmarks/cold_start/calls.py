"""The ten calls of one failover, in the function's own order, for those that it is compared with."""

from __future__ import annotations

from typing import Any

GROUP = "tradai-nat-asg-dev"
INSTANCE, INTERFACE, ALLOCATION = "i-0123456789abcdef0", "eni-0123456789abcdef0", "eipalloc-0a"
TABLES = ("rtb-0a", "rtb-0b")


def failover(ec2: Any, autoscaling: Any) -> int:  # noqa: ANN401 - boto3's clients
    """Make them; the number of tables that lead to the instance in the end."""
    tables = [{"Name": "route-table-id", "Values": list(TABLES)}]
    autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
    ec2.describe_route_tables(Filters=tables)
    ec2.describe_instances(Filters=[{"Name": "instance-id", "Values": [INSTANCE]}])
    ec2.modify_instance_attribute(InstanceId=INSTANCE, SourceDestCheck={"Value": False})
    ec2.associate_address(AllocationId=ALLOCATION, NetworkInterfaceId=INTERFACE, AllowReassociation=False)
    for table in TABLES:
        ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=INTERFACE)
    route_tables = ec2.describe_route_tables(Filters=tables)["RouteTables"]
    ec2.describe_network_interfaces(Filters=[{"Name": "network-interface-id", "Values": [INTERFACE]}])
    autoscaling.complete_lifecycle_action(
        AutoScalingGroupName=GROUP,
        LifecycleHookName="tradai-nat-launch-dev",
        InstanceId=INSTANCE,
        LifecycleActionResult="CONTINUE",
    )
    return sum(INTERFACE in str(table) for table in route_tables)
