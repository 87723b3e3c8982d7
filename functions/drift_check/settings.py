"""What the operator deployed, read from the environment once a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared.config.naming import Environment
from tradai_shared.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

TOPIC_ARN = r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+"
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
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
            environment=_environment(env),
            allowed=_allowed(env),
            report_bucket=_text(env, "DRIFT_REPORT_BUCKET", BUCKET),
            max_heals=_count(env, "DRIFT_MAX_HEALS", MAX_HEALS),
            topic_arn=_text(env, "SNS_ALERTS_TOPIC_ARN", TOPIC_ARN),
        )


def _environment(env: Mapping[str, str]) -> Environment:
    try:
        return Environment(env.get("ENVIRONMENT", ""))
    except ValueError:
        raise SettingsError("ENVIRONMENT", f"expected one of {', '.join(Environment)}") from None


def _allowed(env: Mapping[str, str]) -> Allowed:
    try:
        return Allowed(env.get("DRIFT_MODE") or Allowed.REPORT)
    except ValueError:
        raise SettingsError("DRIFT_MODE", f"expected one of {', '.join(Allowed)}") from None


def _text(env: Mapping[str, str], name: str, pattern: str) -> str | None:
    value = env.get(name, "").strip()
    if value and not re.fullmatch(pattern, value):
        raise SettingsError(name, f"{value!r} does not match {pattern}")
    return value or None


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, "").strip() or str(default)
    if not value.isdecimal():
        raise SettingsError(name, f"expected a whole number, got {value!r}")
    return int(value)
