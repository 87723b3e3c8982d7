"""A new user's first hour, where the account has none of our names: doctor, then what it wrote, deployed.

The functions of the deployed stack are run with the variables that template.yaml makes of samconfig.toml.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

from ops.doctor import samconfig
from tests.contract.stack import ROOT, Stack
from tests.unit.ops.doctor_account import REGION, Account, account, config, diagnosis, doctor, remedies
from update_nat_routes import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

__all__ = ["account", "config"]  # fixtures
DRILL = json.loads((ROOT / "events/update_nat_routes/drill-instance-terminated.json").read_text("utf-8"))


@contextmanager
def deployed(config: Path) -> Iterator[None]:
    """The failover with the variables of a deployment by this samconfig.toml."""
    given = samconfig.parameters(config.read_text(), "prod")
    stack = Stack(**{"environment": given.pop("Environment"), **given})
    variables = stack.template.function("UpdateNatRoutesFunction").environment
    for cached in (app.clients, app.reader, app.writer):
        cached.cache_clear()
    with patch.dict(os.environ, {**variables, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}):
        yield
    for cached in (app.clients, app.reader, app.writer):
        cached.cache_clear()


def run(event: dict[str, Any]) -> Any:
    context = Mock(aws_request_id="a-test", function_name="failover", memory_limit_in_mb=512)
    context.get_remaining_time_in_millis.return_value = 60_000
    return app.lambda_handler(event, context)


def default_route(world: Account) -> str | None:
    table = world.client("ec2").describe_route_tables(RouteTableIds=[world.table])["RouteTables"][0]
    routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return routes[0].get("NetworkInterfaceId") if routes else None


def test_what_doctor_wrote_is_enough_for_the_failover_to_guard_a_renamed_account(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor(config, "--write", "--yes") == 1
    capsys.readouterr()
    exit_code, document = diagnosis(config, capsys)
    assert (exit_code, remedies(document)) == (0, {})
    with deployed(config):
        first = run({"action": "reconcile", "dry_run": False})
        assert first["success"], first
        assert (first["data"]["summary"]["unguarded"], first["data"]["summary"]["egress_down"]) == (False, [])
        account.client("ec2").delete_route(RouteTableId=account.table, DestinationCidrBlock="0.0.0.0/0")
        drill = {**DRILL, "detail": {**DRILL["detail"], "instance-id": account.nat}}
        answer = run(drill)
    assert answer["success"], answer
    reservation = account.client("ec2").describe_instances(InstanceIds=[account.nat])["Reservations"][0]
    assert default_route(account) == reservation["Instances"][0]["NetworkInterfaces"][0]["NetworkInterfaceId"]


def test_without_doctor_the_same_deployment_says_that_it_guards_nothing(
    account: Account, config: Path
) -> None:
    assert account.nat
    with deployed(config):
        answer = run({"action": "reconcile", "dry_run": False})
    assert not answer["success"]
    assert answer["data"]["summary"]["egress_down"]
