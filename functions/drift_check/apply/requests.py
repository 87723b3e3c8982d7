"""From a remedy to the exact calls that carry it out. Some must read first; none is written here.

A dry run shows these calls; a heal sends them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, assert_never

from drift_check.actions import (
    PUBLIC_ACCESS_BLOCKS,
    WORLD,
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
from tradai_shared import clock
from tradai_shared.aws.error_mapping import translate_errors

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTED_PAGES = 10  # enough to say "many"; a whole scan of a large table would cost more than it tells


@dataclass(frozen=True, slots=True)
class RequestBuilder:
    """Knows the exact calls, and sends them. ``region`` and ``account`` complete the ARNs of tags."""

    client: Callable[[str], Any]
    region: str
    account: list[str] = field(default_factory=list)  # asked once, when it is needed

    def writes(self, remedy: Remediation) -> list[ApiRequest]:  # noqa: PLR0911, PLR0912, C901 - one case a remedy
        match remedy:
            case EnableTtl():
                return [self._enable_ttl(remedy)]
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
                return [create_index(remedy)]
            case AddTags(arn, tags) | ReplaceTags(arn, tags):
                return tag_writes(self.client, arn, dict(tags), self.arn)
            case AuthorizeRule():
                return [authorize(remedy)]
            case RevokeWorldOpen(group_id):
                return self._revoke(group_id)
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
                return [force_ssl(remedy)]
            case RequireMfa():
                return [self._mfa(remedy)]
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
                return [resize(remedy)]
            case _:
                assert_never(remedy)

    def arn(self, short: str) -> str:
        """The whole ARN of a service and its last part."""
        service, _, resource = short.partition(":")
        if service == "apigateway":  # its ARNs name no account
            return f"arn:aws:apigateway:{self.region}::{resource}"
        if not self.account:
            with translate_errors("sts:GetCallerIdentity"):
                self.account.append(self.client("sts").get_caller_identity()["Account"])
        return f"arn:aws:{service}:{self.region}:{self.account[0]}:{resource}"

    def send(self, write: ApiRequest) -> Any:  # noqa: ANN401 - AWS's answer
        """Send one call.

        Raises:
            TemporaryError, PermanentError, AccessDenied: AWS refused.
        """
        with translate_errors(write.action):
            return getattr(self.client(write.service), write.operation)(**write.parameters)

    def _enable_ttl(self, remedy: EnableTtl) -> ApiRequest:
        count, whole = self._expired(remedy)
        note = f"{count if whole else f'at least {count}'} items have expired and would begin to vanish"
        return ttl(remedy.table, remedy.attribute, on=True, note=note)

    def _expired(self, remedy: EnableTtl) -> tuple[int, bool]:
        """How many items DynamoDB would begin to delete: a Number, in the past, not over five years old."""
        now, count = int(clock.now().timestamp()), 0
        oldest = now - 5 * 365 * 86_400
        asked: dict[str, Any] = {
            "TableName": remedy.table,
            "Select": "COUNT",
            "FilterExpression": "attribute_type(#t, :n) AND #t BETWEEN :oldest AND :now",
            "ExpressionAttributeNames": {"#t": remedy.attribute},
            "ExpressionAttributeValues": {
                ":n": {"S": "N"},
                ":oldest": {"N": str(oldest)},
                ":now": {"N": str(now)},
            },
        }
        for _ in range(COUNTED_PAGES):
            with translate_errors("dynamodb:Scan"):
                page = self.client("dynamodb").scan(**asked)
            count += page["Count"]
            if "LastEvaluatedKey" not in page:
                return count, True
            asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return count, False

    def _revoke(self, group_id: str) -> list[ApiRequest]:
        with translate_errors("ec2:DescribeSecurityGroupRules"):
            pages = self.client("ec2").get_paginator("describe_security_group_rules")
            pages_of_rules = pages.paginate(Filters=[{"Name": "group-id", "Values": [group_id]}])
            rules = [rule for page in pages_of_rules for rule in page["SecurityGroupRules"]]
        ids = [
            rule["SecurityGroupRuleId"]
            for rule in rules
            if not rule["IsEgress"] and WORLD & {rule.get("CidrIpv4"), rule.get("CidrIpv6")}
        ]
        parameters = {"GroupId": group_id, "SecurityGroupRuleIds": ids}
        write = ec2("RevokeSecurityGroupIngress", "revoke_security_group_ingress", parameters)
        return [write] if ids else []

    def _mfa(self, remedy: RequireMfa) -> ApiRequest:
        """Set what is there, with another word for MFA: what is left out would be switched off."""
        with translate_errors("cognito-idp:GetUserPoolMfaConfig"):
            now = self.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=remedy.pool_id)
        parameters_kept = {name: value for name, value in now.items() if name.endswith("Configuration")}
        parameters_kept["MfaConfiguration"] = remedy.mfa
        parameters_kept.setdefault("SoftwareTokenMfaConfiguration", {"Enabled": True})
        parameters = {"UserPoolId": remedy.pool_id, **parameters_kept}
        return ApiRequest(
            "cognito-idp:SetUserPoolMfaConfig", "cognito-idp", "set_user_pool_mfa_config", parameters
        )
