"""Every read that this function knows: its IAM action, boto3's call, and what "does not exist" looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def listed(parameter: str) -> Callable[[str], dict[str, Any]]:
    return lambda subject: {parameter: [subject]}


@dataclass(frozen=True, slots=True)
class ReadOperation:
    """One kind of read. ``result`` is the answer's part that is kept, all of its pages.

    ``asked`` is the parameter that takes the subject, or a function to all parameters.
    ``service`` and ``operation`` are boto3's names, which follow from the IAM action's.
    ``absent`` are the error codes for a resource that does not exist; ``empty`` those that say that the
    setting was never made. ``per_second`` is the account's limit, where one is low enough to meet.
    """

    service: str
    operation: str
    result: str
    asked: str | Callable[[str], dict[str, Any]] = ""
    absent: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    per_second: int | None = None

    def ask(self, subject: str) -> dict[str, Any]:
        """The parameters; an empty subject asks for all, and AWS refuses an empty parameter."""
        if not isinstance(self.asked, str):
            return self.asked(subject)
        return {self.asked: subject} if self.asked and subject else {}


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
    return {"QueueNamePrefix": start, "MaxResults": 1000} if start else {"MaxResults": 1000}


def services(subject: str) -> dict[str, Any]:
    cluster, _, names = subject.partition("/")
    return {"cluster": cluster, "services": names.split(","), "include": ["TAGS"]}


def parameters(subject: str) -> dict[str, Any]:
    group, _, name = subject.partition("/")
    return {"DBParameterGroupName": group, "Filters": [{"Name": "parameter-name", "Values": [name]}]}


def of_instances(subject: str) -> dict[str, Any]:
    return {"Filters": [{"Name": "instance-id", "Values": subject.split(",")}]}


def vpc_attribute(subject: str) -> dict[str, Any]:
    vpc, _, attribute = subject.partition("/")
    return {"VpcId": vpc, "Attribute": attribute}


def template_version(subject: str) -> dict[str, Any]:
    template, _, version = subject.partition("/")
    return {"LaunchTemplateId": template, "Versions": [version]}


READERS: dict[str, tuple[Any, ...]] = {
    "dynamodb:ListTables": ("TableNames",),
    "dynamodb:DescribeTable": ("Table", "TableName", NO_TABLE),
    "dynamodb:DescribeContinuousBackups": ("ContinuousBackupsDescription", "TableName", NO_TABLE, (), 10),
    "dynamodb:DescribeTimeToLive": ("TimeToLiveDescription", "TableName", NO_TABLE, (), 10),
    "tag:GetResources": (
        "ResourceTagMappingList",
        lambda _: {"ResourceTypeFilters": TAGGED_KINDS, "ResourcesPerPage": 100},
    ),
    "ec2:DescribeRouteTables": ("RouteTables",),
    "ec2:DescribeVpcs": ("Vpcs",),
    "ec2:DescribeVpcAttribute": ("", vpc_attribute),
    "ec2:DescribeSubnets": ("Subnets",),
    "ec2:DescribeVpcEndpoints": ("VpcEndpoints",),
    "ec2:DescribeFlowLogs": ("FlowLogs",),
    "ec2:DescribeNetworkAcls": ("NetworkAcls",),
    "ec2:DescribeSecurityGroups": ("SecurityGroups",),
    "ec2:DescribeLaunchTemplateVersions": (
        "LaunchTemplateVersions",
        template_version,
        ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"),
    ),
    "ec2:GetManagedPrefixListEntries": (
        "Entries",
        "PrefixListId",
        ("InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"),
    ),
    "ec2:DescribeInstances": ("Reservations", of_instances),
    "ec2:DescribeAddresses": ("Addresses", of_instances),
    "ec2:DescribeImages": (
        "Images",
        lambda subject: {"ImageIds": [subject], "IncludeDisabled": True},
        ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"),
    ),
    "elasticloadbalancing:DescribeLoadBalancers": ("LoadBalancers",),
    "elasticloadbalancing:DescribeListeners": (
        "Listeners",
        "LoadBalancerArn",
        ("LoadBalancerNotFound", "LoadBalancerNotFoundException"),
    ),
    "s3:ListAllMyBuckets": ("Buckets",),
    "s3:GetBucketTagging": ("TagSet", "Bucket", NO_BUCKET, ("NoSuchTagSet",)),
    "autoscaling:DescribeAutoScalingGroups": ("AutoScalingGroups", listed("AutoScalingGroupNames")),
    "autoscaling:DescribeLifecycleHooks": ("LifecycleHooks", "AutoScalingGroupName"),
    "cloudwatch:DescribeAlarms": ("MetricAlarms", listed("AlarmNames")),
    "events:ListRules": ("Rules", "NamePrefix"),
    "scheduler:ListSchedules": ("Schedules", "NamePrefix"),
    "lambda:ListFunctions": ("Functions",),
    "logs:DescribeLogGroups": ("logGroups", "logGroupNamePattern"),
    "s3:GetEncryptionConfiguration": (
        "ServerSideEncryptionConfiguration",
        "Bucket",
        NO_BUCKET,
        ("ServerSideEncryptionConfigurationNotFoundError",),
    ),
    "s3:GetBucketPublicAccessBlock": (
        "PublicAccessBlockConfiguration",
        "Bucket",
        NO_BUCKET,
        ("NoSuchPublicAccessBlockConfiguration",),
    ),
    "s3:GetBucketVersioning": ("", "Bucket", NO_BUCKET),
    "s3:GetBucketPolicy": ("Policy", "Bucket", NO_BUCKET, ("NoSuchBucketPolicy",)),
    "s3:GetLifecycleConfiguration": (
        "Rules",
        "Bucket",
        NO_BUCKET,
        ("NoSuchLifecycleConfiguration",),
    ),
    "application-autoscaling:DescribeScalableTargets": (
        "ScalableTargets",
        lambda namespace: {"ServiceNamespace": namespace},
    ),
    "rds:DescribeDBInstances": (
        "DBInstances",
        "DBInstanceIdentifier",
        ("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    ),
    "rds:DescribeDBParameters": ("Parameters", parameters),
    "secretsmanager:DescribeSecret": ("", "SecretId", ("ResourceNotFoundException",)),
    "cognito-idp:ListUserPools": ("UserPools", lambda _: {"MaxResults": 60}),
    "cognito-idp:DescribeUserPool": ("UserPool", "UserPoolId", ("ResourceNotFoundException",)),
    "apigateway:GetRestApis": ("items",),
    "apigateway:GetStages": ("item", "restApiId"),
    "sns:ListTopics": ("Topics",),
    "sqs:ListQueues": ("QueueUrls", queues),
    "sqs:GetQueueAttributes": (
        "Attributes",
        lambda subject: {"QueueUrl": subject, "AttributeNames": ["All"]},
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
    ),
    "ecs:DescribeServices": ("services", services, ("ClusterNotFoundException",)),
    "ecs:DescribeTaskDefinition": ("", lambda subject: {"taskDefinition": subject, "include": ["TAGS"]}),
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


READ_OPERATIONS = {action: ReadOperation(*boto3_names(action), *fields) for action, fields in READERS.items()}
PACED = [action for action, reader in READ_OPERATIONS.items() if reader.per_second]
# API Gateway has one action for all its reads.
IAM_ACTIONS = {"apigateway:GetRestApis": "apigateway:GET", "apigateway:GetStages": "apigateway:GET"}
