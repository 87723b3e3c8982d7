"""What the platform's documents say of its data, written out once more."""

from collections.abc import Callable

import pytest

from tradai_shared.config.build import build
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.models.data import Index, KeyAttribute, Table
from tradai_shared.config.naming import Environment

DEV, STAGING, PROD = map(build, Environment)

# component: partition key, sort key, TTL attribute, lifetime, recovery, may be reaped
TABLES = {
    "workflow-state": ("job_id", None, None, None, True, True),
    "health-state": ("container_id", None, "ttl", 86400, True, True),
    "trading-state": ("strategy_id", None, None, None, True, False),
    "deployments": ("deployment_id", None, None, None, True, False),
    "drift-state": ("model_name", None, "ttl", None, True, True),
    "retraining-state": ("model_name", None, None, None, True, True),
    "rollback-state": ("model_name", None, "ttl", None, True, True),
    "shadow-test-state": ("test_id", None, "ttl", None, True, True),
    "notifications": ("notification_id", None, "ttl", 86400, True, True),
    "idempotency": ("id", None, "expiration", None, False, True),
    "infra-drift-state": ("stack_name", None, "ttl", None, True, True),
    "config-versions": ("strategy_name", "config_id", None, None, True, False),
}


def described(table: Table) -> tuple[object, ...]:
    return (
        table.key.partition.name,
        table.key.sort.name if table.key.sort else None,
        table.ttl.attribute if table.ttl else None,
        table.ttl.lifetime_seconds if table.ttl else None,
        table.point_in_time_recovery,
        table.may_be_reaped,
    )


def test_the_platform_has_twelve_tables() -> None:
    assert {name: described(table) for name, table in PROD.dynamodb.tables.items()} == TABLES
    assert len(TABLES) == 12


@pytest.mark.parametrize("config", [DEV, STAGING, PROD])
def test_each_table_is_named_by_the_pattern_paid_on_demand_and_encrypted(config: CanonicalConfig) -> None:
    for component, table in config.dynamodb.tables.items():
        assert table.name == f"tradai-{component}-{config.environment}"
        assert (table.billing_mode, table.encrypted) == ("PAY_PER_REQUEST", True)


def test_every_key_is_a_string() -> None:
    keys = [table.key for table in PROD.dynamodb.tables.values()]
    assert {attribute.type for key in keys for attribute in (key.partition, key.sort) if attribute} == {"S"}


def test_workflow_state_alone_has_indexes() -> None:
    def key(name: str) -> KeyAttribute:
        return KeyAttribute.model_validate_json(f'{{"name": "{name}", "type": "S"}}')

    indexes = {name: dict(table.indexes) for name, table in PROD.dynamodb.tables.items() if table.indexes}
    assert indexes == {
        "workflow-state": {
            "status-created_at-index": Index(partition=key("status"), sort=key("created_at")),
            "trace_id-index": Index(partition=key("trace_id")),
        }
    }


def test_prod_alone_protects_its_tables_from_deletion() -> None:
    def protected(config: CanonicalConfig) -> set[bool]:
        return {table.deletion_protection for table in config.dynamodb.tables.values()}

    assert [protected(config) for config in (DEV, STAGING, PROD)] == [{False}, {False}, {True}]


def test_five_buckets_are_private_and_encrypted() -> None:
    assert {name: bucket.name for name, bucket in STAGING.s3.buckets.items()} == {
        name: f"tradai-{name}-staging" for name in ("configs", "results", "arcticdb", "mlflow", "logs")
    }
    for bucket in STAGING.s3.buckets.values():
        assert (bucket.encryption, bucket.public_access_blocked) == ("SSE-S3", True)


Pick = Callable[[CanonicalConfig], object]


@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        (lambda c: c.rds.identifier, ["tradai-dev", "tradai-staging", "tradai-prod"]),
        (lambda c: c.rds.instance_class, ["db.t4g.micro", "db.t4g.small", "db.t4g.medium"]),
        (lambda c: c.rds.multi_az, [False, False, True]),
        (lambda c: (c.rds.engine, c.rds.version), [("postgres", "15.13")] * 3),
        (lambda c: c.rds.backup_retention_days, [7] * 3),
        (lambda c: (c.rds.ssl_enforced, c.rds.ssl_parameter), [(True, "rds.force_ssl")] * 3),
    ],
)
def test_the_database_is_as_documented(pick: Pick, expected: list[object]) -> None:
    assert [pick(config) for config in (DEV, STAGING, PROD)] == expected
