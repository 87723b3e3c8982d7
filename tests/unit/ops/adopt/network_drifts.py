"""Drifts of the network and of the NAT, as in other_drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.ops.adopt.drifts import Drift
    from tests.unit.ops.adopt.renamed_estate import Account

HALVES = [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]


def open_by_halves(account: Account) -> Drift:
    account.client("ec2").authorize_security_group_ingress(
        GroupId=account.built.ids["group:lambda"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": HALVES}],
    )
    return ("security_groups", "open_to_world")


def database_shut(account: Account) -> Drift:
    ec2, group = account.client("ec2"), account.built.ids["group:rds"]
    rules = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=rules)
    return ("security_groups", "ingress")


def route_gone(account: Account) -> Drift:
    account.client("ec2").delete_route(
        RouteTableId=account.built.ids["table:private"], DestinationCidrBlock="0.0.0.0/0"
    )
    return ("nat", "live target")


def endpoint_gone(account: Account) -> Drift:
    ec2 = account.client("ec2")
    (endpoint,) = ec2.describe_vpc_endpoints()["VpcEndpoints"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    return ("network", "gateway")


def flow_logs_off(account: Account) -> Drift:
    ec2 = account.client("ec2")
    (log,) = ec2.describe_flow_logs()["FlowLogs"]
    ec2.delete_flow_logs(FlowLogIds=[log["FlowLogId"]])
    return ("network", "flow_logs")


def subnet_elsewhere(account: Account) -> Drift:
    """A database subnet with the private table's default route."""
    ec2, ids = account.client("ec2"), account.built.ids
    for described in ec2.describe_route_tables(RouteTableIds=[ids["table:database"]])["RouteTables"]:
        for association in described["Associations"]:
            if association.get("SubnetId") == ids["subnet:database-2"]:
                ec2.replace_route_table_association(
                    AssociationId=association["RouteTableAssociationId"], RouteTableId=ids["table:private"]
                )
    return ("network", "route_table")


def healing_suspended(account: Account) -> Drift:
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName=account.truth.nat.group.name, ScalingProcesses=["Launch"]
    )
    return ("nat", "suspended process")


def stranger_holds(account: Account) -> Drift:
    account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=account.truth.nat.group.name,
        LifecycleHookName="inspect-first",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=7200,
    )
    return ("nat", "unexpected hook")


def last_hook_gone(account: Account) -> Drift:
    nat = account.truth.nat
    account.client("autoscaling").delete_lifecycle_hook(
        AutoScalingGroupName=nat.group.name, LifecycleHookName=nat.lifecycle_hooks["terminate"].name
    )
    return ("nat", "existence")


def without_address(account: Account) -> Drift:
    ec2 = account.client("ec2")
    (address,) = ec2.describe_addresses()["Addresses"]
    ec2.disassociate_address(AssociationId=address["AssociationId"])
    return ("nat", "boot.eip_associated")


def metadata_open(account: Account) -> Drift:
    account.client("ec2").modify_instance_metadata_options(
        InstanceId=account.built.ids["nat"], HttpTokens="optional"
    )
    return ("nat", "imdsv2_required")


def rule_off(account: Account) -> Drift:
    rule = f"tradai-nat-group-events-{account.truth.environment}"
    account.client("events").disable_rule(Name=rule)
    return ("nat", f"rule {rule}")
