"""The built-in values, one file a section, each with its provenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config.values import data, functions, nat, network, platform, services

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment


def built_in(env: Environment) -> dict[str, Any]:
    """Every built-in value of one environment, with its provenance."""
    return {
        **platform.values(env),
        "network": network.values(env),
        "nat": nat.values(env),
        "dynamodb": data.dynamodb(env),
        "s3": data.s3(env),
        "rds": data.rds(env),
        "cognito": services.cognito(env),
        "secrets": services.secrets(env),
        "sns": services.sns(env),
        "sqs": services.sqs(),
        "ecs": services.ecs(env),
        "service_environment": services.service_environment(env),
        "workflows": services.workflows(),
        "model_alarms": services.model_alarms(env),
        "lambdas": functions.values(env),
        "waf": services.waf(),
    }
