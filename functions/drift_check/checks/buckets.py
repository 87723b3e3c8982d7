"""The S3 buckets: existence, encryption, no public access, versions, transport, rules that expire objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.actions import PUBLIC_ACCESS_BLOCKS, BlockPublicAccess
from drift_check.checks import bucket_contents
from drift_check.checks.base import (
    PRESENT,
    TAGS,
    AttributeState,
    Check,
    CheckContext,
    ResourceState,
    each_unexpected,
    presence,
    shortened,
    tag_map,
)
from drift_check.findings import Severity
from drift_check.observe.observations import NOT_ASKED, Call, Known, both, first_known
from tradai_shared.config.models.data import BucketEncryption
from tradai_shared.config.naming import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drift_check.observe.observations import ApiObject, Read
    from tradai_shared.config.models import CanonicalConfig

ENCRYPTION, BLOCK = "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"
FLOW_LOGS = "ec2:DescribeFlowLogs"  # they name the bucket that they go to
LIST, TAGGING = "s3:ListAllMyBuckets", "s3:GetBucketTagging"
ALGORITHMS = {
    "AES256": BucketEncryption.SSE_S3,
    "aws:kms": BucketEncryption.SSE_KMS,
    "aws:kms:dsse": BucketEncryption.SSE_KMS,
}


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    yield Call(LIST)
    yield Call(FLOW_LOGS)
    for bucket in config.s3.buckets.values():
        yield Call(ENCRYPTION, bucket.name)
        yield Call(BLOCK, bucket.name)
        yield from bucket_contents.initial_reads(bucket)


def dependent_reads(config: CanonicalConfig, call: Call, answer: Any) -> Iterator[Call]:  # noqa: ANN401 - AWS's own
    """The tags of a bucket that is not listed: it has none, or it is in another region."""
    if call == TAGS:
        listed = {shortened(mapping["ResourceARN"]) for mapping in answer}
        for bucket in config.s3.buckets.values():
            if f"s3:{bucket.name}" not in listed:
                yield Call(TAGGING, bucket.name)


def fallback_reads(config: CanonicalConfig, call: Call) -> Iterator[Call]:
    if call == TAGS:
        yield from (Call(TAGGING, bucket.name) for bucket in config.s3.buckets.values())


def tags(ctx: CheckContext, bucket: str) -> Read[dict[str, str]]:
    own = ctx.get(TAGGING, bucket)
    if isinstance(own, Known):
        return own.map(lambda tag_set: tag_map(tag_set or None))
    return ctx.tags(f"s3:{bucket}") if own.code == NOT_ASKED else own


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    for key, bucket in ctx.config.s3.buckets.items():
        path = f"s3.buckets.{key}"
        encryption, block = ctx.get(ENCRYPTION, bucket.name), ctx.get(BLOCK, bucket.name)
        yield ResourceState(
            path,
            bucket.name,
            f"{path}.name",
            first_known(*(presence(read) for read in (encryption, block))),
            (
                AttributeState("encryption", encryption.map_present(_encryption)),
                AttributeState(
                    "public_access_blocked",
                    block.map(lambda block: all((block or {}).get(name) for name in PUBLIC_ACCESS_BLOCKS)),
                    remediations=(BlockPublicAccess(bucket.name),) if bucket.public_access_blocked else (),
                    severity=Severity.CRITICAL,
                ),
                *bucket_contents.facts(ctx, bucket),
            ),
            tags=tags(ctx, bucket.name),
            arn=f"s3:{bucket.name}",
        )
    yield _unknown_buckets(ctx)


def _encryption(configuration: dict[str, Any]) -> str:
    """None described: SSE-S3, which S3 applies to every object since 2023."""
    for rule in configuration.get("Rules", []):
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "AES256")
        return str(ALGORITHMS.get(algorithm, algorithm))
    return str(BucketEncryption.SSE_S3)


def _unknown_buckets(ctx: CheckContext) -> ResourceState:
    ours = {bucket.name for bucket in ctx.config.s3.buckets.values()}
    env = str(ctx.config.environment)

    def unexpected_buckets(pair: tuple[list[ApiObject], list[ApiObject]]) -> list[str]:
        buckets, logs = pair
        known = ours | {str(log.get("LogDestination", "")).partition(":::")[2].split("/")[0] for log in logs}
        return sorted(
            name
            for name in (bucket["Name"] for bucket in buckets)
            if name.startswith(f"{PROJECT}-") and env in name.split("-") and name not in known
        )

    unknown = both(ctx.get(LIST), ctx.get(FLOW_LOGS)).map(unexpected_buckets)
    fact = each_unexpected(
        "unexpected bucket",
        unknown,
        path="naming.resource",
        reason="it follows the platform's naming and no configuration knows it",
    )
    return ResourceState("s3.buckets", "buckets", "naming.resource", PRESENT, (fact,))


CHECK = Check("buckets", initial_reads, evaluate, dependent_reads, fallback_reads)
