"""The S3 buckets: existence, encryption, no public access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drift_check.actions import PUBLIC_ACCESS_BLOCKS, BlockPublicAccess
from drift_check.checks.base import TAGS, AttributeState, Check, CheckContext, ResourceState
from drift_check.findings import Severity
from drift_check.observe.observations import Call, first_known
from tradai_shared.config.models.data import BucketEncryption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradai_shared.config.models import CanonicalConfig

ENCRYPTION, BLOCK = "s3:GetEncryptionConfiguration", "s3:GetBucketPublicAccessBlock"
ALGORITHMS = {
    "AES256": BucketEncryption.SSE_S3,
    "aws:kms": BucketEncryption.SSE_KMS,
    "aws:kms:dsse": BucketEncryption.SSE_KMS,
}


def initial_reads(config: CanonicalConfig) -> Iterator[Call]:
    yield TAGS
    for bucket in config.s3.buckets.values():
        yield Call(ENCRYPTION, bucket.name)
        yield Call(BLOCK, bucket.name)


def evaluate(ctx: CheckContext) -> Iterator[ResourceState]:
    for key, bucket in ctx.config.s3.buckets.items():
        path = f"s3.buckets.{key}"
        encryption, block = ctx.get(ENCRYPTION, bucket.name), ctx.get(BLOCK, bucket.name)
        yield ResourceState(
            path,
            bucket.name,
            f"{path}.name",
            first_known(*(read.map(lambda read: read is not None) for read in (encryption, block))),
            (
                AttributeState("encryption", encryption.map_present(_encryption)),
                AttributeState(
                    "public_access_blocked",
                    block.map(lambda block: all((block or {}).get(name) for name in PUBLIC_ACCESS_BLOCKS)),
                    remedies=(BlockPublicAccess(bucket.name),) if bucket.public_access_blocked else (),
                    severity=Severity.CRITICAL,
                ),
            ),
            tags=ctx.tags(f":::{bucket.name}"),
            arn=f"s3:{bucket.name}",
        )


def _encryption(configuration: dict[str, Any]) -> str:
    """None described: SSE-S3, which S3 applies to every object since 2023."""
    for rule in configuration.get("Rules", []):
        algorithm = rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "AES256")
        return str(ALGORITHMS.get(algorithm, algorithm))
    return str(BucketEncryption.SSE_S3)


CHECK = Check("buckets", initial_reads, evaluate)
