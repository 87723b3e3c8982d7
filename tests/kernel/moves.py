"""The project's own planner looks at the lab and the lab does what it orders, in its order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.kernel.control import ALLOCATION, READY_TAG
from tests.kernel.vpc import NATS, Nat
from update_nat_routes.actions import (
    AssociateAddress,
    CreateRoute,
    DisableSourceDestCheck,
    Move,
    ReplaceRoute,
    RouteToFallback,
)
from update_nat_routes.events import Trigger, TriggerKind
from update_nat_routes.model import Group, Instance, Member, Observed, RouteTable, Target, TargetKind
from update_nat_routes.planner.nat_state import RunState
from update_nat_routes.planner.plan import plan
from update_nat_routes.settings import Settings

if TYPE_CHECKING:
    from tests.kernel.lab import Lab

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TABLE = "rtb-0000000000000001"
SETTINGS = Settings.from_env(
    {
        "ENVIRONMENT": "dev",
        "NAT_ASG_NAME": "tradai-nat-asg-dev",
        "NAT_EIP_ALLOCATION_ID": ALLOCATION,
        "PRIVATE_ROUTE_TABLE_IDS": TABLE,
        "NAT_READINESS": "signal",
    }
)


@dataclass(slots=True)
class Reconciler:
    """One loop of tradai-update-nat-routes over the lab. ``dead`` instances are gone, the others run."""

    lab: Lab
    launched: tuple[Nat, ...]  # oldest first
    dead: frozenset[Nat] = field(default_factory=frozenset)
    ordered: list[Move] = field(default_factory=list)

    def reconcile(self) -> None:
        """Plan and apply until nothing is left to move, as the function does."""
        trigger = Trigger(TriggerKind.RECONCILE)
        for _ in range(5):
            moves = plan(trigger, SETTINGS, self.observe(), RunState(), NOW).moves
            if not moves:
                return
            for move in moves:
                self._apply(move)
            self.ordered += moves
        raise AssertionError("the planner never came to rest")

    def observe(self) -> Observed:
        alive = [nat for nat in self.launched if nat not in self.dead]
        members = tuple(Member(nat.instance_id, "InService", healthy=True) for nat in alive)
        holder = self.lab.vpc.holder
        return Observed(
            group=Group(SETTINGS.group_name, 1, frozenset(), members),
            instances={nat.instance_id: self._instance(nat) for nat in self.launched},
            tables=(RouteTable(TABLE, self._target()),),
            eip_holder=holder.instance_id if holder and holder not in self.dead else None,
        )

    def _instance(self, nat: Nat) -> Instance:
        return Instance(
            instance_id=nat.instance_id,
            state="terminated" if nat in self.dead else "running",
            launched_at=NOW - timedelta(hours=1) + timedelta(minutes=self.launched.index(nat)),
            interface_id=nat.interface_id,
            source_dest_check=nat in self.lab.vpc.checked,
            ready_tag=self.lab.control.tags.get(nat.instance_id, {}).get(READY_TAG),
        )

    def _target(self) -> Target:
        nat = self.lab.vpc.target
        if nat is None:
            return Target(TargetKind.NOTHING)
        return Target(TargetKind.INSTANCE, nat.interface_id, nat.instance_id, blackhole=nat in self.dead)

    def _apply(self, move: Move) -> None:
        assert not isinstance(move, RouteToFallback)
        nat = next(candidate for candidate in NATS if candidate.interface_id == move.interface_id)
        match move:
            case DisableSourceDestCheck():
                self.lab.vpc.set_check(nat, on=False)
            case AssociateAddress():
                self.lab.vpc.associate_address(nat)
            case ReplaceRoute() | CreateRoute():
                self.lab.vpc.replace_route(nat)


def kinds(moves: list[Move]) -> list[str]:
    return [type(move).__name__ for move in moves]
