"""The ARNs of the resources that a call touches, by its action."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2 import ec2_backends

from tests.contract.permissions.moto_resources import tags
from tests.contract.stack import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

EVERYTHING = "*"
EC2_KINDS = {
    "pl": "prefix-list",
    "acl": "network-acl",
    "vpce": "vpc-endpoint",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def ec2(resource: str) -> str:
    return arn("ec2", f"{EC2_KINDS[resource.split('-', maxsplit=1)[0]]}/{resource}")


def named(service: str, kind: str, parameter: str) -> Callable[[Parameters], list[str]]:
    """One resource, whose name or id is a parameter of the call."""
    return lambda given: [arn(service, f"{kind}{given[parameter]}")]


def ec2_of(*parameters: str) -> Callable[[Parameters], list[str]]:
    return lambda given: [ec2(given[parameter]) for parameter in parameters if parameter in given]


def group(name: str) -> str:
    return arn("autoscaling", f"autoScalingGroup:0b1c2d3e:autoScalingGroupName/{name}")


def group_of(given: Parameters) -> list[str]:
    """Also where the call names an instance alone: Auto Scaling tags its members."""
    if "AutoScalingGroupName" in given:
        return [group(given["AutoScalingGroupName"])]
    return [group(tags(given["InstanceId"])["aws:autoscaling:groupName"])]


def tagged_groups(given: Parameters) -> list[str]:
    return sorted({group(tag["ResourceId"]) for tag in given["Tags"]})


def association(given: Parameters) -> list[str]:
    """The address, the instance and its interface, whichever of the two the call names."""
    resources = [ec2(given["AllocationId"])]
    if "InstanceId" in given:
        return [*resources, ec2(given["InstanceId"]), arn("ec2", "network-interface/eni-0itsprimary")]
    interface = ec2_backends[ACCOUNT][REGION].enis[given["NetworkInterfaceId"]]
    holder = [ec2(interface.instance.id)] if interface.instance else []
    return [*resources, ec2(interface.id), *holder]


def bucket(given: Parameters) -> list[str]:
    return [f"arn:aws:s3:::{given['Bucket']}"]


def entry(given: Parameters) -> list[str]:
    return [f"arn:aws:s3:::{given['Bucket']}/{given['Key']}"]


def services(given: Parameters) -> list[str]:
    return [arn("ecs", f"service/{given['cluster']}/{name}") for name in given["services"]]


def secret(given: Parameters) -> list[str]:
    """AWS adds six characters to the name."""
    return [arn("secretsmanager", f"secret:{given['SecretId']}-AbCdEf")]


def queue(given: Parameters) -> list[str]:
    return [arn("sqs", given["QueueUrl"].rsplit("/", 1)[-1])]


def api(given: Parameters) -> list[str]:
    path = f"/restapis/{given['restApiId']}/stages" if "restApiId" in given else "/restapis"
    return [f"arn:aws:apigateway:{REGION}::{path}"]


def every(service: str, kind: str) -> Callable[[Parameters], list[str]]:
    """A list of all, whichever the call filters by."""
    return lambda _: [arn(service, f"{kind}*")]


def ec2_rules(given: Parameters) -> list[str]:
    """The rule is made by the call, and its ARN is not yet known to anybody."""
    return [ec2(given["GroupId"]), arn("ec2", "security-group-rule/sgr-0new")]


TABLE = named("dynamodb", "table/", "TableName")
POOL = named("cognito-idp", "userpool/", "UserPoolId")
RESOURCES: dict[str, Callable[[Parameters], list[str]]] = {
    "apigateway:GET": api,
    "autoscaling:CompleteLifecycleAction": group_of,
    "autoscaling:CreateOrUpdateTags": tagged_groups,
    "autoscaling:DeleteTags": tagged_groups,
    "autoscaling:RecordLifecycleActionHeartbeat": group_of,
    "autoscaling:SetInstanceHealth": group_of,
    "autoscaling:TerminateInstanceInAutoScalingGroup": group_of,
    "autoscaling:UpdateAutoScalingGroup": group_of,
    "cloudwatch:DescribeAlarms": every("cloudwatch", "alarm:"),
    "cognito-idp:DescribeUserPool": POOL,
    "cognito-idp:GetUserPoolMfaConfig": POOL,
    "cognito-idp:SetUserPoolMfaConfig": POOL,
    "dynamodb:DescribeContinuousBackups": TABLE,
    "dynamodb:DescribeTable": TABLE,
    "dynamodb:DescribeTimeToLive": TABLE,
    "dynamodb:GetItem": TABLE,
    "dynamodb:PutItem": TABLE,
    "dynamodb:Scan": TABLE,
    "dynamodb:UpdateContinuousBackups": TABLE,
    "dynamodb:UpdateItem": TABLE,
    "dynamodb:UpdateTable": TABLE,
    "dynamodb:UpdateTimeToLive": TABLE,
    "ec2:AssociateAddress": association,
    "ec2:AuthorizeSecurityGroupEgress": ec2_rules,
    "ec2:AuthorizeSecurityGroupIngress": ec2_rules,
    "ec2:CreateRoute": ec2_of("RouteTableId"),
    "ec2:CreateTags": lambda given: [ec2(resource) for resource in given["Resources"]],
    "ec2:DescribeVpcAttribute": ec2_of("VpcId"),
    "ec2:GetConsoleOutput": ec2_of("InstanceId"),
    "ec2:GetManagedPrefixListEntries": ec2_of("PrefixListId"),
    "ec2:ModifyInstanceAttribute": ec2_of("InstanceId"),
    "ec2:ModifyNetworkInterfaceAttribute": ec2_of("NetworkInterfaceId"),
    "ec2:ReplaceRoute": ec2_of("RouteTableId"),
    "ec2:RevokeSecurityGroupIngress": ec2_of("GroupId"),
    "ecs:DescribeServices": services,
    "events:EnableRule": named("events", "rule/", "Name"),
    "events:PutEvents": lambda _: [arn("events", "event-bus/default")],
    "lambda:InvokeFunction": named("lambda", "function:", "FunctionName"),
    "rds:DescribeDBInstances": named("rds", "db:", "DBInstanceIdentifier"),
    "rds:DescribeDBParameters": named("rds", "pg:", "DBParameterGroupName"),
    "rds:ModifyDBParameterGroup": named("rds", "pg:", "DBParameterGroupName"),
    "s3:DeleteObject": entry,
    "s3:GetBucketPolicy": bucket,
    "s3:GetBucketPublicAccessBlock": bucket,
    "s3:GetBucketTagging": bucket,
    "s3:GetBucketVersioning": bucket,
    "s3:GetEncryptionConfiguration": bucket,
    "s3:GetLifecycleConfiguration": bucket,
    "s3:GetObject": entry,
    "s3:ListBucket": bucket,
    "s3:PutBucketPublicAccessBlock": bucket,
    "s3:PutBucketTagging": bucket,
    "s3:PutObject": entry,
    "secretsmanager:DescribeSecret": secret,
    "secretsmanager:RestoreSecret": secret,
    "securityhub:BatchImportFindings": lambda given: [given["Findings"][0]["ProductArn"]],
    "sns:GetTopicAttributes": lambda given: [given["TopicArn"]],
    "sns:Publish": lambda given: [given["TopicArn"]],
    "sqs:GetQueueAttributes": queue,
}
