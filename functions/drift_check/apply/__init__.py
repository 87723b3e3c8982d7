"""The API calls that carry remediations out, where they need no reading first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from drift_check.actions import (
    PUBLIC_ACCESS_BLOCKS,
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
    ResizeGroup,
    RestoreSecret,
)

if TYPE_CHECKING:
    from drift_check.actions import Remediation

EVERY_PORT, EVERY_TYPE = (0, 65535), (-1, -1)  # the latter of ICMP


class UnsafeError(Exception):
    """A write would break something, so it is not sent."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call that changes AWS: its action as IAM spells it, and boto3's parameters."""

    action: str
    parameters: dict[str, Any]
    note: str = ""

    def shown(self) -> dict[str, Any]:
        """What a dry run prints."""
        shown = {"action": self.action, "parameters": self.parameters}
        return {**shown, "note": self.note} if self.note else shown


def request(remediation: Remediation, note: str = "") -> ApiRequest:
    """The call of a remediation that is a single one: its first permission, for egress its second."""
    is_egress = isinstance(remediation, AuthorizeRule) and remediation.egress
    return ApiRequest(remediation.permissions[is_egress], _parameters(remediation), note)


def _parameters(remediation: Remediation) -> dict[str, Any]:  # noqa: PLR0911, PLR0912, C901 - one case a remedy
    match remediation:
        case EnableTtl(table, attribute) | DisableTtl(table, attribute):
            on = isinstance(remediation, EnableTtl)
            return {
                "TableName": table,
                "TimeToLiveSpecification": {"Enabled": on, "AttributeName": attribute},
            }
        case EnableRecovery(table):
            recovery = {"PointInTimeRecoveryEnabled": True}
            return {"TableName": table, "PointInTimeRecoverySpecification": recovery}
        case ProtectTable(table):
            return {"TableName": table, "DeletionProtectionEnabled": True}
        case ChargeOnDemand(table):
            return {"TableName": table, "BillingMode": "PAY_PER_REQUEST"}
        case CreateIndex():
            return _create_index(remediation)
        case AuthorizeRule():
            return _authorize(remediation)
        case ReconcileRoutes(function):
            payload = json.dumps({"action": "reconcile", "dry_run": False})
            return {"FunctionName": function, "Payload": payload}
        case DisableSourceDestCheck(interface):
            return {"NetworkInterfaceId": interface, "SourceDestCheck": {"Value": False}}
        case EnableRule(rule):
            return {"Name": rule}
        case BlockPublicAccess(bucket):
            blocks = dict.fromkeys(PUBLIC_ACCESS_BLOCKS, True)
            return {"Bucket": bucket, "PublicAccessBlockConfiguration": blocks}
        case ForceSsl(group, name):
            parameter = {"ParameterName": name, "ParameterValue": "1", "ApplyMethod": "immediate"}
            return {"DBParameterGroupName": group, "Parameters": [parameter]}
        case RestoreSecret(secret):
            return {"SecretId": secret}
        case ResizeGroup(group, size, value):
            return {"AutoScalingGroupName": group, size: value}
    raise TypeError(remediation)


def _create_index(remediation: CreateIndex) -> dict[str, Any]:
    keys = [(remediation.partition, "HASH"), *([(remediation.sort, "RANGE")] if remediation.sort else [])]
    index = {
        "IndexName": remediation.index,
        "KeySchema": [{"AttributeName": name, "KeyType": role} for (name, _), role in keys],
        "Projection": {"ProjectionType": remediation.projection},
    }
    return {
        "TableName": remediation.table,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for (name, kind), _ in keys],
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }


def _authorize(remediation: AuthorizeRule) -> dict[str, Any]:
    low, high = remediation.from_port, remediation.to_port
    if low is None:
        low, high = EVERY_TYPE if remediation.protocol == "icmp" else EVERY_PORT
    permission: dict[str, Any] = {"IpProtocol": remediation.protocol, "FromPort": low, "ToPort": high}
    peer = remediation.peer
    if peer.startswith("sg-"):
        permission["UserIdGroupPairs"] = [{"GroupId": peer}]
    elif peer.startswith("pl-"):
        permission["PrefixListIds"] = [{"PrefixListId": peer}]
    elif ":" in peer:
        permission["Ipv6Ranges"] = [{"CidrIpv6": peer}]
    else:
        permission["IpRanges"] = [{"CidrIp": peer}]
    return {"GroupId": remediation.group_id, "IpPermissions": [permission]}
