"""From a call to what IAM is asked about it: the action, and the ARN of each resource that it touches.

Most operations are their own action. Those that are not, and which resources an action is about, are in AWS's
Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/), whose
table of actions, resource kinds and ARN formats cfn-lint carries: a test holds what stands here against it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.contract.permissions.arns import EVERYTHING, RESOURCES, arn
from tests.contract.permissions.moto_resources import tags, vpc
from tests.contract.permissions.policy import Keys, Need
from tests.contract.permissions.reference import can_be_scoped

if TYPE_CHECKING:
    from collections.abc import Mapping

    Parameters = Mapping[str, Any]
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
