"""What only two NATs can suffer: a lost zone, a peer that is silent or lies, one group's broken boots."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from simulator.scenario import boot_scripts
from simulator.scenario.peers import DETAIL_TYPE, MISSES, SOURCE, able
from simulator.storms.disturbance import Disturbance, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.aws.auto_scaling import Controller
    from simulator.aws.instances import Script
    from simulator.scenario.world import World

REPEATED_AFTER = 30.0  # seconds between two events of one that lies


def begin(world: World, disturbance: Disturbance, script: Script) -> Callable[[], None]:
    """Let it happen; the returned function ends it."""
    group = disturbance.pick_group(world.platform.groups)
    controller = world.group if group == world.platform.group else world.standby
    match disturbance.kind:
        case Kind.ZONE_LOST:
            return _lose_zone(world, controller, disturbance.seconds)
        case Kind.PARTED:
            world.peers.partitioned = True
            return lambda: setattr(world.peers, "partitioned", False)
        case Kind.PEER_LIES:
            return _lie(world, group)
        case Kind.GROUP_BROKEN:
            subnet = controller.group.vpc_zone_identifier
            world.machines.scripts[subnet] = replace(
                boot_scripts.BROKEN, boot=script.boot, watchman=script.watchman
            )
            return partial(_drop, world.machines.scripts, subnet)
        case _:
            raise NotImplementedError(str(disturbance.kind))


def _drop(scripts: dict[str, Script], subnet: str) -> None:
    scripts.pop(subnet, None)


def _lose_zone(world: World, controller: Controller, seconds: float) -> Callable[[], None]:
    """Every instance of the group's zone ends, and none can be launched there."""
    controller.without_capacity_until = world.clock.elapsed + seconds
    for name in world.members(controller.group.name):
        world.kill(name)
    return lambda: setattr(controller, "without_capacity_until", world.clock.elapsed)


def _lie(world: World, liars: str) -> Callable[[], None]:
    """The NAT of one group says again and again that the other group's NAT does not answer.

    As nat/peer.py has it, one that does not forward itself says nothing.
    """
    ended = False
    (other,) = set(world.platform.groups) - {liars}

    def stop() -> None:
        nonlocal ended
        ended = True

    def lie() -> None:
        if ended:
            return
        able_ones = [name for name in world.members(liars)[-1:] if able(world.machines[name])]
        for liar in able_ones:
            for silent in world.members(other)[-1:]:
                detail = {"InstanceId": liar, "SilentInstanceId": silent, "Misses": MISSES}
                world.bus.put(SOURCE, DETAIL_TYPE, detail, [])
        world.clock.after(REPEATED_AFTER, lie)

    lie()
    return stop
