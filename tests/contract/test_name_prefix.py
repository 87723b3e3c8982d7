"""NamePrefix: everything that the stack makes begins with it, and whatever reads these names knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from drift_check.checks import nat
from drift_check.observe.observations import Call
from ops.doctor.wanted import Wanted
from tests.contract.stack import ENVIRONMENTS, MADE_NAT, Stack
from tradai_shared.config.loader import canonical_config, deployed_config
from tradai_shared.config.naming import Environment
from update_nat_routes.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "acme"
NAMES = {
    "AlarmName", "AutoScalingGroupName", "DashboardName", "FunctionName", "GroupName", "LaunchTemplateName",
    "LayerName", "LogGroupName", "Name", "QueueName", "RuleName",
}  # fmt: skip
# Of tags, which conditions and the configuration know, of metrics, and of policies inside a role.
NOT_NAMES = {"Tags", "TagSpecifications", "Dimensions", "Metrics", "Policies", "LaunchTemplateData"}
in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)


def stack(env: str) -> Stack:
    return Stack(env, NamePrefix=PREFIX, EgressProbe="true", NatStandby="true", **MADE_NAT)


def names(properties: object) -> Iterator[str]:
    if isinstance(properties, list):
        for item in properties:
            yield from names(item)
    if isinstance(properties, dict):
        for key, value in properties.items():
            if key in NAMES and isinstance(value, str):
                yield value
            elif key not in NOT_NAMES:
                yield from names(value)


@in_every_environment
def test_every_own_name_begins_with_it(env: str) -> None:
    made = stack(env)
    properties = [made.raw[resource].get("Properties", {}) for resource in sorted(made.made)]
    plain = [{key: each[key] for key in each.keys() - NOT_NAMES} for each in properties]
    own = [name for each in plain for name in names(made.template.resolve(each))]
    own = [name for name in own if name not in made.made]  # a schedule refers to its group
    assert len(own) > 40
    bare = [name.removeprefix("/aws/lambda/").removeprefix("/aws/vendedlogs/states/") for name in own]
    assert [name for name in bare if not name.startswith(f"{PREFIX}-")] == []


@in_every_environment
def test_the_command_line_looks_for_these_names(env: str) -> None:
    made, wanted = stack(env), Wanted(Environment(env), f"tradai-ops-{env}", {"NamePrefix": PREFIX})
    functions = {function["FunctionName"] for function in made.of_type("AWS::Serverless::Function").values()}
    assert functions == {*wanted.functions, wanted.probe_function}
    alarms = {alarm["AlarmName"] for alarm in made.of_type("AWS::CloudWatch::Alarm").values()}
    assert wanted.alarm in alarms
    assert [name for name in alarms if not name.startswith(wanted.alarm_prefix)] == []
    assert made["ScheduleGroup"]["Name"] == wanted.schedule_group
    assert made["DeadLetterQueue"]["QueueName"] == wanted.dead_letter_queue
    assert made["NatGroup"]["AutoScalingGroupName"] == wanted.group_name
    events = made["UpdateNatRoutesFunction"]["Events"].values()
    rules = {event["Properties"]["RuleName"] for event in events if "RuleName" in event["Properties"]}
    assert rules | {made["NatPeerSilentRule"]["Name"]} == wanted.rules


@in_every_environment
def test_the_configuration_of_the_deployment_says_the_same_names(env: str) -> None:
    made = stack(env)
    config = deployed_config(env, {"NamePrefix": PREFIX, "NatAsgName": "", "NatAlarmName": ""})
    assert config.nat.group.name == made["NatGroup"]["AutoScalingGroupName"]
    assert config.nat.function == made["UpdateNatRoutesFunction"]["FunctionName"]
    assert config.nat.alarm == made["NatUnhealthyAlarm"]["AlarmName"]
    assert deployed_config(env, {"NamePrefix": "tradai"}).nat == canonical_config(env).nat


def test_the_drift_check_reads_and_enables_the_rules_of_this_prefix() -> None:
    config = deployed_config("prod", {"NamePrefix": PREFIX})
    assert Call("events:ListRules", "acme-nat-") in list(nat.initial_reads(config))
    healing = Stack("prod", NamePrefix=PREFIX, DriftMode="heal").statements("DriftCheckRole")
    rules = [arn for arn in healing["MendTheNat"]["Resource"] if ":rule/" in arn]
    assert [arn.rpartition("/")[2] for arn in rules] == ["acme-nat-*-prod"]
    tagged = " ".join(str(arn) for arn in healing["AddTags"]["Resource"])
    assert "function:acme-*" in tagged
    assert "log-group:*acme-*" in tagged
    assert "acme" not in str(Stack("prod", DriftMode="heal").statements("DriftCheckRole"))


def test_the_failover_calls_the_probe_of_this_prefix() -> None:
    made = Stack("prod", NamePrefix=PREFIX, EgressProbe="true")
    settings = Settings.from_env(made.template.function("UpdateNatRoutesFunction").environment)
    assert settings.probe_function == made["EgressProbeFunction"]["FunctionName"]
    allowed = made.statements("UpdateNatRoutesRole")["HaveTheProbeLookAgain"]["Resource"]
    assert [arn.rpartition(":")[2] for arn in allowed] == [settings.probe_function]
