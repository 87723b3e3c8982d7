"""Reports and heals the drift of an account that moto simulates. Writes out/drift.html and out/drift.json."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from drift_check.events import Mode, Request
from drift_check.reconcile import make_reconciler
from drift_check.report import headline, short
from drift_check.report.as_html import page
from drift_check.report.as_json import document
from drift_check.settings import Allowed, Settings
from simulator import estate
from simulator.aws.event_bridge import ACCOUNT
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.errors import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from drift_check.model import Report
    from simulator.estate import Estate
    from tradai_shared.config import CanonicalConfig

ENV = Environment.PROD
OUT = Path("out")
MOTO = {"AWS_DEFAULT_REGION": "eu-central-1", "MOTO_EC2_LOAD_DEFAULT_AMIS": "false"}
# What a deployment would have confirmed; an assumed value gives an INFO finding and is never healed.
CONFIRMED: dict[str, Any] = {
    "dynamodb": {"tables": {"notifications": {"ttl": {"attribute": "ttl"}}}},
    "s3": {"buckets": {"configs": {"public_access_blocked": True}}},
}
MARKS = {
    Status.DONE: "[green]healed[/green]",
    Status.ALREADY: "[green]was so[/green]",
    Status.PLANNED: "[blue]would heal[/blue]",
    Status.FAILED: "[red]failed[/red]",
}


@dataclass(frozen=True)
class Earlier:
    """The clock as it stood some time ago."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) - self.by

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def main() -> None:
    """Build the estate, spoil it, look and heal, do it again."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    config = build(ENV, CONFIRMED)
    with patch.dict(os.environ, MOTO), estate.account() as client:
        with clock.use(Earlier(timedelta(hours=2))):
            made = estate.build(config, client)
        with clock.use(Earlier(timedelta(hours=1))):
            spoil(made)  # a table's TTL can be changed once an hour
        healed = run(config, client)
        after = run(config, client)
    show(console, healed)
    console.print(f"A second run heals {len(after.heals)} and leaves {len(after.open)} to a person.")
    keep(healed)
    console.print(
        f"[dim]{OUT}/drift.html and {OUT}/drift.json have it all. AWS is moto, on this machine.[/dim]"
    )


def spoil(made: Estate) -> None:
    """What people do to an estate by hand."""
    dynamodb, ec2 = made.client("dynamodb"), made.client("ec2")
    dynamodb.update_table(TableName="tradai-deployments-prod", DeletionProtectionEnabled=False)
    dynamodb.update_continuous_backups(
        TableName="tradai-trading-state-prod",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )
    dynamodb.update_time_to_live(
        TableName="tradai-notifications-prod",
        TimeToLiveSpecification={"Enabled": False, "AttributeName": "ttl"},
    )
    made.client("s3").delete_public_access_block(Bucket="tradai-configs-prod")
    made.client("events").disable_rule(Name="tradai-nat-group-events-prod")
    made.client("rds").modify_db_instance(DBInstanceIdentifier="tradai-prod", BackupRetentionPeriod=1)
    made.client("secretsmanager").delete_secret(SecretId="tradai/prod/exchange-keys")
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=made.ids["interface"], SourceDestCheck={"Value": True}
    )


def run(config: CanonicalConfig, client: Callable[[str], Any]) -> Report:
    settings = Settings(ENV, Allowed.HEAL, max_heals=20)
    return make_reconciler(settings, Request(Mode.HEAL), config, client, account=ACCOUNT).run()


def show(console: Console, healed: Report) -> None:
    """Everything that was found, and what became of it."""
    rows = Table(title=headline(healed), title_justify="left", box=None, header_style="dim")
    for name in ("severity", "resource", "attribute", "was", "should be", "then"):
        rows.add_column(name)
    ends = {heal.finding.id: MARKS[heal.status] for heal in healed.heals}
    findings = {finding.id: finding for finding in (*(heal.finding for heal in healed.heals), *healed.open)}
    for finding in sorted(findings.values(), key=lambda finding: finding.severity.rank):
        values = (short(finding.observed), short(finding.desired))
        end = ends.get(finding.id, f"[yellow]{finding.healing}[/yellow]")
        rows.add_row(str(finding.severity), finding.resource, finding.attribute, *values, end)
    console.print(rows)


def keep(report: Report) -> None:
    OUT.mkdir(exist_ok=True)
    (OUT / "drift.html").write_text(page(report), encoding="utf-8")
    (OUT / "drift.json").write_text(json.dumps(document(report), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
