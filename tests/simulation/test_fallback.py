"""A NAT gateway behind the NATs: the routes go there when nothing serves, and come back; twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from simulator.aws.instances import Script
from simulator.scenario import boot_scripts
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from tests.simulation.assertions import SIGNAL, routes
from update_nat_routes.model import UNSERVED_TAG

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_python

AFTER = 120.0


@pytest.fixture(params=Standby)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with World(seed=11, variables=SIGNAL, standby=request.param) as made:
        made.machines.script = ours(made)
        made.start()
        made.advance(120)
        yield made


def ours(world: World) -> Script:
    return boot_scripts.own("" if world.platform.standby else world.platform.allocation)


def remembered(world: World) -> list[str]:
    groups = world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return [tag["Value"] for group in groups for tag in group["Tags"] if tag["Key"] == UNSERVED_TAG]


def with_a_gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    ec2 = world.client("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=world.platform.subnet, AllocationId=address)
    gateway = str(made["NatGateway"]["NatGatewayId"])
    monkeypatch.setitem(os.environ, "NAT_FALLBACK_GATEWAY_ID", gateway)
    monkeypatch.setitem(os.environ, "NAT_FALLBACK_AFTER_SECONDS", str(int(AFTER)))
    return gateway


def test_nats_that_fail_too_young_to_be_blamed_are_replaced_behind_the_gateway(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They pass every check and forward nothing: only their own marks say so."""
    gateway = with_a_gateway(world, monkeypatch)
    failed = {world.members(group)[0] for group in world.platform.groups}
    for name in failed:
        world.impair(name, status_check=False)
    assert world.run_until(lambda: routes(world) == {gateway}, 600)
    assert world.run_until(lambda: gateway not in routes(world) and world.traffic.up, 1800)
    assert not failed & routes(world)


def test_each_outage_waits_for_its_own_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = with_a_gateway(world, monkeypatch)
    for _ in range(2):
        world.machines.script = Script(forwards=False)
        died = world.clock.elapsed
        for group in world.platform.groups:
            world.kill(world.members(group)[0])
        assert world.run_until(lambda: routes(world) == {gateway}, 600), world.journal.text()
        assert world.clock.elapsed - died >= AFTER
        world.machines.script = ours(world)
        assert world.run_until(lambda: gateway not in routes(world) and world.traffic.up, 900)
        world.advance(120)
        assert remembered(world) == []
