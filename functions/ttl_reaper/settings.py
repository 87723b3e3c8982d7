"""The deployment's variables, read when the handler runs and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradai_shared import env as variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment

# AWS's default quota for a table on demand, which can be raised.
MAX_UNITS_PER_SECOND = 40_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment is set up."""

    environment: Environment
    max_units_per_second: float  # for a table without a limit of its own
    bucket: str | None  # for checkpoints and the audit; None: the answer and the log carry them
    topic_arn: str | None = None
    runbooks: str = f"{variables.RUNBOOKS}/"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        return cls(
            environment=variables.environment(env),
            max_units_per_second=float(
                variables.count(env, "REAPER_MAX_UNITS_PER_SECOND", MAX_UNITS_PER_SECOND)
            )
            or 1.0,
            bucket=variables.optional(env, "REAPER_AUDIT_BUCKET", variables.BUCKET),
            topic_arn=variables.optional(env, "SNS_ALERTS_TOPIC_ARN", variables.TOPIC_ARN),
            runbooks=variables.runbooks(env),
        )
