"""What the operator deployed, read from the environment once a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared import env as variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment

MAX_HEALS = 5


class Allowed(StrEnum):
    """The furthest that any event may go: the switch that an operator turns when healing must stop."""

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
            topic_arn=variables.optional(env, "SNS_ALERTS_TOPIC_ARN", variables.TOPIC_ARN),
        )
