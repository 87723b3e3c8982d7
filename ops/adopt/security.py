"""Which live values would make the platform less secure, or lose data: never taken without a word."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from drift_check.checks.vpc_lookup import is_public, wider_than

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drift_check.findings import Json

# Values that protect, each with the only value that does.
PROTECTS: Mapping[str, Json] = {
    "s3.buckets.*.public_access_blocked": True,
    "s3.buckets.*.versioning": True,
    "s3.buckets.*.tls_only": True,
    "dynamodb.tables.*.point_in_time_recovery": True,
    "dynamodb.tables.*.deletion_protection": True,
    "dynamodb.tables.*.encrypted": True,
    "rds.multi_az": True,
    "rds.ssl_enforced": True,
    "rds.deletion_protection": True,
    "rds.storage_encrypted": True,
    "cognito.mfa": "ON",
    "cognito.deletion_protection": "ACTIVE",
    "network.vpc.flow_logs": True,
    "network.security_groups.*.open_to_world": False,
    "nat.imdsv2_required": True,
    "waf.associated_with": "api gateway",
}
# The lower the number, the less is kept or asked.
NOT_LOWER = (
    "rds.backup_retention_days",
    "cognito.password_min_length",
    "log_retention_days",
    "sqs.dead_letter_retention_days",
)
# Whether items are deleted at all.
TTL = ("dynamodb.tables.*.ttl", "dynamodb.tables.*.ttl.attribute")
RULES = ("network.security_groups.*.ingress", "network.security_groups.*.egress")
# Built-in rules and unexpected resources whose acceptance would hide an opening or a loss.
DELICATE = (
    "unexpected open group",
    "ingress wider than the VPC",
    "unexpected listener",
    "unexpected route",
    "unexpected bucket",
    "scheduled deletion",
    "live target",
    "suspended process",
    "status",
    "pending *",
    "image *",
    "template state",
)
LIFECYCLE = "s3.buckets.*.lifecycle"


def is_insecure(path: str, attribute: str, live: Json) -> bool:
    """Whether a value that differs from the configured one harms."""
    if any(fnmatchcase(attribute, pattern) for pattern in DELICATE):
        return True
    for pattern, safe in PROTECTS.items():
        if fnmatchcase(path, pattern):
            return live != safe
    if fnmatchcase(path, RULES[0]):
        return not isinstance(live, list) or _opens([rule for rule in live if isinstance(rule, dict)])
    return path.endswith(".protocols") and isinstance(live, list) and "-1" in live


def loses(path: str, configured: Json, live: Json) -> bool:
    """Whether less would be kept: a lower number, TTL turned on or off, another rule that expires objects."""
    if fnmatchcase(path, LIFECYCLE):
        stated = configured if isinstance(configured, list) else []
        return (
            any(rule not in stated and "expire" in str(rule) for rule in live)
            if isinstance(live, list)
            else True
        )
    if any(fnmatchcase(path, pattern) for pattern in TTL):
        return (configured is None) != (live is None)
    if not any(fnmatchcase(path, pattern) for pattern in NOT_LOWER):
        return False
    return not (isinstance(live, int) and isinstance(configured, int) and live >= configured)


def _opens(rules: list[dict[str, Json]]) -> bool:
    """Whether rules, alone or together, let in more of the internet than a VPC has addresses.

    What a prefix list holds is not among the rules, and whoever owns it changes it.
    """
    peers = [str(rule.get("peer")) for rule in rules]
    wide = any(is_public(cidr) for cidr in wider_than((), peers))
    return wide or any(peer.startswith("pl-") for peer in peers)
