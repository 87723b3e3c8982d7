"""What is heard of every test is held against the roles; without a statement, a failover is refused."""

from __future__ import annotations

import pytest

from simulator.world import World
from tests import heard
from tests.contract.permissions.policy import Need
from tests.simulation.scenes import healed

NEEDED = {
    "ReadNatState": "ec2:DescribeInstances",
    "MovePrivateRoutes": "ec2:ReplaceRoute",
    "CompleteLifecycleAction": "autoscaling:CompleteLifecycleAction",
}


@pytest.fixture(scope="module")
def failover() -> frozenset[heard.Heard]:
    """A killed NAT and its successor, as they were heard."""
    hearing = heard.Hearing()
    with hearing.connected(), World(seed=3) as world:
        world.start()
        world.kill(lost := world.nat())
        assert healed(world, lost, 600)
    return frozenset(hearing.heard)


def test_a_failover_is_heard_and_allowed(failover: frozenset[heard.Heard]) -> None:
    assert {one.role for one in failover} == {"UpdateNatRoutesRole"}
    assert set(NEEDED.values()) <= {one.need.action for one in failover}
    heard.Hearing(set(failover)).judge()


@pytest.mark.parametrize("action", NEEDED.values())
def test_without_its_statement_it_is_refused(
    action: str, failover: frozenset[heard.Heard], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = heard.policy

    def less(*asked: object) -> object:
        return [one for one in whole(*asked) if action not in one.actions]

    monkeypatch.setattr(heard, "policy", less)
    with pytest.raises(AssertionError, match=action):
        heard.Hearing(set(failover)).judge()


def test_what_a_test_does_itself_is_not_heard() -> None:
    hearing = heard.Hearing()
    hearing.hear([Need("ec2:TerminateInstances", "*")])
    assert hearing.heard == set()
