"""The network: VPC, subnets, routes, endpoints, flow logs, ACLs, security groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.moto_patches.network import DEFAULT_ROUTE
from tradai_shared.config.models.network import DefaultRoute
from tradai_shared.config.naming import resource_name

if TYPE_CHECKING:
    from simulator.estate import Estate
    from tradai_shared.config.models.network import SecurityRule

INTERFACE_SERVICES = (
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "sqs",
    "ecs",
    "ecs-agent",
    "ecs-telemetry",
    "kms",
    "sts",
    "ssm",
    "ssmmessages",
)


def build(estate: Estate) -> None:
    ec2 = estate.client("ec2")
    vpc(estate, ec2)
    subnets(estate, ec2)
    route_tables(estate, ec2)
    endpoints(estate, ec2)
    acls(estate, ec2)
    security_groups(estate, ec2)


def named(estate: Estate, kind: str, name: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, *estate.tags]}]


def vpc(estate: Estate, ec2: Any) -> None:
    desired, env = estate.config.network.vpc, estate.config.environment
    made = ec2.create_vpc(
        CidrBlock=desired.cidr, TagSpecifications=named(estate, "vpc", resource_name("vpc", env))
    )
    vpc_id = estate.ids["vpc"] = made["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": desired.dns_hostnames})
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": desired.dns_support})
    if desired.flow_logs:
        s3 = estate.client("s3")
        bucket = resource_name("flow-logs", env)
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": estate.config.region}
        )
        ec2.create_flow_logs(
            ResourceIds=[vpc_id],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination=f"arn:aws:s3:::{bucket}",
        )


def subnets(estate: Estate, ec2: Any) -> None:
    for key, desired in estate.config.network.subnets.items():
        made = ec2.create_subnet(
            VpcId=estate.ids["vpc"],
            CidrBlock=desired.cidr,
            AvailabilityZone=desired.availability_zone,
            TagSpecifications=named(estate, "subnet", resource_name(key, estate.config.environment)),
        )
        estate.ids[f"subnet:{key}"] = made["Subnet"]["SubnetId"]


def route_tables(estate: Estate, ec2: Any) -> None:
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=estate.ids["vpc"])
    for role, desired in estate.config.network.route_tables.items():
        name = desired.name or resource_name(f"{role}-rt", estate.config.environment)
        made = ec2.create_route_table(
            VpcId=estate.ids["vpc"], TagSpecifications=named(estate, "route-table", name)
        )
        table = estate.ids[f"table:{role}"] = made["RouteTable"]["RouteTableId"]
        if desired.default_route is DefaultRoute.INTERNET_GATEWAY:
            ec2.create_route(RouteTableId=table, DestinationCidrBlock=DEFAULT_ROUTE, GatewayId=gateway)
    for key, subnet in estate.config.network.subnets.items():
        table = estate.ids[f"table:{subnet.route_table}"]
        ec2.associate_route_table(RouteTableId=table, SubnetId=estate.ids[f"subnet:{key}"])


def endpoints(estate: Estate, ec2: Any) -> None:
    desired, region = estate.config.network.endpoints, estate.config.region
    for service in desired.gateway:
        ec2.create_vpc_endpoint(
            VpcId=estate.ids["vpc"],
            VpcEndpointType="Gateway",
            ServiceName=f"com.amazonaws.{region}.{service}",
            RouteTableIds=[estate.ids["table:private"]],
            TagSpecifications=named(estate, "vpc-endpoint", service),
        )
    for service in INTERFACE_SERVICES[: desired.interface_count]:
        ec2.create_vpc_endpoint(
            VpcId=estate.ids["vpc"],
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{region}.{service}",
            SubnetIds=[estate.ids["subnet:private-1"]],
            TagSpecifications=named(estate, "vpc-endpoint", service),
        )


def acls(estate: Estate, ec2: Any) -> None:
    of_tier: dict[str, str] = {}
    for key, desired in estate.config.network.subnets.items():
        if desired.tier not in of_tier:
            tags = named(estate, "network-acl", desired.tier)
            made = ec2.create_network_acl(VpcId=estate.ids["vpc"], TagSpecifications=tags)
            of_tier[desired.tier] = made["NetworkAcl"]["NetworkAclId"]
        subnet = estate.ids[f"subnet:{key}"]
        filters = [{"Name": "association.subnet-id", "Values": [subnet]}]
        current = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]
        association = next(
            association for association in current["Associations"] if association["SubnetId"] == subnet
        )
        ec2.replace_network_acl_association(
            AssociationId=association["NetworkAclAssociationId"], NetworkAclId=of_tier[desired.tier]
        )


def security_groups(estate: Estate, ec2: Any) -> None:
    groups = estate.config.network.security_groups
    for role, desired in groups.items():
        made = ec2.create_security_group(
            GroupName=desired.name,
            Description=role,
            VpcId=estate.ids["vpc"],
            TagSpecifications=named(estate, "security-group", desired.name),
        )
        estate.ids[f"group:{role}"] = made["GroupId"]
    for role, desired in groups.items():
        group = estate.ids[f"group:{role}"]
        ingress = [permission(estate, rule) for rule in desired.ingress or ()]
        if desired.open_to_world:
            ingress.append(
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": DEFAULT_ROUTE}]}
            )
        if ingress:
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=ingress)
        if desired.egress is not None:
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": DEFAULT_ROUTE}]}
            ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
            for rule in desired.egress:
                ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission(estate, rule)])


def permission(estate: Estate, rule: SecurityRule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "IpProtocol": str(rule.protocol),
        "FromPort": 0 if rule.from_port is None else rule.from_port,
        "ToPort": 65535 if rule.to_port is None else rule.to_port,
    }
    group = estate.ids.get(f"group:{rule.peer}")
    return made | (
        {"UserIdGroupPairs": [{"GroupId": group}]} if group else {"IpRanges": [{"CidrIp": rule.peer}]}
    )
