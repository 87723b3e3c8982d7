"""One call that changes AWS, and the calls that the remedies need, exact to the parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drift_check.actions import AuthorizeRule, CreateIndex, ForceSsl, ResizeGroup

EVERY_PORT = (0, 65535)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One call that changes AWS. ``done_by`` are the error codes that say that it was so already."""

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


def create_index(remedy: CreateIndex) -> ApiRequest:
    keys = [(remedy.partition, "HASH"), *([(remedy.sort, "RANGE")] if remedy.sort else [])]
    index = {
        "IndexName": remedy.index,
        "KeySchema": [{"AttributeName": one[0], "KeyType": role} for one, role in keys],
        "Projection": {"ProjectionType": "ALL"},
    }
    definitions = [{"AttributeName": one[0], "AttributeType": one[1]} for one, _ in keys]
    updates = [{"Create": index}]
    return update_table(remedy.table, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=updates)


def ec2(action: str, operation: str, parameters: dict[str, Any]) -> ApiRequest:
    return ApiRequest(f"ec2:{action}", "ec2", operation, parameters)


def authorize(remedy: AuthorizeRule) -> ApiRequest:
    low, high = EVERY_PORT if remedy.from_port is None else (remedy.from_port, remedy.to_port)
    permission: dict[str, Any] = {"IpProtocol": remedy.protocol, "FromPort": low, "ToPort": high}
    if remedy.peer.startswith("sg-"):
        permission["UserIdGroupPairs"] = [{"GroupId": remedy.peer}]
    elif ":" in remedy.peer:
        permission["Ipv6Ranges"] = [{"CidrIpv6": remedy.peer}]
    else:
        permission["IpRanges"] = [{"CidrIp": remedy.peer}]
    way = "Egress" if remedy.egress else "Ingress"
    return ApiRequest(
        f"ec2:AuthorizeSecurityGroup{way}",
        "ec2",
        f"authorize_security_group_{way.lower()}",
        {"GroupId": remedy.group_id, "IpPermissions": [permission]},
        frozenset({"InvalidPermission.Duplicate"}),
    )


def force_ssl(remedy: ForceSsl) -> ApiRequest:
    parameter = {"ParameterName": remedy.parameter, "ParameterValue": "1", "ApplyMethod": "immediate"}
    parameters = {"DBParameterGroupName": remedy.parameter_group, "Parameters": [parameter]}
    return ApiRequest("rds:ModifyDBParameterGroup", "rds", "modify_db_parameter_group", parameters)


def resize(remedy: ResizeGroup) -> ApiRequest:
    parameters = {
        "AutoScalingGroupName": remedy.group,
        "MinSize": remedy.minimum,
        "MaxSize": remedy.maximum,
        "DesiredCapacity": remedy.desired,
    }
    return ApiRequest(
        "autoscaling:UpdateAutoScalingGroup", "autoscaling", "update_auto_scaling_group", parameters
    )
