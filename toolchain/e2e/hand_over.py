"""An account whose platform already owns the names that a stack would take: refusal, and other names."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from ops.doctor.diagnose import diagnose
from ops.doctor.model import Identity, Level
from ops.doctor.observe import AccountReader
from ops.doctor.wanted import Wanted
from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.report import require
from toolchain.e2e.sam import deploy, stack_name
from toolchain.e2e.stacks import stack_status
from tradai_shared.config import naming

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

PLATFORM, ROLE = "the platform's own", "platform-nat"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def owned_by_the_platform(deployed: DeployedEnvironment, env: Environment) -> str:
    """Make what the platform has under the stack's names: its function and its alarm, in no stack."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("app.py", "def handler(event, context):\n    return 'platform'\n")
    function, alarm = naming.update_nat_routes_function_name(env), naming.nat_alarm_name(env)
    role = deployed.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))
    deployed.client("lambda").create_function(
        FunctionName=function,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
        Description=PLATFORM,
    )
    deployed.client("cloudwatch").put_metric_alarm(
        AlarmName=alarm,
        AlarmDescription=PLATFORM,
        Namespace="Platform",
        MetricName="NatUnhealthy",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return f"{function} and {alarm}, in no stack"


def refused_by_doctor(deployed: DeployedEnvironment, env: Environment) -> str:
    """Before any deploy: where AWS refuses a second alarm of a name, ministack overwrites the first."""
    proposed = proposal(deployed, env)
    require(set(proposed) == {"NatFunctionName", "NatAlarmName"}, proposed)
    return "doctor: do first, deploy under other names: " + ", ".join(proposed.values())


def beside_the_platform(deployed: DeployedEnvironment, env: Environment) -> str:
    """Deploy under the proposed names; what the platform owns stays as it was."""
    proposed = proposal(deployed, env)
    parameters = [f"{name}={value}" for name, value in proposed.items()]
    deploy(deployed, env, "--parameter-overrides", f"Environment={env}", "Architecture=arm64", *parameters)
    functions = deployed.client("lambda")
    name = naming.update_nat_routes_function_name(env)
    platform = functions.get_function_configuration(FunctionName=name)
    require(platform["Description"] == PLATFORM, platform)
    alarms = standing_alarms(deployed, [naming.nat_alarm_name(env), proposed["NatAlarmName"]])
    require([alarm["AlarmDescription"] == PLATFORM for alarm in alarms] == [True, False], alarms)
    answer = deployed.invoke(proposed["NatFunctionName"], {"action": "reconcile", "dry_run": True})
    require(answer["success"], answer)
    return (
        f"{stack_status(deployed, env)}: {proposed['NatFunctionName']} answers; the platform's are untouched"
    )


def proposal(deployed: DeployedEnvironment, env: Environment) -> dict[str, str]:
    """The parameters that rename what is taken; each has a line of doctor's that must be done first."""
    wanted = Wanted(env, stack_name(env))
    reader = AccountReader(deployed.client)
    diagnosis = diagnose(
        reader.read(Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", REGION), wanted), wanted
    )
    first = "\n".join(line.remedy for line in diagnosis.lines if line.level is Level.DO)
    names = {name: diagnosis.parameters.get(name, "") for name in ("NatFunctionName", "NatAlarmName")}
    return {name: value for name, value in names.items() if value and f"{name}={value}" in first}


def standing_alarms(deployed: DeployedEnvironment, names: list[str]) -> list[Any]:
    """In the order of their names as given."""
    alarms = deployed.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return sorted(alarms, key=lambda alarm: names.index(alarm["AlarmName"]))
