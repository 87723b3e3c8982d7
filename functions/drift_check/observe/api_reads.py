"""Every read that this function knows: its IAM action, boto3's call, and what "does not exist" looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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

    ``service`` and ``operation`` are boto3's names, which follow from the IAM action's.
    ``absent`` are the error codes for a resource that does not exist; ``empty`` those that say that the
    setting was never made. ``per_second`` is the account's limit, where one is low enough to meet.
    """

    result: str
    ask: Callable[[str], dict[str, Any]] = nothing
    absent: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    per_second: int | None = None
    service: str = ""
    operation: str = ""


NO_TABLE = ("ResourceNotFoundException", "TableNotFoundException")
NO_BUCKET = ("NoSuchBucket",)
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


def queues(start: str) -> dict[str, Any]:
    """SQS goes on after the first thousand only where a number is asked for."""
    return {**named_or_all("QueueNamePrefix")(start), "MaxResults": 1000}


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


READERS: dict[str, ReadOperation] = {
    "dynamodb:ListTables": ReadOperation("TableNames"),
    "dynamodb:DescribeTable": ReadOperation("Table", named("TableName"), NO_TABLE),
    "dynamodb:DescribeContinuousBackups": ReadOperation(
        "ContinuousBackupsDescription", named("TableName"), NO_TABLE, per_second=10
    ),
    "dynamodb:DescribeTimeToLive": ReadOperation(
        "TimeToLiveDescription", named("TableName"), NO_TABLE, per_second=10
    ),
    "tag:GetResources": ReadOperation(
        "ResourceTagMappingList",
        lambda _: {"ResourceTypeFilters": TAGGED_KINDS, "ResourcesPerPage": 100},
    ),
    "ec2:DescribeRouteTables": ReadOperation("RouteTables"),
    "ec2:DescribeVpcs": ReadOperation("Vpcs"),
    "ec2:DescribeVpcAttribute": ReadOperation("", vpc_attribute),
    "ec2:DescribeSubnets": ReadOperation("Subnets"),
    "ec2:DescribeVpcEndpoints": ReadOperation("VpcEndpoints"),
    "ec2:DescribeFlowLogs": ReadOperation("FlowLogs"),
    "ec2:DescribeNetworkAcls": ReadOperation("NetworkAcls"),
    "ec2:DescribeSecurityGroups": ReadOperation("SecurityGroups"),
    "ec2:DescribeLaunchTemplateVersions": ReadOperation(
        "LaunchTemplateVersions",
        template_version,
        ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"),
    ),
    "ec2:GetManagedPrefixListEntries": ReadOperation(
        "Entries",
        named("PrefixListId"),
        ("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"),
    ),
    "ec2:DescribeInstances": ReadOperation(
        "Reservations", lambda subject: {"Filters": [{"Name": "instance-id", "Values": subject.split(",")}]}
    ),
    "ec2:DescribeAddresses": ReadOperation(
        "Addresses", lambda subject: {"Filters": [{"Name": "instance-id", "Values": subject.split(",")}]}
    ),
    "ec2:DescribeImages": ReadOperation(
        "Images",
        lambda subject: {"ImageIds": [subject], "IncludeDisabled": True},
        ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
    ),
    "elasticloadbalancing:DescribeLoadBalancers": ReadOperation("LoadBalancers"),
    "elasticloadbalancing:DescribeListeners": ReadOperation(
        "Listeners",
        named("LoadBalancerArn"),
        ("LoadBalancerNotFound", "LoadBalancerNotFoundException"),
    ),
    "s3:ListAllMyBuckets": ReadOperation("Buckets"),
    "s3:GetBucketTagging": ReadOperation("TagSet", named("Bucket"), NO_BUCKET, ("NoSuchTagSet",)),
    "autoscaling:DescribeAutoScalingGroups": ReadOperation(
        "AutoScalingGroups", listed("AutoScalingGroupNames")
    ),
    "autoscaling:DescribeLifecycleHooks": ReadOperation("LifecycleHooks", named("AutoScalingGroupName")),
    "cloudwatch:DescribeAlarms": ReadOperation("MetricAlarms", listed("AlarmNames")),
    "events:ListRules": ReadOperation("Rules", named("NamePrefix")),
    "scheduler:ListSchedules": ReadOperation("Schedules", named("NamePrefix")),
    "lambda:ListFunctions": ReadOperation("Functions"),
    "logs:DescribeLogGroups": ReadOperation("logGroups", named_or_all("logGroupNamePattern")),
    "s3:GetEncryptionConfiguration": ReadOperation(
        "ServerSideEncryptionConfiguration",
        named("Bucket"),
        NO_BUCKET,
        ("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    "s3:GetBucketPublicAccessBlock": ReadOperation(
        "PublicAccessBlockConfiguration",
        named("Bucket"),
        NO_BUCKET,
        ("NoSuchPublicAccessBlockConfiguration",),
    ),
    "s3:GetBucketVersioning": ReadOperation("", named("Bucket"), NO_BUCKET),
    "s3:GetBucketPolicy": ReadOperation("Policy", named("Bucket"), NO_BUCKET, ("NoSuchBucketPolicy",)),
    "s3:GetLifecycleConfiguration": ReadOperation(
        "Rules",
        named("Bucket"),
        NO_BUCKET,
        ("NoSuchLifecycleConfiguration",),
    ),
    "application-autoscaling:DescribeScalableTargets": ReadOperation(
        "ScalableTargets", lambda namespace: {"ServiceNamespace": namespace}
    ),
    "rds:DescribeDBInstances": ReadOperation(
        "DBInstances",
        named("DBInstanceIdentifier"),
        ("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    ),
    "rds:DescribeDBParameters": ReadOperation("Parameters", parameters),
    "secretsmanager:DescribeSecret": ReadOperation("", named("SecretId"), ("ResourceNotFoundException",)),
    "cognito-idp:ListUserPools": ReadOperation("UserPools", lambda _: {"MaxResults": 60}),
    "cognito-idp:DescribeUserPool": ReadOperation(
        "UserPool", named("UserPoolId"), ("ResourceNotFoundException",)
    ),
    "apigateway:GetRestApis": ReadOperation("items"),
    "apigateway:GetStages": ReadOperation("item", named("restApiId")),
    "sns:ListTopics": ReadOperation("Topics"),
    "sqs:ListQueues": ReadOperation("QueueUrls", queues),
    "sqs:GetQueueAttributes": ReadOperation(
        "Attributes",
        lambda subject: {"QueueUrl": subject, "AttributeNames": ["All"]},
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    ),
    "ecs:DescribeServices": ReadOperation("services", services, ("ClusterNotFoundException",)),
    "ecs:DescribeTaskDefinition": ReadOperation(
        "", lambda subject: {"taskDefinition": subject, "include": ["TAGS"]}
    ),
}


# boto3's names that are not the IAM action's own.
SERVICES = {"tag": "resourcegroupstaggingapi", "elasticloadbalancing": "elbv2"}
OPERATIONS = {
    "s3:ListAllMyBuckets": "list_buckets",
    "s3:GetEncryptionConfiguration": "get_bucket_encryption",
    "s3:GetBucketPublicAccessBlock": "get_public_access_block",
    "s3:GetLifecycleConfiguration": "get_bucket_lifecycle_configuration",
    "s3:PutBucketPublicAccessBlock": "put_public_access_block",
    "lambda:InvokeFunction": "invoke",
}
WORDS = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def boto3_names(action: str) -> tuple[str, str]:
    """The service and the operation of an action, as boto3 spells them."""
    service, _, name = action.partition(":")
    return SERVICES.get(service, service), OPERATIONS.get(action) or WORDS.sub("_", name).lower()


def _named(action: str, reader: ReadOperation) -> ReadOperation:
    service, operation = boto3_names(action)
    return replace(reader, service=service, operation=operation)


READ_OPERATIONS = {action: _named(action, reader) for action, reader in READERS.items()}
PACED = tuple(action for action, reader in READ_OPERATIONS.items() if reader.per_second)
# API Gateway has one action for all its reads.
IAM_ACTIONS = {"apigateway:GetRestApis": "apigateway:GET", "apigateway:GetStages": "apigateway:GET"}
