"""What the operator deployed, read from the environment once a run."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared import env as variables

if TYPE_CHECKING:
    from tradai_shared.config.naming import Environment

MAX_HEALS = 5
PRODUCT = r"arn:aws[a-z-]*:securityhub:[a-z0-9-]+:\d{12}:product/\d{12}/default"
# The stack's parameters win over the configuration: what the failover works on is said once.
# By their variables: NAT_ASG_NAME is NatAsgName.
PARAMETERS = {
    variable: variable.title().replace("_", "")
    for variable in (
        "NAT_ASG_NAME",
        "NAT_STANDBY_ASG_NAME",
        "NAT_HOOK_NAMES",
        "NAT_FUNCTION_NAME",
        "NAT_ALARM_NAME",
        "NAT_EIP_ALLOCATION_ID",
        "NAME_PREFIX",
        "DRIFT_REPORT_BUCKET",
        "PRIVATE_ROUTE_TABLE_IDS",
    )
}


class Allowed(StrEnum):
    """What any event may do at most: an operator sets DRIFT_MODE to report to stop all healing."""

    REPORT = "report"
    HEAL = "heal"


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment. ``max_heals`` bounds the writes of one run."""

    environment: Environment
    allowed: Allowed = Allowed.REPORT
    report_bucket: str | None = None
    max_heals: int = MAX_HEALS
    topic_arn: str | None = None
    runbooks: str = f"{variables.RUNBOOKS}/"
    security_hub: str | None = None  # the ARN of the account's own product there
    parameters: Mapping[str, str] = field(default_factory=dict)  # the stack's, by their names there

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        return cls(
            environment=variables.environment(env),
            allowed=variables.choice(env, "DRIFT_MODE", Allowed, Allowed.REPORT),
            report_bucket=variables.optional(env, "DRIFT_REPORT_BUCKET", variables.BUCKET),
            max_heals=variables.count(env, "DRIFT_MAX_HEALS", MAX_HEALS),
            parameters={name: env[variable] for variable, name in PARAMETERS.items() if env.get(variable)},
            security_hub=variables.optional(env, "SECURITY_HUB_PRODUCT", PRODUCT),
            topic_arn=variables.optional(env, "SNS_ALERTS_TOPIC_ARN", variables.TOPIC_ARN),
            runbooks=variables.runbooks(env),
        )
