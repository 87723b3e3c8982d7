"""An account whose platform already owns the names that a stack would take: refusal, and other names."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from ops.doctor.diagnose import diagnose
from ops.doctor.model import Level
from ops.doctor.observe import AccountReader
from ops.doctor.wanted import Wanted
from ops.identity import Identity
from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.report import require
from toolchain.e2e.sam import deploy, sam, stack_name
from toolchain.e2e.stacks import stack_status
from tradai_shared.config import naming

if TYPE_CHECKING:
    from ops.doctor.model import Diagnosis
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

PLATFORM, ROLE, RULE = "the platform's own", "platform-nat", "platform-nat-events"
OTHER_NAMES: dict[Environment, dict[str, str]] = {}  # as doctor proposed them
PATTERN = {"source": ["aws.autoscaling"], "detail-type": ["EC2 Instance-launch Lifecycle Action"]}
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
    events = deployed.client("events")
    events.put_rule(Name=RULE, EventPattern=json.dumps(PATTERN))
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    events.put_targets(Rule=RULE, Targets=[{"Id": "platform", "Arn": arn}])
    return f"{function}, {alarm} and {RULE}, in no stack"


def refused_by_doctor(deployed: DeployedEnvironment, env: Environment) -> str:
    """Before any deploy: where AWS refuses a second alarm of a name, ministack overwrites the first."""
    proposed = proposal(deployed, env)
    require(set(proposed) == {"NatFunctionName", "NatAlarmName"}, proposed)
    require(f"rule {RULE}" in first(deployed, Wanted(env, stack_name(env))), "the platform's rule")
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
    still = first(deployed, Wanted(env, stack_name(env), proposed))
    require(f"rule {RULE}" in still, "two answer the hooks, and doctor does not say so")
    return (
        f"{stack_status(deployed, env)}: {proposed['NatFunctionName']} answers; the platform's are untouched"
    )


def rule_disabled(deployed: DeployedEnvironment, env: Environment) -> str:
    """Step 3 of docs/hand-over.md. From here on the stack alone answers the hooks."""
    deployed.client("events").disable_rule(Name=RULE)
    wanted = Wanted(env, stack_name(env), OTHER_NAMES[env])
    subjects = first(deployed, wanted)
    require(f"rule {RULE}" not in subjects, subjects)
    taken = [subject for subject in subjects if subject.startswith(("function ", "alarm ", "log group "))]
    require(not taken, taken)
    answer = deployed.invoke(OTHER_NAMES[env]["NatFunctionName"], {"action": "reconcile", "dry_run": False})
    require(answer["success"], answer)
    return f"the platform's {RULE} is disabled; {OTHER_NAMES[env]['NatFunctionName']} looks after the NAT"


def cleared(deployed: DeployedEnvironment, env: Environment) -> str:
    """Step 7, and the stack goes too: what follows begins as in a new account."""
    deployed.client("events").remove_targets(Rule=RULE, Ids=["platform"])
    deployed.client("events").delete_rule(Name=RULE)
    name = naming.update_nat_routes_function_name(env)
    deployed.client("lambda").delete_function(FunctionName=name)
    deployed.client("cloudwatch").delete_alarms(AlarmNames=[naming.nat_alarm_name(env)])
    sam(deployed, "delete", "--stack-name", stack_name(env), "--region", REGION, "--no-prompts")
    left = {item.name for item in AccountReader(deployed.client).taken(Wanted(env, stack_name(env)))}
    require(not left, left)
    return f"{name} is free again"


def proposal(deployed: DeployedEnvironment, env: Environment) -> dict[str, str]:
    """The parameters that rename what is taken; each has a line of doctor's that must be done first."""
    diagnosis = examined(deployed, Wanted(env, stack_name(env)))
    remedies = "\n".join(line.remedy for line in diagnosis.lines if line.level is Level.DO)
    names = {name: diagnosis.parameters.get(name, "") for name in ("NatFunctionName", "NatAlarmName")}
    proposed = {name: value for name, value in names.items() if value and f"{name}={value}" in remedies}
    OTHER_NAMES[env] = proposed
    return proposed


def examined(deployed: DeployedEnvironment, wanted: Wanted) -> Diagnosis:
    """What doctor says of the account."""
    identity = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", REGION)
    return diagnose(AccountReader(deployed.client).read(identity, wanted), wanted)


def first(deployed: DeployedEnvironment, wanted: Wanted) -> set[str]:
    """The subjects of all that doctor wants done first."""
    return {line.subject for line in examined(deployed, wanted).lines if line.level is Level.DO}


def standing_alarms(deployed: DeployedEnvironment, names: list[str]) -> list[Any]:
    """In the order of their names as given."""
    alarms = deployed.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return sorted(alarms, key=lambda alarm: names.index(alarm["AlarmName"]))
