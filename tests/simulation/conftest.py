from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.scenario.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_autoscaling import AutoScalingClient
    from types_boto3_ec2 import EC2Client


def idle(_event: object, _context: object) -> None:
    """A handler that does nothing: the world alone is under test."""


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
