"""One storm, from its first disturbance to the end of the calm after it."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from simulator.scenario import boot_scripts
from simulator.scenario.world import World
from simulator.storms.disturb import Disturber
from simulator.storms.disturbance import LONGEST, WINDOW, Storm
from simulator.storms.judge import Judge
from simulator.storms.judge_pair import PairJudge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SETTLED_WITHIN = 120.0  # seconds of calm with a ready member; then everything must be right
READY_WITHIN = 4 * 3600.0  # seconds of calm until some member is ready: retries of broken boots grow to hours
QUIET = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a storm ended. ``recovery``: seconds of calm until all was right, None where it never was."""

    storm: Storm
    violations: tuple[str, ...]
    recovery: float | None
    faults: Counter[str]


def play(storm: Storm, observe: Callable[[World], None] | None = None, *, fast: bool = True) -> Result:
    """Play a storm in a world of its own, which ``observe`` sees before it begins.

    ``fast``: most reads are answered without moto's wire; tests/simulation/test_fast.py shows that every call
    and its time are the same without.
    """
    readiness = {"NAT_READINESS": "signal" if storm.signals else "running"}
    with ExitStack() as stack:
        world = stack.enter_context(
            World(
                storm.seed,
                tables=storm.tables,
                variables=readiness,
                launches_first=storm.launches_first,
                standby=storm.standby,
                fast=fast,
            )
        )
        if observe is not None:
            observe(world)
        allocation = "" if world.platform.standby else world.platform.allocation
        script = boot_scripts.own(allocation) if storm.signals else boot_scripts.ADOPTED
        world.machines.script = script
        world.start()
        if storm.fallback:
            gateway = {"NAT_FALLBACK_GATEWAY_ID": _gateway(world)}
            stack.enter_context(patch.dict(os.environ, gateway))
        judge = Judge(world, storm.signals)
        world.journal.listeners.append(judge.listen)
        if world.platform.standby:
            world.journal.listeners.append(PairJudge(world, judge.violations).listen)
        disturber = Disturber(world, script)
        began = world.clock.elapsed
        for disturbance in storm.disturbances:
            world.advance(began + disturbance.start - world.clock.elapsed)
            disturber.begin(disturbance)
        world.advance(began + WINDOW + LONGEST - world.clock.elapsed)
        disturber.calm()
        recovery = _recover(world, judge)
        judge.violations += _left_over(world)
        faults = Counter(str(disturbance.kind) for disturbance in storm.disturbances)
        return Result(storm, tuple(judge.violations), recovery, faults)


def _gateway(world: World) -> str:
    """A NAT gateway that an operator keeps behind the two."""
    ec2 = world.client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=world.platform.subnet, AllocationId=address)
    return str(made["NatGateway"]["NatGatewayId"])


def _recover(world: World, judge: Judge) -> float | None:
    """Wait for a member that is ready, then for egress, then for what else must come to rest."""
    calm = world.clock.elapsed
    if not world.run_until(lambda: _ready(world) is not None, READY_WITHIN):
        judge.violations.append(f"no member was ready {READY_WITHIN / 3600:g} h after calm")
        return None
    if not world.run_until(lambda: _all_right(world), SETTLED_WITHIN):
        judge.violations.append(f"{SETTLED_WITHIN:g} s after a member was ready: {', '.join(_wrong(world))}")
        return None
    recovery = world.clock.elapsed - calm
    if world.platform.standby:
        _rest(world, judge)
    world.advance(QUIET)
    if not _all_right(world):
        judge.violations.append(f"after calm it was right and is not: {', '.join(_wrong(world))}")
    return recovery


def _rest(world: World, judge: Judge) -> None:
    """Until both groups rest, nothing moves any more: the other one's boot causes no outage."""
    right, carrier = world.clock.elapsed, world.carrier()
    if not world.run_until(lambda: _all_rest(world), READY_WITHIN):
        judge.violations.append(f"no standby was ready {READY_WITHIN / 3600:g} h after calm")
    down = [outage for outage in world.traffic.since(right) if outage.start > right]
    if down or world.carrier() != carrier:
        judge.violations.append(f"{carrier} served and the standby's boot moved it: {down}")


def _all_rest(world: World) -> bool:
    members = [world.in_service(group) for group in world.platform.groups]
    ready = all(member is not None and member.serves for member in members)
    return ready and all(map(world.rests, world.platform.groups)) and not any(_wrong_addresses(world))


def _ready(world: World) -> str | None:
    """A member that forwards and may serve, if there is one."""
    for member in _members(world):
        usable = member.lifecycle_state in {"InService", "Pending:Wait"} and member.health_status == "Healthy"
        if usable and world.machines[member.instance_id].serves:
            return str(member.instance_id)
    return None


def _members(world: World) -> list[Any]:
    groups = [world.group, *([world.standby] if world.platform.standby else [])]
    return [member for group in groups for member in group.group.instance_states]


def _all_right(world: World) -> bool:
    return world.traffic.up and not any(_wrong(world))


def _wrong(world: World) -> Iterator[str]:
    states = [(member.instance_id, member.lifecycle_state) for member in _members(world)]
    if not world.platform.standby and [state for _, state in states] != ["InService"]:
        yield f"the group has {states}"
    for table in world.platform.tables:
        if str(world.traffic.state(table)) != "up":
            yield f"{table}: {world.traffic.state(table)}"
    targets = {world.traffic.ordered(table) for table in world.platform.tables}
    if world.platform.standby and (
        len(targets) != 1 or any(str(name).startswith("nat-") for name in targets)
    ):
        yield f"the tables lead to {sorted(map(str, targets))}, the groups have {states}"


def _wrong_addresses(world: World) -> Iterator[str]:
    """Where each group has an address of its own, its member has it."""
    if not world.platform.standby_allocation:
        return
    for address in world.client("ec2").describe_addresses()["Addresses"]:
        for group, allocation in world.platform.allocations.items():
            if address["AllocationId"] == allocation and address.get("InstanceId") not in world.members(
                group
            ):
                yield f"{allocation} of {group} is with {address.get('InstanceId')}"


def _left_over(world: World) -> Iterator[str]:
    """What the function did not end as it should."""
    for invocation in world.function.invocations:
        if invocation.error is not None and not invocation.timed_out and not invocation.killed:
            yield f"{invocation.name} raised {type(invocation.error).__name__}: {invocation.error}"
    if world.function.lost:
        yield f"{len(world.function.lost)} events failed and no queue has them"


def shorten(storm: Storm) -> Storm:
    """The same storm without what its violations do not need."""
    needed = storm.disturbances
    for disturbance in storm.disturbances:
        fewer = tuple(other for other in needed if other is not disturbance)
        if play(replace(storm, disturbances=fewer)).violations:
            needed = fewer
    return replace(storm, disturbances=needed)
