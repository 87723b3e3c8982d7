"""Drift told and healed, expired items reaped, by the deployed functions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from simulator.scenario.reaper_table import DAY, fill
from toolchain.e2e.environment import until
from toolchain.e2e.report import require
from toolchain.e2e.sam import deploy
from toolchain.e2e.stacks import physical, stack_status
from tradai_shared.config import naming

if TYPE_CHECKING:
    from toolchain.e2e.environment import Stage
    from tradai_shared.config.naming import Environment

EXPIRED, LIVE = 40, 60
REAP: dict[str, Any] = {"table": "notifications", "mode": "delete", "limits": {"max_fraction": 0.9}}


def allowed_to_heal(stage: Stage, env: Environment) -> str:
    """What an account alone knows and an operator allows; on the command line they replace samconfig's."""
    allocation = stage.estates[env].ids["allocation"]
    own = [f"Environment={env}", "Architecture=arm64", "CreateNat=false"]
    deploy(stage, env, "--parameter-overrides", *own, "DriftMode=heal", f"NatEipAllocationId={allocation}")
    function = naming.update_nat_routes_function_name(env)
    variables = stage.client("lambda").get_function_configuration(FunctionName=function)["Environment"][
        "Variables"
    ]
    require(variables["NAT_EIP_ALLOCATION_ID"] == allocation, variables)
    mode = stage.client("lambda").get_function_configuration(
        FunctionName=naming.drift_check_function_name(env)
    )["Environment"]["Variables"]["DRIFT_MODE"]
    require(mode == "heal", mode)
    return f"{stack_status(stage, env)}: the functions' variables have both"


def unprotect(stage: Stage, env: Environment) -> str:
    """Switch off what must be on; the table."""
    table = naming.table_name("trading-state", env)
    stage.client("dynamodb").update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    return table


def protected(stage: Stage, table: str) -> bool:
    told = stage.client("dynamodb").describe_continuous_backups(TableName=table)[
        "ContinuousBackupsDescription"
    ]
    return bool(told["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")


def findings(stage: Stage, env: Environment, table: str, event: object) -> list[Any]:
    """What drift_check tells of the table."""
    answer = stage.invoke(naming.drift_check_function_name(env), event)
    return [one for one in answer["data"]["results"] if one.get("resource") == table]


def drift_told(stage: Stage, env: Environment) -> str:
    require(
        not findings(stage, env, naming.table_name("trading-state", env), {"mode": "report"}),
        "drifted already",
    )
    table = unprotect(stage, env)
    told = findings(stage, env, table, {"mode": "report"})
    require([one["status"] for one in told] == ["drifted"], told)
    require(not protected(stage, table), f"a report mended {table}")
    drift = f"{told[0]['attribute']} is {told[0]['observed']}, {told[0]['severity']}"
    return f"{table}: {drift}; nothing written"


def drift_healed(stage: Stage, env: Environment) -> str:
    table = unprotect(stage, env)
    answer = stage.invoke(naming.drift_check_function_name(env), {"mode": "heal", "dry_run": False})
    summary = answer["data"]["summary"]
    require(protected(stage, table), f"{table} is as it was; {summary}")
    left = findings(stage, env, table, {"mode": "report"})
    require(not left, left)
    return f"{table} has its recovery points again ({summary['healed']} healed); the next report is silent"


def fill_table(stage: Stage, env: Environment) -> str:
    table, now = naming.table_name("notifications", env), int(time.time())
    client = stage.client("dynamodb")
    old = [{"notification_id": {"S": f"old-{n}"}, "ttl": {"N": str(now - 10 * DAY)}} for n in range(EXPIRED)]
    live = [{"notification_id": {"S": f"live-{n}"}, "ttl": {"N": str(now + DAY)}} for n in range(LIVE)]
    fill(client, table, [*old, *live])
    return table


def left(stage: Stage, table: str) -> list[str]:
    pages = stage.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sorted(item["notification_id"]["S"] for page in pages for item in page["Items"])


def reaped(stage: Stage, env: Environment) -> str:
    table, function = fill_table(stage, env), naming.ttl_reaper_function_name(env)
    planned = stage.invoke(function, REAP)["data"]["summary"]
    require(len(left(stage, table)) == EXPIRED + LIVE, "a dry run deleted something")
    done = stage.invoke(function, {**REAP, "dry_run": False})["data"]["summary"]
    kept = left(stage, table)
    require(len(kept) == LIVE and all(key.startswith("live") for key in kept), kept)
    bucket = physical(stage, env)["ReaperBucket"]
    audit = stage.client("s3").list_objects_v2(Bucket=bucket, Prefix="audit/").get("Contents", [])
    require(audit, f"{bucket} holds no audit")
    reaped = f"{planned['planned']} planned and none deleted; then {done['deleted']} deleted"
    return f"{reaped}, {LIVE} live ones kept, and the audit is in the bucket"


def reaped_by_the_state_machine(stage: Stage, env: Environment) -> str:
    table, machines = fill_table(stage, env), stage.client("stepfunctions")
    order = {**REAP, "dry_run": False, "segments": {"total": 2}}
    started = machines.start_execution(
        stateMachineArn=physical(stage, env)["ReapStateMachine"], input=json.dumps(order)
    )["executionArn"]
    ended = until(
        lambda: (told := machines.describe_execution(executionArn=started))["status"] != "RUNNING" and told,
        "the execution ends",
    )
    require(ended["status"] == "SUCCEEDED", ended)
    require(len(left(stage, table)) == LIVE, left(stage, table))
    return f"{EXPIRED} deleted in segments by its execution, {ended['status']}"
