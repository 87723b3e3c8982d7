"""Ways to let a live estate drift, by how they may be healed, each with the remedy that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drift_check import actions, checks
from drift_check.checks.base import CheckContext as Seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.actions import Remediation
    from tests.contract.estate import Live

TABLE, TTL_TABLE, INDEXED = (
    "tradai-deployments-prod",
    "tradai-notifications-prod",
    "tradai-workflow-state-prod",
)
TAG = "Project"
EC2_KINDS = 8  # elastic-ip, instance, network-acl, route-table, security-group, subnet, vpc, vpc-endpoint
TAGGED = {
    "apigateway",
    "autoscaling",
    "cloudwatch",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecs",
    "events",
    "lambda",
    "logs",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
}
RULE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def tagged(world: Live) -> list[str]:
    """Where the tags of one resource of each kind are written."""
    ctx = Seen(world.config, world.scan().reads, world.clock.now())
    arns = (
        resource.arn
        for check in checks.ALL
        for resource in check.evaluate(ctx)
        if resource.tags and resource.arn
    )
    of_kind = {arn.partition("/" if "/" in arn else ":")[0]: arn for arn in arns}
    return sorted(of_kind.values())


def ttl(world: Live, *, on: bool, attribute: str = "ttl") -> None:
    specification = {"Enabled": on, "AttributeName": attribute}
    world.client("dynamodb").update_time_to_live(TableName=TTL_TABLE, TimeToLiveSpecification=specification)


def another_ttl(world: Live) -> None:
    ttl(world, on=False)
    world.clock.advance(hours=2)
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
    ip_permissions = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=ip_permissions)


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


def tags_gone(world: Live) -> None:
    """Of every kind of resource that has tags, in each service's own way."""
    arns = tagged(world)
    assert {arn.partition(":")[0] for arn in arns} == TAGGED
    others = [arn for arn in arns if not arn.startswith(("ec2:", "s3:", "autoscaling:"))]
    tagging, builder = world.client("resourcegroupstaggingapi"), world.reconciler().builder
    for arn in map(builder.arn, others):
        assert not tagging.untag_resources(ResourceARNList=[arn], TagKeys=[TAG])["FailedResourcesMap"], arn
    world.client("s3").delete_bucket_tagging(Bucket="tradai-configs-prod")
    ids = [arn.rpartition("/")[2] for arn in arns if arn.startswith("ec2:")]
    assert len(ids) == EC2_KINDS
    world.client("ec2").delete_tags(Resources=ids, Tags=[{"Key": TAG}])
    group = {"ResourceId": "tradai-nat-asg-prod", "ResourceType": "auto-scaling-group", "Key": TAG}
    world.client("autoscaling").delete_tags(Tags=[group])


def another_tag(world: Live) -> None:
    wrong = [{"Key": TAG, "Value": "another"}]
    world.client("ec2").create_tags(Resources=[world.ids["vpc"]], Tags=wrong)


AUTOMATIC: dict[str, tuple[type[Remediation], Callable[[Live], object]]] = {
    "TTL off": (actions.EnableTtl, lambda world: ttl(world, on=False)),
    "recovery off": (actions.EnableRecovery, recovery_off),
    "protection off": (
        actions.ProtectTable,
        lambda world: world.client("dynamodb").update_table(TableName=TABLE, DeletionProtectionEnabled=False),
    ),
    "public access": (
        actions.BlockPublicAccess,
        lambda world: world.client("s3").delete_public_access_block(Bucket="tradai-configs-prod"),
    ),
    "open to the world": (
        actions.RevokeWorldOpen,
        lambda world: world.client("ec2").authorize_security_group_ingress(
            GroupId=world.ids["group:rds"], IpPermissions=[RULE]
        ),
    ),
    "rule gone": (actions.AuthorizeRule, rule_gone),
    "check on": (actions.DisableSourceDestCheck, check_on),
    "route elsewhere": (actions.ReconcileRoutes, route_elsewhere),
    "route gone": (actions.ReconcileRoutes, route_gone),
    "rule disabled": (
        actions.EnableRule,
        lambda world: world.client("events").disable_rule(Name="tradai-nat-group-events-prod"),
    ),
    "tags gone": (actions.AddTags, tags_gone),
}
ON_APPROVAL: dict[str, tuple[type[Remediation], Callable[[Live], object]]] = {
    "another TTL attribute": (actions.DisableTtl, another_ttl),
    "provisioned": (
        actions.ChargeOnDemand,
        lambda world: world.client("dynamodb").update_table(
            TableName=TABLE,
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        ),
    ),
    "index gone": (actions.CreateIndex, index_gone),
    "SSL off": (actions.ForceSsl, ssl_off),
    "MFA off": (
        actions.RequireMfa,
        lambda world: world.client("cognito-idp").set_user_pool_mfa_config(
            UserPoolId=world.ids["pool"], MfaConfiguration="OFF"
        ),
    ),
    "secret to be deleted": (
        actions.RestoreSecret,
        lambda world: world.client("secretsmanager").delete_secret(SecretId="tradai/prod/exchange-keys"),
    ),
    "group too large": (
        actions.ResizeGroup,
        lambda world: world.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName="tradai-nat-asg-prod", MaxSize=3
        ),
    ),
    "another tag": (actions.ReplaceTags, another_tag),
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
