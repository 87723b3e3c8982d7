"""Where the platform keeps its data: DynamoDB, S3, RDS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config import naming
from tradai_shared.config.models.base import DAY
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Sourced, assumed
from tradai_shared.config.values.pages import (
    DOCUMENTATION,
    INVENTORY,
    contradicted,
    documented,
    function_page,
    seed,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def attribute(name: str) -> dict[str, str]:
    return {"name": name, "type": "S"}


def key(partition: str, sort: str | None = None) -> dict[str, Any]:
    return {"partition": attribute(partition), "sort": attribute(sort) if sort else None}


def ttl(attribute: str, lifetime: Sourced | None = None) -> dict[str, Any]:
    return {"attribute": attribute, "lifetime_seconds": lifetime}


def table(  # noqa: PLR0913 - a table in one line
    partition: str,
    sort: str | None = None,
    *,
    keys: Callable[[object], Sourced] = assumed,
    indexes: dict[str, Any] | None = None,
    ttl: dict[str, Any] | None = None,
    pitr: bool = True,
    reap: bool = True,
    note: str = "",
) -> dict[str, Any]:
    """A table: what is not said here, all tables have alike."""
    return {
        "key": keys(key(partition, sort)),
        "indexes": documented(indexes) if indexes else assumed({}),
        "ttl": assumed(ttl),
        "point_in_time_recovery": seed(pitr),
        "may_be_reaped": assumed(reap),
        "written_here_only": assumed(False),  # noqa: FBT003 - a value
        "note": documented(note),
    }


def job_or_run(job: object) -> Sourced:
    """workflow-state's key: a newer page has another one."""
    return contradicted(job, DOCUMENTATION, key("run_id"), function_page("update-status", "2026"))


WORKFLOW_INDEXES = {
    "status-created_at-index": key("status", "created_at"),
    "trace_id-index": key("trace_id"),
}

TABLES = {
    "workflow-state": table("job_id", keys=job_or_run, indexes=WORKFLOW_INDEXES),
    "health-state": table("container_id", ttl=ttl("ttl", documented(DAY))),
    "trading-state": table("strategy_id", keys=documented, reap=False, note="live trading: never reaped"),
    "deployments": table("deployment_id", reap=False),
    "drift-state": table(
        "model_name", keys=documented, ttl=ttl("ttl"), note="drift of models, not of infrastructure"
    ),
    "retraining-state": table("model_name", keys=documented),
    "rollback-state": table("model_name", ttl=ttl("ttl")),
    "shadow-test-state": table("test_id", ttl=ttl("ttl")),
    "notifications": table("notification_id", ttl=ttl("ttl", assumed(DAY))),
    "idempotency": table(
        "id", ttl=ttl("expiration"), pitr=False, note="key and expiry as Powertools names them"
    ),
    "infra-drift-state": table(
        "stack_name", ttl=ttl("ttl"), note="shared with the platform's pulumi-drift-detector"
    ),
    "config-versions": table("strategy_name", "config_id", reap=False),
}


def deletion_protection(env: Environment) -> Sourced:
    return seed(value=True) if env is Environment.PROD else assumed(value=False)


def dynamodb(env: Environment) -> Sourced:
    alike = {
        "billing_mode": seed("PAY_PER_REQUEST"),
        "encrypted": seed(value=True),
        "deletion_protection": deletion_protection(env),
    }
    tables = {
        name: {"name": documented(naming.table_name(name, env), INVENTORY), **described, **alike}
        for name, described in TABLES.items()
    }
    return documented({"tables": tables})


BUCKETS = ("configs", "results", "arcticdb", "mlflow", "logs")


def s3(env: Environment) -> Sourced:
    buckets = {
        name: {
            "name": naming.bucket_name(name, env),
            "encryption": "SSE-S3",
            "public_access_blocked": assumed(value=True),
            "versioning": assumed(value=True),
            "tls_only": assumed(value=True),
            "lifecycle": assumed([]),
        }
        for name in BUCKETS
    }
    return documented({"buckets": buckets})


INSTANCE_CLASS = {
    Environment.DEV: documented("db.t4g.micro"),
    Environment.STAGING: documented("db.t4g.small"),
    Environment.PROD: assumed("db.t4g.medium"),
}


def rds(env: Environment) -> Sourced:
    return documented(
        {
            "identifier": naming.database_identifier(env),
            "engine": "postgres",
            "version": "15.13",
            "instance_class": INSTANCE_CLASS[env],
            "multi_az": assumed(env is Environment.PROD),
            "backup_retention_days": 7,
            "ssl_enforced": seed(value=True),
            "ssl_parameter": assumed("rds.force_ssl"),
        }
    )
