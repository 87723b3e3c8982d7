"""The one factory of AWS clients, a function a service, all with the same time-outs and retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient

# botocore's default is 60 s each: one hung call would use up most of a run.
CONNECT_SECONDS = 2
READ_SECONDS = 5
ATTEMPTS = 3


def client_config(*, pool: int = 10, attempts: int = ATTEMPTS) -> Config:
    """The toolkit's time-outs and retries; ``pool`` is the number of connections, one a worker."""
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=pool,
    )


def sns() -> SNSClient:
    made: SNSClient = _client("sns")
    return made


def dynamodb(*, pool: int = 10) -> DynamoDBClient:
    made: DynamoDBClient = _client("dynamodb", pool)
    return made


def s3(*, attempts: int = ATTEMPTS) -> S3Client:
    made: S3Client = _client("s3", attempts=attempts)
    return made


def events() -> EventBridgeClient:
    made: EventBridgeClient = _client("events")
    return made


def lambda_client() -> LambdaClient:
    made: LambdaClient = _client("lambda")
    return made


def _client(service: str, pool: int = 10, attempts: int = ATTEMPTS) -> Any:  # noqa: ANN401 - its callers name the type
    """boto3 is imported at the first client: the failover makes its own two in ``botocore_session``."""
    import boto3  # noqa: PLC0415 - see above

    return boto3.client(service, config=client_config(pool=pool, attempts=attempts))  # type: ignore[call-overload]  # any service
