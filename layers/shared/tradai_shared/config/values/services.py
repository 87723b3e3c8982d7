"""What runs on the platform and what surrounds it: ECS, Cognito, SNS, SQS, secrets, WAF."""

from __future__ import annotations

from typing import Any

from tradai_shared.config import naming
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import Sourced, assumed
from tradai_shared.config.values.pages import CAPACITY, documented, seed

BACKENDS = {Environment.DEV: 1, Environment.STAGING: 1, Environment.PROD: 2}


def service(
    port: int | None, cpu: int, memory_mb: int, desired: int, *, spot: bool | None = None
) -> dict[str, Any]:
    return {
        "port": port,
        "cpu": cpu,
        "memory_mb": memory_mb,
        "desired_count": desired,
        "spot": assumed(None) if spot is None else documented(spot, CAPACITY),
    }


def ecs(env: Environment) -> Sourced:
    on_fargate = True if env is Environment.PROD else None  # elsewhere they run on EC2
    services = {
        "backend-api": service(8000, cpu=512, memory_mb=1024, desired=BACKENDS[env], spot=on_fargate),
        "data-collection": service(8002, cpu=256, memory_mb=512, desired=1, spot=on_fargate),
        "strategy-service": service(8003, cpu=512, memory_mb=1024, desired=1, spot=on_fargate),
        "mlflow": service(5000, cpu=512, memory_mb=1024, desired=1, spot=on_fargate),
        "strategy-container": service(None, cpu=1024, memory_mb=2048, desired=0, spot=on_fargate),
        "live-trading": service(8004, cpu=1024, memory_mb=2048, desired=0, spot=False),
        "dry-run-trading": service(8005, cpu=1024, memory_mb=2048, desired=0, spot=True),
    }
    named = {name: {"name": naming.service_name(name, env), **size} for name, size in services.items()}
    health_check = {
        "path": "/api/v1/health",
        "mlflow_path": "/mlflow/",
        "trading_start_period_seconds": 120,
    }
    return documented(
        {
            "cluster": naming.cluster_name(env),
            "services": named,
            "health_check": health_check,
            "generic_task_family": naming.resource_name("strategy-generic", env),
        }
    )


def workflows() -> Sourced:
    return documented(
        {
            "retraining": {"states": 10, "timeout_seconds": 10_800},
            "backtest": {"states": 12, "timeout_seconds": 7200},
        }
    )


def model_alarms(env: Environment) -> Sourced:
    return documented([naming.alarm_name(f"drift-{level}", env) for level in ("moderate", "significant")])


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
    return documented({"names": None, "fifo": True, "max_receive_count": 3, "dead_letter_retention_days": 14})


def waf() -> Sourced:
    return documented({"apis": None, "associated_with": "api gateway"})
