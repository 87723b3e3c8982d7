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
    only,
    own_tags,
    presence,
)
from drift_check.findings import Severity
from drift_check.observe.observations import Call, Known, both

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.actions import Remediation
    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

INSTANCES, PARAMETERS = "rds:DescribeDBInstances", "rds:DescribeDBParameters"
IN_SYNC = "in-sync"
ON = {"1", "on", "ON", "true"}
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
    parameters = group.flat_map(
        lambda name: ctx.get(PARAMETERS, f"{name}/{desired.ssl_parameter}") if name else Known([])
    )
    ssl = both(instance, parameters).map(lambda pair: _ssl(desired.ssl_parameter, *pair))
    yield ResourceState(
        "rds",
        desired.identifier,
        "rds.identifier",
        presence(instance),
        (
            AttributeState("engine", instance.item("Engine")),
            AttributeState("version", instance.map_present(partial(_version, desired.version))),
            AttributeState("instance_class", instance.item("DBInstanceClass")),
            AttributeState("multi_az", instance.item("MultiAZ")),
            AttributeState(
                "backup_retention_days",
                instance.item("BackupRetentionPeriod"),
            ),
            *_pending(desired.version, instance),
            AttributeState(
                "status",
                instance.map_present(_status),
                desired=SERVING,
                path="rds.identifier",
                severity=Severity.CRITICAL,
                reason="nothing can connect to it, now or soon",
            ),
            # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
            AttributeState(
                "publicly accessible",
                instance.map_present(lambda instance: bool(instance.get("PubliclyAccessible"))),
                desired=False,
                path="rds.identifier",
                severity=Severity.HIGH,
                reason="it has a public address: from outside the VPC its security group alone guards it",
            ),
            AttributeState(
                "ssl_enforced",
                ssl,
                remediations=_force(group, ssl, desired.ssl_parameter) if desired.ssl_enforced else (),
                severity=Severity.CRITICAL,
                reason="passwords and data may cross the network in the clear",
            ),
        ),
        tags=own_tags(instance, "TagList"),
        arn=f"rds:db:{desired.identifier}",
    )


def _status(instance: ApiObject) -> str:
    status = str(instance.get("DBInstanceStatus"))
    return status if status.startswith(NOT_SERVING) else SERVING


# What a change that waits for the maintenance window or a restart would change.
PENDING = {
    "identifier": ("DBInstanceIdentifier", Severity.CRITICAL),
    "multi_az": ("MultiAZ", Severity.HIGH),
    "backup_retention_days": ("BackupRetentionPeriod", Severity.HIGH),
    "instance_class": ("DBInstanceClass", Severity.MEDIUM),
    "version": ("EngineVersion", Severity.MEDIUM),
}


def _pending(version: str, instance: Read[ApiObject | None]) -> Iterator[AttributeState]:
    """Changes that somebody ordered and that AWS has not made yet."""
    described = instance.value if isinstance(instance, Known) else None
    pending = (described or {}).get("PendingModifiedValues", {})
    for attribute, (name, severity) in PENDING.items():
        if name in pending:
            yield AttributeState(
                f"pending {attribute}",
                instance.map(partial(_after_pending, version, name)),
                path=f"rds.{attribute}",
                severity=severity,
                reason="a pending change makes it so, in the next maintenance window or at a restart",
            )


def _after_pending(version: str, name: str, instance: ApiObject) -> object:
    pending = instance["PendingModifiedValues"]
    return _version(version, pending) if name == "EngineVersion" else pending[name]


def _version(desired: str, instance: ApiObject) -> str:
    """A stated version holds for every minor one below it: 15 for 15.13."""
    live = str(instance["EngineVersion"])
    return desired if live.startswith(f"{desired}.") else live


def _ssl(parameter: str, instance: ApiObject | None, parameters: list[ApiObject]) -> bool | str:
    """In force only when the instance has taken the group's value over."""
    value = next((p.get("ParameterValue") for p in parameters if p["ParameterName"] == parameter), None)
    if str(value) not in ON:
        return False
    groups = (instance or {}).get("DBParameterGroups", [{}])
    status = str(groups[0].get("ParameterApplyStatus"))
    return True if status == IN_SYNC else status


def _force(group: Read[str], ssl: Read[bool | str], parameter: str) -> tuple[Remediation, ...]:
    """Nothing to write where the group says so and the instance only waits for a restart."""
    off = isinstance(ssl, Known) and ssl.value is False
    if not off or not isinstance(group, Known) or group.value.startswith("default."):
        return ()  # a default group cannot be modified
    return (ForceSsl(group.value, parameter),)


CHECK = Check("database", initial_reads, evaluate, dependent_reads)
