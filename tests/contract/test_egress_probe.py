"""The egress probe, where it is wanted: its place, its rights, and the road of its verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from egress_probe.events import Action, parse
from egress_probe.reconcile import EXTRA_ROUNDS, INTERVAL, SCHEDULED_ROUNDS
from egress_probe.settings import Settings
from tests.contract.stack import ENVIRONMENTS, MADE_NAT, ROOT, Stack, samples
from tradai_shared.config import naming
from tradai_shared.config.loader import canonical_config
from tradai_shared.errors import EgressDownError

PLACE = {
    "EgressProbe": "true",
    "EgressProbeSubnetIds": "subnet-0a,subnet-0b",
    "EgressProbeSecurityGroupIds": "sg-0a",
}
PROBE = {
    "EgressProbeFailingAlarm",
    "EgressProbeSilentAlarm",
    "EgressProbeFunction",
    "EgressProbeLogGroup",
    "EgressProbeRole",
}


def stack(env: str = "prod", **parameters: str) -> Stack:
    return Stack(env, **{**PLACE, **parameters})


def settings(**parameters: str) -> Settings:
    return Settings.from_env(stack(**parameters).template.function("EgressProbeFunction").environment)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_it_is_made_where_it_is_wanted_and_nowhere_else(env: str) -> None:
    assert stack(env).made - Stack(env).made == PROBE


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_it_and_its_log_have_the_configured_names_and_retention(env: str) -> None:
    name, made = naming.function_name("egress-probe", env), stack(env)
    assert made["EgressProbeFunction"]["FunctionName"] == name
    assert made["EgressProbeLogGroup"]["LogGroupName"] == f"/aws/lambda/{name}"
    assert made["EgressProbeLogGroup"]["RetentionInDays"] == canonical_config(env).log_retention_days


def test_the_probe_is_in_the_subnets_of_its_parameter() -> None:
    assert stack()["EgressProbeFunction"]["VpcConfig"] == {
        "SubnetIds": ["subnet-0a", "subnet-0b"],
        "SecurityGroupIds": ["sg-0a"],
    }


def test_its_variables_are_accepted() -> None:
    accepted = settings(NatEipAddress="203.0.113.10")
    assert (accepted.environment, accepted.addresses) == ("prod", ("203.0.113.10",))
    assert len(accepted.endpoints) == 3
    assert settings().addresses == ()


def test_an_address_of_the_stack_s_own_is_compared() -> None:
    variables = stack(**MADE_NAT)["EgressProbeFunction"]["Environment"]["Variables"]
    assert variables["NAT_EIP_ADDRESSES"] == "NatKeptEip"  # Ref of an address is the address


def test_a_failed_run_invokes_the_failover_at_once_and_once() -> None:
    config = stack()["EgressProbeFunction"]["EventInvokeConfig"]
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60)
    target = config["DestinationConfig"]["OnFailure"]
    assert target["Type"] == "Lambda"
    (statement,) = [
        statement
        for statement in stack().statements("EgressProbeRole").values()
        if "lambda:InvokeFunction" in statement["Action"]
    ]
    assert statement["Resource"] == [target["Destination"]]
    assert "UpdateNatRoutesFunction" in target["Destination"]


def test_its_own_code_may_call_nothing_of_ec2() -> None:
    statements = stack().statements("EgressProbeRole")
    deny = statements.pop("ButNotByTheFunctionsOwnCode")
    assert (deny["Effect"], deny["Action"], deny["Resource"]) == ("Deny", ["ec2:*"], ["*"])
    arn = deny["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
    assert arn.endswith(f":function:{stack()['EgressProbeFunction']['FunctionName']}")
    assert {sid for sid, statement in statements.items() if "*" in statement["Resource"]} == {
        "AttachToTheVpc"
    }


def test_the_schedule_asks_every_minute_for_what_the_function_knows() -> None:
    (schedule,) = stack().template.function("EgressProbeFunction").schedules
    assert schedule.every == 60
    assert parse(json.loads(schedule.input or "")).action is Action.PROBE
    assert json.loads(schedule.input or "") == samples("egress_probe")["probe"]


def test_it_has_the_time_that_a_doubtful_run_takes() -> None:
    longest = INTERVAL * (SCHEDULED_ROUNDS + EXTRA_ROUNDS)
    assert longest.total_seconds() < stack()["EgressProbeFunction"]["Timeout"]


def test_its_alarm_sends_to_the_topic_and_has_a_runbook() -> None:
    alarm: Any = stack()["EgressProbeFailingAlarm"]
    assert alarm["AlarmName"] == naming.alarm_name("egress-probe-failing", "prod")
    assert (
        alarm["AlarmActions"]
        == alarm["OKActions"]
        == ["arn:aws:sns:eu-central-1:123456789012:tradai-alerts-prod"]
    )
    assert alarm["AlarmDescription"].endswith(" page egress-probe.md")
    assert "`tradai-{env}-egress-probe-failing`" in (ROOT / "docs/runbooks/egress-probe.md").read_text(
        encoding="utf-8"
    )
    assert (alarm["MetricName"], alarm["TreatMissingData"]) == ("Errors", "notBreaching")


def test_that_it_no_longer_runs_is_an_alarm_of_its_own() -> None:
    alarm: Any = stack()["EgressProbeSilentAlarm"]
    assert (alarm["MetricName"], alarm["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")
    assert alarm["InsufficientDataActions"] == alarm["AlarmActions"] == alarm["OKActions"]
    assert "`tradai-{env}-egress-probe-silent`" in (ROOT / "docs/runbooks/egress-probe.md").read_text(
        encoding="utf-8"
    )


def test_the_sample_of_its_failure_carries_its_own_error_and_request() -> None:
    record = samples()["egress-probe-failure"]
    assert record["responsePayload"]["errorType"] == EgressDownError.__name__
    assert record["responsePayload"]["errorMessage"] == str(EgressDownError(3, 9))
    parse(record["requestPayload"])
