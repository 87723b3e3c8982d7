"""The stacks as they stand: deployed, with their environment's values, deployed again, deleted."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from simulator.aws.alarms import on_a_single_metric
from simulator.aws.sam_template import Template
from toolchain.build.artifact import PSEUDO
from toolchain.build.sample_account import ACCOUNT, REGION
from toolchain.e2e.report import require
from toolchain.e2e.sam import config, deploy, readme_command, sam, stack_name
from toolchain.local.emulator import ROOT
from tradai_shared.config import canonical_config, naming
from tradai_shared.config.naming import Environment

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment

Inventory = dict[str, set[str]]
SUCCEEDED = re.compile(r'"success": ?true')
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
    named = (override.split("=", 1) for override in overrides)
    given = {name: value.strip('"') for name, value in named}
    return Template.load(ROOT / "template.yaml", given, PSEUDO)


def expected(env: Environment, kind: str) -> list[Any]:
    """The properties of every resource of a kind that these parameters make."""
    made = template(env)
    resources = made.document["Resources"].values()
    wanted = (
        resource
        for resource in resources
        if "Condition" not in resource or made.holds({"Condition": resource["Condition"]})
    )
    return [made.resolve(resource["Properties"]) for resource in wanted if resource["Type"] == kind]


def stand_up(deployed: DeployedEnvironment, env: Environment) -> str:
    deploy(deployed, env)
    resources = physical(deployed, env)
    return f"{len(resources)} resources, {stack_status(deployed, env)}"


def stack_status(deployed: DeployedEnvironment, env: Environment) -> str:
    stacks = deployed.client("cloudformation").describe_stacks(StackName=stack_name(env))["Stacks"]
    status = str(stacks[0]["StackStatus"])
    require(status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, f"{stack_name(env)} is {status}")
    return status


def physical(deployed: DeployedEnvironment, env: Environment) -> dict[str, str]:
    """The physical ids of a stack's resources by their logical ones."""
    pages = deployed.client("cloudformation").get_paginator("list_stack_resources")
    resources = [
        resource
        for page in pages.paginate(StackName=stack_name(env))
        for resource in page["StackResourceSummaries"]
    ]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}


def inventory(deployed: DeployedEnvironment) -> Inventory:
    """The names of all there is, of the kinds that a stack makes."""
    inventory_by_kind: Inventory = {}
    for kind, (service, operation, items, name) in LISTS.items():
        client = deployed.client(service)
        if client.can_paginate(operation):
            pages = list(client.get_paginator(operation).paginate())
        else:
            pages = [getattr(client, operation)()]
        inventory_by_kind[kind] = {entry[name] for page in pages for entry in page.get(items, [])}
    inventory_by_kind["queue"] = set(deployed.client("sqs").list_queues().get("QueueUrls", []))
    return inventory_by_kind


def outputs(deployed: DeployedEnvironment) -> str:
    for env in Environment:
        stack = deployed.client("cloudformation").describe_stacks(StackName=stack_name(env))["Stacks"][0]
        outputs_by_key = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        require(
            set(outputs_by_key) == wanted_outputs(env),
            f"outputs of {env}: {sorted(outputs_by_key)}",
        )
        values = {
            "UpdateNatRoutesFunctionName": naming.update_nat_routes_function_name(env),
            "DriftCheckFunctionName": naming.drift_check_function_name(env),
            "TtlReaperFunctionName": naming.ttl_reaper_function_name(env),
            "NatGroupName": naming.nat_asg_name(env),
        }
        wrong = {
            name: outputs_by_key[name] for name, value in values.items() if outputs_by_key[name] != value
        }
        require(not wrong, f"{env} has {wrong}")
        require(
            outputs_by_key["DeadLetterQueueUrl"].endswith(f"-{env}"), outputs_by_key["DeadLetterQueueUrl"]
        )
        require(outputs_by_key["DashboardUrl"].endswith(f"/tradai-ops-{env}"), outputs_by_key["DashboardUrl"])
    return f"{len(wanted_outputs(Environment.PROD))} of each stack, named after its environment"


def wanted_outputs(env: Environment) -> set[str]:
    """Those whose condition holds."""
    made = template(env)
    return {
        name
        for name, output in made.document["Outputs"].items()
        if "Condition" not in output or made.holds({"Condition": output["Condition"]})
    }


def functions(deployed: DeployedEnvironment) -> str:
    client, count = deployed.client("lambda"), 0
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


def alarms(deployed: DeployedEnvironment) -> str:
    pages = deployed.client("cloudwatch").get_paginator("describe_alarms").paginate()
    standing = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    topics = {topic["TopicArn"] for topic in deployed.client("sns").list_topics()["Topics"]}
    count = 0
    for env in Environment:
        for wanted in expected(env, "AWS::CloudWatch::Alarm"):
            watched, alarm = on_a_single_metric(wanted), standing[wanted["AlarmName"]]
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
                require(alarm[name] == watched[name], f"{alarm['AlarmName']}: {name} is {alarm[name]}")
            count += 1
        require(topic(env) in topics, f"there is no {topic(env)}")
    return f"{count}: metric, periods, threshold, runbook; each publishes to its environment's topic"


def logs(deployed: DeployedEnvironment) -> str:
    pages = deployed.client("logs").get_paginator("describe_log_groups").paginate()
    standing = {group["logGroupName"]: group for page in pages for group in page["logGroups"]}
    retention = []
    for env in Environment:
        days = canonical_config(env).log_retention_days
        for wanted in expected(env, "AWS::Logs::LogGroup"):
            name = wanted["LogGroupName"]
            require(standing[name]["retentionInDays"] == days, f"{name}: {standing[name]}")
        retention.append(f"{env} {days} days")
    return ", ".join(retention)


def dashboards(deployed: DeployedEnvironment) -> str:
    client = deployed.client("cloudwatch")
    for env in Environment:
        body = json.loads(client.get_dashboard(DashboardName=f"tradai-ops-{env}")["DashboardBody"])
        shown = {arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", [])}
        wanted = {alarm["AlarmName"] for alarm in expected(env, "AWS::CloudWatch::Alarm")}
        require({arn.rsplit(":", 1)[-1] for arn in shown} == wanted, sorted(shown))
        others = [other for other in Environment if other != env and f'"{other}"' in json.dumps(body)]
        require(not others, f"the dashboard of {env} shows {others}")
        pages = [widget["properties"].get("markdown", "") for widget in body["widgets"]]
        for page in (ROOT / "docs/runbooks").glob("*.md"):
            require(any(text.startswith(f"# {page.name}: ") for text in pages), f"{page.name} is not on it")
        for alarm in client.describe_alarms(AlarmNamePrefix=f"tradai-{env}-")["MetricAlarms"]:
            link = f"/tradai-ops-{env} page "
            require(link in alarm["AlarmDescription"], f"{alarm['AlarmName']}: {alarm['AlarmDescription']}")
    return "one each; valid JSON, every alarm of the environment, no other's metric; alarms link its runbooks"


def rules_and_schedules(deployed: DeployedEnvironment) -> str:
    events, scheduler, descriptions = deployed.client("events"), deployed.client("scheduler"), []
    for env in Environment:
        made = expected(env, "AWS::Serverless::Function")
        wanted = [event for function in made for event in function.get("Events", {}).values()]
        for event in wanted:
            own = event["Properties"]
            if event["Type"] == "EventBridgeRule":
                standing = events.describe_rule(Name=own["RuleName"])
                require(json.loads(standing["EventPattern"]) == own["Pattern"], standing)
            else:
                group = f"tradai-ops-{env}"
                standing = scheduler.get_schedule(Name=own["Name"], GroupName=group)
                require(standing["ScheduleExpression"] == own["ScheduleExpression"], standing)
                require(standing["Target"]["Input"] == own["Input"], standing)
            require(standing["State"] == "ENABLED", standing)
        descriptions.append(str(len(wanted)))
    return f"{' + '.join(descriptions)}: patterns, rates and inputs are the template's, all enabled"


def nothing_to_do(deployed: DeployedEnvironment, env: Environment) -> str:
    before = physical(deployed, env)
    printed = deploy(deployed, env)
    require("No changes to deploy" in printed, "sam deploy found something to change")
    require(physical(deployed, env) == before, "physical ids changed")
    return '"No changes to deploy", and every physical id is as it was'


def invoked_as_in_readme(deployed: DeployedEnvironment) -> str:
    printed = sam(deployed, *readme_command("sam remote invoke"))
    require(SUCCEEDED.search(printed), printed[-400:])
    return "README's command, as it stands there; the function answers with success"


def event_shared_as_in_readme(deployed: DeployedEnvironment) -> str:
    put = readme_command("sam remote test-event put")
    sam(deployed, *put)
    name = put[put.index("--name") + 1]
    invoked = readme_command("sam remote invoke")
    printed = sam(deployed, *invoked[: invoked.index("--event")], "--test-event-name", name)
    require(SUCCEEDED.search(printed), printed[-400:])
    return f"README's command, as it stands there; --test-event-name {name} is answered with success"


def deleted_as_in_readme(deployed: DeployedEnvironment) -> str:
    """README's command names dev's stack; its two questions, for the stack and its uploads, get a yes."""
    sam(deployed, *readme_command("sam delete"), answers="y\ny\n")
    stacks = deployed.client("cloudformation").describe_stacks()["Stacks"]
    standing = [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"]
    require(stack_name(Environment.DEV) not in standing, standing)
    return "README's command, as it stands there, and a yes to each question"


def leave(deployed: DeployedEnvironment, env: Environment, before: Inventory) -> str:
    """Delete a stack, and compare all that is left with what was there before it."""
    bucket = physical(deployed, env)["ReaperBucket"]
    sam(deployed, "delete", "--stack-name", stack_name(env), "--region", REGION, "--no-prompts")
    now = inventory(deployed)
    left = {kind: sorted(now[kind] - before[kind]) for kind in now if now[kind] - before[kind]}
    gone = {kind: sorted(before[kind] - now[kind]) for kind in now if before[kind] - now[kind]}
    require(left == {"bucket": [bucket]}, f"left: {left}")
    require(not gone, f"gone with it: {gone}")
    return f"left alone: {bucket}, the record of what was deleted"
