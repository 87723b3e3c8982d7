"""The one factory of AWS clients, a function a service, all with the same time-outs and retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3

from tradai_shared.aws.settings import settings

if TYPE_CHECKING:
    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ec2 import EC2Client
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient


def ec2() -> EC2Client:
    return boto3.client("ec2", config=settings())


def autoscaling() -> AutoScalingClient:
    return boto3.client("autoscaling", config=settings())


def sns() -> SNSClient:
    return boto3.client("sns", config=settings())


def dynamodb(*, pool: int = 10) -> DynamoDBClient:
    return boto3.client("dynamodb", config=settings(pool=pool))


def s3() -> S3Client:
    return boto3.client("s3", config=settings())


def functions() -> LambdaClient:
    return boto3.client("lambda", config=settings())
