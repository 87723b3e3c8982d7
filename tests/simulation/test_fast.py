"""The fast world against moto's wire: the same seed gives the same calls, times, ids and end."""

from __future__ import annotations

import pytest

from simulator.fast.answers import ANSWERS, UnknownReadError
from simulator.scenario.platform import Standby
from simulator.scenario.world import World
from simulator.storms.disturbance import draw
from simulator.storms.storm import Result, play

pytestmark = pytest.mark.any_python

SAMPLE = ((5, Standby.NONE), (6, Standby.SHARED), (9, Standby.OWN))


def played(seed: int, standby: Standby, *, fast: bool) -> tuple[Result, list[str]]:
    worlds: list[World] = []
    result = play(draw(seed, standby), worlds.append, fast=fast)
    (world,) = worlds
    return result, [
        f"{entry.at} {entry.source} {entry.what} {entry.fields}" for entry in world.journal.entries
    ]


@pytest.fixture(scope="module")
def _not_the_first_world() -> None:
    """The first world of a process draws other ids: moto makes its backends then, which draws too."""
    with World(1):
        pass


@pytest.mark.usefixtures("_not_the_first_world")
@pytest.mark.parametrize(("seed", "standby"), SAMPLE)
def test_a_storm_is_the_same_on_the_fast_world_and_on_motos_wire(seed: int, standby: Standby) -> None:
    fast, quick_journal = played(seed, standby, fast=True)
    slow, journal = played(seed, standby, fast=False)
    assert quick_journal == journal
    assert fast == slow


@pytest.mark.parametrize(
    ("action", "parameters"),
    [
        ("ec2:DescribeInstances", {"InstanceIds": ["i-1"]}),
        ("ec2:DescribeRouteTables", {"Filters": [{"Name": "vpc-id", "Values": ["vpc-1"]}]}),
        ("ec2:DescribeNetworkInterfaces", {}),
        ("ec2:DescribeInstanceStatus", {"IncludeAllInstances": True}),
        ("autoscaling:DescribeAutoScalingGroups", {"Filters": []}),
        ("autoscaling:DescribeLifecycleHooks", {"AutoScalingGroupName": "g", "LifecycleHookNames": ["h"]}),
    ],
)
def test_a_read_that_it_does_not_know_is_refused(action: str, parameters: dict[str, object]) -> None:
    with pytest.raises(UnknownReadError):
        ANSWERS[action](parameters)
