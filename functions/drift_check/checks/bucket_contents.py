"""What protects a bucket's objects: versions, transport, and rules that expire them."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.checks.base import AttributeState, CheckContext
from drift_check.findings import Severity
from drift_check.observe.observations import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.observe.observations import ApiObject
    from tradai_shared.config.models.data import Bucket

VERSIONING, POLICY, LIFECYCLE = "s3:GetBucketVersioning", "s3:GetBucketPolicy", "s3:GetLifecycleConfiguration"
CALLS = {"versioning": VERSIONING, "tls_only": POLICY, "lifecycle": LIFECYCLE}
REASONS = {
    "versioning": "what is overwritten or deleted cannot be brought back",
    "tls_only": "no policy refuses requests over plain HTTP",
    "lifecycle": "objects are deleted, kept or moved otherwise than stated",
}


def initial_reads(bucket: Bucket) -> Iterator[Call]:
    """One call for each property that is stated."""
    yield from (
        Call(action, bucket.name) for name, action in CALLS.items() if getattr(bucket, name) is not None
    )


def facts(ctx: CheckContext, bucket: Bucket) -> Iterator[AttributeState]:
    observe: dict[str, Callable[[Any], object]] = {
        "versioning": lambda answer: answer.get("Status") == "Enabled",
        "tls_only": partial(refuses_plain_http, bucket.name),
        "lifecycle": lambda rules: sorted(
            described(rule) for rule in rules if rule.get("Status") == "Enabled"
        ),
    }
    for name, action in CALLS.items():
        if getattr(bucket, name) is not None:
            observed = ctx.get(action, bucket.name).map_present(observe[name])
            severity = Severity.HIGH if name == "lifecycle" else Severity.MEDIUM
            yield AttributeState(name, observed, severity=severity, reason=REASONS[name])


def refuses_plain_http(bucket: str, policy: str | ApiObject) -> bool:
    """Whether the bucket and its objects are denied to everybody where aws:SecureTransport is false.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    statements = listed(json.loads(policy).get("Statement", [])) if isinstance(policy, str) else []
    patterns = [
        str(resource).partition(":::")[2] if ":::" in str(resource) else str(resource)
        for statement in statements
        if _denies_plain_http(statement)
        for resource in listed(statement.get("Resource"))
    ]
    return all(
        any(fnmatchcase(name, pattern) for pattern in patterns) for name in (bucket, f"{bucket}/any object")
    )


def _denies_plain_http(statement: ApiObject) -> bool:
    conditions = {
        (operator.lower(), key.lower()): [str(value).lower() for value in listed(values)]
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    }
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    everything = {"*", "s3:*"} & {str(action).lower() for action in listed(statement.get("Action"))}
    plain_http = conditions == {("bool", "aws:securetransport"): ["false"]}
    return bool(statement.get("Effect") == "Deny" and everybody and everything and plain_http)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def described(rule: ApiObject) -> str:
    """``logs/: expire 30 days``; an id says nothing of what a rule does."""
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    where = chosen.get("Prefix", "") if set(chosen) <= {"Prefix"} else json.dumps(chosen, sort_keys=True)
    return f"{where or 'all'}: {', '.join(sorted(_effects(rule)))}"


def _effects(rule: ApiObject) -> Iterator[str]:
    expiration, noncurrent = rule.get("Expiration", {}), rule.get("NoncurrentVersionExpiration", {})
    if "Days" in expiration:
        yield f"expire {expiration['Days']} days"
    if expiration.get("Date"):
        yield f"expire on {str(expiration['Date'])[:10]}"
    if expiration.get("ExpiredObjectDeleteMarker"):
        yield "remove delete markers"
    if "NoncurrentDays" in noncurrent:
        newer = noncurrent.get("NewerNoncurrentVersions")
        yield f"expire versions {noncurrent['NoncurrentDays']} days" + (f" but {newer}" if newer else "")
    if days := rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"):
        yield f"abort uploads {days} days"
    for kind, name, days_name in (
        ("move", "Transitions", "Days"),
        ("move versions", "NoncurrentVersionTransitions", "NoncurrentDays"),
    ):
        for change in rule.get(name, []):
            when = change[days_name] if days_name in change else str(change.get("Date"))[:10]
            yield f"{kind} to {change.get('StorageClass')} {when} days"
