"""The deployed functions report and heal drift, and reap expired items."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from simulator.scenario.reaper_table import fill
from toolchain.e2e.environment import until
from toolchain.e2e.report import require
from toolchain.e2e.sam import deploy
from toolchain.e2e.stacks import physical, stack_status
from tradai_shared.config import naming
from tradai_shared.config.models.base import DAY

if TYPE_CHECKING:
    from toolchain.e2e.environment import DeployedEnvironment
    from tradai_shared.config.naming import Environment

EXPIRED, LIVE = 40, 60
REAP: dict[str, Any] = {"table": "notifications", "mode": "delete", "limits": {"max_fraction": 0.9}}


def allowed_to_heal(deployed: DeployedEnvironment, env: Environment) -> str:
    """What an account alone knows and an operator allows; on the command line they replace samconfig's."""
    ids = deployed.estates[env].ids
    allocation = ids["allocation"]
    own = [f"Environment={env}", "Architecture=arm64", "CreateNat=false", f"VpcId={ids['vpc']}"]
    deploy(deployed, env, "--parameter-overrides", *own, "DriftMode=heal", f"NatEipAllocationId={allocation}")
    function = naming.update_nat_routes_function_name(env)
    variables = deployed.client("lambda").get_function_configuration(FunctionName=function)["Environment"][
        "Variables"
    ]
    require(variables["NAT_EIP_ALLOCATION_ID"] == allocation, variables)
    mode = deployed.client("lambda").get_function_configuration(
        FunctionName=naming.drift_check_function_name(env)
    )["Environment"]["Variables"]["DRIFT_MODE"]
    require(mode == "heal", mode)
    return f"{stack_status(deployed, env)}: the functions' variables have both"


def unprotect(deployed: DeployedEnvironment, env: Environment) -> str:
    """Switch off what must be on; the table."""
    table = naming.table_name("trading-state", env)
    deployed.client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    return table


def protected(deployed: DeployedEnvironment, table: str) -> bool:
    backups = deployed.client("dynamodb").describe_continuous_backups(TableName=table)[
        "ContinuousBackupsDescription"
    ]
    return bool(backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")


def findings(deployed: DeployedEnvironment, env: Environment, table: str, event: object) -> list[Any]:
    """The findings of drift_check about the table."""
    answer = deployed.invoke(naming.drift_check_function_name(env), event)
    return [result for result in answer["data"]["results"] if result.get("resource") == table]


def drift_told(deployed: DeployedEnvironment, env: Environment) -> str:
    require(
        not findings(deployed, env, naming.table_name("trading-state", env), {"mode": "report"}),
        "drifted already",
    )
    table = unprotect(deployed, env)
    reported = findings(deployed, env, table, {"mode": "report"})
    require([finding["status"] for finding in reported] == ["drifted"], reported)
    require(not protected(deployed, table), f"a report changed {table}")
    drift = f"{reported[0]['attribute']} is {reported[0]['observed']}, {reported[0]['severity']}"
    return f"{table}: {drift}; nothing written"


def drift_healed(deployed: DeployedEnvironment, env: Environment) -> str:
    table = unprotect(deployed, env)
    answer = deployed.invoke(naming.drift_check_function_name(env), {"mode": "heal", "dry_run": False})
    summary = answer["data"]["summary"]
    require(protected(deployed, table), f"{table} is as it was; {summary}")
    left = findings(deployed, env, table, {"mode": "report"})
    require(not left, left)
    return f"{table} has its recovery points again ({summary['healed']} healed); the next report is silent"


def fill_table(deployed: DeployedEnvironment, env: Environment) -> str:
    table, now = naming.table_name("notifications", env), int(time.time())
    client = deployed.client("dynamodb")
    old = [{"notification_id": {"S": f"old-{n}"}, "ttl": {"N": str(now - 10 * DAY)}} for n in range(EXPIRED)]
    live = [{"notification_id": {"S": f"live-{n}"}, "ttl": {"N": str(now + DAY)}} for n in range(LIVE)]
    fill(client, table, [*old, *live])
    return table


def left(deployed: DeployedEnvironment, table: str) -> list[str]:
    pages = deployed.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted(item["notification_id"]["S"] for page in pages for item in page["Items"])


def reaped(deployed: DeployedEnvironment, env: Environment) -> str:
    table, function = fill_table(deployed, env), naming.ttl_reaper_function_name(env)
    planned = deployed.invoke(function, REAP)["data"]["summary"]
    require(len(left(deployed, table)) == EXPIRED + LIVE, "a dry run deleted something")
    done = deployed.invoke(function, {**REAP, "dry_run": False})["data"]["summary"]
    remaining = left(deployed, table)
    require(len(remaining) == LIVE and all(key.startswith("live") for key in remaining), remaining)
    bucket = physical(deployed, env)["ReaperBucket"]
    audit = deployed.client("s3").list_objects_v2(Bucket=bucket, Prefix="audit/").get("Contents", [])
    require(audit, f"{bucket} holds no audit")
    reaped = f"{planned['planned']} planned and none deleted; then {done['deleted']} deleted"
    return f"{reaped}, {LIVE} live ones kept, and the audit is in the bucket"


def reaped_by_the_state_machine(deployed: DeployedEnvironment, env: Environment) -> str:
    table, machines = fill_table(deployed, env), deployed.client("stepfunctions")
    order = {**REAP, "dry_run": False, "segments": {"total": 2}}
    started = machines.start_execution(
        stateMachineArn=physical(deployed, env)["ReapStateMachine"], input=json.dumps(order)
    )["executionArn"]
    ended = until(
        lambda: (
            (execution := machines.describe_execution(executionArn=started))["status"] != "RUNNING"
            and execution
        ),
        "the execution ends",
    )
    require(ended["status"] == "SUCCEEDED", ended)
    require(len(left(deployed, table)) == LIVE, left(deployed, table))
    return f"{EXPIRED} deleted in segments by its execution, {ended['status']}"
