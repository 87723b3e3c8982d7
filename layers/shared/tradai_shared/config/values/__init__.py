"""The built-in values, one file a section, each value under a mark that says how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradai_shared.config.values.data import dynamodb, rds, s3
from tradai_shared.config.values.functions import lambdas
from tradai_shared.config.values.house import house
from tradai_shared.config.values.nat import nat
from tradai_shared.config.values.network import network
from tradai_shared.config.values.services import cognito, ecs, secrets, service_environment, sns, sqs, waf

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment


def built_in(env: Environment) -> dict[str, Any]:
    """Every built-in value of one environment, with its marks."""
    return {
        **house(env),
        "network": network(env),
        "nat": nat(env),
        "dynamodb": dynamodb(env),
        "s3": s3(env),
        "rds": rds(env),
        "cognito": cognito(env),
        "secrets": secrets(env),
        "sns": sns(env),
        "sqs": sqs(),
        "ecs": ecs(env),
        "service_environment": service_environment(env),
        "lambdas": lambdas(env),
        "waf": waf(),
    }
