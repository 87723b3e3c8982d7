"""Each invariant, broken by a deployment's own values."""

from typing import Any, NamedTuple

import pytest

from tradai_shared.config import invariants
from tradai_shared.config.build import build
from tradai_shared.config.invariants import INVARIANTS, Invariant, violations
from tradai_shared.config.naming import Environment
from tradai_shared.errors import ConfigError

PROD = Environment.PROD


def own(path: str, value: object) -> dict[str, Any]:
    """One value of a deployment's own."""
    tree: Any = value
    for name in reversed(path.split(".")):
        tree = {name: tree}
    assert isinstance(tree, dict)
    return tree


class Break(NamedTuple):
    """A value that breaks an invariant, and what the error says."""

    invariant: Invariant
    path: str
    value: object
    words: str
    named: str = ""  # the path that the error names, where it is another


BROKEN = [
    Break(
        invariants.subnets_lie_in_the_vpc,
        "network.subnets.public-1.cidr",
        "10.1.1.0/24",
        "not inside the VPC's 10.0.0.0/16",
    ),
    Break(
        invariants.subnets_are_disjoint,
        "network.subnets.public-1.cidr",
        "10.0.2.0/23",
        "overlaps public-1's 10.0.2.0/23",
        "network.subnets.public-2.cidr",
    ),
    Break(
        invariants.subnets_name_what_exists,
        "network.subnets.public-1.availability_zone",
        "eu-central-1c",
        "none of eu-central-1a, eu-central-1b",
    ),
    Break(
        invariants.subnets_name_what_exists,
        "network.subnets.public-1.route_table",
        "main",
        "none of public, private, database",
    ),
    Break(
        invariants.the_nat_is_in_a_public_subnet,
        "nat.subnet",
        "private-1",
        "none of the public subnets public-1, public-2",
    ),
    Break(
        invariants.the_group_can_hold_what_it_desires,
        "nat.group.desired_capacity",
        2,
        "2 is not in 1 to 1",
    ),
    Break(
        invariants.the_failover_takes_a_range,
        "nat.failover_seconds.at_least",
        181,
        "more than at_most, 180",
    ),
    Break(
        invariants.security_rules_name_known_peers,
        "network.security_groups.rds.ingress",
        [{"protocol": "tcp", "from_port": 5432, "to_port": 5432, "peer": "bastion"}],
        "bastion is no CIDR, no sg-… or pl-… and none of alb, ecs, lambda, rds, nat",
    ),
    Break(
        invariants.no_table_is_lost,
        "dynamodb.tables.notifications",
        None,
        "11 tables, where the platform has 12",
        "dynamodb.tables",
    ),
    Break(
        invariants.tables_can_be_recovered,
        "dynamodb.tables.notifications.point_in_time_recovery",
        False,  # noqa: FBT003 - a value
        "must be true for every table but idempotency",
    ),
    Break(
        invariants.production_is_protected_from_deletion,
        "dynamodb.tables.notifications.deletion_protection",
        False,  # noqa: FBT003 - a value
        "must be true in prod",
    ),
    Break(
        invariants.production_is_protected_from_deletion,
        "cognito.deletion_protection",
        "INACTIVE",
        "must be ACTIVE in prod",
    ),
    Break(
        invariants.a_ttl_attribute_is_no_key,
        "dynamodb.tables.notifications.ttl.attribute",
        "notification_id",
        "is a key of the table",
    ),
    Break(
        invariants.a_ttl_attribute_is_no_key,
        "dynamodb.tables.config-versions.ttl",
        {"attribute": "config_id"},
        "is a key of the table",
        "dynamodb.tables.config-versions.ttl.attribute",
    ),
    Break(
        invariants.fargate_knows_the_task_sizes,
        "ecs.services.mlflow.cpu",
        300,
        "none of the CPU units of Fargate: 256, 512, 1024, 2048",
    ),
    Break(
        invariants.fargate_knows_the_task_sizes,
        "ecs.services.mlflow.memory_mb",
        512,
        "accepted: 1024, 2048, 3072, 4096",
    ),
    Break(
        invariants.resources_are_tagged_with_their_environment,
        "required_tags.Environment",
        ["production"],
        "must accept prod",
    ),
    *(
        Break(invariants.names_follow_their_patterns, path, "elsewhere", expected)
        for path, expected in {
            "dynamodb.tables.notifications.name": "expected tradai-notifications-prod",
            "s3.buckets.logs.name": "expected tradai-logs-prod",
            "ecs.services.mlflow.name": "expected tradai-mlflow-prod",
            "lambdas.health-check.name": "expected tradai-health-check-prod",
            "sns.alerts.name": "expected tradai-alerts-prod",
            "secrets.exchange-keys.name": "expected tradai/prod/exchange-keys",
            "nat.alarm": "expected tradai-prod-nat-unhealthy",
        }.items()
    ),
    Break(
        invariants.the_nat_function_is_one,
        "nat.function",
        "tradai-nat-lambda",
        "not the name under lambdas.update-nat-routes",
    ),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_invariant_is_reported_with_its_path(broken: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "INVARIANTS", (broken.invariant,))
    monkeypatch.setattr(invariants, "is_confirmed", lambda _config, _path: False)  # as a built-in value
    with pytest.raises(ConfigError) as caught:
        build(PROD, own(broken.path, broken.value))
    assert caught.value.path == (broken.named or broken.path)
    assert broken.words in caught.value.problem


def test_each_invariant_is_tested_here() -> None:
    assert {broken.invariant for broken in BROKEN} == set(INVARIANTS)


@pytest.mark.parametrize("env", Environment)
def test_the_built_in_values_break_none(env: Environment) -> None:
    assert list(violations(build(env))) == []


@pytest.mark.parametrize("peer", ["10.0.0.0/8", "::/0", "pl-6ea54007", "sg-0123456789abcdef0", "alb"])
def test_a_peer_may_be_an_address_a_role_or_an_id(peer: str) -> None:
    rule = {"protocol": "tcp", "from_port": 0, "to_port": 65535, "peer": peer}
    config = build(PROD, {"network": {"security_groups": {"rds": {"ingress": [rule]}}}})
    (found,) = config.network.security_groups["rds"].ingress or ()
    assert found.peer == peer


def test_a_table_of_dev_may_be_deleted() -> None:
    config = build(Environment.DEV)
    assert not config.dynamodb.tables["notifications"].deletion_protection


def test_the_nat_function_may_be_renamed_together_with_its_lambda() -> None:
    name = "tradai-nat-lambda"
    values = {"nat": {"function": name}, "lambdas": {"update-nat-routes": {"name": name}}}
    assert build(PROD, values).nat.function == name


def test_an_accounts_own_names_and_tags_follow_no_pattern_of_ours() -> None:
    values = {
        "s3": {"buckets": {"logs": {"name": "acme-logs-123456789012"}}},
        "required_tags": {"Environment": ["production"]},
    }
    config = build(PROD, values)
    assert config.s3.buckets["logs"].name == "acme-logs-123456789012"
    assert config.required_tags["Environment"] == ("production",)


def test_a_task_on_ec2_may_have_any_size() -> None:
    assert build(Environment.DEV, own("ecs.services.mlflow.cpu", 300)).ecs.services["mlflow"].cpu == 300
