"""What the platform's documents say of its network and its NAT, written out once more."""

from collections.abc import Callable

import pytest

from tradai_shared.config.build import build
from tradai_shared.config.models import CanonicalConfig
from tradai_shared.config.naming import Environment

DEV, STAGING, PROD = map(build, Environment)


def test_the_vpc_resolves_names_and_logs_its_flows() -> None:
    vpc = PROD.network.vpc
    assert (vpc.cidr, vpc.dns_hostnames, vpc.dns_support, vpc.flow_logs) == ("10.0.0.0/16", True, True, True)


def test_six_subnets_lie_in_three_tiers_and_two_zones() -> None:
    assert {
        name: (subnet.tier, subnet.availability_zone, subnet.cidr, subnet.route_table)
        for name, subnet in PROD.network.subnets.items()
    } == {
        "public-1": ("public", "eu-central-1a", "10.0.1.0/24", "public"),
        "public-2": ("public", "eu-central-1b", "10.0.2.0/24", "public"),
        "private-1": ("private", "eu-central-1a", "10.0.11.0/24", "private"),
        "private-2": ("private", "eu-central-1b", "10.0.12.0/24", "private"),
        "database-1": ("database", "eu-central-1a", "10.0.21.0/24", "database"),
        "database-2": ("database", "eu-central-1b", "10.0.22.0/24", "database"),
    }


def test_the_private_default_route_leads_to_the_nat() -> None:
    tables = PROD.network.route_tables
    assert {name: (table.default_route, table.name) for name, table in tables.items()} == {
        "public": ("internet-gateway", None),
        "private": ("nat", "tradai-private-rt-prod"),
        "database": ("none", None),
    }


def test_five_security_groups_are_known_and_the_nats_lets_tcp_through_alone() -> None:
    groups = PROD.network.security_groups
    assert set(groups) == {"alb", "ecs", "lambda", "rds", "nat"}
    assert groups["nat"].protocols == ("tcp",)
    assert [(gap.protocol, gap.port) for gap in groups["nat"].accepted_gaps] == [("udp", 53), ("udp", 123)]


def test_endpoints_and_network_acls_are_as_documented() -> None:
    endpoints = PROD.network.endpoints
    assert (endpoints.gateway, endpoints.interface_count) == (("s3", "dynamodb"), 9)
    assert PROD.network.network_acls.one_per_tier


NAT = PROD.nat
VALUES = {
    "name": (NAT.name, "tradai-nat-prod"),
    "type": (NAT.instance_type, "t4g.nano"),
    "image": (
        (NAT.image.family, NAT.image.architecture, NAT.image.latest),
        ("Amazon Linux 2023", "arm64", True),
    ),
    "subnet": (NAT.subnet, "public-1"),
    "hardening": ((NAT.imdsv2_required, NAT.detailed_monitoring), (True, True)),
    "address": ((NAT.eip.static, NAT.eip.attached_by), (True, "user data")),
    "boot": (
        (NAT.boot.ip_forwarding, NAT.boot.masquerade_by, NAT.boot.eip_associated),
        (True, "iptables", True),
    ),
    "source/destination check": (NAT.boot.source_destination_check, False),
    "group": (
        (NAT.group.min_size, NAT.group.max_size, NAT.group.desired_capacity, NAT.group.health_check),
        (1, 1, 1, "EC2"),
    ),
    "group's name": (NAT.group.name, "tradai-nat-asg-prod"),
    "hook": (
        [(hook.name, hook.transition, hook.heartbeat_seconds) for hook in NAT.lifecycle_hooks.values()],
        [("tradai-nat-launch-prod", "autoscaling:EC2_INSTANCE_LAUNCHING", 300)],
    ),
    "alarm": (NAT.alarm, "tradai-prod-nat-unhealthy"),
    "failover": ((NAT.failover_seconds.at_least, NAT.failover_seconds.at_most), (120, 180)),
    "saving": (NAT.monthly_saving_usd, 32),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_nat_is_as_the_platform_says(name: str) -> None:
    value, expected = VALUES[name]
    assert value == expected


def test_a_failover_has_eight_steps_from_a_dead_instance_to_traffic() -> None:
    flow = PROD.nat.failover_flow
    assert len(flow) == 8
    assert "unhealthy" in flow[0]
    assert "0.0.0.0/0" in flow[5]
    assert flow[-1] == "traffic resumes"


Pick = Callable[[CanonicalConfig], object]


@pytest.mark.parametrize(
    ("pick", "expected"),
    [
        (
            lambda c: c.nat.function,
            ["tradai-update-nat-routes-dev", "tradai-update-nat-routes-staging", "tradai-update-nat-routes"],
        ),
        (lambda c: c.nat.may_use_nat_gateway, [False, False, True]),
        (lambda c: c.compute_mode, ["consolidated-ec2", "consolidated-ec2", "fargate"]),
        (lambda c: c.log_retention_days, [30, 30, 90]),
        (lambda c: c.region, ["eu-central-1"] * 3),
        (lambda c: c.availability_zones, [("eu-central-1a", "eu-central-1b")] * 3),
        (
            lambda c: dict(c.required_tags),
            [
                {"Project": ("tradai",), "Environment": (env,), "ManagedBy": ("pulumi", "sam")}
                for env in ("dev", "staging", "prod")
            ],
        ),
    ],
)
def test_each_environment_has_its_own(pick: Pick, expected: list[object]) -> None:
    assert [pick(config) for config in (DEV, STAGING, PROD)] == expected
