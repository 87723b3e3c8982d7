"""Small words for what a simulated run showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aws.instances import Machine, Script
from simulator.engine.durations import (
    API_CALL,
    BOOT_PACKAGED,
    COLD_START,
    DESCRIBE_LAG,
    HOOK_REACTION,
    PENDING,
    SCHEDULE_PHASE,
    Duration,
)

if TYPE_CHECKING:
    from simulator.aws.lambda_service import Invocation
    from simulator.engine.journal import Call
    from simulator.scenario.world import World

READY_TAG = "tradai:nat-ready"
SIGNAL = {"NAT_READINESS": "signal"}
# Ready before its lifecycle action arrives, and no tick of the schedule in between.
READY_AT_FIRST_LOOK: dict[Duration, float] = {
    PENDING: 2.0,
    BOOT_PACKAGED: 1.0,
    HOOK_REACTION: 8.0,
    SCHEDULE_PHASE: 55.0,
    API_CALL: 0.05,
    COLD_START: 0.5,
    DESCRIBE_LAG: 0.0,
}


def signalling(world: World) -> Script:
    """A boot script that shows itself ready by the tag, as ours does."""

    def signal(machine: Machine) -> None:
        tag = [{"Key": READY_TAG, "Value": machine.boot_id}]
        world.client("ec2").create_tags(Resources=[machine.id], Tags=tag)

    return Script(steps=signal)


def of_kind(world: World, kind: str, after: float = 0.0) -> list[Invocation]:
    """The invocations for a detail type, or for an action, that began after a moment."""
    return [
        invocation
        for invocation in world.function.invocations
        if invocation.started >= after
        and kind in {invocation.event.get("detail-type"), invocation.event.get("action")}
    ]


def routes(world: World) -> set[str | None]:
    """The targets of the named tables' default routes."""
    return {
        route.get("InstanceId") or route.get("NatGatewayId") or route.get("GatewayId")
        for route in world.default_routes()
    }


def holder(world: World) -> str | None:
    """The instance that has the address."""
    return world.holder()


def writes(world: World, after: float = 0.0) -> list[Call]:
    """The function's own writes after a moment."""
    return [call for call in world.journal.writes() if call.at >= after and call.actor.startswith("lambda")]


def names(calls: list[Call]) -> list[str]:
    return [call.action.split(":")[1] for call in calls]


def healed(world: World, lost: str, limit: float = 300) -> bool:
    """Run on until another NAT than the lost one serves and the group is at rest."""
    return world.run_until(lambda: at_rest(world) and world.nat() != lost, limit)


def at_rest(world: World) -> bool:
    """One member, in service, with the address and every route; nothing waits."""
    members = world.group.group.instance_states
    nat = world.in_service()
    return (
        nat is not None
        and [member.lifecycle_state for member in members] == ["InService"]
        and routes(world) == {nat.id}
        and holder(world) == nat.id
        and world.traffic.up
    )
