"""From a call to what IAM is asked about it: the action, and the ARN of each resource that it touches.

Most operations are their own action. Those that are not, and which resources an action is about, are in AWS's
Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/), whose
table of actions, resource kinds and ARN formats cfn-lint carries: a test holds what stands here against it.
"""

from __future__ import annotations

import importlib.resources
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from moto.cognitoidp import cognitoidp_backends
from moto.ec2 import ec2_backends

from tests.contract.permissions.policy import Keys, Need
from tests.contract.stack import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Parameters = Mapping[str, Any]

EVERYTHING = "*"
PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html,
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-manage-api.html
RENAMED = {
    "apigateway:GetRestApis": "apigateway:GET",
    "apigateway:GetStages": "apigateway:GET",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# "No permissions are required to perform this operation":
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
FREE = {"sts:GetCallerIdentity"}
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
PARTIQL = {
    "DELETE": "dynamodb:PartiQLDelete",
    "INSERT": "dynamodb:PartiQLInsert",
    "SELECT": "dynamodb:PartiQLSelect",
    "UPDATE": "dynamodb:PartiQLUpdate",
}
# TagResources asks for the service's own action too:
# https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html
TAGGING = {
    "apigateway": "apigateway:PUT",
    "cloudwatch": "cloudwatch:TagResource",
    "cognito-idp": "cognito-idp:TagResource",
    "dynamodb": "dynamodb:TagResource",
    "ecs": "ecs:TagResource",
    "events": "events:TagResource",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
}
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


def needs(service: str, operation: str, given: Parameters, more: Keys = ()) -> list[Need]:
    """What IAM is asked about one call; ``more`` are the condition keys of the caller itself."""
    if operation == "BatchExecuteStatement":
        return [partiql(statement["Statement"], more) for statement in given["Statements"]]
    call = f"{PREFIXES.get(service, service)}:{operation}"
    action = RENAMED.get(call, call)
    if action in FREE:
        return []
    asked = [Need(action, resource, (*more, *keys(resource, given))) for resource in resources(action, given)]
    if action == "tag:TagResources":
        asked += [
            Need(TAGGING[tagged_arn.split(":")[2]], tagged(tagged_arn), more)
            for tagged_arn in given["ResourceARNList"]
        ]
    return asked


def tagged(resource: str) -> str:
    """API Gateway is asked about the tags of a resource, not about the resource."""
    if not resource.startswith("arn:aws:apigateway:"):
        return resource
    return f"{resource.partition('::')[0]}::/tags/{quote(resource, safe='')}"


def resources(action: str, given: Parameters) -> list[str]:
    """The ARNs that an action is about; ``*`` where AWS knows no kind of resource for it.

    Raises:
        NotImplementedError: it can be scoped, and nobody wrote down how.
    """
    if action in RESOURCES:
        return RESOURCES[action](given)
    if can_be_scoped(action):
        raise NotImplementedError(action)
    return [EVERYTHING]


def partiql(statement: str, more: Keys) -> Need:
    verb, _, clause = statement.partition(" ")
    table = clause.removeprefix("FROM ").split('"')[1]
    return Need(PARTIQL[verb], arn("dynamodb", f"table/{table}"), more)


def keys(resource: str, given: Parameters) -> Keys:
    """The condition keys of a request: id and tags of what it is about, and what it would set."""
    resource_id = resource.rsplit("/", maxsplit=1)[-1]
    conditions: dict[str, tuple[str, ...]] = {
        f"aws:ResourceTag/{name}": (value,) for name, value in tags(resource_id).items()
    }
    if own_vpc := vpc(resource_id):
        conditions["ec2:Vpc"] = (arn("ec2", f"vpc/{own_vpc}"),)
    if ":route-table/" in resource:
        conditions["ec2:RouteTableID"] = (resource_id,)
    if ":network-interface/" in resource or ":instance/" in resource:
        conditions |= attribute(given)
    if resource.startswith("arn:aws:ec2:") and "Tags" in given:
        conditions["aws:TagKeys"] = tuple(tag["Key"] for tag in given["Tags"])
    return tuple(sorted(conditions.items()))


def attribute(given: Parameters) -> dict[str, tuple[str, ...]]:
    """The one attribute that a request sets of an interface or instance, with its value if it is a flag."""
    return {
        f"ec2:Attribute/{name}": (str(value["Value"]).lower(),)
        for name, value in given.items()
        if isinstance(value, dict) and "Value" in value
    }


def tags(resource_id: str) -> dict[str, str]:
    """Of an EC2 resource or a user pool as moto has them; the conditions are about no other kind."""
    pool = cognitoidp_backends[ACCOUNT][REGION].user_pools.get(resource_id)
    if pool:
        return dict(pool.extended_config.get("UserPoolTags", {}))
    own_tags: dict[str, str] = ec2_backends[ACCOUNT][REGION].tags.get(resource_id, {})
    return dict(own_tags)


def platform_vpc() -> str:
    """The VPC that doctor finds besides AWS's default one; empty where none is made."""
    made = ec2_backends[ACCOUNT][REGION].vpcs.values()
    return next((str(one.id) for one in made if not one.is_default), "")


def vpc(resource_id: str) -> str | None:
    """Of an interface or a security group: the kinds for which the table of EC2 knows ec2:Vpc."""
    backend = ec2_backends[ACCOUNT][REGION]
    if interface := backend.enis.get(resource_id):
        return str(interface.subnet.vpc_id)
    groups = [by_id[resource_id] for by_id in backend.groups.values() if resource_id in by_id]
    return str(groups[0].vpc_id) if groups else None


@cache
def table(service: str) -> Any:
    """AWS's own table of one service."""
    text = importlib.resources.files("cfnlint").joinpath("data/AdditionalSpecs/Policies.json").read_text()
    return json.loads(text)[service]


def kinds(action: str) -> list[str]:
    """The kinds of resource that an action can be scoped to; none: only ``*``."""
    service, name = action.split(":")
    resources: list[str] = table(service)["Actions"][name.lower()].get("Resources") or []
    return resources


def can_be_scoped(action: str) -> bool:
    return bool(kinds(action))


def formats(action: str) -> Iterable[re.Pattern[str]]:
    """The ARN formats of those kinds."""
    service = action.split(":", maxsplit=1)[0]
    for kind in kinds(action):
        for arn_format in table(service)["Resources"][kind.lower()]["ARNFormats"]:
            yield re.compile(re.sub(r"\$\{\w+\}", "[^:]*", arn_format))
