"""The deployment's settings, read from the environment at each start and never at import."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from tradai_shared.config.naming import (
    Environment,
    egress_probe_function_name,
    nat_launch_hook_name,
    nat_terminate_hook_name,
    private_route_table_name,
)
from tradai_shared.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E", bound=StrEnum)


class Readiness(StrEnum):
    """What makes an instance ready to serve."""

    RUNNING = "running"  # the platform's own rule: EC2 calls it running
    SIGNAL = "signal"  # the boot script proved itself and set the tag


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator deployed. ``route_table_ids`` empty: they are found by ``route_table_name``."""

    environment: Environment
    group_name: str
    allocation_id: str | None
    route_table_ids: tuple[str, ...]
    route_table_name: str
    readiness: Readiness
    hooks: frozenset[str]
    take_over: bool
    topic_arn: str | None
    probe_function: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        environment = _choice(env, "ENVIRONMENT", Environment)
        return cls(
            environment=environment,
            group_name=_required(env, "NAT_ASG_NAME"),
            allocation_id=_one(env, "NAT_EIP_ALLOCATION_ID", r"eipalloc-[0-9a-f]+"),
            route_table_ids=_many(env, "PRIVATE_ROUTE_TABLE_IDS", r"rtb-[0-9a-f]+"),
            route_table_name=private_route_table_name(environment),
            readiness=_choice(env, "NAT_READINESS", Readiness, default=Readiness.RUNNING),
            hooks=frozenset(
                _many(env, "NAT_HOOK_NAMES", r"[A-Za-z0-9_/-]+")
                or (nat_launch_hook_name(environment), nat_terminate_hook_name(environment))
            ),
            take_over=_flag(env, "NAT_TAKE_OVER_ROUTES"),
            probe_function=egress_probe_function_name(environment),
            topic_arn=_one(env, "SNS_ALERTS_TOPIC_ARN", r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+"),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise SettingsError(name, "is missing")
    return value


def _one(env: Mapping[str, str], name: str, pattern: str) -> str | None:
    values = _many(env, name, pattern)
    if len(values) > 1:
        raise SettingsError(name, f"expected one value, got {len(values)}")
    return values[0] if values else None


def _many(env: Mapping[str, str], name: str, pattern: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in env.get(name, "").split(",") if part.strip())
    for value in values:
        if not re.fullmatch(pattern, value):
            raise SettingsError(name, f"{value!r} does not match {pattern}")
    return values


def _choice(env: Mapping[str, str], name: str, kind: type[E], default: E | None = None) -> E:
    value = env.get(name, "").strip()
    if not value and default is not None:
        return default
    try:
        return kind(value)
    except ValueError:
        accepted = ", ".join(kind)
        raise SettingsError(name, f"expected one of {accepted}, got {value!r}") from None


def _flag(env: Mapping[str, str], name: str) -> bool:
    value = env.get(name, "").strip().lower()
    if value not in {"", "true", "false"}:
        raise SettingsError(name, f"expected true or false, got {value!r}")
    return value == "true"
