"""One API call that changes AWS, and the builders of the calls that remediations need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.actions import AuthorizeRule, CreateIndex, ForceSsl, ResizeGroup

EVERY_PORT, EVERY_TYPE = (0, 65535), (-1, -1)  # the latter of ICMP
NO_TAGS = "NoSuchTagSet"


class UnsafeError(Exception):
    """A write would break something, so it is not sent."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call that changes AWS. ``done_by`` are the error codes that mean that nothing had to be changed."""

    action: str  # as IAM spells it
    service: str  # as boto3 spells it
    operation: str
    parameters: dict[str, Any]
    done_by: frozenset[str] = frozenset()
    note: str = ""

    def shown(self) -> dict[str, Any]:
        """What a dry run prints."""
        return {"action": self.action, "parameters": self.parameters} | (
            {"note": self.note} if self.note else {}
        )


def dynamodb(action: str, operation: str, table: str, note: str = "", **parameters: Any) -> ApiRequest:  # noqa: ANN401
    return ApiRequest(
        f"dynamodb:{action}", "dynamodb", operation, {"TableName": table, **parameters}, note=note
    )


def update_table(table: str, **parameters: Any) -> ApiRequest:  # noqa: ANN401
    return dynamodb("UpdateTable", "update_table", table, **parameters)


def ttl(table: str, attribute: str, *, on: bool, note: str = "") -> ApiRequest:
    specification = {"Enabled": on, "AttributeName": attribute}
    return dynamodb(
        "UpdateTimeToLive", "update_time_to_live", table, note, TimeToLiveSpecification=specification
    )


def create_index(remediation: CreateIndex) -> ApiRequest:
    keys = [(remediation.partition, "HASH"), *([(remediation.sort, "RANGE")] if remediation.sort else [])]
    index = {
        "IndexName": remediation.index,
        "KeySchema": [{"AttributeName": attribute[0], "KeyType": role} for attribute, role in keys],
        "Projection": {"ProjectionType": remediation.projection},
    }
    definitions = [{"AttributeName": attribute[0], "AttributeType": attribute[1]} for attribute, _ in keys]
    updates = [{"Create": index}]
    return update_table(
        remediation.table, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=updates
    )


def ec2(action: str, operation: str, parameters: dict[str, Any]) -> ApiRequest:
    return ApiRequest(f"ec2:{action}", "ec2", operation, parameters)


def authorize(remediation: AuthorizeRule) -> ApiRequest:
    low, high = remediation.from_port, remediation.to_port
    if low is None:
        low, high = EVERY_TYPE if remediation.protocol == "icmp" else EVERY_PORT
    permission: dict[str, Any] = {"IpProtocol": remediation.protocol, "FromPort": low, "ToPort": high}
    if remediation.peer.startswith("sg-"):
        permission["UserIdGroupPairs"] = [{"GroupId": remediation.peer}]
    elif remediation.peer.startswith("pl-"):
        permission["PrefixListIds"] = [{"PrefixListId": remediation.peer}]
    elif ":" in remediation.peer:
        permission["Ipv6Ranges"] = [{"CidrIpv6": remediation.peer}]
    else:
        permission["IpRanges"] = [{"CidrIp": remediation.peer}]
    way = "Egress" if remediation.egress else "Ingress"
    return ApiRequest(
        f"ec2:AuthorizeSecurityGroup{way}",
        "ec2",
        f"authorize_security_group_{way.lower()}",
        {"GroupId": remediation.group_id, "IpPermissions": [permission]},
        frozenset({"InvalidPermission.Duplicate"}),
    )


def force_ssl(remediation: ForceSsl) -> ApiRequest:
    parameter = {"ParameterName": remediation.parameter, "ParameterValue": "1", "ApplyMethod": "immediate"}
    parameters = {"DBParameterGroupName": remediation.parameter_group, "Parameters": [parameter]}
    return ApiRequest("rds:ModifyDBParameterGroup", "rds", "modify_db_parameter_group", parameters)


def resize(remediation: ResizeGroup) -> ApiRequest:
    parameters = {"AutoScalingGroupName": remediation.group, remediation.size: remediation.value}
    return ApiRequest(
        "autoscaling:UpdateAutoScalingGroup", "autoscaling", "update_auto_scaling_group", parameters
    )


def tag_writes(
    client: Callable[[str], Any], arn: str, tags: dict[str, str], full_arn: Callable[[str], str]
) -> list[ApiRequest]:
    """The calls that add tags to what ``arn`` (service and resource) names."""
    service, _, resource = arn.partition(":")
    match service:
        case "s3":
            return [_bucket(client, resource, tags)]
        case "autoscaling":
            return [_group(resource, tags)]
        case "ec2":
            listed = [{"Key": name, "Value": value} for name, value in tags.items()]
            parameters = {"Resources": [resource.partition("/")[2]], "Tags": listed}
            return [ApiRequest("ec2:CreateTags", "ec2", "create_tags", parameters)]
        case _:
            parameters = {"ResourceARNList": [full_arn(arn)], "Tags": tags}
            return [ApiRequest("tag:TagResources", "resourcegroupstaggingapi", "tag_resources", parameters)]


def _bucket(client: Callable[[str], Any], bucket: str, tags: dict[str, str]) -> ApiRequest:
    """PutBucketTagging replaces the whole set: read, merge, write."""
    try:
        with translate_errors("s3:GetBucketTagging"):
            present = client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    except PermanentError as error:
        if error.code != NO_TAGS:
            raise
        present = []
    merged = {tag["Key"]: tag["Value"] for tag in present} | tags
    tag_set = [{"Key": name, "Value": value} for name, value in merged.items()]
    parameters = {"Bucket": bucket, "Tagging": {"TagSet": tag_set}}
    return ApiRequest("s3:PutBucketTagging", "s3", "put_bucket_tagging", parameters)


def _group(group: str, tags: dict[str, str]) -> ApiRequest:
    """The call for a group; instances get the group's tags at their launch."""
    listed = [
        {
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "Key": name,
            "Value": value,
            "PropagateAtLaunch": True,
        }
        for name, value in tags.items()
    ]
    return ApiRequest(
        "autoscaling:CreateOrUpdateTags", "autoscaling", "create_or_update_tags", {"Tags": listed}
    )
