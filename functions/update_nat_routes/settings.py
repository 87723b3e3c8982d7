"""The deployment's settings, read from the environment at each start and never at import."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tradai_shared import env as variables
from tradai_shared.config.naming import (
    egress_probe_function_name,
    nat_launch_hook_name,
    nat_standby_asg_name,
    nat_terminate_hook_name,
    private_route_table_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradai_shared.config.naming import Environment


ALLOCATION = r"eipalloc-[0-9a-f]+"
GROUP_NAME = r".{1,255}"
FALLBACK_AFTER = 300


class Readiness(StrEnum):
    """What makes an instance ready to serve."""

    RUNNING = "running"  # the platform's own rule: EC2 calls it running
    SIGNAL = "signal"  # the boot script proved itself and set the tag


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator deployed. ``route_table_ids`` empty: they are found by ``route_table_name``.

    ``probe_watches``: the egress probe is deployed, and its failures start the loop.
    ``hooks_named``: the operator named the lifecycle hooks; otherwise ``hooks`` are the default names.
    ``standby_name`` is the second group, None for a lone NAT; ``standby_allocation_id`` its own address, None
    where the one address moves. ``former_standby``: instances of this group are ours also without a standby,
    so that nothing is stranded where it was switched off. ``fallback_gateway_id`` is a NAT gateway that takes
    over when nothing has served for ``fallback_after_seconds``.
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
    runbooks: str = f"{variables.RUNBOOKS}/"
    standby_name: str | None = None
    standby_allocation_id: str | None = None
    former_standby: str | None = None
    fallback_gateway_id: str | None = None
    fallback_after_seconds: int = FALLBACK_AFTER

    @property
    def allocations(self) -> tuple[str | None, str | None]:
        """The address's and the standby's own, each None where there is none."""
        return self.allocation_id, self.standby_allocation_id

    @property
    def group_names(self) -> tuple[str, ...]:
        return (self.group_name, self.standby_name) if self.standby_name else (self.group_name,)

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
            allocation_id=variables.optional(env, "NAT_EIP_ALLOCATION_ID", ALLOCATION),
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
            standby_name=variables.optional(env, "NAT_STANDBY_ASG_NAME", GROUP_NAME),
            standby_allocation_id=variables.optional(env, "NAT_STANDBY_EIP_ALLOCATION_ID", ALLOCATION),
            former_standby=variables.optional(env, "NAT_FORMER_STANDBY_ASG_NAME", GROUP_NAME)
            or nat_standby_asg_name(environment),
            fallback_gateway_id=variables.optional(env, "NAT_FALLBACK_GATEWAY_ID", r"nat-[0-9a-f]+"),
            fallback_after_seconds=variables.count(env, "NAT_FALLBACK_AFTER_SECONDS", FALLBACK_AFTER),
        )
