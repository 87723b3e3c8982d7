"""Builds the API requests of a remediation, and sends them. A dry run shows them; a heal sends them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, assert_never

from drift_check.actions import (
    PUBLIC_ACCESS_BLOCKS,
    AddTags,
    AuthorizeRule,
    BlockPublicAccess,
    ChargeOnDemand,
    CreateIndex,
    DisableSourceDestCheck,
    DisableTtl,
    EnableRecovery,
    EnableRule,
    EnableTtl,
    ForceSsl,
    ProtectTable,
    ReconcileRoutes,
    Remediation,
    ReplaceTags,
    RequireMfa,
    ResizeGroup,
    RestoreSecret,
    RevokeWorldOpen,
)
from drift_check.apply.api_writes import (
    ApiRequest,
    UnsafeError,
    authorize,
    create_index,
    dynamodb,
    ec2,
    force_ssl,
    resize,
    tag_writes,
    ttl,
    update_table,
)
from drift_check.checks.security_groups import flat_ports
from drift_check.compare import assess
from drift_check.findings import Healing
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drift_check.compare import AssessedFinding

COUNTED_PAGES = 10  # of 1 MB: a scan of a whole large table would cost more than it is worth
OLDEST_SECONDS = 5 * 365 * 86_400
# Below both limits TTL is switched on without asking.
MOST_EXPIRED, MOST_PERCENT = 1_000, 1


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Builds and sends the API requests of a remediation. Some need reads; only ``send`` writes."""

    client: Callable[[str], Any]
    account: list[str] = field(default_factory=list)  # read once, when an ARN needs it

    def writes(self, remediation: Remediation) -> list[ApiRequest]:  # noqa: PLR0911, PLR0912, C901 - one case a remedy
        match remediation:
            case EnableTtl():
                return [self._enable_ttl(remediation)]
            case DisableTtl(table, attribute):
                return [ttl(table, attribute, on=False)]
            case EnableRecovery(table):
                specification = {"PointInTimeRecoveryEnabled": True}
                return [
                    dynamodb(
                        "UpdateContinuousBackups",
                        "update_continuous_backups",
                        table,
                        PointInTimeRecoverySpecification=specification,
                    )
                ]
            case ProtectTable(table):
                return [update_table(table, DeletionProtectionEnabled=True)]
            case ChargeOnDemand(table):
                return [update_table(table, BillingMode="PAY_PER_REQUEST")]
            case CreateIndex():
                return [create_index(remediation)]
            case AddTags(arn, tags) | ReplaceTags(arn, tags):
                return tag_writes(self.client, arn, dict(tags), self.arn)
            case AuthorizeRule():
                return [authorize(remediation)]
            case RevokeWorldOpen():
                return self._revoke(remediation)
            case ReconcileRoutes(function):
                payload = json.dumps({"action": "reconcile", "dry_run": False})
                return [
                    ApiRequest(
                        "lambda:InvokeFunction",
                        "lambda",
                        "invoke",
                        {"FunctionName": function, "Payload": payload},
                    )
                ]
            case DisableSourceDestCheck(interface):
                parameters = {"NetworkInterfaceId": interface, "SourceDestCheck": {"Value": False}}
                return [
                    ec2("ModifyNetworkInterfaceAttribute", "modify_network_interface_attribute", parameters)
                ]
            case EnableRule(rule):
                return [ApiRequest("events:EnableRule", "events", "enable_rule", {"Name": rule})]
            case BlockPublicAccess(bucket):
                blocks = dict.fromkeys(PUBLIC_ACCESS_BLOCKS, True)
                parameters = {"Bucket": bucket, "PublicAccessBlockConfiguration": blocks}
                return [
                    ApiRequest("s3:PutBucketPublicAccessBlock", "s3", "put_public_access_block", parameters)
                ]
            case ForceSsl():
                return [force_ssl(remediation)]
            case RequireMfa():
                return [self._mfa(remediation)]
            case RestoreSecret(secret):
                return [
                    ApiRequest(
                        "secretsmanager:RestoreSecret",
                        "secretsmanager",
                        "restore_secret",
                        {"SecretId": secret},
                    )
                ]
            case ResizeGroup():
                return [self._resize(remediation)]
            case _:
                assert_never(remediation)

    def arn(self, short: str) -> str:
        """The whole ARN of a service and a resource."""
        service, _, resource = short.partition(":")
        meta = self.client("sts").meta
        if service == "apigateway":  # its ARNs name no account
            return f"arn:{meta.partition}:apigateway:{meta.region_name}::{resource}"
        if not self.account:
            with translate_errors("sts:GetCallerIdentity"):
                self.account.append(self.client("sts").get_caller_identity()["Account"])
        return f"arn:{meta.partition}:{service}:{meta.region_name}:{self.account[0]}:{resource}"

    def send(self, write: ApiRequest) -> Any:  # noqa: ANN401 - AWS's answer
        """Send one call.

        Raises:
            TemporaryError, PermanentError, AccessDenied: AWS refused.
        """
        with translate_errors(write.action):
            return getattr(self.client(write.service), write.operation)(**write.parameters)

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
        expired, items, is_whole = self._expired(remediation)
        if is_whole and is_harmless(expired, items):
            return assessed_finding
        deleted = _deleted(expired, items, remediation, is_whole=is_whole)
        finding = replace(
            assessed_finding.finding,
            healing=Healing.ON_APPROVAL,
            reason=f"{assessed_finding.finding.reason}; {deleted}",
        )
        bounded = replace(remediation, expired=1 << expired.bit_length())
        return assess(finding, (bounded,), assessed_finding.sources)

    def _enable_ttl(self, remediation: EnableTtl) -> ApiRequest:
        expired, items, is_whole = self._expired(remediation)
        if remediation.expired is None and not (is_whole and is_harmless(expired, items)):
            raise UnsafeError(_deleted(expired, items, remediation, is_whole=is_whole))
        if remediation.expired is not None and expired > remediation.expired:
            raise UnsafeError(f"{expired} items have expired by now, more than was approved")
        note = _deleted(expired, items, remediation, is_whole=is_whole)
        return ttl(remediation.table, remediation.attribute, on=True, note=note)

    def _expired(self, remediation: EnableTtl) -> tuple[int, int, bool]:
        """How many items DynamoDB would begin to delete, of how many, and whether the whole table was read.

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
                return expired, items, True
            parameters["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return expired, items, False

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
        write = ec2("RevokeSecurityGroupIngress", "revoke_security_group_ingress", parameters)
        return [write] if ids else []

    def _resize(self, remediation: ResizeGroup) -> ApiRequest:
        """Raises UnsafeError where an instance would be terminated."""
        with translate_errors("autoscaling:DescribeAutoScalingGroups"):
            groups = self.client("autoscaling").describe_auto_scaling_groups(
                AutoScalingGroupNames=[remediation.group]
            )["AutoScalingGroups"]
        running = max([0, *(max(group["DesiredCapacity"], len(group["Instances"])) for group in groups)])
        if remediation.size != "MinSize" and remediation.value < running:
            raise UnsafeError(f"the group has {running} instances: one would be terminated")
        return resize(remediation)

    def _mfa(self, remediation: RequireMfa) -> ApiRequest:
        """The present MFA configuration with the new mode: Cognito switches off what a call leaves out."""
        with translate_errors("cognito-idp:GetUserPoolMfaConfig"):
            now = self.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=remediation.pool_id)
        parameters_kept = {name: value for name, value in now.items() if name.endswith("Configuration")}
        parameters_kept["MfaConfiguration"] = remediation.mfa
        parameters_kept.setdefault("SoftwareTokenMfaConfiguration", {"Enabled": True})
        parameters = {"UserPoolId": remediation.pool_id, **parameters_kept}
        return ApiRequest(
            "cognito-idp:SetUserPoolMfaConfig", "cognito-idp", "set_user_pool_mfa_config", parameters
        )


def is_harmless(expired: int, items: int) -> bool:
    """Whether so few items would be deleted that TTL may be switched on without an approval."""
    return expired == 0 or (expired < MOST_EXPIRED and expired * 100 < items * MOST_PERCENT)


def _deleted(expired: int, items: int, remediation: EnableTtl, *, is_whole: bool) -> str:
    count = f"{expired} of {items} items" if is_whole else f"at least {expired} of the first {items} items"
    recovery = {True: "is on", False: "is off", None: "could not be read"}[remediation.recovery]
    return (
        f"{count} have expired and DynamoDB would delete them; the table's point-in-time recovery {recovery}"
    )


def _flat(rule: Mapping[str, Any]) -> tuple[str, int | None, int | None, str]:
    """A rule as the check of the groups flattens it."""
    ports = flat_ports(rule.get("FromPort"), rule.get("ToPort"))
    return (rule["IpProtocol"], *ports, str(rule.get("CidrIpv4") or rule.get("CidrIpv6")))
