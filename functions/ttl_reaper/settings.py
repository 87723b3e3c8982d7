"""The deployment's variables, read when the handler runs and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradai_shared.config.naming import Environment
from tradai_shared.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment is set up."""

    environment: Environment
    bucket: str | None  # for checkpoints and the audit; None: the answer and the log carry them


def load(variables: Mapping[str, str]) -> Settings:
    """Read what is needed.

    Raises:
        SettingsError: ENVIRONMENT is missing or not one of the platform's.
    """
    environment = variables.get("ENVIRONMENT", "")
    if environment not in set(Environment):
        raise SettingsError("ENVIRONMENT", f"must be one of {', '.join(Environment)}, not {environment!r}")
    return Settings(Environment(environment), variables.get("REAPER_AUDIT_BUCKET") or None)
