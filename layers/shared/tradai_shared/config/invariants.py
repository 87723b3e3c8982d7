"""Checks across values, built-in and overridden. The limits of a single field are in its model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from itertools import combinations
from typing import TYPE_CHECKING

from tradai_shared.config.naming import Environment
from tradai_shared.config.paths import provenance_of
from tradai_shared.config.provenance import Provenance

if TYPE_CHECKING:
    from tradai_shared.config.models import CanonicalConfig

Violations = Iterator[tuple[str, str]]
"""Paths of values, each with its problem and what would be accepted."""
Invariant = Callable[["CanonicalConfig"], Violations]

TABLES = 12  # of the platform's canonical document: with fewer, one has been lost
WITHOUT_RECOVERY = frozenset({"idempotency"})


def violations(config: CanonicalConfig) -> Violations:
    """Every broken invariant of a configuration."""
    for invariant in INVARIANTS:
        yield from invariant(config)


def is_confirmed(config: CanonicalConfig, path: str) -> bool:
    """Whether a deployment's own file gives the value: the account's own names follow no pattern of ours."""
    return provenance_of(config, path) is Provenance.CONFIRMED


def subnets_lie_in_the_vpc(config: CanonicalConfig) -> Violations:
    vpc = ip_network(config.network.vpc.cidr)
    for name, subnet in config.network.subnets.items():
        if not ip_network(subnet.cidr).subnet_of(vpc):  # type: ignore[arg-type]  # both are IPv4, by the model
            yield f"network.subnets.{name}.cidr", f"{subnet.cidr} is not inside the VPC's {vpc}"


def subnets_are_disjoint(config: CanonicalConfig) -> Violations:
    for (name, a), (other, b) in combinations(config.network.subnets.items(), 2):
        if ip_network(a.cidr).overlaps(ip_network(b.cidr)):
            yield f"network.subnets.{other}.cidr", f"{b.cidr} overlaps {name}'s {a.cidr}"


def subnets_name_what_exists(config: CanonicalConfig) -> Violations:
    zones, tables = config.availability_zones, config.network.route_tables
    for name, subnet in config.network.subnets.items():
        if subnet.availability_zone not in zones:
            problem = f"{subnet.availability_zone} is none of {', '.join(zones)}"
            yield f"network.subnets.{name}.availability_zone", problem
        if subnet.route_table not in tables:
            problem = f"{subnet.route_table} is none of {', '.join(tables)}"
            yield f"network.subnets.{name}.route_table", problem


def the_nat_is_in_a_public_subnet(config: CanonicalConfig) -> Violations:
    public = [name for name, subnet in config.network.subnets.items() if subnet.tier == "public"]
    if config.nat.subnet not in public:
        yield "nat.subnet", f"{config.nat.subnet} is none of the public subnets {', '.join(public)}"


def the_group_can_hold_what_it_desires(config: CanonicalConfig) -> Violations:
    group = config.nat.group
    if not group.min_size <= group.desired_capacity <= group.max_size:
        accepted = f"{group.min_size} to {group.max_size}"
        yield "nat.group.desired_capacity", f"{group.desired_capacity} is not in {accepted}"


def the_failover_takes_a_range(config: CanonicalConfig) -> Violations:
    seconds = config.nat.failover_seconds
    if seconds.at_least > seconds.at_most:
        yield "nat.failover_seconds.at_least", f"{seconds.at_least} is more than at_most, {seconds.at_most}"


def security_rules_name_known_peers(config: CanonicalConfig) -> Violations:
    groups = config.network.security_groups
    for role, group in groups.items():
        for direction, rules in (("ingress", group.ingress), ("egress", group.egress)):
            for rule in rules or ():
                if rule.peer not in groups and not is_address_or_id(rule.peer):
                    problem = f"peer {rule.peer} is no CIDR, no sg-… or pl-… and none of {', '.join(groups)}"
                    yield f"network.security_groups.{role}.{direction}", problem


def is_address_or_id(peer: str) -> bool:
    return "/" in peer or peer.startswith(("sg-", "pl-"))


def no_table_is_lost(config: CanonicalConfig) -> Violations:
    count = len(config.dynamodb.tables)
    if count < TABLES:
        yield "dynamodb.tables", f"{count} tables, where the platform has {TABLES}"


def tables_can_be_recovered(config: CanonicalConfig) -> Violations:
    for name, table in config.dynamodb.tables.items():
        if not table.point_in_time_recovery and name not in WITHOUT_RECOVERY:
            path = f"dynamodb.tables.{name}.point_in_time_recovery"
            yield path, f"must be true for every table but {', '.join(WITHOUT_RECOVERY)}"


def production_is_protected_from_deletion(config: CanonicalConfig) -> Violations:
    if config.environment is not Environment.PROD:
        return
    for name, table in config.dynamodb.tables.items():
        if not table.deletion_protection:
            yield f"dynamodb.tables.{name}.deletion_protection", "must be true in prod"
    if config.cognito.deletion_protection != "ACTIVE":
        yield "cognito.deletion_protection", "must be ACTIVE in prod"


def a_ttl_attribute_is_no_key(config: CanonicalConfig) -> Violations:
    for name, table in config.dynamodb.tables.items():
        keys = {key.name for key in (table.key.partition, table.key.sort) if key}
        if table.ttl and table.ttl.attribute in keys:
            yield f"dynamodb.tables.{name}.ttl.attribute", f"{table.ttl.attribute} is a key of the table"


# Memory in MB that Fargate offers with so many CPU units (the ECS developer guide, "Task size").
FARGATE_MEMORY_MB = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
    8192: range(16_384, 61_440 + 1, 4096),
    16_384: range(32_768, 122_880 + 1, 8192),
}


def fargate_knows_the_task_sizes(config: CanonicalConfig) -> Violations:
    if config.compute_mode != "fargate":
        return
    for name, service in config.ecs.services.items():
        memory = FARGATE_MEMORY_MB.get(service.cpu)
        if memory is None:
            known = ", ".join(map(str, FARGATE_MEMORY_MB))
            yield f"ecs.services.{name}.cpu", f"{service.cpu} is none of the CPU units of Fargate: {known}"
        elif service.memory_mb not in memory:
            accepted = ", ".join(map(str, memory))
            problem = f"{service.memory_mb} MB does not go with {service.cpu} CPU units; accepted: {accepted}"
            yield f"ecs.services.{name}.memory_mb", problem


def resources_are_tagged_with_their_environment(config: CanonicalConfig) -> Violations:
    tags = config.required_tags
    if "Environment" in tags and is_confirmed(config, "required_tags.Environment"):
        return
    if config.environment not in tags.get("Environment", (config.environment,)):
        yield "required_tags.Environment", f"must accept {config.environment}"


def expected_names(config: CanonicalConfig) -> Iterator[tuple[str, str, str]]:
    """Path, name and expected name of everything that is named by a pattern of ``naming``."""
    patterns, env = config.naming, config.environment
    for section, parts in (
        ("dynamodb.tables", config.dynamodb.tables),
        ("s3.buckets", config.s3.buckets),
        ("ecs.services", config.ecs.services),
        ("lambdas", config.lambdas),
    ):
        for component, part in parts.items():
            expected = patterns.resource.format(component=component, env=env)
            yield f"{section}.{component}.name", part.name, expected
    for topic, described in config.sns.items():
        yield f"sns.{topic}.name", described.name, patterns.topic.format(topic=topic, env=env)
    for name, secret in config.secrets.items():
        yield f"secrets.{name}.name", secret.name, patterns.secret.format(name=name, env=env)
    yield "nat.alarm", config.nat.alarm, patterns.alarm.format(what="nat-unhealthy", env=env)


# The platform's documentation names its NAT function without the environment.
OFF_PATTERN = frozenset({"lambdas.update-nat-routes.name"})


def names_follow_their_patterns(config: CanonicalConfig) -> Violations:
    for path, name, expected in expected_names(config):
        if name != expected and path not in OFF_PATTERN and not is_confirmed(config, path):
            yield path, f"{name} does not follow the pattern in naming; expected {expected}"


def the_nat_function_is_one(config: CanonicalConfig) -> Violations:
    function = config.lambdas.get("update-nat-routes")
    if function is None or function.name != config.nat.function:
        yield "nat.function", f"{config.nat.function} is not the name under lambdas.update-nat-routes"


INVARIANTS: tuple[Invariant, ...] = (
    subnets_lie_in_the_vpc,
    subnets_are_disjoint,
    subnets_name_what_exists,
    the_nat_is_in_a_public_subnet,
    the_group_can_hold_what_it_desires,
    the_failover_takes_a_range,
    security_rules_name_known_peers,
    no_table_is_lost,
    tables_can_be_recovered,
    production_is_protected_from_deletion,
    a_ttl_attribute_is_no_key,
    fargate_knows_the_task_sizes,
    resources_are_tagged_with_their_environment,
    names_follow_their_patterns,
    the_nat_function_is_one,
)
