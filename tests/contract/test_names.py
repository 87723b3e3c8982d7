"""The template's names and values are the canonical configuration's."""

from __future__ import annotations

import pytest

from benchmarks.config_import import DEPLOYED
from tests.contract.stack import ENVIRONMENTS, MADE_NAT, Stack
from tradai_shared.config import naming
from tradai_shared.config.loader import canonical_config
from update_nat_routes.settings import Readiness, Settings

in_every_environment = pytest.mark.parametrize("env", ENVIRONMENTS)


def settings(env: str, **parameters: str) -> Settings:
    """What the function makes of the variables that the template gives it."""
    return Settings.from_env(
        Stack(env, **parameters).template.function("UpdateNatRoutesFunction").environment
    )


@in_every_environment
def test_the_function_has_the_configured_name(env: str) -> None:
    function = Stack(env)["UpdateNatRoutesFunction"]
    assert function["FunctionName"] == canonical_config(env).nat.function


@in_every_environment
def test_the_functions_have_what_the_benchmark_of_the_configuration_takes_for_deployed(env: str) -> None:
    for name in ("DriftCheckFunction", "TtlReaperFunction"):
        assert DEPLOYED.items() <= Stack(env).template.function(name).environment.items()


@in_every_environment
def test_the_log_is_kept_under_the_function_s_name_as_long_as_configured(env: str) -> None:
    log = Stack(env)["UpdateNatRoutesLogGroup"]
    assert log["LogGroupName"] == f"/aws/lambda/{canonical_config(env).nat.function}"
    assert log["RetentionInDays"] == canonical_config(env).log_retention_days


def test_another_function_name_names_the_log_too() -> None:
    stack = Stack("prod", NatFunctionName="ours")
    assert stack["UpdateNatRoutesFunction"]["FunctionName"] == "ours"
    assert stack["UpdateNatRoutesLogGroup"]["LogGroupName"] == "/aws/lambda/ours"


@in_every_environment
def test_the_nat_alarm_has_the_configured_name(env: str) -> None:
    assert Stack(env)["NatUnhealthyAlarm"]["AlarmName"] == canonical_config(env).nat.alarm


def test_the_nat_alarm_can_have_another_name() -> None:
    assert Stack("prod", NatAlarmName="ours")["NatUnhealthyAlarm"]["AlarmName"] == "ours"


@in_every_environment
def test_every_other_alarm_is_named_by_the_pattern(env: str) -> None:
    prefix = naming.alarm_name("", env)
    names = [alarm["AlarmName"] for alarm in Stack(env).of_type("AWS::CloudWatch::Alarm").values()]
    assert len(names) == len(set(names))
    assert all(name.startswith(prefix) for name in names)


@in_every_environment
def test_queue_rules_schedule_and_layer_are_named_by_the_pattern(env: str) -> None:
    stack = Stack(env)
    events = [event["Properties"] for event in stack["UpdateNatRoutesFunction"]["Events"].values()]
    names = [event.get("RuleName") or event["Name"] for event in events]
    names += [stack["DeadLetterQueue"]["QueueName"], stack["SharedLayer"]["LayerName"]]
    names += [stack["ScheduleGroup"]["Name"], stack["Dashboard"]["DashboardName"]]
    components = [name.removeprefix("tradai-").removesuffix(f"-{env}") for name in names]
    assert names == [naming.resource_name(component, env) for component in components]


@in_every_environment
def test_the_variables_are_accepted_and_say_what_is_configured(env: str) -> None:
    accepted, config = settings(env), canonical_config(env)
    assert accepted.environment == env
    assert accepted.group_name == config.nat.group.name
    assert config.nat.lifecycle_hooks["launch"].name in accepted.hooks
    assert accepted.route_table_name == config.network.route_tables["private"].name
    assert accepted.topic_arn == f"arn:aws:sns:eu-central-1:123456789012:{naming.topic_name('alerts', env)}"
    assert (accepted.readiness, accepted.take_over_external_routes, accepted.allocation_id) == (
        Readiness.RUNNING,
        False,
        None,
    )


def test_an_adopted_nat_is_described_by_parameters() -> None:
    accepted = settings(
        "prod",
        NatAsgName="theirs",
        NatEipAllocationId="eipalloc-0a",
        PrivateRouteTableIds="rtb-0a,rtb-0b",
        NatReadiness="signal",
        NatTakeOverRoutes="true",
        NatHookNames="first,second",
        AlertsTopicArn="arn:aws:sns:eu-central-1:123456789012:theirs",
    )
    assert (accepted.group_name, accepted.allocation_id) == ("theirs", "eipalloc-0a")
    assert accepted.route_table_ids == ("rtb-0a", "rtb-0b")
    assert (accepted.readiness, accepted.take_over_external_routes) == (Readiness.SIGNAL, True)
    assert accepted.hooks == {"first", "second"}
    assert accepted.topic_arn == "arn:aws:sns:eu-central-1:123456789012:theirs"


def test_a_nat_made_here_signals_its_readiness() -> None:
    stack = Stack("dev", **MADE_NAT)
    assert stack["UpdateNatRoutesFunction"]["Environment"]["Variables"]["NAT_READINESS"] == "signal"


def test_the_environments_of_the_template_are_the_configured_ones() -> None:
    assert Stack().template.document["Parameters"]["Environment"]["AllowedValues"] == list(naming.Environment)
