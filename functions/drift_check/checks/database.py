"""The RDS instance, and SSL through the parameter group that it really uses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import ForceSsl
from drift_check.checks.base import (
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    having,
    only,
    own_tags,
    presence,
)
from drift_check.observe.observations import Call, combined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.actions import Remediation
    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

INSTANCES, PARAMETERS = "rds:DescribeDBInstances", "rds:DescribeDBParameters"
IN_SYNC = "in-sync"
ON = {"1", "on", "ON", "true"}
# What the configuration states, as AWS calls it.
VALUES = {
    "engine": "Engine",
    "version": "EngineVersion",
    "instance_class": "DBInstanceClass",
    "multi_az": "MultiAZ",
    "backup_retention_days": "BackupRetentionPeriod",
    "deletion_protection": "DeletionProtection",
    "storage_encrypted": "StorageEncrypted",
}
SERVING = "available"
# The beginnings of the states in which it serves nobody, or is about to; in others it does, or soon will.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
NOT_SERVING = ("delet", "fail", "inaccessible", "incompatible", "restore-error", "stop", "storage-full")


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield Call(INSTANCES, config.rds.identifier)


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    if call.action == INSTANCES:
        for instance in answer or ():
            if group := parameter_group(instance):
                yield Call(PARAMETERS, f"{group}/{config.rds.ssl_parameter}")


def parameter_group(instance: ApiObject) -> str:
    groups = instance.get("DBParameterGroups", [])
    return str(groups[0]["DBParameterGroupName"]) if groups else ""


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    desired = ctx.config.rds
    instance = only(ctx.get(INSTANCES, desired.identifier))
    group = instance.map(lambda instance: parameter_group(instance) if instance else "")
    subject = group.map(lambda name: f"{name}/{desired.ssl_parameter}" if name else "")
    parameters = subject.flat_map(partial(ctx.get_or, [], PARAMETERS))
    ssl = combined(partial(_ssl, desired.ssl_parameter), instance, parameters)
    rules = (
        AttributeState(
            "status",
            instance.map_present(_status),
            desired=SERVING,
            reason="nothing can connect to it, now or soon",
        ),
        # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
        AttributeState(
            "publicly accessible",
            instance.get("PubliclyAccessible").map(bool),
            desired=False,
            reason="it has a public address: from outside the VPC its security group alone guards it",
        ),
        AttributeState(
            "ssl_enforced",
            ssl,
            remediations=_force(group, ssl, desired.ssl_parameter) if desired.ssl_enforced else (),
            reason="passwords and data may cross the network in the clear",
        ),
    )
    yield ResourceState(
        "rds",
        desired.identifier,
        "rds.identifier",
        presence(instance),
        (*_values(desired.version, instance), *rules),
        tags=own_tags(instance, "TagList"),
        arn=f"rds:db:{desired.identifier}",
    )


def _status(instance: ApiObject) -> str:
    status = str(instance.get("DBInstanceStatus"))
    return status if status.startswith(NOT_SERVING) else SERVING


def _values(version: str, instance: Read[ApiObject | None]) -> Iterator[AttributeState]:
    """What AWS has; then what changes that somebody ordered, and that AWS has not made yet, would make."""
    for attribute, key in VALUES.items():
        yield AttributeState(attribute, instance.map_present(partial(_value, version, key)))
    pending = "PendingModifiedValues"
    described = (instance.value_or(None) or {}).get(pending, {})
    for attribute, key in {"identifier": "DBInstanceIdentifier", **VALUES}.items():
        if key in described:
            yield AttributeState(
                f"pending {attribute}",
                instance.item(pending).map(partial(_value, version, key)),
                path=f"rds.{attribute}",
                reason="a pending change makes it so, in the next maintenance window or at a restart",
            )


def _value(version: str, key: str, described: ApiObject) -> object:
    return _version(version, described) if key == "EngineVersion" else described[key]


def _version(desired: str, instance: ApiObject) -> str:
    """A stated version holds for every minor one below it: 15 for 15.13."""
    live = str(instance["EngineVersion"])
    return desired if live.startswith(f"{desired}.") else live


def _ssl(parameter: str, instance: ApiObject | None, parameters: list[ApiObject]) -> bool | str:
    """In force only when the instance has taken the group's value over."""
    setting = having(parameters, key="ParameterName", value=parameter) or {}
    if str(setting.get("ParameterValue")) not in ON:
        return False
    groups = (instance or {}).get("DBParameterGroups", [{}])
    status = str(groups[0].get("ParameterApplyStatus"))
    return True if status == IN_SYNC else status


def _force(group: Read[str], ssl: Read[bool | str], parameter: str) -> tuple[Remediation, ...]:
    """Nothing to write where the group says so and the instance only waits for a restart."""
    name = group.value_or("default.")
    if ssl.value_or(None) is not False or name.startswith("default."):
        return ()  # a default group cannot be modified
    return (ForceSsl(name, parameter),)


CHECK = Check("database", initial_reads, evaluate, dependent_reads)
