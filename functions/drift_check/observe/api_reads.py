"""Every read that this function knows: its IAM action, boto3's call, and what "does not exist" looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing(_subject: str) -> dict[str, Any]:
    return {}


def named(parameter: str) -> Callable[[str], dict[str, Any]]:
    return lambda subject: {parameter: subject}


def named_or_all(parameter: str) -> Callable[[str], dict[str, Any]]:
    """An empty subject asks for all: AWS refuses an empty parameter."""
    return lambda subject: {parameter: subject} if subject else {}


def listed(parameter: str) -> Callable[[str], dict[str, Any]]:
    return lambda subject: {parameter: [subject]}


@dataclass(frozen=True, slots=True)
class ReadOperation:
    """One kind of read. ``result`` is the answer's part that is kept, all of its pages.

    ``absent`` are the error codes for a resource that does not exist; ``empty`` those that say that the
    setting was never made. ``per_second`` is the account's limit, where one is low enough to meet.
    """

    service: str
    operation: str
    result: str
    ask: Callable[[str], dict[str, Any]] = nothing
    absent: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    per_second: int | None = None


def codes(*names: str) -> frozenset[str]:
    return frozenset(names)


NO_TABLE = codes("ResourceNotFoundException", "TableNotFoundException")
NO_BUCKET = codes("NoSuchBucket")
# The kinds whose own description carries no tags. https://docs.aws.amazon.com/resourcegroupstagging/
TAGGED_KINDS = [
    "cloudwatch:alarm",
    "cognito-idp:userpool",
    "dynamodb:table",
    "ecs:cluster",
    "events:rule",
    "lambda:function",
    "logs:log-group",
    "s3",
    "sns",
    "sqs",
]
# ECS describes ten services a call.
SERVICES_A_CALL = 10


def services(subject: str) -> dict[str, Any]:
    cluster, _, names = subject.partition("/")
    return {"cluster": cluster, "services": names.split(","), "include": ["TAGS"]}


def parameters(subject: str) -> dict[str, Any]:
    group, _, name = subject.partition("/")
    return {"DBParameterGroupName": group, "Filters": [{"Name": "parameter-name", "Values": [name]}]}


def vpc_attribute(subject: str) -> dict[str, Any]:
    vpc, _, attribute = subject.partition("/")
    return {"VpcId": vpc, "Attribute": attribute}


def template_version(subject: str) -> dict[str, Any]:
    template, _, version = subject.partition("/")
    return {"LaunchTemplateId": template, "Versions": [version]}


READ_OPERATIONS: dict[str, ReadOperation] = {
    "dynamodb:ListTables": ReadOperation("dynamodb", "list_tables", "TableNames"),
    "dynamodb:DescribeTable": ReadOperation(
        "dynamodb", "describe_table", "Table", named("TableName"), NO_TABLE
    ),
    "dynamodb:DescribeContinuousBackups": ReadOperation(
        "dynamodb",
        "describe_continuous_backups",
        "ContinuousBackupsDescription",
        named("TableName"),
        NO_TABLE,
        per_second=10,
    ),
    "dynamodb:DescribeTimeToLive": ReadOperation(
        "dynamodb",
        "describe_time_to_live",
        "TimeToLiveDescription",
        named("TableName"),
        NO_TABLE,
        per_second=10,
    ),
    "tag:GetResources": ReadOperation(
        "resourcegroupstaggingapi",
        "get_resources",
        "ResourceTagMappingList",
        lambda _: {"ResourceTypeFilters": TAGGED_KINDS, "ResourcesPerPage": 100},
    ),
    "ec2:DescribeRouteTables": ReadOperation("ec2", "describe_route_tables", "RouteTables"),
    "ec2:DescribeVpcs": ReadOperation("ec2", "describe_vpcs", "Vpcs"),
    "ec2:DescribeVpcAttribute": ReadOperation("ec2", "describe_vpc_attribute", "", vpc_attribute),
    "ec2:DescribeSubnets": ReadOperation("ec2", "describe_subnets", "Subnets"),
    "ec2:DescribeVpcEndpoints": ReadOperation("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    "ec2:DescribeFlowLogs": ReadOperation("ec2", "describe_flow_logs", "FlowLogs"),
    "ec2:DescribeNetworkAcls": ReadOperation("ec2", "describe_network_acls", "NetworkAcls"),
    "ec2:DescribeSecurityGroups": ReadOperation("ec2", "describe_security_groups", "SecurityGroups"),
    "ec2:DescribeLaunchTemplateVersions": ReadOperation(
        "ec2",
        "describe_launch_template_versions",
        "LaunchTemplateVersions",
        template_version,
        codes("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"),
    ),
    "ec2:GetManagedPrefixListEntries": ReadOperation(
        "ec2",
        "get_managed_prefix_list_entries",
        "Entries",
        named("PrefixListId"),
        codes("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"),
    ),
    "ec2:DescribeInstances": ReadOperation(
        "ec2",
        "describe_instances",
        "Reservations",
        lambda subject: {"Filters": [{"Name": "instance-id", "Values": subject.split(",")}]},
    ),
    "ec2:DescribeAddresses": ReadOperation(
        "ec2",
        "describe_addresses",
        "Addresses",
        lambda subject: {"Filters": [{"Name": "instance-id", "Values": subject.split(",")}]},
    ),
    "ec2:DescribeImages": ReadOperation(
        "ec2",
        "describe_images",
        "Images",
        lambda subject: {"ImageIds": [subject], "IncludeDisabled": True},
        codes("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
    ),
    "elasticloadbalancing:DescribeLoadBalancers": ReadOperation(
        "elbv2", "describe_load_balancers", "LoadBalancers"
    ),
    "elasticloadbalancing:DescribeListeners": ReadOperation(
        "elbv2",
        "describe_listeners",
        "Listeners",
        named("LoadBalancerArn"),
        codes("LoadBalancerNotFound", "LoadBalancerNotFoundException"),
    ),
    "s3:ListAllMyBuckets": ReadOperation("s3", "list_buckets", "Buckets"),
    "s3:GetBucketTagging": ReadOperation(
        "s3", "get_bucket_tagging", "TagSet", named("Bucket"), NO_BUCKET, codes("NoSuchTagSet")
    ),
    "autoscaling:DescribeAutoScalingGroups": ReadOperation(
        "autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", listed("AutoScalingGroupNames")
    ),
    "autoscaling:DescribeLifecycleHooks": ReadOperation(
        "autoscaling",
        "describe_lifecycle_hooks",
        "LifecycleHooks",
        named("AutoScalingGroupName"),
    ),
    "cloudwatch:DescribeAlarms": ReadOperation(
        "cloudwatch", "describe_alarms", "MetricAlarms", listed("AlarmNames")
    ),
    "events:ListRules": ReadOperation("events", "list_rules", "Rules", named("NamePrefix")),
    "lambda:ListFunctions": ReadOperation("lambda", "list_functions", "Functions"),
    "logs:DescribeLogGroups": ReadOperation(
        "logs", "describe_log_groups", "logGroups", named_or_all("logGroupNamePattern")
    ),
    "s3:GetEncryptionConfiguration": ReadOperation(
        "s3",
        "get_bucket_encryption",
        "ServerSideEncryptionConfiguration",
        named("Bucket"),
        NO_BUCKET,
        codes("ServerSideEncryptionConfigurationNotFoundError"),
    ),
    "s3:GetBucketPublicAccessBlock": ReadOperation(
        "s3",
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        named("Bucket"),
        NO_BUCKET,
        codes("NoSuchPublicAccessBlockConfiguration"),
    ),
    "s3:GetBucketVersioning": ReadOperation("s3", "get_bucket_versioning", "", named("Bucket"), NO_BUCKET),
    "s3:GetBucketPolicy": ReadOperation(
        "s3", "get_bucket_policy", "Policy", named("Bucket"), NO_BUCKET, codes("NoSuchBucketPolicy")
    ),
    "s3:GetLifecycleConfiguration": ReadOperation(
        "s3",
        "get_bucket_lifecycle_configuration",
        "Rules",
        named("Bucket"),
        NO_BUCKET,
        codes("NoSuchLifecycleConfiguration"),
    ),
    "application-autoscaling:DescribeScalableTargets": ReadOperation(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        lambda namespace: {"ServiceNamespace": namespace},
    ),
    "rds:DescribeDBInstances": ReadOperation(
        "rds",
        "describe_db_instances",
        "DBInstances",
        named("DBInstanceIdentifier"),
        codes("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    ),
    "rds:DescribeDBParameters": ReadOperation("rds", "describe_db_parameters", "Parameters", parameters),
    "secretsmanager:DescribeSecret": ReadOperation(
        "secretsmanager", "describe_secret", "", named("SecretId"), codes("ResourceNotFoundException")
    ),
    "cognito-idp:ListUserPools": ReadOperation(
        "cognito-idp", "list_user_pools", "UserPools", lambda _: {"MaxResults": 60}
    ),
    "cognito-idp:DescribeUserPool": ReadOperation(
        "cognito-idp",
        "describe_user_pool",
        "UserPool",
        named("UserPoolId"),
        codes("ResourceNotFoundException"),
    ),
    "apigateway:GetRestApis": ReadOperation("apigateway", "get_rest_apis", "items"),
    "apigateway:GetStages": ReadOperation("apigateway", "get_stages", "item", named("restApiId")),
    "sns:ListTopics": ReadOperation("sns", "list_topics", "Topics"),
    "sqs:ListQueues": ReadOperation("sqs", "list_queues", "QueueUrls", named_or_all("QueueNamePrefix")),
    "sqs:GetQueueAttributes": ReadOperation(
        "sqs",
        "get_queue_attributes",
        "Attributes",
        lambda subject: {"QueueUrl": subject, "AttributeNames": ["All"]},
        codes("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    ),
    "ecs:DescribeServices": ReadOperation(
        "ecs", "describe_services", "services", services, codes("ClusterNotFoundException")
    ),
    "ecs:DescribeTaskDefinition": ReadOperation(
        "ecs",
        "describe_task_definition",
        "",
        lambda subject: {"taskDefinition": subject, "include": ["TAGS"]},
    ),
}
PACED = tuple(action for action, reader in READ_OPERATIONS.items() if reader.per_second)
# API Gateway has one action for all its reads.
IAM_ACTIONS = {"apigateway:GetRestApis": "apigateway:GET", "apigateway:GetStages": "apigateway:GET"}
