"""What every test calls is held against the roles; without a statement, a failover is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.scenario.world import World
from tests import iam_enforcement
from tests.contract.permissions.policy import Need
from tests.simulation.assertions import healed

ROOT = Path(__file__).parents[3]
NEEDED = {
    "ReadNatState": "ec2:DescribeInstances",
    "MovePrivateRoutes": "ec2:ReplaceRoute",
    "CompleteLifecycleAction": "autoscaling:CompleteLifecycleAction",
}


@pytest.fixture(scope="module")
def failover() -> frozenset[iam_enforcement.CheckedCall]:
    """A killed NAT and its successor, as they were recorded."""
    enforcer = iam_enforcement.RoleEnforcer()
    with enforcer.connected(), World(seed=3) as world:
        world.start()
        world.kill(lost := world.nat())
        assert healed(world, lost, 600)
    return frozenset(enforcer.recorded)


def test_the_calls_of_a_failover_are_recorded_and_allowed(
    failover: frozenset[iam_enforcement.CheckedCall],
) -> None:
    assert {call.role for call in failover} == {"UpdateNatRoutesRole"}
    assert set(NEEDED.values()) <= {call.need.action for call in failover}
    iam_enforcement.RoleEnforcer(set(failover)).judge()


@pytest.mark.parametrize("action", NEEDED.values())
def test_without_its_statement_it_is_refused(
    action: str, failover: frozenset[iam_enforcement.CheckedCall], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = iam_enforcement.policy

    def less(*asked: object) -> object:
        return [statement for statement in whole(*asked) if action not in statement.actions]

    monkeypatch.setattr(iam_enforcement, "policy", less)
    with pytest.raises(AssertionError, match=action):
        iam_enforcement.RoleEnforcer(set(failover)).judge()


def test_calls_of_the_test_itself_are_not_recorded() -> None:
    enforcer = iam_enforcement.RoleEnforcer()
    enforcer.record([Need("ec2:TerminateInstances", "*")])
    assert enforcer.recorded == set()


def test_every_function_has_a_role_or_a_reason_for_none() -> None:
    packages = {file.parent.name for file in (ROOT / "functions").glob("*/__init__.py")}
    enforced = {prefix.removesuffix(".") for prefix in iam_enforcement.ROLES}
    assert enforced.isdisjoint(iam_enforcement.EXEMPT)
    assert enforced | set(iam_enforcement.EXEMPT) == packages
