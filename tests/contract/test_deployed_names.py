"""One fact, one place: what the stack's parameters name reaches every function alike."""

from __future__ import annotations

import pytest

from drift_check.settings import PARAMETERS, Settings
from tests.contract.stack import ENVIRONMENTS, Stack
from tradai_shared.config import naming

GIVEN = {
    "NatAsgName": "egress",
    "NatStandbyAsgName": "egress-standby",
    "NatFunctionName": "move-routes",
    "NatAlarmName": "egress-lost",
    "NatHookNames": "egress-up,egress-down",
    "PrivateRouteTableIds": "rtb-0a,rtb-0b",
    "NatEipAllocationId": "eipalloc-0a",
    "NamePrefix": "acme",
    "DriftReportBucket": "acme-reports",
}
SHARED = (
    "NAT_ASG_NAME",
    "NAT_STANDBY_ASG_NAME",
    "NAT_HOOK_NAMES",
    "PRIVATE_ROUTE_TABLE_IDS",
    "NAT_EIP_ALLOCATION_ID",
)


def variables(stack: Stack, function: str) -> dict[str, str]:
    return dict(stack.template.function(function).environment)


@pytest.mark.parametrize("env", ENVIRONMENTS)
@pytest.mark.parametrize("given", [{}, GIVEN], ids=["by default", "named"])
def test_the_failover_and_the_drift_check_get_the_same_names(env: str, given: dict[str, str]) -> None:
    stack = Stack(env, **given)
    failover, drift = (variables(stack, name) for name in ("UpdateNatRoutesFunction", "DriftCheckFunction"))
    assert {name: failover[name] for name in SHARED} == {name: drift[name] for name in SHARED}
    assert drift["NAT_ALARM_NAME"] == stack["NatUnhealthyAlarm"]["AlarmName"]
    assert drift["NAT_ASG_NAME"] == given.get("NatAsgName", naming.nat_asg_name(env))


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(variables(Stack("prod", **GIVEN), "DriftCheckFunction"))
    expected = {**GIVEN, "NatFunctionName": "UpdateNatRoutesFunction"}  # Ref of a function is its name
    assert settings.parameters == expected
    assert set(PARAMETERS.values()) == set(GIVEN)


def test_what_is_empty_says_nothing() -> None:
    parameters = Settings.from_env({"ENVIRONMENT": "dev", "NAT_HOOK_NAMES": ""}).parameters
    assert parameters == {}
