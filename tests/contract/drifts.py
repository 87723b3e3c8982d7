"""Ways to let a live estate drift, by how they may be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.estate import Live

TABLE, TTL_TABLE, INDEXED = (
    "tradai-deployments-prod",
    "tradai-notifications-prod",
    "tradai-workflow-state-prod",
)
RULE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def ttl(world: Live, *, on: bool, attribute: str = "ttl") -> None:
    specification = {"Enabled": on, "AttributeName": attribute}
    world.client("dynamodb").update_time_to_live(TableName=TTL_TABLE, TimeToLiveSpecification=specification)


def another_ttl(world: Live) -> None:
    ttl(world, on=False)
    ttl(world, on=True, attribute="expiry")


def recovery_off(world: Live) -> None:
    world.client("dynamodb").update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def index_gone(world: Live) -> None:
    world.client("dynamodb").update_table(
        TableName=INDEXED, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "trace_id-index"}}]
    )


def rule_gone(world: Live) -> None:
    group = world.ids["group:rds"]
    ec2 = world.client("ec2")
    found = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found)


def check_on(world: Live) -> None:
    world.client("ec2").modify_network_interface_attribute(
        NetworkInterfaceId=world.ids["interface"], SourceDestCheck={"Value": True}
    )


def route_elsewhere(world: Live) -> None:
    ec2 = world.client("ec2")

    image = ec2.describe_images(Owners=["self"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=world.ids["subnet:public-1"]
    )["Instances"][0]

    ec2.replace_route(
        RouteTableId=world.ids["table:private"],
        DestinationCidrBlock="0.0.0.0/0",
        NetworkInterfaceId=instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
    )


def route_gone(world: Live) -> None:
    world.client("ec2").delete_route(
        RouteTableId=world.ids["table:private"], DestinationCidrBlock="0.0.0.0/0"
    )


def ssl_off(world: Live) -> None:
    parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "immediate"}
    world.client("rds").modify_db_parameter_group(
        DBParameterGroupName="tradai-prod-parameters", Parameters=[parameter]
    )


def tags_gone(service: str, operation: str, **parameters: Any) -> Callable[[Live], None]:
    return lambda world: getattr(world.client(service), operation)(**parameters)


def vpc_tag_gone(world: Live) -> None:
    world.client("ec2").delete_tags(Resources=[world.ids["vpc"]], Tags=[{"Key": "Project"}])


AUTOMATIC: dict[str, Callable[[Live], None]] = {
    "TTL off": lambda world: ttl(world, on=False),
    "recovery off": recovery_off,
    "protection off": lambda world: world.client("dynamodb").update_table(
        TableName=TABLE, DeletionProtectionEnabled=False
    ),
    "public access": lambda world: world.client("s3").delete_public_access_block(
        Bucket="tradai-configs-prod"
    ),
    "open to the world": lambda world: world.client("ec2").authorize_security_group_ingress(
        GroupId=world.ids["group:rds"], IpPermissions=[RULE]
    ),
    "rule gone": rule_gone,
    "check on": check_on,
    "route elsewhere": route_elsewhere,
    "route gone": route_gone,
    "rule disabled": lambda world: world.client("events").disable_rule(Name="tradai-nat-group-events-prod"),
    "bucket's tags gone": tags_gone("s3", "delete_bucket_tagging", Bucket="tradai-configs-prod"),
    "vpc's tag gone": vpc_tag_gone,
}
ON_APPROVAL: dict[str, Callable[[Live], None]] = {
    "another TTL attribute": another_ttl,
    "provisioned": lambda world: world.client("dynamodb").update_table(
        TableName=TABLE,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    ),
    "index gone": index_gone,
    "SSL off": ssl_off,
    "MFA off": lambda world: world.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=world.ids["pool"], MfaConfiguration="OFF"
    ),
    "secret to be deleted": lambda world: world.client("secretsmanager").delete_secret(
        SecretId="tradai/prod/exchange-keys"
    ),
    "group too large": lambda world: world.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="tradai-nat-asg-prod", MaxSize=3
    ),
}
NEVER: dict[str, Callable[[Live], object]] = {
    "a strange table": lambda world: world.client("dynamodb").create_table(
        TableName="tradai-strange-prod",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    ),
    "fewer backups": lambda world: world.client("rds").modify_db_instance(
        DBInstanceIdentifier="tradai-prod", BackupRetentionPeriod=1
    ),
    "a bucket gone": lambda world: world.client("s3").delete_bucket(Bucket="tradai-logs-prod"),
    "another range": lambda world: world.client("ec2").delete_subnet(SubnetId=world.ids["subnet:database-2"]),
}
