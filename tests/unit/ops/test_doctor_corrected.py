"""doctor where moto answers otherwise than EC2: its answers are corrected on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient

from ops.doctor import samconfig_edit
from tests.unit.ops.doctor_account import SAMCONFIG, Account, account, config, diagnosis
from tests.unit.ops.test_doctor_lines import leaves_by_a_nat_gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.any_python

__all__ = ["account", "config"]  # fixtures


def correct_answers(monkeypatch: pytest.MonkeyPatch, correct: Callable[[str, dict[str, Any]], None]) -> None:
    """Have ``correct`` change each answer, given the operation's name, to what EC2 says."""
    answer = BaseClient._make_api_call  # type: ignore[attr-defined]  # botocore's own

    def corrected(client: Any, operation: str, request: Any) -> Any:
        response = answer(client, operation, request)
        correct(operation, response)
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", corrected)


@pytest.mark.parametrize("takes_over", ["false", "true"])
def test_a_black_hole_to_a_gateway_is_moved_only_where_routes_are_taken_over(
    account: Account,
    config: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    takes_over: str,
) -> None:
    """moto shows a deleted gateway's route as active: the answer is corrected to EC2's."""

    def deleted(_: str, response: dict[str, Any]) -> None:
        for table in response.get("RouteTables", []):
            for route in table["Routes"]:
                route["State"] = "blackhole" if "NatGatewayId" in route else route["State"]

    leaves_by_a_nat_gateway(account)
    correct_answers(monkeypatch, deleted)
    config.write_text(samconfig_edit.changed(SAMCONFIG, "prod", {"NatTakeOverRoutes": takes_over}))
    lines = diagnosis(config, capsys)[1]["lines"]
    (line,) = [line for line in lines if line["subject"] == account.table and "black hole" in line["text"]]
    assert line["level"] == {"false": "do", "true": "info"}[takes_over]


def test_several_addresses_are_a_question(
    account: Account, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """moto gives an instance one address: the answer is corrected to what EC2 says of two interfaces."""

    def doubled(operation: str, response: dict[str, Any]) -> None:
        if operation == "DescribeAddresses":
            response["Addresses"].append({"AllocationId": "eipalloc-0b", "InstanceId": account.nat})

    correct_answers(monkeypatch, doubled)
    _, document = diagnosis(config, capsys)
    (line,) = [line for line in document["lines"] if line["subject"] == "address"]
    assert (line["level"], "holds several" in line["text"]) == ("do", True)
    assert "NatEipAllocationId" not in document["parameters"]
