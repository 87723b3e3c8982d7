"""How a live value is written: where the configuration has another form than AWS shows."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from drift_check.checks.tables import PROJECTED
from drift_check.compare import path_of, to_json
from drift_check.findings import FindingStatus
from drift_check.observe.observations import Known
from ops.adopt.model import Confirmation, Proposal
from tradai_shared.config.paths import is_judged, is_unspecified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drift_check.checks.base import ResourceState
    from drift_check.findings import Finding, Json
    from drift_check.observe.observations import Reads
    from tradai_shared.config.models import CanonicalConfig

TTL = ".ttl"
TTL_ATTRIBUTE = ".ttl.attribute"
ROOT = "dynamodb.tables"
# What no page says and is written down as it is: it protects, or changes only where an index is made anew.
WRITTEN_WHERE_UNSPECIFIED = (
    *(f"{ROOT}.*.indexes.*.{field}" for field in PROJECTED),
    "rds.deletion_protection",
    "rds.storage_encrypted",
)


def taken_at(path: str) -> str:
    """Where the value of a finding's path is written: a TTL as a whole, since it may be none."""
    return path.removesuffix(".attribute") if path.endswith(TTL_ATTRIBUTE) else path


def value_proposal(path: str, configured: Json, live: Json) -> Proposal | None:
    """What to write to have the live value; None where the configuration cannot hold it."""
    if path.startswith(ROOT) and path.endswith((TTL, TTL_ATTRIBUTE)):
        return Proposal({"attribute": live} if live else None)
    if path == "rds.version":
        return _version(str(live))
    if isinstance(configured, list) and not isinstance(live, list):
        return None
    *_, name = path.split(".indexes.", 1)
    if ".indexes." in path and "." in name:
        return None  # a name with a dot cannot be a path's
    return Proposal(live)


def _version(live: str) -> Proposal:
    """The major version alone: AWS raises minor versions by itself."""
    major = live.partition(".")[0]
    return Proposal(major, f"any {major}.x; live is {live}")


def index_proposal(config: CanonicalConfig, finding: Finding, reads: Reads) -> tuple[str, Proposal] | None:
    """The path and description of an index that the configuration does not know."""
    if finding.status is not FindingStatus.UNEXPECTED or finding.attribute != "unexpected index":
        return None
    name = str(finding.observed)
    table_name = finding.resource.removesuffix(f"/{name}")
    described = reads.get("dynamodb:DescribeTable", table_name)
    key = next((key for key, table in config.dynamodb.tables.items() if table.name == table_name), None)
    if not isinstance(described, Known) or key is None or "." in name:
        return None
    for index in described.value.get("GlobalSecondaryIndexes", []):
        if index["IndexName"] == name:
            return f"{ROOT}.{key}.indexes.{name}", Proposal(_index(described.value, index))
    return None


def unspecified_values(config: CanonicalConfig, states: Iterable[ResourceState]) -> Iterator[Confirmation]:
    """Live values that the configuration leaves unspecified; what is off or empty stays unspecified."""
    for state in states:
        for fact in state.facts:
            path = path_of(state, fact)
            if (
                any(fnmatchcase(path, pattern) for pattern in WRITTEN_WHERE_UNSPECIFIED)
                and is_judged(config, path)
                and is_unspecified(config, path)
                and isinstance(fact.observed, Known)
                and fact.observed.value
            ):
                yield Confirmation(path, to_json(fact.observed.value))


def _index(table: dict[str, Any], index: dict[str, Any]) -> Json:
    types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    roles = {"HASH": "partition", "RANGE": "sort"}
    keys: dict[str, Any] = {
        roles[key["KeyType"]]: {"name": key["AttributeName"], "type": types[key["AttributeName"]]}
        for key in index["KeySchema"]
    }
    held = {field: index["Projection"].get(key) for field, key in PROJECTED.items()}
    return keys | {field: value for field, value in held.items() if value}
