"""What a deployment of one environment wants: names, and the parameters of samconfig.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradai_shared.config import naming
from tradai_shared.config.parameters import standby_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.identity import Identity
    from tradai_shared.config.naming import Environment


@dataclass(frozen=True, slots=True)
class Wanted:
    """One deployment as samconfig.toml and the canonical names describe it."""

    env: Environment
    stack_name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None  # where samconfig.toml deploys to, if it says so

    @property
    def needs_vpc(self) -> tuple[str, ...]:
        """What is wanted and what the template refuses without the parameter VpcId."""
        healing = ("DriftMode=heal",) if self.parameter("DriftMode") == "heal" else ()
        address = ("NatEipAllocationId",) if self.parameter("NatEipAllocationId") else ()
        return (*healing, *address, *(("CreateNat",) if self.creates_nat else ()))

    def parameter(self, name: str, default: str = "") -> str:
        return self.parameters.get(name) or default

    @property
    def prefix(self) -> str:
        """With what the names of the stack's own resources begin."""
        return self.parameter("NamePrefix", naming.PROJECT)

    def _own(self, name: str) -> str:
        return naming.prefixed(name, self.prefix)

    @property
    def group_name(self) -> str:
        return self.parameter("NatAsgName", self._own(naming.nat_asg_name(self.env)))

    @property
    def standby_name(self) -> str | None:
        """The second group; None for a lone NAT."""
        return standby_group(self.parameters, self.env)

    @property
    def addresses_both(self) -> bool:
        """Whether the standby has an address of its own."""
        return self.standby_name is not None and self.parameter("NatStandbyAddress", "shared") == "own"

    @property
    def nat_subnets(self) -> tuple[str, ...]:
        """Where a NAT of the stack's own is launched."""
        return tuple(part for part in self.parameter("NatSubnetIds").split(",") if part)

    @property
    def table_name(self) -> str:
        return naming.private_route_table_name(self.env)

    @property
    def table_ids(self) -> tuple[str, ...]:
        return tuple(part for part in self.parameter("PrivateRouteTableIds").split(",") if part)

    @property
    def hook_names(self) -> frozenset[str]:
        given = {part for part in self.parameter("NatHookNames").split(",") if part}
        return frozenset(
            given or {naming.nat_launch_hook_name(self.env), naming.nat_terminate_hook_name(self.env)}
        )

    @property
    def functions(self) -> dict[str, str]:
        """The parameter that renames a function, by the function's name; empty where none does."""
        nat = self.parameter("NatFunctionName", self._own(naming.update_nat_routes_function_name(self.env)))
        probe = {self.probe_function: ""} if self.parameter("EgressProbe") == "true" else {}
        return {nat: "NatFunctionName", self.drift_function: "", self.reaper_function: "", **probe}

    @property
    def made_groups(self) -> dict[str, str]:
        """The parameter that renames a group, by the name of each group that the stack makes."""
        if not self.creates_nat:
            return {}
        second = {self.standby_name: "NatStandbyAsgName"} if self.standby_name else {}
        return {self.group_name: "NatAsgName", **second}

    @property
    def drift_function(self) -> str:
        return self._own(naming.drift_check_function_name(self.env))

    @property
    def reaper_function(self) -> str:
        return self._own(naming.ttl_reaper_function_name(self.env))

    @property
    def probe_function(self) -> str:
        return self._own(naming.egress_probe_function_name(self.env))

    @property
    def alarm(self) -> str:
        return self.parameter("NatAlarmName", self._own(naming.nat_alarm_name(self.env)))

    @property
    def alarm_prefix(self) -> str:
        """With what the names of the stack's alarms begin; NatAlarmName may name one otherwise."""
        return self._own(naming.alarm_name("", self.env))

    @property
    def schedule_group(self) -> str:
        return self._own(naming.resource_name("ops", self.env))

    @property
    def dead_letter_queue(self) -> str:
        return self._own(naming.resource_name("ops-dead-letters", self.env))

    def topic_arn(self, identity: Identity) -> str:
        """The topic of AlertsTopicArn, else the platform's own, as the template has it."""
        own = naming.topic_name("alerts", self.env)
        default = f"arn:{identity.partition}:sns:{identity.region}:{identity.account}:{own}"
        return self.parameter("AlertsTopicArn", default)

    @property
    def rules(self) -> frozenset[str]:
        """The names of the rules that the stack itself makes."""
        kinds = ("group-events", "instance-states", "spot-notices", "peer-silent")
        return frozenset(f"{self.prefix}-nat-{kind}-{self.env}" for kind in kinds)

    @property
    def state_machine(self) -> str:
        """The workflow of the reaper."""
        return self._own(naming.resource_name("reap", self.env))

    @property
    def architecture(self) -> str:
        """The functions' own."""
        return self.parameter("Architecture", "arm64")

    @property
    def instance_types(self) -> tuple[str, ...]:
        return tuple(part for part in self.parameter("NatInstanceTypes", "t4g.nano").split(",") if part)

    @property
    def creates_nat(self) -> bool:
        return self.parameter("CreateNat", "false") == "true"
