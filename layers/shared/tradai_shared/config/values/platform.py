"""What holds for the whole platform."""

from __future__ import annotations

from typing import Any

from tradai_shared.config import naming
from tradai_shared.config.naming import Environment
from tradai_shared.config.provenance import assumed
from tradai_shared.config.values.pages import documented, seed

COMPUTE_MODE = {
    Environment.DEV: "consolidated-ec2",
    Environment.STAGING: "consolidated-ec2",
    Environment.PROD: "fargate",
}
LOG_RETENTION_DAYS = {Environment.DEV: 30, Environment.STAGING: 30, Environment.PROD: 90}


def required_tags(env: Environment) -> dict[str, list[str]]:
    """Each tag with the values that are accepted: SAM manages this toolkit, Pulumi the platform."""
    return {
        "Project": [naming.PROJECT],
        "Environment": [env],
        "ManagedBy": ["pulumi", "sam"],
    }


def values(env: Environment) -> dict[str, Any]:
    return {
        "environment": seed(env),
        "region": documented("eu-central-1"),
        "availability_zones": documented(["eu-central-1a", "eu-central-1b"]),
        "compute_mode": documented(COMPUTE_MODE[env]),
        "log_retention_days": documented(LOG_RETENTION_DAYS[env]),
        "required_tags": assumed(required_tags(env)),
        "naming": documented(
            {
                "resource": seed(naming.RESOURCE),
                "secret": naming.SECRET,
                "alarm": naming.ALARM,
                "topic": naming.TOPIC,
            }
        ),
        "conventions": documented(CONVENTIONS),
        "document": seed(DOCUMENT),
    }


CONVENTIONS = {
    "rules": [
        "dry run is the default of anything that deletes, and the event can override it",
        'a function answers {"success": …, "data": {"summary": …, "results": […]}, "environment": …}',
        "an alert is sent after N consecutive failures, not the first",
        "one failing unit never stops the rest",
    ],
    "variables": [
        "ENVIRONMENT",
        "SNS_ALERTS_TOPIC_ARN",
        "DYNAMODB_TABLE_NAME",
        "CONSECUTIVE_FAILURES_THRESHOLD",
    ],
}

DOCUMENT = {
    "version": "9.3.0",
    "issued": "2026-03-28",
    "authority": "infra/shared/tradai_infra_shared/config.py",
    "change_rule": (
        "a change of any value needs a version increment and a line in the change log; "
        "the code wins over the document"
    ),
    "checklist": [
        "all 12 DynamoDB tables match (names, keys, GSIs, TTL)",
        "all resources have required tags",
        "secrets exist in Secrets Manager",
        "SSL enforcement enabled on RDS",
    ],
}
