"""The deployment's settings, read from the environment at each start and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared import env as variables
from tradai_shared.config.naming import (
    egress_probe_function_name,
    nat_launch_hook_name,
    nat_terminate_hook_name,
    private_route_table_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment


class Readiness(StrEnum):
    """What makes an instance ready to serve."""

    RUNNING = "running"  # the platform's own rule: EC2 calls it running
    SIGNAL = "signal"  # the boot script proved itself and set the tag


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator deployed. ``route_table_ids`` empty: they are found by ``route_table_name``.

    ``probe_watches``: the egress probe is deployed, and its failures start the loop.
    ``hooks_named``: the operator named the lifecycle hooks; otherwise ``hooks`` are the default names.
    """

    environment: Environment
    group_name: str
    allocation_id: str | None
    route_table_ids: tuple[str, ...]
    route_table_name: str
    readiness: Readiness
    hooks: frozenset[str]
    take_over_external_routes: bool
    topic_arn: str | None
    probe_function: str
    hooks_named: bool = True
    probe_watches: bool = False
    runbooks: str = variables.RUNBOOKS

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read and check every variable.

        Raises:
            SettingsError: names the first variable that is missing or malformed.
        """
        environment = variables.environment(env)
        hook_names = variables.many(env, "NAT_HOOK_NAMES", r"[A-Za-z0-9_/-]+")
        return cls(
            environment=environment,
            group_name=variables.required(env, "NAT_ASG_NAME"),
            allocation_id=variables.optional(env, "NAT_EIP_ALLOCATION_ID", r"eipalloc-[0-9a-f]+"),
            route_table_ids=variables.many(env, "PRIVATE_ROUTE_TABLE_IDS", r"rtb-[0-9a-f]+"),
            route_table_name=private_route_table_name(environment),
            readiness=variables.choice(env, "NAT_READINESS", Readiness, default=Readiness.RUNNING),
            hooks=frozenset(
                hook_names or (nat_launch_hook_name(environment), nat_terminate_hook_name(environment))
            ),
            hooks_named=bool(hook_names),
            probe_watches=variables.flag(env, "EGRESS_PROBE"),
            take_over_external_routes=variables.flag(env, "NAT_TAKE_OVER_ROUTES"),
            probe_function=variables.optional(env, "EGRESS_PROBE_FUNCTION", r"[A-Za-z0-9_-]{1,64}")
            or egress_probe_function_name(environment),
            topic_arn=variables.optional(env, "SNS_ALERTS_TOPIC_ARN", variables.TOPIC_ARN),
            runbooks=variables.runbooks(env),
        )
