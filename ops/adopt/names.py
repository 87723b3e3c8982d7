"""The configured names: what kind of resource each means, and what else is known of that resource."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from drift_check.compare import to_json
from tradai_shared.config.paths import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drift_check.findings import Json
    from tradai_shared.config.models import CanonicalConfig


class Kind(StrEnum):
    VPC = "VPC"
    SUBNET = "subnet"
    GROUP = "security group"
    TABLE = "table"
    BUCKET = "bucket"
    DATABASE = "database"
    POOL = "user pool"
    SECRET = "secret"  # noqa: S105 - a kind of resource
    TOPIC = "topic"
    CLUSTER = "cluster"
    SERVICE = "service"
    FUNCTION = "function"


# A resource's path, and where its name is written below it.
NAMED: tuple[tuple[str, str, Kind], ...] = (
    ("network.vpc", "id", Kind.VPC),
    ("network.subnets.*", "cidr", Kind.SUBNET),
    ("network.security_groups.*", "name", Kind.GROUP),
    ("dynamodb.tables.*", "name", Kind.TABLE),
    ("s3.buckets.*", "name", Kind.BUCKET),
    ("rds", "identifier", Kind.DATABASE),
    ("cognito", "name", Kind.POOL),
    ("secrets.*", "name", Kind.SECRET),
    ("sns.*", "name", Kind.TOPIC),
    ("ecs", "cluster", Kind.CLUSTER),
    ("ecs.services.*", "name", Kind.SERVICE),
    ("lambdas.*", "name", Kind.FUNCTION),
)
# The stack's parameters win for these: doctor finds them, and samconfig.toml keeps them.
BY_PARAMETER = (
    "nat",
    "nat.group",
    "nat.group.name",
    "nat.lifecycle_hooks",
    "nat.lifecycle_hooks.*",
    "nat.lifecycle_hooks.*.name",
    "nat.lifecycle_hooks.*.transition",
    "nat.function",
    "nat.alarm",
    "nat.eip",
    "nat.eip.*",
    "lambdas.update-nat-routes",
    "lambdas.update-nat-routes.name",
    "network.route_tables.private",
    "network.route_tables.private.name",
    "network.route_tables.private.ids",
)


@dataclass(frozen=True, slots=True)
class Slot:
    """A configured name that no live resource bears."""

    resource: str  # its path
    path: str  # of the name
    kind: Kind
    configured: str

    @property
    def component(self) -> str:
        """The component's name in the platform's configuration."""
        return self.resource.rpartition(".")[2]


def slot(config: CanonicalConfig, resource: str) -> Slot | None:
    """The name of the resource at a path; None where a resource of that kind is not recognized by a name."""
    for pattern, field, kind in NAMED:
        if fnmatchcase(resource, pattern) and resource.count(".") == pattern.count("."):
            path = f"{resource}.{field}"
            return Slot(resource, path, kind, str(to_json(value_at(config, path)) or ""))
    return None


def is_by_parameter(path: str) -> bool:
    """Of a hook only name and transition: its heartbeat is a value of the configuration."""
    return any(
        fnmatchcase(path, pattern) and path.count(".") == pattern.count(".") for pattern in BY_PARAMETER
    )


def traits(config: CanonicalConfig, wanted: Slot) -> Mapping[str, Json]:
    """What the configuration says of the resource, in the words of ``Candidate.traits``."""
    section = value_at(config, wanted.resource)
    fields: tuple[str, ...] = ()
    match wanted.kind:
        case Kind.TABLE:
            return {
                "partition": to_json(value_at(config, f"{wanted.resource}.key.partition.name")),
                "sort": to_json(getattr(value_at(config, f"{wanted.resource}.key.sort"), "name", None)),
                "indexes": sorted(getattr(section, "indexes", {})),
            }
        case Kind.SERVICE:
            fields = ("port", "cpu", "memory_mb")
        case Kind.FUNCTION:
            fields = ("timeout_seconds", "memory_mb")
        case Kind.DATABASE:
            fields = ("engine", "instance_class")
        case Kind.SUBNET:
            fields = ("availability_zone", "tier")
        case Kind.VPC:
            fields = ("cidr",)
        case Kind.GROUP:
            return {"role": wanted.component}
        case _:
            return {}
    return {field: to_json(getattr(section, field)) for field in fields}
