"""The one factory of AWS clients, a function a service, all with the same time-outs and retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.aws.settings import settings

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient


def sns() -> SNSClient:
    made: SNSClient = _client("sns")
    return made


def dynamodb(*, pool: int = 10) -> DynamoDBClient:
    made: DynamoDBClient = _client("dynamodb", pool)
    return made


def s3() -> S3Client:
    made: S3Client = _client("s3")
    return made


def functions() -> LambdaClient:
    made: LambdaClient = _client("lambda")
    return made


def _client(service: str, pool: int = 10) -> Any:  # noqa: ANN401 - its callers name the type
    """boto3 is imported at the first client: the failover has its own way to its two (``trimmed``)."""
    import boto3  # noqa: PLC0415 - see above

    return boto3.client(service, config=settings(pool=pool))  # type: ignore[call-overload]  # any service
