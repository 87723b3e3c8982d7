"""VPC, subnets, routes, security groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config import naming
from tradai_shared.config.provenance import Sourced, assumed
from tradai_shared.config.values.pages import documented, seed

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment

VPC_CIDR = "10.0.0.0/16"
ANYWHERE = "0.0.0.0/0"
DATABASE_PORT = 5432


def subnet(tier: str, zone: str, cidr: str) -> dict[str, str]:
    return {"tier": tier, "availability_zone": f"eu-central-1{zone}", "cidr": cidr, "route_table": tier}


SUBNETS = {
    "public-1": subnet("public", "a", "10.0.1.0/24"),
    "public-2": subnet("public", "b", "10.0.2.0/24"),
    "private-1": subnet("private", "a", "10.0.11.0/24"),
    "private-2": subnet("private", "b", "10.0.12.0/24"),
    "database-1": subnet("database", "a", "10.0.21.0/24"),
    "database-2": subnet("database", "b", "10.0.22.0/24"),
}


def rule(peer: str, protocol: str = "tcp", port: int | None = None) -> dict[str, Any]:
    return {"protocol": protocol, "from_port": port, "to_port": port, "peer": peer}


def security_groups(env: Environment) -> dict[str, dict[str, Any]]:
    """Five roles are documented; the rules, where given, are a guess that a live account must confirm."""
    groups: dict[str, dict[str, Any]] = {
        "alb": {"open_to_world": True},
        "ecs": {"open_to_world": False},
        "lambda": {"open_to_world": False},
        "rds": {
            "open_to_world": False,
            "ingress": [rule("ecs", port=DATABASE_PORT), rule("lambda", port=DATABASE_PORT)],
        },
        "nat": {
            "open_to_world": False,
            "protocols": seed(["tcp"]),
            "ingress": [rule(VPC_CIDR)],
            "egress": [rule(ANYWHERE)],
            "accepted_gaps": seed(NAT_GAPS),
        },
    }
    return {role: {"name": naming.security_group_name(role, env), **group} for role, group in groups.items()}


NAT_GAPS = [
    {"protocol": "udp", "port": 53, "reason": "known and accepted while the VPC's own DNS resolves"},
    {
        "protocol": "udp",
        "port": 123,
        "reason": "known and accepted with UDP 53",
    },
]


def values(env: Environment) -> Sourced:
    return documented(
        {
            "vpc": {
                "id": None,
                "cidr": seed(VPC_CIDR),
                "dns_hostnames": True,
                "dns_support": True,
                "flow_logs": True,
            },
            "subnets": SUBNETS,
            "route_tables": {
                "public": {"default_route": "internet-gateway"},
                "private": {"default_route": "nat", "name": naming.private_route_table_name(env)},
                "database": {"default_route": "none"},
            },
            "security_groups": assumed(security_groups(env)),
            "endpoints": {"gateway": ["s3", "dynamodb"], "interface_count": 9},
            "network_acls": {"one_per_tier": True},
        }
    )
