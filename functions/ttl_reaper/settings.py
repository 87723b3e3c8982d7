"""The deployment's variables, read when the handler runs and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradai_shared import env as variables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment is set up."""

    environment: Environment
    bucket: str | None  # for checkpoints and the audit; None: the answer and the log carry them

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        return cls(
            environment=variables.environment(env),
            bucket=variables.optional(env, "REAPER_AUDIT_BUCKET", variables.BUCKET),
        )
