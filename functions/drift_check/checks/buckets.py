"""The S3 buckets: existence, encryption, no public access, versions, transport, rules that expire objects."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any

from drift_check.actions import PUBLIC_ACCESS_BLOCKS, BlockPublicAccess
from drift_check.checks.base import (
    TAGS,
    UNCONFIGURED,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    follows_naming,
    present_in_all,
    shortened,
    tag_map,
    unexpected_resources,
)
from drift_check.observe.observations import NOT_ASKED, Call, Known, combined
from tradai_shared.config.models.data import BucketEncryption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig
    from tradai_shared.config.models.data import Bucket

ENCRYPTION, BLOCK = "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"
FLOW_LOGS = "ec2:DescribeFlowLogs"  # they name the bucket that they go to
REPORTS = "DriftReportBucket"  # the stack's parameter that names one
# The stack's own ReaperBucket, which CloudFormation names: stack, logical id, random characters.
# And where flow logs went that somebody has switched off, which is a finding of the VPC.
OWN = re.compile(r"-reaperbucket-[a-z0-9]+$|flow-?logs")
LIST, TAGGING = "s3:ListAllMyBuckets", "s3:GetBucketTagging"
ALGORITHMS = {
    "AES256": BucketEncryption.SSE_S3,
    "aws:kms": BucketEncryption.SSE_KMS,
    "aws:kms:dsse": BucketEncryption.SSE_KMS,
}

VERSIONING, POLICY, LIFECYCLE = "s3:GetBucketVersioning", "s3:GetBucketPolicy", "s3:GetLifecycleConfiguration"
# What protects the objects, each asked only where it is stated.
CALLS = {"versioning": VERSIONING, "tls_only": POLICY, "lifecycle": LIFECYCLE}
# Actions of a lifecycle rule, the value that each depends on, and what it does.
EXPIRATIONS = (
    ("Expiration", "Days", "expire {} days"),
    ("Expiration", "Date", "expire on {}"),
    ("Expiration", "ExpiredObjectDeleteMarker", "remove delete markers"),
    ("NoncurrentVersionExpiration", "NoncurrentDays", "expire versions {} days"),
    ("AbortIncompleteMultipartUpload", "DaysAfterInitiation", "abort uploads {} days"),
)
TRANSITIONS = (
    ("Transitions", "Days", "move"),
    ("NoncurrentVersionTransitions", "NoncurrentDays", "move versions"),
)
REASONS = {
    "versioning": "what is overwritten or deleted cannot be brought back",
    "tls_only": "no policy refuses requests over plain HTTP",
    "lifecycle": "objects are deleted, kept or moved otherwise than stated",
}


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(LIST)
    yield Call(FLOW_LOGS)
    for bucket in config.s3.buckets.values():
        yield Call(ENCRYPTION, bucket.name)
        yield Call(BLOCK, bucket.name)
        yield from _asked(bucket).values()


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    """The tags of a bucket that is not listed: it has none, or it is in another region."""
    if call == TAGS:
        listed = {shortened(mapping["ResourceARN"]) for mapping in answer}
        for bucket in config.s3.buckets.values():
            if f"s3:{bucket.name}" not in listed:
                yield Call(TAGGING, bucket.name)


def tags(ctx: CheckContext, bucket: str) -> Read[dict[str, str]]:
    own = ctx.get(TAGGING, bucket)
    if isinstance(own, Known):
        return own.map(tag_map)
    return ctx.tags(f"s3:{bucket}") if own.code == NOT_ASKED else own


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    for key, bucket in ctx.config.s3.buckets.items():
        path = f"s3.buckets.{key}"
        encryption, block = ctx.get(ENCRYPTION, bucket.name), ctx.get(BLOCK, bucket.name)
        yield ResourceState(
            path,
            bucket.name,
            f"{path}.name",
            present_in_all(encryption, block, *map(ctx.read, _asked(bucket).values())),
            (
                AttributeState("encryption", encryption.map_present(_encryption)),
                AttributeState(
                    "public_access_blocked",
                    block.map(_is_blocked),
                    remediations=(BlockPublicAccess(bucket.name),) if bucket.public_access_blocked else (),
                ),
                *_contents(ctx, bucket),
            ),
            tags=tags(ctx, bucket.name),
            arn=f"s3:{bucket.name}",
        )
    yield _unknown_buckets(ctx)


def _is_blocked(block: ApiObject | None) -> bool:
    return all(map((block or {}).get, PUBLIC_ACCESS_BLOCKS))


def _encryption(configuration: dict[str, Any]) -> str:
    """The encryption; where none is described SSE-S3, which S3 applies to every object since 2023."""
    for rule in configuration.get("Rules", []):
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "AES256")
        return str(ALGORITHMS.get(algorithm, algorithm))
    return str(BucketEncryption.SSE_S3)


def _contents(ctx: CheckContext, bucket: Bucket) -> Iterator[AttributeState]:
    observe: dict[str, Callable[[Any], object]] = {
        "versioning": _is_enabled,
        "tls_only": partial(refuses_plain_http, bucket.name),
        "lifecycle": lambda rules: sorted(map(described, filter(_is_enabled, rules))),
    }
    for name, call in _asked(bucket).items():
        observed = ctx.read(call).map_present(observe[name])
        yield AttributeState(name, observed, reason=REASONS[name])


def _is_enabled(described: ApiObject) -> bool:
    return bool(described.get("Status") == "Enabled")


def _asked(bucket: Bucket) -> dict[str, Call]:
    """The calls about what is stated of the objects."""
    return {
        name: Call(action, bucket.name) for name, action in CALLS.items() if getattr(bucket, name) is not None
    }


def refuses_plain_http(bucket: str, policy: str | ApiObject) -> bool:
    """Whether the bucket and its objects are denied to everybody where aws:SecureTransport is false.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
    """
    statements = listed(json.loads(policy).get("Statement")) if isinstance(policy, str) else []
    patterns = [
        str(resource).rpartition(":::")[2].replace("[", "[[]")  # which IAM takes as it stands
        for statement in statements
        if _denies_plain_http(statement)
        for resource in listed(statement.get("Resource"))
    ]
    names = (bucket, f"{bucket}/\0\0")  # the latter's key begins as nobody's pattern does
    return all(any(map(partial(fnmatchcase, name), patterns)) for name in names)


def _denies_plain_http(statement: ApiObject) -> bool:
    """Every request has aws:SecureTransport: IfExists changes nothing. NotPrincipal lets somebody through."""
    conditions = [
        (
            operator.lower().removesuffix("ifexists"),
            key.lower(),
            "false" in [str(value).lower() for value in listed(values)],
        )
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    principal = statement.get("Principal")
    everybody = "*" in listed(principal.get("AWS") if isinstance(principal, dict) else principal)
    everything = {"*", "s3:*"} & {str(action).lower() for action in listed(statement.get("Action"))}
    plain_http = conditions == [("bool", "aws:securetransport", True)]
    return bool(statement.get("Effect") == "Deny" and everybody and everything and plain_http)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    return value if isinstance(value, list) else [] if value is None else [value]


def described(rule: ApiObject) -> str:
    """``logs/: expire 30 days``; an id says nothing of what a rule does."""
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    where = chosen.get("Prefix", "") if set(chosen) <= {"Prefix"} else json.dumps(chosen, sort_keys=True)
    return f"{where or 'all'}: {', '.join(sorted(_effects(rule)))}"


def _effects(rule: ApiObject) -> Iterator[str]:
    for action, key, words in EXPIRATIONS:
        if value := rule.get(action, {}).get(key):
            newer = rule[action].get("NewerNoncurrentVersions")
            yield words.format(str(value)[:10]) + (f" but {newer}" if newer else "")
    for name, key, kind in TRANSITIONS:
        for change in rule.get(name, []):
            when = f"{change[key]} days" if key in change else f"on {str(change.get('Date'))[:10]}"
            yield f"{kind} to {change.get('StorageClass')} {when}"


def _unknown_buckets(ctx: CheckContext) -> ResourceState:
    ours = {bucket.name for bucket in ctx.config.s3.buckets.values()}
    follows = follows_naming(ctx.config, ours)
    reports = ctx.config.annotations.parameters.get(REPORTS, "")

    def unexpected_buckets(buckets: list[ApiObject], logs: list[ApiObject]) -> list[str]:
        logged = {str(log.get("LogDestination", "")).partition(":::")[2].split("/")[0] for log in logs}
        names = {bucket["Name"] for bucket in buckets} - ours - logged - {reports}
        return sorted([name for name in names if not OWN.search(name) and follows(name)])

    return unexpected_resources(
        "s3.buckets",
        "buckets",
        "naming.resource",
        "unexpected bucket",
        combined(unexpected_buckets, ctx.get(LIST), ctx.get(FLOW_LOGS)),
        UNCONFIGURED,
    )


CHECK = Check("buckets", initial_reads, evaluate, dependent_reads)
