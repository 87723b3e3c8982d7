"""Writing tags, each service in its own way. Additive: what is there stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.apply.api_writes import ApiRequest
from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable

NO_TAGS = "NoSuchTagSet"


def tag_writes(
    client: Callable[[str], Any], arn: str, tags: dict[str, str], full_arn: Callable[[str], str]
) -> list[ApiRequest]:
    """The calls that add tags to what ``arn`` (service and last part) names."""
    service, _, rest = arn.partition(":")
    match service:
        case "s3":
            return [_bucket(client, rest, tags)]
        case "autoscaling":
            return [_group(rest, tags)]
        case "ec2":
            listed = [{"Key": name, "Value": value} for name, value in tags.items()]
            parameters = {"Resources": [rest.partition("/")[2]], "Tags": listed}
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
    """Instances carry the group's tags from their launch on."""
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
