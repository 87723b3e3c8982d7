"""Builds the API requests of a remediation, and sends them. A dry run shows them; a heal sends them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from drift_check.actions import (
    AddTags,
    EnableTtl,
    Remediation,
    RequireMfa,
    ResizeGroup,
    RevokeWorldOpen,
)
from drift_check.apply import ApiRequest, UnsafeError, request
from drift_check.checks.base import tag_map
from drift_check.checks.security_groups import flat_ports
from drift_check.compare import assess
from drift_check.findings import Healing
from drift_check.observe import boto3_names
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.config.models.base import DAY
from tradai_shared.errors import AwsError, PermanentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drift_check.compare import AssessedFinding

NO_TAGS = "NoSuchTagSet"
COUNTED_PAGES = 10  # of 1 MB: a scan of a whole large table would cost more than it is worth
OLDEST_SECONDS = 5 * 365 * DAY
# Below both limits TTL is switched on without asking.
MOST_EXPIRED, MOST_PERCENT = 1_000, 1


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Builds and sends the API requests of a remediation. Some need reads; only ``send`` writes."""

    client: Callable[[str], Any]
    account: list[str] = field(default_factory=list)  # read once, when an ARN needs it

    def build(self, remediation: Remediation) -> list[ApiRequest]:
        """The calls of a remediation.

        Raises:
            UnsafeError: as AWS is now, one of them would break something.
        """
        match remediation:
            case EnableTtl():
                return [self._enable_ttl(remediation)]
            case AddTags(arn, tags):
                return [self._tag(arn, dict(tags))]
            case RevokeWorldOpen():
                return self._revoke(remediation)
            case RequireMfa():
                return [self._mfa(remediation)]
            case ResizeGroup():
                self._keep_instances(remediation)
        return [request(remediation)]

    def arn(self, short: str) -> str:
        """The whole ARN of a service and a resource."""
        service, _, resource = short.partition(":")
        sts = self.client("sts")
        meta = sts.meta
        if service == "apigateway":  # its ARNs name no account
            return f"arn:{meta.partition}:apigateway:{meta.region_name}::{resource}"
        if not self.account:
            with translate_errors("sts:GetCallerIdentity"):
                self.account.append(sts.get_caller_identity()["Account"])
        return f"arn:{meta.partition}:{service}:{meta.region_name}:{self.account[0]}:{resource}"

    def send(self, write: ApiRequest) -> Any:  # noqa: ANN401 - AWS's answer
        """Send one call.

        Raises:
            TemporaryError, PermanentError, AccessDenied: AWS refused.
        """
        service, operation = boto3_names(write.action)
        with translate_errors(write.action):
            client = self.client(service)
            answer = getattr(client, operation)(**write.parameters)
            for refused in answer.get("FailedResourcesMap", {}).values():  # tag:TagResources itself succeeds
                error = {"Code": refused.get("ErrorCode"), "Message": refused.get("ErrorMessage")}
                raise client.exceptions.ClientError({"Error": error}, operation)
            return answer

    def inspected(self, assessed_finding: AssessedFinding) -> AssessedFinding:
        """The finding with its healing class, which for TTL depends on how many items it would delete."""
        for remediation in assessed_finding.remediations:
            if isinstance(remediation, EnableTtl):
                try:
                    return self._counted(assessed_finding, remediation)
                except AwsError as error:
                    reason = f"{assessed_finding.finding.reason}; what has expired cannot be counted: {error}"
                    finding = replace(assessed_finding.finding, healing=Healing.NEVER, reason=reason)
                    return replace(assessed_finding, finding=finding, remediations=())
        return assessed_finding

    def _counted(self, assessed_finding: AssessedFinding, remediation: EnableTtl) -> AssessedFinding:
        count = self._expired(remediation)
        if count.is_harmless:
            return assessed_finding
        reason = f"{assessed_finding.finding.reason}; {count.shown(remediation)}"
        finding = replace(assessed_finding.finding, healing=Healing.ON_APPROVAL, reason=reason)
        bounded = replace(remediation, expired=1 << count.expired.bit_length())
        return assess(finding, (bounded,), assessed_finding.sources)

    def _enable_ttl(self, remediation: EnableTtl) -> ApiRequest:
        count = self._expired(remediation)
        if remediation.expired is None and not count.is_harmless:
            raise UnsafeError(count.shown(remediation))
        if remediation.expired is not None and count.expired > remediation.expired:
            raise UnsafeError(f"{count.expired} items have expired by now, more than was approved")
        return request(remediation, count.shown(remediation))

    def _expired(self, remediation: EnableTtl) -> ExpiredCount:
        """How many items DynamoDB would begin to delete.

        Deleted are those whose TTL is a Number, in the past, not over five years old. Source: DynamoDB
        Developer Guide, "Using time to live".
        """
        now, expired, items = int(clock.now().timestamp()), 0, 0
        parameters: dict[str, Any] = {
            "TableName": remediation.table,
            "Select": "COUNT",
            "FilterExpression": "attribute_type(#t, :n) AND #t BETWEEN :oldest AND :now",
            "ExpressionAttributeNames": {"#t": remediation.attribute},
            "ExpressionAttributeValues": {
                ":n": {"S": "N"},
                ":oldest": {"N": str(now - OLDEST_SECONDS)},
                ":now": {"N": str(now)},
            },
        }
        for _ in range(COUNTED_PAGES):
            with whole_answer("dynamodb:Scan"), translate_errors("dynamodb:Scan"):
                page = self.client("dynamodb").scan(**parameters)
                expired, items = expired + page["Count"], items + page["ScannedCount"]
            if "LastEvaluatedKey" not in page:
                return ExpiredCount(expired, items)
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return ExpiredCount(expired, items, is_whole=False)

    def _revoke(self, remediation: RevokeWorldOpen) -> list[ApiRequest]:
        """By id, as the group is now.

        Raises:
            UnsafeError: the group would be left without a rule.
        """
        with translate_errors("ec2:DescribeSecurityGroupRules"):
            pages = self.client("ec2").get_paginator("describe_security_group_rules")
            filters = [{"Name": "group-id", "Values": [remediation.group_id]}]
            rules = [rule for page in pages.paginate(Filters=filters) for rule in page["SecurityGroupRules"]]
        ingress = [rule for rule in rules if not rule["IsEgress"]]
        ids = [rule["SecurityGroupRuleId"] for rule in ingress if _flat(rule) in remediation.rules]
        if ids and len(ids) == len(ingress):
            raise UnsafeError("the group would be left without a rule; state its ingress first")
        parameters = {"GroupId": remediation.group_id, "SecurityGroupRuleIds": ids}
        return [ApiRequest("ec2:RevokeSecurityGroupIngress", parameters)] if ids else []

    def _keep_instances(self, remediation: ResizeGroup) -> None:
        """Raises UnsafeError where an instance would be terminated."""
        with translate_errors("autoscaling:DescribeAutoScalingGroups"):
            groups = self.client("autoscaling").describe_auto_scaling_groups(
                AutoScalingGroupNames=[remediation.group]
            )["AutoScalingGroups"]
        running = max([0, *[max(group["DesiredCapacity"], len(group["Instances"])) for group in groups]])
        if remediation.size != "MinSize" and remediation.value < running:
            raise UnsafeError(f"the group has {running} instances: one would be terminated")

    def _mfa(self, remediation: RequireMfa) -> ApiRequest:
        """The present MFA configuration with the new mode: Cognito switches off what a call leaves out."""
        with translate_errors("cognito-idp:GetUserPoolMfaConfig"):
            now = self.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=remediation.pool_id)
        present = {name: value for name, value in now.items() if name.endswith("Configuration")}
        present.setdefault("SoftwareTokenMfaConfiguration", {"Enabled": True})
        parameters = {"UserPoolId": remediation.pool_id, **present, "MfaConfiguration": remediation.mfa}
        return ApiRequest("cognito-idp:SetUserPoolMfaConfig", parameters)

    def _tag(self, arn: str, tags: dict[str, str]) -> ApiRequest:
        """The call that adds tags to what ``arn`` (service and resource) names."""
        service, _, resource = arn.partition(":")
        if service == "s3":  # the call replaces the whole set: read, merge, write
            tag_set = listed({**self._bucket_tags(resource), **tags})
            return ApiRequest("s3:PutBucketTagging", {"Bucket": resource, "Tagging": {"TagSet": tag_set}})
        if service == "autoscaling":  # instances get the group's tags at their launch
            more = {"ResourceId": resource, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
            of_group = [{**tag, **more} for tag in listed(tags)]
            return ApiRequest("autoscaling:CreateOrUpdateTags", {"Tags": of_group})
        if service == "ec2":
            resources = [resource.partition("/")[2]]
            return ApiRequest("ec2:CreateTags", {"Resources": resources, "Tags": listed(tags)})
        return ApiRequest("tag:TagResources", {"ResourceARNList": [self.arn(arn)], "Tags": tags})

    def _bucket_tags(self, bucket: str) -> dict[str, str]:
        try:
            with translate_errors("s3:GetBucketTagging"):
                return tag_map(self.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"])
        except PermanentError as error:
            if error.code != NO_TAGS:
                raise
            return {}


def listed(tags: dict[str, str]) -> list[dict[str, Any]]:
    """Tags as most services take them."""
    return [{"Key": name, "Value": value} for name, value in tags.items()]


@dataclass(frozen=True, slots=True)
class ExpiredCount:
    """How many of the items that were read have expired; ``is_whole``: the table has no others."""

    expired: int
    items: int
    is_whole: bool = True

    @property
    def is_harmless(self) -> bool:
        """Whether so few items would be deleted that TTL may be switched on without an approval."""
        few = self.expired < MOST_EXPIRED and self.expired * 100 < self.items * MOST_PERCENT
        return self.is_whole and (self.expired == 0 or few)

    def shown(self, remediation: EnableTtl) -> str:
        expired, items = self.expired, self.items
        count = f"{expired} of {items}" if self.is_whole else f"at least {expired} of the first {items}"
        recovery = {True: "is on", False: "is off", None: "could not be read"}[remediation.recovery]
        return (
            f"{count} items have expired and DynamoDB would delete them; "
            f"the table's point-in-time recovery {recovery}"
        )


def _flat(rule: Mapping[str, Any]) -> tuple[str, int | None, int | None, str]:
    """A rule as the check of the groups flattens it."""
    ports = flat_ports(rule.get("FromPort"), rule.get("ToPort"))
    return (rule["IpProtocol"], *ports, str(rule.get("CidrIpv4") or rule.get("CidrIpv6")))
