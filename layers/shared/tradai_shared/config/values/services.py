"""What runs on the platform and what surrounds it: ECS, Cognito, SNS, SQS, secrets, WAF."""

from __future__ import annotations

from typing import Any

from tradai_shared.config import naming
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Sourced, assumed, documented, seed

BACKENDS = {Environment.DEV: 1, Environment.STAGING: 1, Environment.PROD: 2}


def service(port: int | None, cpu: int, memory_mb: int, desired: int, spot: Any = None) -> dict[str, Any]:  # noqa: ANN401 - a value or its mark
    return {
        "port": port,
        "cpu": cpu,
        "memory_mb": memory_mb,
        "desired_count": desired,
        "spot": assumed(None) if spot is None else spot,
    }


def ecs(env: Environment) -> Sourced:
    services = {
        "backend-api": service(8000, cpu=512, memory_mb=1024, desired=BACKENDS[env]),
        "data-collection": service(8002, cpu=256, memory_mb=512, desired=1),
        "strategy-service": service(8003, cpu=512, memory_mb=1024, desired=1),
        "mlflow": service(5000, cpu=512, memory_mb=1024, desired=1),
        "strategy-container": service(None, cpu=1024, memory_mb=2048, desired=0),
        "live-trading": service(8004, cpu=1024, memory_mb=2048, desired=0, spot=False),
        "dry-run-trading": service(8005, cpu=1024, memory_mb=2048, desired=0, spot=True),
    }
    named = {name: {"name": naming.service_name(name, env), **size} for name, size in services.items()}
    return documented({"cluster": naming.cluster_name(env), "services": named})


def service_environment(env: Environment) -> Sourced:
    return seed(
        {
            "variables": {
                "STRATEGY": {
                    "meaning": "strategy class name",
                    "fallback": "FREQTRADE_STRATEGY",
                    "example": "PascalStrategy",
                },
                "STRATEGY_ID": {
                    "meaning": "unique strategy identifier",
                    "required_when": ["live", "dry-run"],
                    "example": "pascal-btc",
                },
                "TRADING_MODE": {
                    "meaning": "what the container does",
                    "values": ["backtest", "live", "dry-run", "train"],
                },
                "MLFLOW_TRACKING_URI": {
                    "meaning": "where MLflow answers",
                    "value": naming.mlflow_tracking_uri(env),
                },
                "CONFIG_PATH": {
                    "meaning": "the container's configuration file",
                    "default": "/freqtrade/user_data/config.json",
                },
            },
            "workflow_table": ["DYNAMODB_TABLE", "WORKFLOW_STATE_TABLE"],
            "obsolete": ["STRATEGY_NAME", "STRATEGY_STAGE"],
        }
    )


def cognito(env: Environment) -> Sourced:
    protection = documented("ACTIVE") if env is Environment.PROD else assumed("INACTIVE")
    return documented(
        {
            "name": naming.user_pool_name(env),
            "id": assumed(None),
            "mfa": "ON",
            "password_min_length": 12,
            "deletion_protection": protection,
        }
    )


SECRETS = ("exchange-keys",)
TOPICS = ("alerts", "registration")


def secrets(env: Environment) -> Sourced:
    return documented({name: {"name": naming.secret_name(name, env)} for name in SECRETS})


def sns(env: Environment) -> Sourced:
    return documented({name: {"name": naming.topic_name(name, env)} for name in TOPICS})


def sqs() -> Sourced:
    return documented({"fifo": True, "max_receive_count": 3, "dead_letter_retention_days": 14})


def waf() -> Sourced:
    return documented({"associated_with": "api gateway"})
