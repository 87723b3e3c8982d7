from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.scenario.world import World
from tests.simulation.group import idle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_ec2 import EC2Client


@pytest.fixture
def world() -> Iterator[World]:
    with World(handler=idle) as made:
        yield made


@pytest.fixture
def ec2(world: World) -> EC2Client:
    client: EC2Client = world.client("ec2")
    return client


@pytest.fixture
def auto_scaling(world: World) -> AutoScalingClient:
    client: AutoScalingClient = world.client("autoscaling")
    return client
