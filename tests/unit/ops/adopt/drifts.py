"""Thirty changes made by hand to an adopted account, each with the finding that it must give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.ops.adopt.renamed_estate import Account

WORLD = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
Drift = tuple[str, str]  # the check and the attribute of the finding


def table(account: Account, component: str) -> str:
    return account.truth.dynamodb.tables[component].name


def recovery_off(account: Account) -> Drift:
    account.client("dynamodb").update_continuous_backups(
        TableName=table(account, "trading-state"),
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    return ("tables", "point_in_time_recovery")


def table_unprotected(account: Account) -> Drift:
    account.client("dynamodb").update_table(
        TableName=table(account, "deployments"), DeletionProtectionEnabled=False
    )
    return ("tables", "deletion_protection")


def ttl_on(account: Account) -> Drift:
    account.client("dynamodb").update_time_to_live(
        TableName=table(account, "trading-state"),
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "updated_at"},
    )
    return ("tables", "ttl")


def table_gone(account: Account) -> Drift:
    name = table(account, "rollback-state")
    account.client("dynamodb").update_table(TableName=name, DeletionProtectionEnabled=False)
    account.client("dynamodb").delete_table(TableName=name)
    return ("tables", "existence")


def provisioned(account: Account) -> Drift:
    account.client("dynamodb").update_table(
        TableName=table(account, "notifications"),
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    return ("tables", "billing_mode")


def unknown_index(account: Account) -> Drift:
    account.client("dynamodb").update_table(
        TableName=table(account, "config-versions"),
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-owner",
                    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    return ("tables", "unexpected index")


def bucket_public(account: Account) -> Drift:
    account.client("s3").delete_public_access_block(Bucket=account.truth.s3.buckets["logs"].name)
    return ("buckets", "public_access_blocked")


def bucket_encrypted_otherwise(account: Account) -> Drift:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    account.client("s3").put_bucket_encryption(
        Bucket=account.truth.s3.buckets["results"].name,
        ServerSideEncryptionConfiguration={"Rules": [rule]},
    )
    return ("buckets", "encryption")


def bucket_gone(account: Account) -> Drift:
    account.client("s3").delete_bucket(Bucket=account.truth.s3.buckets["mlflow"].name)
    return ("buckets", "existence")


def no_backups(account: Account) -> Drift:
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=account.truth.rds.identifier, BackupRetentionPeriod=1
    )
    return ("database", "backup_retention_days")


def smaller_database(account: Account) -> Drift:
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=account.truth.rds.identifier, DBInstanceClass="db.t4g.micro"
    )
    return ("database", "instance_class")


def one_zone(account: Account) -> Drift:
    account.client("rds").modify_db_instance(DBInstanceIdentifier=account.truth.rds.identifier, MultiAZ=False)
    return ("database", "multi_az")


def later_major_version(account: Account) -> Drift:
    account.client("rds").modify_db_instance(
        DBInstanceIdentifier=account.truth.rds.identifier, EngineVersion="16.4"
    )
    return ("database", "version")


def without_mfa(account: Account) -> Drift:
    account.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=account.built.ids["pool"], MfaConfiguration="OFF"
    )
    return ("access", "mfa")


def secret_deleted(account: Account) -> Drift:
    account.client("secretsmanager").delete_secret(
        SecretId=account.truth.secrets["exchange-keys"].name, RecoveryWindowInDays=7
    )
    return ("access", "scheduled deletion")


def topic_gone(account: Account) -> Drift:
    account.client("sns").delete_topic(TopicArn=account.built.ids["topic:registration"])
    return ("messaging", "existence")


def function_gone(account: Account) -> Drift:
    account.client("lambda").delete_function(FunctionName=account.truth.lambdas["orphan-scanner"].name)
    return ("functions", "existence")


def shorter_time_out(account: Account) -> Drift:
    account.client("lambda").update_function_configuration(
        FunctionName=account.truth.lambdas["compare-models"].name, Timeout=3
    )
    return ("functions", "timeout_seconds")


def less_memory(account: Account) -> Drift:
    account.client("lambda").update_function_configuration(
        FunctionName=account.truth.lambdas["drift-monitor"].name, MemorySize=128
    )
    return ("functions", "memory_mb")


def logs_for_a_day(account: Account) -> Drift:
    account.client("logs").put_retention_policy(
        logGroupName=f"/aws/lambda/{account.truth.lambdas['update-status'].name}", retentionInDays=1
    )
    return ("logs", "log_retention_days")


def more_tasks(account: Account) -> Drift:
    ecs = account.truth.ecs
    account.client("ecs").update_service(
        cluster=ecs.cluster, service=ecs.services["mlflow"].name, desiredCount=7
    )
    return ("services", "desired_count")


def service_gone(account: Account) -> Drift:
    ecs = account.truth.ecs
    account.client("ecs").delete_service(
        cluster=ecs.cluster, service=ecs.services["strategy-container"].name, force=True
    )
    return ("services", "existence")


def group_open(account: Account) -> Drift:
    account.client("ec2").authorize_security_group_ingress(
        GroupId=account.built.ids["group:ecs"], IpPermissions=[WORLD]
    )
    return ("security_groups", "open_to_world")


def stranger_open(account: Account) -> Drift:
    ec2 = account.client("ec2")
    made = ec2.create_security_group(
        GroupName="bastion", Description="a test", VpcId=account.built.ids["vpc"]
    )
    ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[WORLD])
    return ("security_groups", "unexpected open group")


def checked_source(account: Account) -> Drift:
    account.client("ec2").modify_network_interface_attribute(
        NetworkInterfaceId=account.built.ids["interface"], SourceDestCheck={"Value": True}
    )
    return ("nat", "boot.source_destination_check")


def larger_group(account: Account) -> Drift:
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=account.truth.nat.group.name, MaxSize=3
    )
    return ("nat", "max_size")


def alarm_silenced(account: Account) -> Drift:
    account.client("cloudwatch").disable_alarm_actions(AlarmNames=[account.truth.nat.alarm])
    return ("nat", "actions enabled")


def shorter_heartbeat(account: Account) -> Drift:
    nat = account.truth.nat
    account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName=nat.group.name,
        LifecycleHookName=nat.lifecycle_hooks["launch"].name,
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        HeartbeatTimeout=30,
    )
    return ("nat", "heartbeat_seconds")


def without_dns(account: Account) -> Drift:
    account.client("ec2").modify_vpc_attribute(
        VpcId=account.built.ids["vpc"], EnableDnsHostnames={"Value": False}
    )
    return ("network", "dns_hostnames")


def tag_gone(account: Account) -> Drift:
    account.client("ec2").delete_tags(
        Resources=[account.built.ids["subnet:private-2"]], Tags=[{"Key": "Project"}]
    )
    return ("network", "tags")


DRIFTS: tuple[Callable[[Account], Any], ...] = (
    recovery_off,
    table_unprotected,
    ttl_on,
    table_gone,
    provisioned,
    unknown_index,
    bucket_public,
    bucket_encrypted_otherwise,
    bucket_gone,
    no_backups,
    smaller_database,
    one_zone,
    later_major_version,
    without_mfa,
    secret_deleted,
    topic_gone,
    function_gone,
    shorter_time_out,
    less_memory,
    logs_for_a_day,
    more_tasks,
    service_gone,
    group_open,
    stranger_open,
    checked_source,
    larger_group,
    alarm_silenced,
    shorter_heartbeat,
    without_dns,
    tag_gone,
)
