"""What runs on the platform and what surrounds it: ECS, Lambda, Cognito, SNS, SQS, secrets, WAF."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tradai_shared.config.models.base import (
    Count,
    Immutable,
    Model,
    Name,
    Named,
    Port,
    Positive,
    Text,
    Unspecified,
)

MAX_LAMBDA_SECONDS = 900


class Service(Model):
    """An ECS service."""

    name: Name
    port: Port | None = None  # None: it listens on none
    cpu: Positive  # CPU units, 1024 a core
    memory_mb: Positive
    desired_count: Count
    spot: Unspecified[bool] = None


class HealthCheckPaths(Model):
    path: Text
    mlflow_path: Text
    trading_start_period_seconds: Positive


class Ecs(Model):
    cluster: Name
    services: Named[Service]
    health_check: HealthCheckPaths
    generic_task_family: Name


class Workflow(Model):
    """A Step Functions state machine."""

    states: Positive
    timeout_seconds: Positive


class Function(Model):
    """A Lambda function."""

    name: Name
    timeout_seconds: Unspecified[Annotated[int, Field(ge=1, le=MAX_LAMBDA_SECONDS)]] = None
    memory_mb: Unspecified[Annotated[int, Field(ge=128, le=10_240)]] = None
    note: str = ""


class TradingMode(StrEnum):
    BACKTEST = "backtest"
    LIVE = "live"
    DRY_RUN = "dry-run"
    TRAIN = "train"


class Variable(Model):
    """An environment variable of a service's task definition."""

    meaning: Text
    value: Unspecified[Text] = None  # exactly this
    values: Unspecified[tuple[Text, ...]] = None  # one of these
    default: Unspecified[Text] = None  # what the service takes where it is absent
    fallback: Unspecified[Name] = None  # the variable that it reads instead
    required_when: Unspecified[tuple[TradingMode, ...]] = None
    example: Unspecified[Text] = None


class ServiceEnvironment(Model):
    """What an ECS task definition must and must not carry."""

    variables: Named[Variable]
    workflow_table: tuple[Name, ...]  # a service reads either of them
    obsolete: tuple[Name, ...]


class Mfa(StrEnum):
    ON = "ON"
    OPTIONAL = "OPTIONAL"
    OFF = "OFF"


class PoolProtection(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class UserPool(Model):
    """The Cognito user pool."""

    name: Name
    id: Immutable[Unspecified[Name]] = None  # AWS chooses it at the first deployment
    mfa: Mfa
    password_min_length: Annotated[int, Field(ge=6, le=99)]
    deletion_protection: PoolProtection


class Secret(Model):
    name: Name


class Topic(Model):
    name: Name


class Queues(Model):
    """What holds for every SQS queue of the platform."""

    names: Unspecified[tuple[Name, ...]] = None  # None: those that follow the pattern of resources
    fifo: bool
    max_receive_count: Positive
    dead_letter_retention_days: Annotated[int, Field(ge=1, le=14)]


class Waf(Model):
    apis: Unspecified[tuple[Text, ...]] = None  # names of REST APIs; None: those that follow the pattern
    associated_with: Text
