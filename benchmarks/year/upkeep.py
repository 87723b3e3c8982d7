"""Drift and expiry through the year: the reconciler and the reaper that ship, on moto, once a month each.

The hourly drift checks and daily reaps between are not run: in an account in sync a check finds and heals
nothing, and a reap of a table without expired items deletes nothing (tests/unit/benchmarks/test_year.py).
"""

from __future__ import annotations

import io
import json
import os
import time
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from simulator import estate
from simulator.demo.drift import CONFIRMED, ENV, MOTO, run
from simulator.demo.reap import DELETE, ENVIRONMENT, TABLE
from simulator.moto_patches.dynamodb import strict
from simulator.scenario.reaper_table import Context, fill, make_table
from tradai_shared.config.build import build
from tradai_shared.config.models.base import DAY
from ttl_reaper import app

if TYPE_CHECKING:
    from simulator.estate import Estate

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Drift:
    """One change by hand: when it was found, in seconds, and what became of it."""

    what: str
    found_after: float
    findings: int
    healed: int


@dataclass(frozen=True, slots=True)
class Reap:
    """One reap: how many items had expired and were still there, how many were deleted, how many lived on."""

    expired: int
    deleted: int
    live: int
    live_kept: int


def _protection(made: Estate) -> None:
    made.client("dynamodb").update_table(TableName="tradai-deployments-prod", DeletionProtectionEnabled=False)


def _recovery(made: Estate) -> None:
    made.client("dynamodb").update_continuous_backups(
        TableName="tradai-trading-state-prod",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def _public_access(made: Estate) -> None:
    made.client("s3").delete_public_access_block(Bucket="tradai-configs-prod")


def _backups(made: Estate) -> None:
    made.client("rds").modify_db_instance(DBInstanceIdentifier="tradai-prod", BackupRetentionPeriod=1)


def _check(made: Estate) -> None:
    made.client("ec2").modify_network_interface_attribute(
        NetworkInterfaceId=made.ids["interface"], SourceDestCheck={"Value": True}
    )


CHANGES = {
    "a table's deletion protection off": _protection,
    "a table's point-in-time recovery off": _recovery,
    "a bucket's public access block deleted": _public_access,
    "a database keeps its backups for one day": _backups,
    "a NAT's source/destination check on": _check,
}


def drifts(seed: int, months: int = 12) -> list[Drift]:
    """A change by hand each month, found by the next hourly check; what may not be healed is told."""
    chance, config = Random(f"year {seed} drift"), build(ENV, CONFIRMED)
    found = []
    for _ in range(months):
        what, after = chance.choice(list(CHANGES)), round(chance.uniform(0, HOUR), 1)
        with patch.dict(os.environ, MOTO), estate.account() as client:
            CHANGES[what](estate.build(config, client))
            report = run(config, client)
        healed = {heal.finding.id for heal in report.heals if heal.status.name == "DONE"}
        told = healed | {finding.id for finding in report.open}
        found.append(Drift(what, after, len(told), len(healed)))
    return found


def reaps(seed: int, months: int = 12, *, expired: int | None = None) -> list[Reap]:
    """Each month's items whose expiry DynamoDB has not carried out, and the daily reap that finds them."""
    chance = Random(f"year {seed} expiry")
    return [_reap(chance.randint(20, 120) if expired is None else expired, chance) for _ in range(months)]


def _reap(expired: int, chance: Random) -> Reap:
    live = chance.randint(100, 300)
    now, quiet = int(time.time()), io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, ENVIRONMENT))
        stack.enter_context(mock_aws())
        stack.enter_context(strict())
        client: Any = boto3.client("dynamodb")
        make_table(client, TABLE, keys={"notification_id": "S"})
        fill(client, TABLE, [_item(f"late-{number}", now - 10 * DAY) for number in range(expired)])
        fill(client, TABLE, [_item(f"live-{number}", now + DAY) for number in range(live)])
        context: Any = Context(lambda: datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=15))
        stack.enter_context(redirect_stdout(quiet))
        stack.enter_context(patch.object(app.logger.registered_handler, "stream", quiet))
        answer = json.loads(json.dumps(app.lambda_handler(DELETE, context)))
        left = [item["notification_id"]["S"] for item in client.scan(TableName=TABLE)["Items"]]
    kept = sum(name.startswith("live-") for name in left)
    return Reap(expired, int(answer["data"]["summary"]["deleted"]), live, kept)


def _item(key: str, ttl: int) -> dict[str, Any]:
    return {"notification_id": {"S": key}, "ttl": {"N": str(ttl)}}
