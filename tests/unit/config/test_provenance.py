"""The provenance of each value, and which are immutable."""

import pytest

from tradai_shared.config import Provenance, is_immutable, leaves, provenance_of, value_at
from tradai_shared.config.build import build
from tradai_shared.config.changelog import CHANGES
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import OverrideFile
from tradai_shared.config.paths import is_absent, is_judged, is_unspecified, source_of
from tradai_shared.config.provenance import Page, provenance_at, sourced_sections
from tradai_shared.config.values.pages import documented, seed
from tradai_shared.errors import ConfigError

DEV, STAGING, PROD = map(build, Environment)
TTL_OF_NOTIFICATIONS = "dynamodb.tables.notifications.ttl.attribute"

SURE = {
    "seed": [
        "environment",
        "naming.resource",
        "network.vpc.cidr",
        "network.security_groups.nat.protocols",
        "nat.instance_type",
        "nat.image",
        "nat.eip",
        "nat.boot",
        "nat.subnet",
        "nat.group.min_size",
        "nat.group.health_check",
        "nat.function",
        "nat.failover_seconds",
        "nat.failover_flow",
        "nat.monthly_saving_usd",
        "dynamodb.tables.deployments.billing_mode",
        "dynamodb.tables.deployments.encrypted",
        "dynamodb.tables.deployments.deletion_protection",
        "dynamodb.tables.deployments.point_in_time_recovery",
        "dynamodb.tables.idempotency.point_in_time_recovery",
        "rds.ssl_enforced",
        "service_environment",
        "document",
    ],
    "documented": [
        "region",
        "availability_zones",
        "compute_mode",
        "log_retention_days",
        "naming.secret",
        "network.subnets",
        "network.vpc.dns_support",
        "network.vpc.flow_logs",
        "network.route_tables.private.name",
        "network.endpoints",
        "network.network_acls",
        "nat.name",
        "nat.imdsv2_required",
        "nat.detailed_monitoring",
        "nat.alarm",
        "nat.may_use_nat_gateway",
        "nat.lifecycle_hooks.launch.heartbeat_seconds",
        "dynamodb.tables.workflow-state.name",
        "dynamodb.tables.workflow-state.indexes",
        "dynamodb.tables.trading-state.key",
        "dynamodb.tables.drift-state.key",
        "dynamodb.tables.retraining-state.key",
        "dynamodb.tables.health-state.ttl.lifetime_seconds",
        "s3.buckets.logs.name",
        "s3.buckets.logs.encryption",
        "cognito.mfa",
        "cognito.deletion_protection",
        "rds.version",
        "secrets",
        "sns",
        "sqs",
        "ecs.services.live-trading",
        "lambdas.health-check.timeout_seconds",
        "lambdas.data-collection-proxy.timeout_seconds",
        "workflows",
        "model_alarms",
        "ecs.health_check",
        "waf",
        "conventions",
    ],
    "contradicted": ["dynamodb.tables.workflow-state.key"],
    "assumed": [
        "required_tags",
        "lambdas.drift-monitor.timeout_seconds",
        "lambdas.notify-completion.memory_mb",
        "network.security_groups.nat.name",
        "network.security_groups.rds.ingress",
        "nat.group.name",
        "nat.lifecycle_hooks.launch.name",
        "dynamodb.tables.health-state.key",
        "dynamodb.tables.config-versions.key",
        "dynamodb.tables.workflow-state.ttl",
        "dynamodb.tables.idempotency.ttl.attribute",
        TTL_OF_NOTIFICATIONS,
        "s3.buckets.logs.public_access_blocked",
        "rds.instance_class",
        "rds.multi_az",
        "rds.ssl_parameter",
        "cognito.id",
    ],
}


@pytest.mark.parametrize(
    ("confidence", "path"), [(confidence, path) for confidence, paths in SURE.items() for path in paths]
)
def test_a_value_has_the_provenance_of_its_source(confidence: str, path: str) -> None:
    assert provenance_of(PROD, path) == confidence


@pytest.mark.parametrize(
    ("path", "dev", "prod"),
    [
        ("dynamodb.tables.deployments.deletion_protection", "assumed", "seed"),
        ("rds.instance_class", "documented", "assumed"),
        ("nat.may_use_nat_gateway", "assumed", "documented"),
        ("cognito.deletion_protection", "assumed", "documented"),
    ],
)
def test_environments_may_differ_in_how_sure_a_value_is(path: str, dev: str, prod: str) -> None:
    assert (provenance_of(DEV, path), provenance_of(PROD, path)) == (dev, prod)


@pytest.mark.parametrize("config", [DEV, STAGING, PROD])
def test_every_value_has_a_mark(config: CanonicalConfig) -> None:
    paths = [path for path, _ in leaves(config)]
    assert len(paths) > 400
    assert {provenance_of(config, path) for path in paths} == {
        "seed",
        "documented",
        "contradicted",
        "assumed",
    }


def test_every_mark_is_on_a_value() -> None:
    for config in (DEV, STAGING, PROD):
        for path in config.provenances:
            value_at(config, path)


def test_a_mark_holds_for_all_below_it_but_what_has_its_own() -> None:
    tree = {"a": documented({"b": 1, "c": seed({"d": 2})})}
    marked = {path: mark.provenance for path, mark in sourced_sections(tree)}
    assert [provenance_at(marked, path) for path in ("a.b", "a.c.d")] == ["documented", "seed"]


def test_a_value_without_any_mark_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"a\.b: nothing states the provenance"):
        provenance_at({"b": Provenance.SEED}, "a.b")


def test_a_section_is_as_sure_as_the_least_sure_of_its_values() -> None:
    assert provenance_of(PROD, "nat.group") == "assumed"
    assert provenance_of(PROD, "nat.group.min_size") == "seed"


def test_a_path_that_leads_nowhere_names_what_there_is() -> None:
    with pytest.raises(ConfigError, match="there is no 'ports'; there are: name, port, cpu"):
        provenance_of(PROD, "ecs.services.mlflow.ports")
    with pytest.raises(ConfigError, match="no values below"):
        value_at(PROD, "region.name")


IMMUTABLE = [
    "network.vpc.cidr",
    "network.subnets.private-2.cidr",
    "dynamodb.tables.notifications.key.partition",
    "dynamodb.tables.notifications.key.partition.name",
    "dynamodb.tables.config-versions.key.sort.type",
    "dynamodb.tables.notifications.key.sort",
    "naming.resource",
    "s3.buckets.logs.name",
    "cognito.id",
]


@pytest.mark.parametrize("path", IMMUTABLE)
def test_what_the_seed_calls_immutable_is(path: str) -> None:
    assert is_immutable(PROD, path)


def test_nothing_else_is_immutable() -> None:
    immutable = {path for path, _ in leaves(PROD) if is_immutable(PROD, path)}
    kinds = {(path.split(".")[0], path.split(".")[-1]) for path in immutable}
    assert kinds == {
        ("naming", "resource"),
        ("network", "cidr"),
        ("dynamodb", "name"),
        ("dynamodb", "type"),
        ("dynamodb", "sort"),
        ("s3", "name"),
        ("cognito", "id"),
    }
    assert not is_immutable(PROD, "dynamodb.tables.notifications.name")
    assert not is_immutable(PROD, TTL_OF_NOTIFICATIONS)


def test_an_unstated_value_is_not_the_same_as_an_absent_one() -> None:
    assert is_unspecified(PROD, "lambdas.update-nat-routes.memory_mb")
    assert is_unspecified(PROD, "cognito.id")
    assert not is_unspecified(PROD, "dynamodb.tables.trading-state.ttl")
    assert not is_unspecified(PROD, "lambdas.health-check.memory_mb")


def test_nothing_can_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        PROD.rds.multi_az = False
    with pytest.raises(TypeError):
        PROD.dynamodb.tables["notifications"] = PROD.dynamodb.tables["idempotency"]  # type: ignore[index]
    with pytest.raises(TypeError):
        PROD.provenances["region"] = Provenance.CONFIRMED  # type: ignore[index]


@pytest.mark.parametrize("config", [DEV, STAGING, PROD])
def test_what_a_page_says_names_the_page_and_when_it_was_read(config: CanonicalConfig) -> None:
    for path, _ in leaves(config):
        source = source_of(config, path)
        if provenance_of(config, path) is Provenance.ASSUMED:
            assert source is None or source.page.is_stale(CHANGES[-1].day)
        else:
            assert source
            assert source.page.name
            assert source.page.read.startswith("2026")


def test_of_a_contradicted_value_the_other_page_is_named_with_what_it_says() -> None:
    source = source_of(PROD, "dynamodb.tables.workflow-state.key.partition.name")
    assert source
    assert source.other_page == Page("reference/lambdas/update-status", "2026")
    assert source.other_value == {"partition": {"name": "run_id", "type": "S"}, "sort": None}


@pytest.mark.parametrize(
    ("read", "provenance"), [("2025-12-31", "assumed"), ("2024", "assumed"), ("2026-01", "documented")]
)
def test_a_page_of_an_earlier_year_alone_makes_no_value_documented(read: str, provenance: str) -> None:
    assert documented(1, Page("reference/orders", read)).provenance == provenance


def test_a_confirmed_value_has_the_deployment_as_its_source_and_no_page() -> None:
    config = build(Environment.PROD, {"dynamodb": {"tables": {"workflow-state": {"key": RUN}}}})
    assert provenance_of(config, "dynamodb.tables.workflow-state.key.partition") is Provenance.CONFIRMED
    assert source_of(config, "dynamodb.tables.workflow-state.key.partition.name") is None


RUN = {"partition": {"name": "run_id", "type": "S"}}


def test_informing_provenances_are_those_that_nobody_settled() -> None:
    assert [each.value for each in Provenance if not each.is_settled] == ["contradicted", "assumed"]


def test_what_is_absent_or_not_judged_holds_for_all_below_it() -> None:
    file = OverrideFile(
        absent=("rds", "dynamodb.tables.drift-*"), not_judged=("ecs.services.*.desired_count",)
    )
    config = build(Environment.PROD, file)
    assert is_absent(config, "rds")
    assert is_absent(config, "dynamodb.tables.drift-state")
    assert not is_absent(config, "dynamodb.tables.rollback-state")
    assert not is_judged(config, "rds.multi_az")
    assert not is_judged(config, "ecs.services.mlflow.desired_count")
    assert is_judged(config, "ecs.services.mlflow.cpu")


def test_a_pattern_that_names_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"ecs\.services\.\*\.desired: names no value"):
        build(Environment.PROD, OverrideFile(not_judged=("ecs.services.*.desired",)))
