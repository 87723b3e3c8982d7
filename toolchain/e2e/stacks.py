"""The stacks as they stand: deployed, with their environment's values, deployed again, deleted."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from simulator.aws.sam_template import Template
from toolchain.build.artifact import PSEUDO
from toolchain.e2e.report import require
from toolchain.e2e.sam import config, deploy, sam, stack_name
from toolchain.local.emulator import ROOT
from toolchain.local.moto_platform import ACCOUNT, REGION
from tradai_shared.config import canonical_config, naming
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from toolchain.e2e.environment import Stage

Inventory = dict[str, set[str]]
# kind: the client, its list, the key of the items, the key of a name
LISTS: dict[str, tuple[str, str, str, str]] = {
    "alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "layer": ("lambda", "list_layers", "Layers", "LayerName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "schedule": ("scheduler", "list_schedules", "Schedules", "Name"),
    "schedule group": ("scheduler", "list_schedule_groups", "ScheduleGroups", "Name"),
    "state machine": ("stepfunctions", "list_state_machines", "stateMachines", "name"),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
}


@cache
def template(env: Environment) -> Template:
    """template.yaml with the parameters of the environment in samconfig.toml."""
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    overrides = configured[config(env)]["deploy"]["parameters"]["parameter_overrides"]
    given = dict(one.split("=", 1) for one in overrides.split())
    return Template.load(ROOT / "template.yaml", given, PSEUDO)


def expected(env: Environment, kind: str) -> list[Any]:
    """The properties of every resource of a kind that these parameters make."""
    made = template(env)
    resources = made.document["Resources"].values()
    wanted = (
        one for one in resources if "Condition" not in one or made.holds({"Condition": one["Condition"]})
    )
    return [made.resolve(one["Properties"]) for one in wanted if one["Type"] == kind]


def stand_up(stage: Stage, env: Environment) -> str:
    deploy(stage, env)
    resources = physical(stage, env)
    return f"{len(resources)} resources, {stack_status(stage, env)}"


def stack_status(stage: Stage, env: Environment) -> str:
    stacks = stage.client("cloudformation").describe_stacks(StackName=stack_name(env))["Stacks"]
    status = str(stacks[0]["StackStatus"])
    require(status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, f"{stack_name(env)} is {status}")
    return status


def physical(stage: Stage, env: Environment) -> dict[str, str]:
    """The physical ids of a stack's resources by their logical ones."""
    pages = stage.client("cloudformation").get_paginator("list_stack_resources")
    found = [
        one for page in pages.paginate(StackName=stack_name(env)) for one in page["StackResourceSummaries"]
    ]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}


def inventory(stage: Stage) -> Inventory:
    """The names of all there is, of the kinds that a stack makes."""
    found: Inventory = {}
    for kind, (service, operation, items, name) in LISTS.items():
        client = stage.client(service)
        if client.can_paginate(operation):
            pages = list(client.get_paginator(operation).paginate())
        else:
            pages = [getattr(client, operation)()]
        found[kind] = {one[name] for page in pages for one in page.get(items, [])}
    found["queue"] = set(stage.client("sqs").list_queues().get("QueueUrls", []))
    return found


def outputs(stage: Stage) -> str:
    for env in Environment:
        stack = stage.client("cloudformation").describe_stacks(StackName=stack_name(env))["Stacks"][0]
        told = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        require(set(told) == set(template(env).document["Outputs"]), f"outputs of {env}: {sorted(told)}")
        values = {
            "UpdateNatRoutesFunctionName": naming.update_nat_routes_function_name(env),
            "DriftCheckFunctionName": naming.drift_check_function_name(env),
            "TtlReaperFunctionName": naming.ttl_reaper_function_name(env),
            "NatGroupName": naming.nat_asg_name(env),
        }
        wrong = {name: told[name] for name, value in values.items() if told[name] != value}
        require(not wrong, f"{env} has {wrong}")
        require(told["DeadLetterQueueUrl"].endswith(f"-{env}"), told["DeadLetterQueueUrl"])
        require(told["DashboardUrl"].endswith(f"name=tradai-ops-{env}"), told["DashboardUrl"])
    return f"{len(template(Environment.PROD).document['Outputs'])} of each stack, named after its environment"


def functions(stage: Stage) -> str:
    client, count = stage.client("lambda"), 0
    for env in Environment:
        for wanted in expected(env, "AWS::Serverless::Function"):
            got = client.get_function_configuration(FunctionName=wanted["FunctionName"])
            variables = got["Environment"]["Variables"]
            require(variables["ENVIRONMENT"] == env, f"{wanted['FunctionName']} has {variables}")
            require(variables["SNS_ALERTS_TOPIC_ARN"] == topic(env), f"{wanted['FunctionName']}: {variables}")
            limits = (got["MemorySize"], got["Timeout"], got["Handler"], len(got["Layers"]))
            require(limits == (wanted["MemorySize"], wanted["Timeout"], wanted["Handler"], 1), limits)
            count += 1
    return f"{count}: handler, memory, time-out, layer, environment and topic are the template's"


def topic(env: Environment) -> str:
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{naming.topic_name('alerts', env)}"


def alarms(stage: Stage) -> str:
    pages = stage.client("cloudwatch").get_paginator("describe_alarms").paginate()
    standing = {one["AlarmName"]: one for page in pages for one in page["MetricAlarms"]}
    topics = {one["TopicArn"] for one in stage.client("sns").list_topics()["Topics"]}
    count = 0
    for env in Environment:
        for wanted in expected(env, "AWS::CloudWatch::Alarm"):
            alarm = standing[wanted["AlarmName"]]
            require(alarm["AlarmActions"] == alarm["OKActions"] == [topic(env)], alarm)
            require("Runbook: " in alarm["AlarmDescription"], alarm)
            for name in (
                "Namespace",
                "MetricName",
                "Period",
                "EvaluationPeriods",
                "Threshold",
                "TreatMissingData",
            ):
                require(alarm[name] == wanted[name], f"{alarm['AlarmName']}: {name} is {alarm[name]}")
            count += 1
        require(topic(env) in topics, f"there is no {topic(env)}")
    return f"{count}: metric, periods, threshold, runbook; each tells its environment's topic, which stands"


def logs(stage: Stage) -> str:
    pages = stage.client("logs").get_paginator("describe_log_groups").paginate()
    standing = {one["logGroupName"]: one for page in pages for one in page["logGroups"]}
    kept = []
    for env in Environment:
        days = canonical_config(env).log_retention_days
        for wanted in expected(env, "AWS::Logs::LogGroup"):
            name = wanted["LogGroupName"]
            require(standing[name]["retentionInDays"] == days, f"{name}: {standing[name]}")
        kept.append(f"{env} {days} days")
    return ", ".join(kept)


def dashboards(stage: Stage) -> str:
    client = stage.client("cloudwatch")
    for env in Environment:
        body = json.loads(client.get_dashboard(DashboardName=f"tradai-ops-{env}")["DashboardBody"])
        shown = {arn for one in body["widgets"] for arn in one["properties"].get("alarms", [])}
        wanted = {one["AlarmName"] for one in expected(env, "AWS::CloudWatch::Alarm")}
        require({arn.rsplit(":", 1)[-1] for arn in shown} == wanted, sorted(shown))
        others = [other for other in Environment if other != env and f'"{other}"' in json.dumps(body)]
        require(not others, f"the dashboard of {env} shows {others}")
    return "one each; valid JSON, every alarm of the environment and no other's metric"


def rules_and_schedules(stage: Stage) -> str:
    events, scheduler, told = stage.client("events"), stage.client("scheduler"), []
    for env in Environment:
        made = expected(env, "AWS::Serverless::Function")
        wanted = [one for function in made for one in function.get("Events", {}).values()]
        for one in wanted:
            own = one["Properties"]
            if one["Type"] == "EventBridgeRule":
                standing = events.describe_rule(Name=own["RuleName"])
                require(json.loads(standing["EventPattern"]) == own["Pattern"], standing)
            else:
                group = f"tradai-ops-{env}"
                standing = scheduler.get_schedule(Name=own["Name"], GroupName=group)
                require(standing["ScheduleExpression"] == own["ScheduleExpression"], standing)
                require(standing["Target"]["Input"] == own["Input"], standing)
            require(standing["State"] == "ENABLED", standing)
        told.append(str(len(wanted)))
    return f"{' + '.join(told)}: patterns, rates and inputs are the template's, all enabled"


def nothing_to_do(stage: Stage, env: Environment) -> str:
    before = physical(stage, env)
    told = deploy(stage, env)
    require("No changes to deploy" in told, "sam deploy found something to change")
    require(physical(stage, env) == before, "physical ids changed")
    return '"No changes to deploy", and every physical id is as it was'


def leave(stage: Stage, env: Environment, before: Inventory) -> str:
    """Delete a stack, and compare all that is left with what was there before it."""
    bucket = physical(stage, env)["ReaperBucket"]
    sam(stage, "delete", "--stack-name", stack_name(env), "--region", REGION, "--no-prompts")
    now = inventory(stage)
    left = {kind: sorted(now[kind] - before[kind]) for kind in now if now[kind] - before[kind]}
    gone = {kind: sorted(before[kind] - now[kind]) for kind in now if before[kind] - now[kind]}
    require(left == {"bucket": [bucket]}, f"left: {left}")
    require(not gone, f"gone with it: {gone}")
    return f"left alone: {bucket}, the record of what was deleted"
